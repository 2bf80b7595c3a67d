use super::*;
use call_matching::Region;
use uuid::Uuid;

fn user(number: u128, agent: Option<&str>, phones: &[&str]) -> DynamicsUser {
    DynamicsUser {
        id: SystemUserId(Uuid::from_u128(number)),
        name: format!("User {number}"),
        agent: agent.map(|agent| AgentId::new(agent).unwrap()),
        phones: phones.iter().map(|phone| (*phone).to_owned()).collect(),
        created_on: DateTime::from_timestamp(i64::try_from(number).unwrap(), 0),
    }
}

fn book(users: Vec<DynamicsUser>) -> UserBook {
    UserBook::new(users, &NumberReader::new(Region::parse("FI").ok()))
}

fn agent(id: &str) -> AgentId {
    AgentId::new(id).unwrap()
}

fn number(text: &str) -> E164 {
    text.parse().unwrap()
}

#[test]
fn the_enreach_id_leads_to_the_user_whatever_its_case() {
    let id = "FBC423F5-74F9-E911-80E0-00505689257E";
    let book = book(vec![user(1, Some(id), &[])]);
    assert_eq!(book.user_of(&agent(&id.to_lowercase()), &[]).unwrap().name, "User 1");
}

#[test]
fn an_id_held_by_two_users_goes_to_the_older_with_a_finding() {
    let book = book(vec![user(2, Some("a"), &[]), user(1, Some("a"), &[])]);
    assert_eq!(book.user_of(&agent("a"), &[]).unwrap().name, "User 1");
    assert_eq!(book.findings().len(), 1);
    assert!(book.findings()[0].message.contains("User 1 and User 2"));
}

#[test]
fn without_an_id_the_only_user_with_the_number_is_the_agent() {
    let mobile = [number("+358401112233")];
    let one = book(vec![user(1, None, &["040 111 2233"]), user(2, None, &["09 42450111"])]);
    assert_eq!(one.user_of(&agent("a"), &mobile).unwrap().name, "User 1");
    let twice = book(vec![user(1, None, &["040 111 2233", "+358401112233"])]);
    assert_eq!(twice.user_of(&agent("a"), &mobile).unwrap().name, "User 1", "both phones of one");
    let two = book(vec![user(1, None, &["040 111 2233"]), user(2, None, &["+358401112233"])]);
    assert_eq!(two.user_of(&agent("a"), &mobile), None, "two users: neither");
}

#[test]
fn the_default_assignee_owns_what_nobody_else_can() {
    let book = book(vec![user(1, Some("a"), &[]), user(2, Some("fallback"), &[])]);
    let owner = |agent: Option<&AgentId>, default: Option<&AgentId>| {
        book.owner(agent, default, |_| &[]).map(|owner| (owner.name, owner.is_fallback))
    };
    let (a, stranger, fallback) = (agent("a"), agent("stranger"), agent("fallback"));
    assert_eq!(owner(Some(&a), Some(&fallback)), Some(("User 1".to_owned(), false)));
    assert_eq!(owner(Some(&stranger), Some(&fallback)), Some(("User 2".to_owned(), true)));
    assert_eq!(owner(None, Some(&fallback)), Some(("User 2".to_owned(), true)));
    assert_eq!(owner(Some(&stranger), None), None);
    assert_eq!(owner(Some(&stranger), Some(&stranger)), None);
}
