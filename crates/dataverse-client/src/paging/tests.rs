use futures::StreamExt;
use serde_json::json;

use super::*;
use crate::MockDataverseApi;

fn page(rows: &[i64], next: Option<&str>) -> Page {
    Page {
        rows: rows.iter().map(|row| json!({ "n": row }).into()).collect(),
        next: next.map(|url| NextLink { url: url.to_owned(), prefer: None }),
    }
}

fn numbers(rows: &[Row]) -> Vec<i64> {
    rows.iter().filter_map(|row| row.integer("n")).collect()
}

#[tokio::test]
async fn all_pages_are_read_in_order_and_an_empty_one_does_not_end_them() {
    let mut api = MockDataverseApi::new();
    api.expect_query().times(1).returning(|_| Ok(page(&[1, 2], Some("a"))));
    api.expect_next_page().times(2).returning(|next| {
        Ok(if next.url == "a" { page(&[], Some("b")) } else { page(&[3], None) })
    });
    let rows = all_rows(&api, &Query::new("contacts")).await.unwrap();
    assert_eq!(numbers(&rows), [1, 2, 3]);
}

#[tokio::test]
async fn a_page_that_nobody_needs_is_not_read() {
    let mut api = MockDataverseApi::new();
    api.expect_query().times(1).returning(|_| Ok(page(&[1, 2], Some("a"))));
    api.expect_next_page().times(0);
    let query = Query::new("contacts");
    let first: Vec<Result<Row>> = rows(&api, &query).take(2).collect().await;
    assert_eq!(first.len(), 2);
}

#[tokio::test]
async fn a_link_that_comes_again_is_an_error() {
    let mut api = MockDataverseApi::new();
    api.expect_query().returning(|_| Ok(page(&[1], Some("a"))));
    api.expect_next_page()
        .times(2)
        .returning(|next| Ok(page(&[2], Some(if next.url == "a" { "b" } else { "a" }))));
    let error = all_rows(&api, &Query::new("contacts")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the pages of contacts do not end: a link to a next page came a second time"
    );
}

#[tokio::test]
async fn an_error_ends_the_rows() {
    let mut api = MockDataverseApi::new();
    api.expect_query().returning(|_| Ok(page(&[1], Some("a"))));
    api.expect_next_page()
        .times(1)
        .returning(|_| Err(Error::Configuration { message: "no".to_owned() }));
    let query = Query::new("contacts");
    let read: Vec<Result<Row>> = rows(&api, &query).collect().await;
    assert!(matches!(read.as_slice(), [Ok(_), Err(Error::Configuration { .. })]));
}

fn contacts() -> TrackedTable {
    TrackedTable {
        entity_set: "contacts".to_owned(),
        key_column: "contactid".to_owned(),
        columns: Vec::new(),
    }
}

fn changes(next: Option<&str>) -> ChangePage {
    let next = next.map(|url| NextLink { url: url.to_owned(), prefer: None });
    let token = next.is_none().then(|| ChangeToken::new("later"));
    ChangePage { next, token, ..ChangePage::default() }
}

#[tokio::test]
async fn pages_of_changes_are_read_to_the_token() {
    let mut api = MockDataverseApi::new();
    api.expect_changes().times(1).returning(|_, since| {
        assert_eq!(since.map(ChangeToken::as_str), Some("earlier"));
        Ok(changes(Some("a")))
    });
    api.expect_next_changes()
        .times(2)
        .returning(|_, next| Ok(changes((next.url == "a").then_some("b"))));
    let (table, since) = (contacts(), ChangeToken::new("earlier"));
    let pages: Vec<ChangePage> =
        change_pages(&api, &table, Some(&since)).try_collect().await.unwrap();
    let tokens: Vec<_> = pages.into_iter().map(|page| page.token).collect();
    assert_eq!(tokens, [None, None, Some(ChangeToken::new("later"))]);
}

#[tokio::test]
async fn a_page_of_changes_that_nobody_needs_is_not_read() {
    let mut api = MockDataverseApi::new();
    api.expect_changes().times(1).returning(|_, _| Ok(changes(Some("a"))));
    api.expect_next_changes().times(0);
    let table = contacts();
    let first: Vec<_> = change_pages(&api, &table, None).take(1).collect().await;
    assert_eq!(first.len(), 1);
}

#[tokio::test]
async fn pages_of_changes_that_do_not_end_are_an_error() {
    let mut api = MockDataverseApi::new();
    api.expect_changes().returning(|_, _| Ok(changes(Some("a"))));
    api.expect_next_changes().times(1).returning(|_, _| Ok(changes(Some("a"))));
    let table = contacts();
    let read: Vec<_> = change_pages(&api, &table, None).collect().await;
    assert!(matches!(read.as_slice(), [Ok(_), Err(Error::EndlessPaging { .. })]), "{read:?}");
}

#[test]
fn a_mock_advises_the_default() {
    assert_eq!(MockDataverseApi::new().advice(), crate::Advice::default());
}
