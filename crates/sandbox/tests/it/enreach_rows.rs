//! Users, queues and callbacks: read as the world wrote them.

use sandbox::identity::{ENREACH_ORGANIZATION_ID, ENREACH_USER_ID, ENREACH_USER_NAME};
use serde_json::{Value, json};

use crate::plant::{Plant, id};

#[tokio::test]
async fn me_is_the_fixed_api_user() {
    let plant = Plant::start().await;
    let (status, me) = plant.asked("/users/me/").await;
    assert_eq!(status, 200);
    assert_eq!(me["Id"], ENREACH_USER_ID.to_string());
    assert_eq!(me["UserName"], ENREACH_USER_NAME);
    assert_eq!(me["OrganizationID"], ENREACH_ORGANIZATION_ID.to_string());
}

#[tokio::test]
async fn a_worlds_own_api_user_takes_the_fixed_ones_place() {
    let user = json!({"Id": id(1), "UserName": ENREACH_USER_NAME});
    let plant = Plant::holding(json!({"enreach": {"users": [user]}})).await;
    assert_eq!(plant.asked("/users/me").await.1["Id"], id(1));
    assert_eq!(plant.rows("/users").await, [1]);
    plant.sandbox.reset();
    assert_eq!(plant.asked("/users/me").await.1["Id"], ENREACH_USER_ID.to_string());
}

#[tokio::test]
async fn users_and_queues_are_listed_and_found_by_id() {
    let plant = Plant::holding(json!({"enreach": {
        "users": [{"Id": id(1), "UserName": "anna@example.com", "Anything": [1, {"a": null}]}],
        "queues": [{"Id": id(2), "Name": "Sales", "TypeId": 4, "Numbers": null, "Status": null}],
    }}))
    .await;
    let (_, user) = plant.asked(&format!("/users/{}", id(1))).await;
    assert_eq!(user["Anything"], json!([1, {"a": null}]));
    assert_eq!(plant.rows("/queues").await, [2]);
    assert_eq!(plant.rows(&format!("/queues/?OnlyForUser={}", id(1))).await, [2]);
    assert_eq!(plant.asked(&format!("/queues/{}/", id(2))).await.1["Name"], "Sales");
    for path in [format!("/users/{}", id(9)), "/users/x".into(), format!("/queues/{}", id(1))] {
        let (status, error) = plant.asked(&path).await;
        assert_eq!((status.as_u16(), &error["ErrorCode"]), (404, &json!(404)), "{path}");
    }
}

#[tokio::test]
async fn callback_items_are_filtered_by_time_state_and_number() {
    let item = |number: u32, created: &str, state: &str| {
        json!({"Id": id(number), "CallbackListId": id(9), "Created": created, "State": state,
               "Number": format!("+35850123000{number}")})
    };
    let mut elsewhere = item(4, "now-PT1H", "Open");
    elsewhere["CallbackListId"] = Value::from(id(8));
    let plant = Plant::holding(json!({"enreach": {
        "callback_lists": [{"Id": id(9), "Name": "Sales callbacks"}],
        "callback_items": [
            item(3, "now-PT1H", "Closed"), item(1, "now-PT3H", "Open"), item(2, "now-PT2H", "Reserved"),
            elsewhere, item(5, "now+PT1H", "Open"),
        ],
    }}))
    .await;
    let items = |query: &str| format!("/callbacks/lists/{}/items{query}", id(9));
    assert_eq!(plant.rows("/callbacks/lists").await, [9]);
    assert_eq!(plant.rows(&items("")).await, [1, 2, 3]);
    assert_eq!(plant.rows(&items("?CreatedAfter=2026-03-01+10:00:00")).await, [2, 3]);
    assert_eq!(
        plant.rows(&items("?CreatedBefore=2026-03-01+10:00:00&States=open,Closed")).await,
        [1]
    );
    assert_eq!(plant.rows(&items("?Number=%2B358501230002")).await, [2]);
    assert_eq!(plant.asked(&items("?States=Gone")).await.0, 400);
    let (_, one) = plant.asked(&format!("/callbacks/items/{}", id(4))).await;
    assert_eq!(one["CallbackListId"], id(8));
    assert_eq!(plant.asked(&format!("/callbacks/lists/{}/items", id(7))).await.0, 404);
}
