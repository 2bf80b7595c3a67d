use std::sync::Arc;

use super::*;
use crate::sample::{profile, request};

// `decide` needs a directory and a phone system, which only a sandbox gives; the lanes and the rules
// for duplicates are tried over real HTTP in tests/it. Here: what comes back into a lane.

#[test]
fn a_request_that_is_put_back_counts_it() {
    let mut lanes = Lanes::default();
    put_back(request("a", Some("+358501234567"), 0), &mut lanes);
    let wave = lanes.next_wave(10);
    assert_eq!(wave[0][0].put_backs, 1);
}

#[test]
fn owners_that_dynamics_refuses_are_named_with_their_profile() {
    let mut request = request("a", Some("+358501234567"), 0);
    request.profile = Arc::new(profile());
    let plan = PlannedCallback {
        activity: ActivityId(uuid::Uuid::nil()),
        request,
        queue: uuid::Uuid::nil(),
        customer: None,
        match_count: 0,
        owner: None,
        recipient: None,
        bundled_into: None,
        findings: Vec::new(),
    };
    let error = ServiceError {
        status: 403,
        code: Some(0x8004_2f09),
        message: "the user has no roles".to_owned(),
        retry_after: None,
    };
    let finding = owner_refused(&plan, &error).to_string();
    assert!(finding.contains("callback profile Sales"), "{finding}");
    assert!(finding.contains("the user has no roles"), "{finding}");
}
