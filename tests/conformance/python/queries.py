"""`client.query`: the builder with every form of filter, FetchXML and SQL."""

import warnings
from datetime import datetime, timedelta, timezone
from uuid import UUID

from PowerPlatform.Dataverse.core.errors import HttpError
from PowerPlatform.Dataverse.models.filters import col, raw
from PowerPlatform.Dataverse.models.query_builder import ExpandOption

from environment import FORMATTED

PEOPLE = [
    {"lastname": "Q-Aalto", "firstname": "Anna", "jobtitle": "Agent", "telephone1": "050 100"},
    {"lastname": "Q-Berg", "firstname": "Bo", "jobtitle": "Boss", "telephone1": "050 200"},
    {"lastname": "Q-O'Hara", "firstname": "Cara", "jobtitle": "Agent", "telephone1": "+358 300"},
    {"lastname": "Q-Dahl", "firstname": "Dag", "jobtitle": None, "donotphone": True},
]
COMPANIES = [("Q-One", 10), ("Q-Two", 20), ("Q-Three", 30), ("Q-Four", None)]


def _people(client):
    """Names of the four people, created at the first call."""
    if not client.records.list("contact", filter="startswith(lastname,'Q-')", top=1):
        client.records.create("contact", PEOPLE)
        for name, size in COMPANIES:
            client.records.create("account", {"name": name, "numberofemployees": size})


def every_form_of_filter_on_text(environment, check):
    client = environment.client
    _people(client)
    name, title, phone = col("lastname"), col("jobtitle"), col("telephone1")
    table = [
        ("eq", name == "Q-Berg", "Berg"),
        ("eq, other case", name == "q-berg", "Berg"),
        ("eq, with a quote", name == "Q-O'Hara", "O'Hara"),
        ("ne skips nothing but its value", name != "Q-Berg", "Aalto Dahl O'Hara"),
        ("gt", name > "Q-Berg", "Dahl O'Hara"),
        ("le", name <= "Q-Berg", "Aalto Berg"),
        ("in", name.in_(["Q-Berg", "Q-Dahl", "Q-Nobody"]), "Berg Dahl"),
        ("not in", name.not_in(["Q-Berg", "Q-Dahl"]), "Aalto O'Hara"),
        ("contains", name.contains("a"), "Aalto Dahl O'Hara"),
        ("contains, with a plus", phone.contains("+358"), "O'Hara"),
        ("startswith", phone.startswith("050"), "Aalto Berg"),
        ("endswith", name.endswith("HL"), "Dahl"),
        ("like at the end", name.like("Q-A%"), "Aalto"),
        ("like at both ends", name.like("%er%"), "Berg"),
        ("like without wildcard", name.like("Q-Dahl"), "Dahl"),
        ("not like", name.not_like("Q-A%"), "Berg Dahl O'Hara"),
        ("null", title.is_null(), "Dahl"),
        ("not null", title.is_not_null(), "Aalto Berg O'Hara"),
        ("and", (title == "Agent") & name.contains("'"), "O'Hara"),
        ("or", (title == "Boss") | title.is_null(), "Berg Dahl"),
        ("not", ~((name == "Q-Berg") | (name == "Q-Aalto")), "Dahl O'Hara"),
        ("flag", col("donotphone") == True, "Dahl"),  # noqa: E712 - builds a filter
        ("raw", raw("jobtitle eq 'Agent' and not contains(telephone1,'+')"), "Aalto"),
    ]
    for what, condition, expected in table:
        found = (
            client.query.builder("contact")
            .select("lastname")
            .where(name.startswith("Q-"))
            .where(condition)
            .order_by("lastname")
            .execute()
        )
        check.equal(what, " ".join(row["lastname"][2:] for row in found), expected)


def every_form_of_filter_on_numbers_times_and_ids(environment, check):
    client = environment.client
    _people(client)
    size, now = col("numberofemployees"), datetime.now(timezone.utc)
    one = client.records.list("account", filter="name eq 'Q-One'").first()["accountid"]
    table = [
        ("eq", size == 20, "Two"),
        ("ge", size >= 20, "Three Two"),
        ("lt", size < 20, "One"),
        ("between", size.between(10, 20), "One Two"),
        ("not between", size.not_between(10, 20) & size.is_not_null(), "Three"),
        ("in", size.in_([10, 30]), "One Three"),
        ("null", size.is_null(), "Four"),
        ("time", col("createdon") > now - timedelta(hours=1), "Four One Three Two"),
        ("time to come", col("createdon") > now + timedelta(hours=1), ""),
        ("id", col("accountid") == UUID(one), "One"),
        ("state", col("statecode") == 0, "Four One Three Two"),
    ]
    for what, condition, expected in table:
        found = (
            client.query.builder("account")
            .select("name")
            .where(col("name").startswith("Q-"))
            .where(condition)
            .order_by("name")
            .execute()
        )
        check.equal(what, " ".join(row["name"][2:] for row in found), expected)


