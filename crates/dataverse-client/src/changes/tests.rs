use serde_json::json;

use super::*;

const KEY: Uuid = Uuid::from_u128(7);

fn contacts(columns: &[&str]) -> TrackedTable {
    TrackedTable {
        entity_set: "contacts".to_owned(),
        key_column: "contactid".to_owned(),
        columns: columns.iter().map(|&column| column.to_owned()).collect(),
    }
}

fn read_entries(entries: Value) -> Result<ChangePage, Unreadable> {
    let body = json!({ "value": entries, "@odata.deltaLink": "contacts?$deltatoken=1" });
    read(body.to_string().as_bytes(), &contacts(&[]))
}

#[test]
fn the_path_names_the_columns_and_nothing_else() {
    assert_eq!(path(&contacts(&[])).unwrap(), "contacts");
    let two = contacts(&["fullname", "_parentcustomerid_value"]);
    assert_eq!(path(&two).unwrap(), "contacts?$select=fullname,_parentcustomerid_value");
}

#[test]
fn a_name_cannot_add_to_the_path() {
    for name in ["a&$filter=b", "a b", "a,b", "", "a#", "a%26", "ä", "../a"] {
        assert!(path(&contacts(&["fullname", name])).is_err(), "{name}");
        let table = TrackedTable { entity_set: name.to_owned(), ..contacts(&[]) };
        assert!(path(&table).is_err(), "{name}");
    }
}

#[test]
fn rows_and_deletions_are_told_apart() {
    let context = "https://o/api/data/v9.2/$metadata#contacts/$deletedEntity";
    let row = json!({ "@odata.etag": "W/\"1\"", "contactid": KEY, "fullname": "Ann" });
    for (entry, deleted) in [
        (row.clone(), false),
        // A table may have such columns of its own.
        (json!({ "contactid": KEY, "id": Uuid::nil(), "reason": "deleted" }), false),
        (json!({ "@odata.context": context, "id": KEY, "reason": "deleted" }), true),
        (json!({ "@odata.context": context, "id": KEY, "reason": "changed" }), true),
        (json!({ "@odata.context": context, "id": format!("contacts({KEY})") }), true),
        (json!({ "id": KEY, "reason": "deleted" }), true),
    ] {
        let page = read_entries(json!([entry])).unwrap();
        let expected = if deleted { (0, 1) } else { (1, 0) };
        assert_eq!((page.rows.len(), page.deleted.len()), expected, "{entry}");
        assert!(page.deleted.iter().all(|key| *key == KEY));
    }
    let page = read_entries(json!([row])).unwrap();
    assert_eq!(page.rows[0].text("fullname"), Some("Ann"));
}

#[test]
fn an_entry_that_is_neither_hides_no_change() {
    for entry in [
        json!({ "fullname": "Ann" }),
        json!({ "contactid": "7" }),
        json!({ "contactid": null }),
        json!({ "id": "x", "reason": "deleted" }),
        json!({ "reason": "deleted" }),
        json!(1),
    ] {
        let good = json!({ "contactid": KEY });
        let unreadable = read_entries(json!([good, entry])).unwrap_err();
        assert!(!unreadable.broken_off, "{entry}");
    }
}

#[test]
fn a_page_leads_on_or_has_a_token() {
    let body = br#"{"value":[],"@odata.nextLink":"contacts?$skiptoken=1"}"#;
    let page = read(body, &contacts(&[])).unwrap();
    assert_eq!(page.token, None);
    assert_eq!(page.next.unwrap().prefer.as_deref(), Some(PREFER));
    let page = read_entries(json!([])).unwrap();
    assert_eq!(page.token.unwrap().as_str(), "contacts?$deltatoken=1");
    assert_eq!(page.next, None);
    for (body, broken_off) in [
        (r#"{"value":[]}"#, false),
        (r#"{"value":[],"@odata.deltaLink":7}"#, false),
        (r#"{"value":[],"@odata.deltaLink":"x","@odata.nextLink":7}"#, false),
        (r#"{"@odata.deltaLink":"x"}"#, false),
        (r#"{"value":[],"@odata.del"#, true),
    ] {
        let unreadable = read(body.as_bytes(), &contacts(&[])).unwrap_err();
        assert_eq!(unreadable.broken_off, broken_off, "{body}");
    }
}
