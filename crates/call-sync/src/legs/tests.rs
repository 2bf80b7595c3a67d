use super::*;
use chrono::TimeZone;
use enreach_client::Reported;
use proptest::prelude::*;

fn at(seconds: i64) -> DateTime<Utc> {
    Utc.timestamp_opt(1_770_000_000 + seconds, 0).unwrap()
}

/// A row that started, was answered and ended at these seconds.
fn row(id: &str, start: i64, answer: Option<i64>, end: i64) -> CallRow {
    let mut row = CallRow::new(CallId::new("call-1").unwrap());
    row.id = Some(id.to_owned());
    row.start = Some(at(start));
    row.answer = answer.map_or(Reported::Null, |answer| Reported::Value(at(answer)));
    row.end = Reported::Value(at(end));
    row.end_result = Some(i64::from(answer.is_none()));
    row.a_number = Some(format!("+35850{id}"));
    row.b_number = Some("+358942450100".to_owned());
    row.agent = Some(AgentId::new(&format!("agent-{id}")).unwrap());
    row.modified = Some(at(end + 5));
    row.kind = RowKind::Direct;
    row.privacy = Privacy::Work;
    row
}

fn direct(row: CallRow) -> Leg {
    Leg { source: Source::Calls, row }
}

fn service_row(mut row: CallRow, queue: Option<&str>) -> Leg {
    row.kind = RowKind::Unknown;
    row.queue_name = queue.map(str::to_owned);
    Leg { source: Source::ServiceCalls, row }
}

fn only(legs: Vec<Leg>) -> Conversation {
    let mut calls = fold(legs);
    assert_eq!(calls.len(), 1);
    calls.remove(0)
}

#[test]
fn a_transfer_is_one_conversation_owned_by_the_last_agent() {
    let call = only(vec![direct(row("2", 60, Some(65), 200)), direct(row("1", 0, Some(5), 60))]);
    assert_eq!(call.kind, CallKind::Direct);
    assert_eq!(call.start, Some(at(0)));
    assert_eq!(call.end, Some(at(200)));
    assert_eq!(call.talk, Duration::seconds(55 + 135));
    assert_eq!(call.agent, AgentId::new("agent-2").ok());
    assert_eq!(call.customer_number.as_deref(), Some("+358501"), "from the earliest row");
    assert_eq!(call.legs.len(), 2);
}

#[test]
fn agents_whose_phones_rang_in_vain_do_not_own_the_call() {
    let call = only(vec![
        direct(row("1", 0, None, 20)),
        direct(row("2", 0, Some(10), 100)),
        direct(row("3", 1, None, 20)),
    ]);
    assert!(call.answered);
    assert_eq!(call.agent, AgentId::new("agent-2").ok());
}

#[test]
fn privacy_is_that_of_the_agent_who_had_the_call_last() {
    let mut private = row("2", 60, Some(65), 200);
    private.privacy = Privacy::Private;
    let call = only(vec![direct(row("1", 0, Some(5), 60)), direct(private)]);
    assert_eq!(call.privacy, Privacy::Private);
}

#[test]
fn nobody_answered_so_the_earliest_row_speaks() {
    let call = only(vec![direct(row("2", 5, None, 20)), direct(row("1", 0, None, 20))]);
    assert!(!call.answered);
    assert_eq!(call.agent, AgentId::new("agent-1").ok());
    assert_eq!(call.talk, Duration::zero());
}

#[test]
fn overlapping_talk_counts_once() {
    let call = only(vec![direct(row("1", 0, Some(0), 100)), direct(row("2", 50, Some(50), 120))]);
    assert_eq!(call.talk, Duration::seconds(120));
}

#[test]
fn the_queue_row_leads_and_names_the_queue_that_answered() {
    let mut queue = row("9", 0, Some(27), 312);
    queue.duration_secs = Some(285);
    queue.answer_queue_name = Some("Sales".to_owned());
    let mut agent_row = row("1", 20, Some(27), 310);
    agent_row.kind = RowKind::Service;
    agent_row.direction = Direction::Outgoing;
    let call = only(vec![direct(agent_row), service_row(queue, Some("Switchboard"))]);
    assert_eq!(call.kind, CallKind::Service);
    assert_eq!(call.direction, Direction::Incoming);
    assert_eq!(call.talk, Duration::seconds(285));
    assert_eq!(call.queue_name.as_deref(), Some("Sales"));
    assert_eq!(call.customer_number.as_deref(), Some("+358509"));
}

#[test]
fn service_rows_of_users_alone_are_a_service_call() {
    let mut agent_row = row("1", 0, Some(5), 60);
    agent_row.kind = RowKind::Service;
    assert_eq!(only(vec![direct(agent_row)]).kind, CallKind::Service);
}