def the_builder_orders_pages_and_counts(environment, check):
    client = environment.client
    _people(client)

    def query():
        return client.query.builder("account").where(col("name").startswith("Q-"))

    found = query().order_by("numberofemployees", descending=True).order_by("name").execute()
    names = [row["name"] for row in found]
    check.equal("null is last when descending", names, ["Q-Three", "Q-Two", "Q-One", "Q-Four"])
    pages = query().order_by("name").page_size(3).count().execute_pages()
    check.equal("pages", [len(page) for page in pages], [3, 1])
    check.equal("top", len(query().top(2).execute()), 2)
    frame = query().select("name", "numberofemployees").order_by("name").execute().to_dataframe()
    check.equal("rows of the frame", len(frame), 4)
    check.equal("a cell of the frame", frame["name"][0], "Q-Four")
    check.holds("first", query().order_by("name").execute().first()["name"] == "Q-Four")


def the_builder_expands_and_annotates(environment, check):
    client = environment.client
    account = client.records.create("account", {"name": "Expander"})
    for name in ("E-1", "E-2", "E-3"):
        client.records.create(
            "contact",
            {"lastname": name, "parentcustomerid_account@odata.bind": f"/accounts({account})"},
        )
    children = (
        ExpandOption("contact_customer_accounts")
        .select("lastname")
        .filter("lastname ne 'E-2'")
        .order_by("lastname", descending=True)
        .top(5)
    )
    found = (
        client.query.builder("account")
        .select("name")
        .where(col("accountid") == UUID(account))
        .expand(children)
        .execute()
        .first()
    )
    rows = found["contact_customer_accounts"]
    check.equal("expanded collection", [row["lastname"] for row in rows], ["E-3", "E-1"])
    found = (
        client.query.builder("contact")
        .select("lastname", "_parentcustomerid_value", "statecode")
        .where(raw("parentcustomerid_account/name eq 'Expander'"))
        .expand("parentcustomerid_account")
        .include_annotations()
        .order_by("lastname")
        .execute()
    )
    check.equal("filter over a lookup", [row["lastname"] for row in found], ["E-1", "E-2", "E-3"])
    check.equal("expanded row", found[0]["parentcustomerid_account"]["name"], "Expander")
    check.equal("formatted", found[0][f"_parentcustomerid_value@{FORMATTED}"], "Expander")
    lookup = "_parentcustomerid_value@Microsoft.Dynamics.CRM.lookuplogicalname"
    check.equal("table of the lookup", found[0][lookup], "account")
    some = (
        client.query.builder("contact").where(raw("lastname eq 'E-1'")).include_formatted_values()
    )
    row = some.execute().first()
    check.holds("only what was asked", lookup not in row and f"statecode@{FORMATTED}" in row)
    owned = raw("contact_customer_accounts/any(c:c/lastname eq 'E-2')")
    found = client.query.builder("account").select("name").where(owned).execute()
    check.equal("any", [row["name"] for row in found], ["Expander"])


def fetchxml_pages_by_cookie(environment, check):
    client = environment.client
    client.records.create("contact", [{"lastname": f"Fetch {n:02}"} for n in range(25)])
    query = client.query.fetchxml("""<fetch count="10">
             <entity name="contact">
               <attribute name="lastname" />
               <filter><condition attribute="lastname" operator="begins-with" value="Fetch " /></filter>
               <order attribute="lastname" />
             </entity>
           </fetch>""")
    with warnings.catch_warnings():
        # Without a cookie, or with one that it cannot read, the client warns and counts pages.
        warnings.simplefilter("error")
        pages = list(query.execute_pages())
        names = [row["lastname"] for page in pages for row in page]
        check.equal("sizes of the pages", [len(page) for page in pages], [10, 10, 5])
        check.equal("rows", names, [f"Fetch {n:02}" for n in range(25)])
        check.equal("all, read eagerly", len(query.execute()), 25)
    check.holds("only the attributes asked for", "jobtitle" not in pages[0][0], pages[0][0].data)
    check.holds("the key comes along", "contactid" in pages[0][0], pages[0][0].data)


