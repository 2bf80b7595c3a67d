//! What users send out: the number that their next call shows, and text messages (Enreach
//! reference, section 5).

use serde_json::{Value, json};

use super::body::Body;
use super::collection::Collection;
use super::failure::Failure;
use super::instant;
use super::number::digits;
use super::render::{Rendering, fields};
use super::routes::Request;
use crate::server::Answer;

/// Longest text that is taken: ten parts of a concatenated message.
const LONGEST_TEXT: usize = 1_530;

/// Answers `PUT /users/{userId}/features/cli/activate/`. A user may show numbers of the user and of
/// queues; who is a member of which queue is not simulated.
pub(super) fn activate_number(request: Request<'_>, who: &str) -> Result<Answer, Failure> {
    request.only("PUT")?;
    let (id, user) = request.user(who)?;
    let body = Body::read(&request.received.body, &["Number"])?;
    let number = body.required_text("Number")?;
    let rows = request.enreach.read();
    let own = ["WorkNumber", "MobileNumber"].into_iter().filter_map(|name| user.get(name));
    let of_queues = rows.of(Collection::Queues).filter_map(|queue| queue.get("Numbers"));
    let of_queues = of_queues.filter_map(Value::as_array).flatten();
    let allowed = own
        .chain(of_queues)
        .filter_map(Value::as_str)
        .any(|allowed| digits(allowed) == digits(number));
    if !allowed {
        let message = format!("{number} is neither a number of the user nor of a queue");
        return Err(Failure::forbidden(message));
    }
    request.done(&Rendering::of(&[]), fields(json!({"UserID": id, "Number": number})))
}

/// Answers `POST /users/{id}/communication/sms/`. Nothing is sent.
pub(super) fn send_text(request: Request<'_>, who: &str) -> Result<Answer, Failure> {
    request.only("POST")?;
    let (id, _) = request.user(who)?;
    let members = ["TargetNumber", "SmsText", "SourceNumber"];
    let body = Body::read(&request.received.body, &members)?;
    let target = body.required_text("TargetNumber")?;
    if digits(target).is_empty() {
        return Err(Failure::bad_request(format!("TargetNumber is {target:?}; expected a number")));
    }
    let text = body.required_text("SmsText")?;
    if text.chars().count() > LONGEST_TEXT {
        let message = format!("SmsText is longer than {LONGEST_TEXT} characters");
        return Err(Failure::bad_request(message));
    }
    let row = json!({
        "Id": request.enreach.next_id(),
        "UserID": id,
        "TargetNumber": target,
        "SourceNumber": body.text("SourceNumber")?,
        "SmsText": text,
        "TimeStamp": instant::iso(request.now),
    });
    request.done(&Rendering::of(&["SourceNumber"]), fields(row))
}