#[test]
fn a_row_of_unknown_kind_is_direct_unless_it_names_a_queue() {
    let mut unknown = row("1", 0, Some(5), 60);
    unknown.kind = RowKind::Unknown;
    assert_eq!(only(vec![direct(unknown.clone())]).kind, CallKind::Direct);
    unknown.queue_name = Some("Sales".to_owned());
    assert_eq!(only(vec![direct(unknown)]).kind, CallKind::Service);
}

#[test]
fn personal_work_traffic_gives_way_to_a_direct_call_or_stands_alone() {
    let personal = service_row(row("9", -5, Some(0), 60), None);
    let alone = only(vec![personal.clone()]);
    assert!(alone.personal_work);
    let beside = only(vec![personal, direct(row("1", 0, Some(5), 60))]);
    assert!(!beside.personal_work);
    assert_eq!(beside.kind, CallKind::Direct);
    assert_eq!(beside.start, Some(at(0)), "the dropped row does not count");
    assert_eq!(beside.legs.len(), 2, "but is kept as evidence");
}

#[test]
fn a_call_runs_until_every_row_has_ended() {
    let mut running = row("2", 60, Some(65), 200);
    running.end = Reported::Null;
    let call = only(vec![direct(row("1", 0, Some(5), 60)), direct(running.clone())]);
    assert!(call.in_progress);
    running.end = Reported::Absent;
    assert!(!only(vec![direct(running)]).in_progress, "a row without the key counts as ended");
}

#[test]
fn the_newer_state_of_a_row_read_twice_counts() {
    let old = row("1", 0, Some(5), 60);
    let mut new = old.clone();
    new.privacy = Privacy::Private;
    new.modified = Some(at(500));
    for legs in [[old.clone(), new.clone()], [new, old]] {
        let call = only(legs.map(direct).to_vec());
        assert_eq!(call.privacy, Privacy::Private);
        assert_eq!(call.legs.len(), 1);
    }
}

#[test]
fn a_row_with_nothing_but_its_call_id_is_a_conversation() {
    let call = only(vec![direct(CallRow::new(CallId::new("call-1").unwrap()))]);
    assert_eq!(call.start, None);
    assert_eq!(call.end, None);
    assert!(!call.answered && !call.in_progress);
}

fn any_leg() -> impl Strategy<Value = Leg> {
    let times = (0i64..500, proptest::option::of(0i64..100), 0i64..300);
    let shape = (0u8..4, 0u8..6, any::<bool>(), any::<bool>());
    (times, shape).prop_map(|((start, wait, length), (call, id, service, named))| {
        let mut row = row(&id.to_string(), start, wait.map(|wait| start + wait), start + length);
        row.call_id = CallId::new(&format!("call-{call}")).unwrap();
        row.kind = if named { RowKind::Direct } else { RowKind::Service };
        match service {
            true => service_row(row, named.then_some("Sales")),
            false => direct(row),
        }
    })
}

proptest! {
    #[test]
    fn folding_does_not_depend_on_the_order_of_rows(
        legs in proptest::collection::vec(any_leg(), 0..12), seed in any::<u64>(),
    ) {
        // Rows that share id and source are versions of one row; give each its own moment.
        let legs: Vec<Leg> = legs.into_iter().enumerate().map(|(index, mut leg)| {
            leg.row.id = Some(format!("{index}"));
            leg
        }).collect();
        let mut shuffled = legs.clone();
        let length = shuffled.len().max(1);
        for index in 0..shuffled.len() {
            shuffled.swap(index, (seed as usize).wrapping_mul(index + 7) % length);
        }
        prop_assert_eq!(fold(legs), fold(shuffled));
    }

    #[test]
    fn every_row_is_in_exactly_one_conversation_and_talk_fits_the_call(
        legs in proptest::collection::vec(any_leg(), 0..12),
    ) {
        let legs: Vec<Leg> = legs.into_iter().enumerate().map(|(index, mut leg)| {
            leg.row.id = Some(format!("{index}"));
            leg
        }).collect();
        let calls = fold(legs.clone());
        prop_assert_eq!(calls.iter().map(|call| call.legs.len()).sum::<usize>(), legs.len());
        for call in &calls {
            prop_assert!(call.legs.iter().all(|leg| leg.row.call_id == call.call));
            let (Some(start), Some(end)) = (call.start, call.end) else { continue };
            prop_assert!(start <= end);
            prop_assert!(call.talk <= end - start, "{:?}", call.talk);
        }
    }
}