def fetchxml_filters_joins_and_aggregates(environment, check):
    client = environment.client
    _people(client)
    account = client.records.list("account", filter="name eq 'Q-Two'").first()["accountid"]
    for name in ("Fetched-1", "Fetched-2"):
        client.records.create(
            "contact",
            {"lastname": name, "parentcustomerid_account@odata.bind": f"/accounts({account})"},
        )

    def names(conditions, kind="and"):
        found = client.query.fetchxml(
            f"""<fetch><entity name="contact"><attribute name="lastname" />
                  <order attribute="lastname" />
                  <filter><condition attribute="lastname" operator="like" value="Q-%" />
                    <filter type="{kind}">{conditions}</filter>
                  </filter></entity></fetch>"""
        ).execute()
        return " ".join(row["lastname"][2:] for row in found)

    def condition(attribute, operator, value=None):
        value = "" if value is None else f' value="{value}"'
        return f'<condition attribute="{attribute}" operator="{operator}"{value} />'

    some = "<value>Agent</value><value>Boss</value>"
    table = [
        ("eq", condition("jobtitle", "eq", "agent"), "Aalto O'Hara"),
        ("null", condition("jobtitle", "null"), "Dahl"),
        ("not-null", condition("jobtitle", "not-null"), "Aalto Berg O'Hara"),
        (
            "in",
            f'<condition attribute="jobtitle" operator="in">{some}</condition>',
            "Aalto Berg O'Hara",
        ),
        ("ends-with", condition("lastname", "ends-with", "ara"), "O'Hara"),
        ("not-like", condition("lastname", "not-like", "%a%"), "Berg"),
        ("today", condition("createdon", "last-x-hours", "1"), "Aalto Berg Dahl O'Hara"),
        ("me", condition("ownerid", "eq-userid"), "Aalto Berg Dahl O'Hara"),
    ]
    for what, conditions, expected in table:
        check.equal(what, names(conditions), expected)
    both = condition("jobtitle", "eq", "Boss") + condition("jobtitle", "null")
    check.equal("or", names(both, "or"), "Berg Dahl")
    joined = client.query.fetchxml(
        """<fetch><entity name="contact"><attribute name="lastname" /><order attribute="lastname" />
             <link-entity name="account" from="accountid" to="parentcustomerid" alias="firm">
               <attribute name="name" />
               <filter><condition attribute="name" operator="eq" value="Q-Two" /></filter>
             </link-entity></entity></fetch>"""
    ).execute()
    check.equal("inner join", [row["lastname"] for row in joined], ["Fetched-1", "Fetched-2"])
    check.equal("column of the joined table", joined[0]["firm.name"], "Q-Two")
    total = client.query.fetchxml("""<fetch aggregate="true"><entity name="account">
             <attribute name="accountid" alias="rows" aggregate="count" />
             <attribute name="numberofemployees" alias="people" aggregate="sum" />
             <filter><condition attribute="name" operator="begins-with" value="Q-" /></filter>
           </entity></fetch>""").execute()
    check.equal("aggregates", (total[0]["rows"], total[0]["people"]), (4, 60))
    top = client.query.fetchxml(
        '<fetch top="2"><entity name="contact"><attribute name="lastname" /></entity></fetch>'
    )
    check.equal("top", len(top.execute()), 2)
    error = check.raises(
        "an unknown attribute",
        HttpError,
        lambda: client.query.fetchxml(
            '<fetch><entity name="contact"><attribute name="nonsense" /></entity></fetch>'
        ).execute(),
    )
    check.equal("status", error.status_code, 400)


def sql_selects(environment, check):
    client = environment.client
    _people(client)

    def names(rest, columns="lastname"):
        rows = client.query.sql(f"SELECT {columns} FROM contact {rest}")
        return " ".join(row["lastname"] for row in rows)

    mine = "WHERE lastname LIKE 'Q-%'"
    check.equal("order", names(f"{mine} ORDER BY lastname"), "Q-Aalto Q-Berg Q-Dahl Q-O'Hara")
    check.equal("top", names(f"{mine} ORDER BY lastname DESC", "TOP 1 lastname"), "Q-O'Hara")
    check.equal("and", names(f"{mine} AND jobtitle = 'Boss'"), "Q-Berg")
    either = f"{mine} AND (jobtitle = 'Boss' OR lastname = 'Q-O''Hara') ORDER BY lastname"
    check.equal("or, in parentheses", names(either), "Q-Berg Q-O'Hara")
    check.equal("null", names(f"{mine} AND jobtitle IS NULL"), "Q-Dahl")
    some = f"{mine} AND lastname IN ('Q-Aalto', 'Q-Dahl') ORDER BY lastname"
    check.equal("in", names(some), "Q-Aalto Q-Dahl")
    other = f"{mine} AND lastname != 'Q-Berg' AND jobtitle IS NOT NULL ORDER BY lastname"
    check.equal("not equal", names(other), "Q-Aalto Q-O'Hara")
    rows = client.query.sql(
        "SELECT name, numberofemployees FROM account "
        "WHERE numberofemployees > 15 AND name LIKE 'Q-%' ORDER BY numberofemployees"
    )
    check.equal("types", [row["numberofemployees"] for row in rows], [20, 30])
    check.holds("selected columns only", "telephone1" not in rows[0], rows[0].data)
    error = check.raises(
        "an unknown column", HttpError, lambda: client.query.sql("SELECT nonsense FROM contact")
    )
    check.equal("status", error.status_code, 400)


