"""What the client makes of refusals, throttling and lost answers."""

from PowerPlatform.Dataverse.core.errors import HttpError, MetadataError

from environment import StaticCredential


def a_refusal_carries_its_code(environment, check):
    client = environment.client
    error = check.raises(
        "an unknown column",
        HttpError,
        lambda: client.records.list("contact", select=["nonsense"]),
    )
    check.equal("status", error.status_code, 400)
    check.equal("subcode", error.subcode, "http_400")
    code = error.details.get("service_error_code")
    check.holds("code", code in ("0x0", "0x80060888"), code)
    expected = (
        "Could not find a property named 'nonsense' on type 'Microsoft.Dynamics.CRM.contact'."
    )
    check.equal("message", error.message, expected)
    check.equal("not transient", error.is_transient, False)
    check.equal("source", error.source, "server")
    check.holds("request id of the service", error.details.get("service_request_id"))
    check.holds("request id of the client", error.details.get("client_request_id"))
    check.holds("no pause", "retry_after" not in error.details, error.details)


def an_unknown_table_is_a_metadata_error(environment, check):
    client = environment.client
    error = check.raises(
        "unknown table", MetadataError, lambda: client.records.create("new_Unknown", {"a": 1})
    )
    check.equal("subcode", error.subcode, "metadata_entityset_not_found")


def throttling_is_transient_and_says_how_long(environment, check):
    client = environment.client
    for code in ("0x80072322", "0x80072321", "0x80072326"):
        environment.plant(
            path_contains="/accounts", kind="status", status=429, code=code, retry_after=12
        )
        error = check.raises(
            f"throttled with {code}", HttpError, lambda: client.records.list("account", top=1)
        )
        check.equal("status", error.status_code, 429)
        check.equal("code", error.details.get("service_error_code"), code)
        check.equal("pause", error.details.get("retry_after"), 12)
        check.equal("transient", error.is_transient, True)
        check.equal("subcode", error.subcode, "http_429")
    check.holds("then all is well", client.records.list("account", top=1) is not None)


def an_outage_without_json_is_still_an_error(environment, check):
    client = environment.client
    page = "<html><body>Bad gateway</body></html>"
    environment.plant(
        path_contains="/accounts", kind="status", status=502, body=page, content_type="text/html"
    )
    error = check.raises("502", HttpError, lambda: client.records.list("account", top=1))
    check.equal("transient", error.is_transient, True)
    check.equal("message", error.message, "HTTP 502")
    check.equal("excerpt", error.details.get("body_excerpt"), page)


def a_bad_token_is_refused(environment, check):
    client = environment.connect(StaticCredential("not-a-token"))
    error = check.raises("bad token", HttpError, lambda: client.tables.get("contact"))
    check.equal("status", error.status_code, 401)
    check.equal("not transient", error.is_transient, False)


def a_broken_connection_is_tried_again(environment, check):
    client = environment.client
    environment.plant(path_contains="/contacts", method="GET", kind="reset")
    before = environment.last_request()
    found = client.records.list("contact", top=1, select=["contactid"])
    check.equal("answered at the second try", len(found), 1)
    asked = [row for row in environment.requests_since(before) if "/contacts" in row["path"]]
    check.equal("requests", len(asked), 2)


def a_lost_answer_to_a_create_shows_as_a_duplicate(environment, check):
    client = environment.client
    chosen = "7a1c2c0e-7a55-5d0a-9a53-0a3f0f6f2f22"
    environment.plant(path_contains="/contacts", method="POST", kind="drop_after_commit")
    error = check.raises(
        "created, answer lost, created again",
        HttpError,
        lambda: client.records.create("contact", {"contactid": chosen, "lastname": "Lost"}),
    )
    check.equal("status", error.status_code, 412)
    check.equal("code", error.details.get("service_error_code"), "0x80040237")
    check.equal("the row is there", client.records.retrieve("contact", chosen)["lastname"], "Lost")


SCENARIOS = [
    a_refusal_carries_its_code,
    an_unknown_table_is_a_metadata_error,
    throttling_is_transient_and_says_how_long,
    an_outage_without_json_is_still_an_error,
    a_bad_token_is_refused,
    a_broken_connection_is_tried_again,
    a_lost_answer_to_a_create_shows_as_a_duplicate,
]