def sql_joins_and_aggregates(environment, check):
    client = environment.client
    _people(client)
    account = client.records.create("account", {"name": "Joined", "numberofemployees": 3})
    for name, title in (("J-1", "Agent"), ("J-2", "Agent"), ("J-3", None)):
        client.records.create(
            "contact",
            {
                "lastname": name,
                "jobtitle": title,
                "parentcustomerid_account@odata.bind": f"/accounts({account})",
            },
        )

    def rows(sql, *columns):
        return [tuple(row.get(column) for column in columns) for row in client.query.sql(sql)]

    found = rows(
        "SELECT c.lastname, a.name FROM contact c INNER JOIN account a "
        "ON c.parentcustomerid = a.accountid WHERE a.name = 'Joined' ORDER BY c.lastname",
        "lastname",
        "name",
    )
    check.equal("join", found, [("J-1", "Joined"), ("J-2", "Joined"), ("J-3", "Joined")])
    found = rows(
        "SELECT a.name, COUNT(c.contactid) as people FROM account a JOIN contact c "
        "ON a.accountid = c.parentcustomerid WHERE a.name = 'Joined' GROUP BY a.name",
        "name",
        "people",
    )
    check.equal("groups of a join", found, [("Joined", 3)])
    found = rows(
        "SELECT jobtitle, COUNT(*) AS people FROM contact WHERE lastname LIKE 'J-%' "
        "GROUP BY jobtitle ORDER BY jobtitle",
        "jobtitle",
        "people",
    )
    check.equal("groups", found, [(None, 1), ("Agent", 2)])
    found = rows(
        "SELECT COUNT(*) AS firms, SUM(numberofemployees) AS total, MIN(numberofemployees) AS least, "
        "MAX(numberofemployees) AS most FROM account WHERE name LIKE 'Q-%'",
        *("firms", "total", "least", "most"),
    )
    check.equal("aggregates", found, [(4, 60, 10, 30)])
    found = rows("SELECT DISTINCT jobtitle FROM contact WHERE lastname LIKE 'J-%'", "jobtitle")
    check.equal("distinct", sorted(found, key=str), [("Agent",), (None,)])
    between = (
        "SELECT name FROM account WHERE numberofemployees BETWEEN 15 AND 25 AND name LIKE 'Q-%'"
    )
    check.equal("between", rows(between, "name"), [("Q-Two",)])


def columns_and_expands_are_discovered(environment, check):
    client = environment.client
    columns = client.query.sql_columns("account")
    check.equal("key first", (columns[0]["name"], columns[0]["is_pk"]), ("accountid", True))
    check.equal("then the name", (columns[1]["name"], columns[1]["is_name"]), ("name", True))
    types = {column["name"]: column["type"] for column in columns}
    check.equal("types", (types["telephone1"], types["statecode"]), ("String", "State"))
    check.holds("no formatted-name columns", "primarycontactidname" not in types)
    expands = client.query.odata_expands("contact")
    firm = [e for e in expands if e["nav_property"] == "parentcustomerid_account"]
    check.equal(
        "a lookup",
        [(e["target_table"], e["target_entity_set"], e["lookup_attribute"]) for e in firm],
        [("account", "accounts", "parentcustomerid")],
    )


SCENARIOS = [
    every_form_of_filter_on_text,
    every_form_of_filter_on_numbers_times_and_ids,
    the_builder_orders_pages_and_counts,
    the_builder_expands_and_annotates,
    fetchxml_pages_by_cookie,
    fetchxml_filters_joins_and_aggregates,
    sql_selects,
    sql_joins_and_aggregates,
    columns_and_expands_are_discovered,
]
