use super::*;

fn read(status: u16, body: &str) -> ServiceError {
    ServiceError::read(status, None, body.as_bytes())
}

fn with(status: u16, code: u32) -> ServiceError {
    ServiceError { status, code: Some(code), message: String::new(), retry_after: None }
}

#[test]
fn the_platforms_error_is_read() {
    let error = read(
        404,
        r#"{"error":{"code":"0x80040217","message":"contact With Id = 1 Does Not Exist",
            "@Microsoft.PowerApps.CDS.HelpLink":"x"}}"#,
    );
    assert_eq!(error.code, Some(codes::OBJECT_DOES_NOT_EXIST));
    assert_eq!(error.to_string(), "HTTP 404 0x80040217: contact With Id = 1 Does Not Exist");
    assert!(error.is_row_missing());
}

#[test]
fn whatever_the_body_is_there_is_a_message() {
    for (body, message) in [
        ("", "Bad Gateway"),
        ("   \r\n ", "Bad Gateway"),
        ("upstream timed out", "upstream timed out"),
        (
            "<html><head><style>b{x}</style><title>502 Bad</title><script>a<b</script></head>\
             <body><!-- x --><h1>Proxy</h1>\n<p>no   answer</p></body></html>",
            "502 Bad Proxy no answer",
        ),
        (r#"{"error":{"code":"","message":""}}"#, "Bad Gateway"),
        (r#"{"error":"invalid_token"}"#, "invalid_token"),
        (r#"{"Message":"No HTTP resource was found"}"#, "No HTTP resource was found"),
        (r#"{"error":{"message":"a < b and c > d"}}"#, "a < b and c > d"),
        ("[1,2]", "Bad Gateway"),
        ("null", "Bad Gateway"),
        ("\u{0}\u{1}", "Bad Gateway"),
    ] {
        assert_eq!(read(502, body).message, message, "{body:?}");
        assert_eq!(read(502, body).code, None);
    }
    assert_eq!(ServiceError::read(599, None, b"\xff\xfe").message, "\u{fffd}\u{fffd}");
    assert_eq!(ServiceError::read(799, None, b"").message, "no message");
}

#[test]
fn a_long_message_is_cut() {
    for body in ["ä".repeat(9_000), format!("<p>{}</p>", "word ".repeat(9_000))] {
        let message = read(500, &body).message;
        assert_eq!(message.chars().count(), MESSAGE_CHARS + 1);
        assert!(message.ends_with('…'));
    }
}

#[test]
fn the_code_decides_before_the_status() {
    let throttled = ErrorClass::Throttled { retry_after: None };
    let locked = ErrorClass::Throttled { retry_after: Some(LOCK_PAUSE) };
    for (status, code, class) in [
        (429, codes::TOO_MANY_REQUESTS, throttled),
        (429, codes::TOO_MUCH_EXECUTION_TIME, throttled),
        (429, codes::TOO_MANY_AT_ONCE, throttled),
        (429, codes::THROTTLED, throttled),
        (400, 0x8004_8544, throttled),
        (400, 0x8004_8644, throttled),
        (400, 0x8004_8744, throttled),
        (400, 0x8004_8745, throttled),
        (429, codes::CUSTOMIZATION_RUNNING, locked),
        (400, codes::OTHER_OPERATION_RUNNING, locked),
        (400, codes::SQL_ERROR, ErrorClass::Transient),
        (400, codes::SQL_TIMEOUT, ErrorClass::Transient),
        (500, 0x8007_3000, ErrorClass::Transient),
        (400, 0x8007_2323, ErrorClass::Transient),
        (400, 0x8007_2324, ErrorClass::Transient),
        (400, 0x8007_2325, ErrorClass::Transient),
        (400, 0x8004_a001, ErrorClass::Transient),
        (400, 0x8004_0224, ErrorClass::Transient),
        (400, 0x8004_0216, ErrorClass::Transient),
        (400, 0x8004_4171, ErrorClass::Transient),
        (400, 0x8004_4172, ErrorClass::Transient),
        (400, 0x8004_4173, ErrorClass::Transient),
        (400, 0x8008_1111, ErrorClass::Transient),
        (403, codes::PRIVILEGE_MISSING, ErrorClass::Auth),
        (400, codes::ACCESS_DENIED, ErrorClass::Auth),
        (400, 0x8004_8306, ErrorClass::Auth),
        (400, 0x8004_8405, ErrorClass::Auth),
        (400, 0x8004_020d, ErrorClass::Auth),
        (400, codes::NOT_A_MEMBER, ErrorClass::Auth),
        (400, codes::NO_ROLES, ErrorClass::Auth),
        (400, codes::USER_DISABLED, ErrorClass::Auth),
        (400, codes::NOT_LICENSED, ErrorClass::Auth),
        (404, codes::OBJECT_DOES_NOT_EXIST, ErrorClass::NotFound),
        (400, codes::RECORD_NOT_FOUND_BY_ALTERNATE_KEY, ErrorClass::NotFound),
        (400, codes::SEGMENT_NOT_FOUND, ErrorClass::NotFound),
        (412, codes::DUPLICATE_RECORD, ErrorClass::Conflict),
        (400, codes::DUPLICATE_ALTERNATE_KEY, ErrorClass::Conflict),
        (400, codes::DUPLICATES_FOUND_BY_RULE, ErrorClass::Conflict),
        (400, codes::UNIQUE_INDEX_VIOLATED, ErrorClass::Conflict),
        (400, codes::VERSION_MISMATCH, ErrorClass::Conflict),
        (400, 0x8004_7013, ErrorClass::Conflict),
        (400, 0x8006_0893, ErrorClass::Conflict),
        (500, codes::REFUSED_BY_PLUG_IN, ErrorClass::Rejected),
        (500, codes::PAYLOAD_REFUSED, ErrorClass::Rejected),
        (403, codes::ROW_READ_ONLY, ErrorClass::Rejected),
        (500, codes::TEXT_TOO_LONG, ErrorClass::Rejected),
        (500, codes::STATUS_NOT_OF_STATE, ErrorClass::Rejected),
        (500, codes::CHANGE_TOKEN_EXPIRED, ErrorClass::Rejected),
        // Not in the list: the status speaks.
        (400, 0x8123_4567, ErrorClass::Rejected),
        (500, 0x8123_4567, ErrorClass::Transient),
    ] {
        assert_eq!(with(status, code).class(), class, "{status} {code:#x}");
    }
}

#[test]
fn without_a_code_the_status_decides() {
    for (status, class) in [
        (400, ErrorClass::Rejected),
        (401, ErrorClass::Auth),
        (403, ErrorClass::Auth),
        (404, ErrorClass::NotFound),
        (405, ErrorClass::Rejected),
        (408, ErrorClass::Transient),
        (409, ErrorClass::Conflict),
        (412, ErrorClass::Conflict),
        (413, ErrorClass::Rejected),
        (429, ErrorClass::Throttled { retry_after: None }),
        (500, ErrorClass::Transient),
        (501, ErrorClass::Rejected),
        (502, ErrorClass::Transient),
        (503, ErrorClass::Transient),
        (504, ErrorClass::Transient),
        (302, ErrorClass::Bug),
    ] {
        assert_eq!(read(status, "").class(), class, "{status}");
    }
}

#[test]
fn the_wait_asked_for_is_kept() {
    let wait = Some(Duration::from_secs(30));
    for code in ["0x80072322", "0x80071151", ""] {
        let body = format!(r#"{{"error":{{"code":"{code}","message":"wait"}}}}"#);
        let error = ServiceError::read(429, wait, body.as_bytes());
        assert_eq!(error.class(), ErrorClass::Throttled { retry_after: wait }, "{code}");
    }
}

#[test]
fn a_duplicate_is_told_by_code_or_by_text_when_the_code_is_empty() {
    assert!(with(412, codes::DUPLICATE_RECORD).is_duplicate());
    assert!(!with(412, codes::VERSION_MISMATCH).is_duplicate());
    assert!(!with(412, codes::DUPLICATE_ALTERNATE_KEY).is_duplicate());
    let sample =
        r#"{"error":{"code":"","message":"A record with matching key values already exists."}}"#;
    assert!(read(412, sample).is_duplicate());
    assert!(read(412, r#"{"error":{"message":"Cannot insert duplicate key."}}"#).is_duplicate());
    assert!(!read(400, sample).is_duplicate());
    assert!(!read(412, "").is_duplicate());
}

#[test]
fn an_owner_that_cannot_own_is_told_apart() {
    for code in [codes::NO_ROLES, codes::USER_DISABLED, codes::NOT_LICENSED] {
        assert!(with(400, code).is_owner_refused());
    }
    assert!(!with(403, codes::PRIVILEGE_MISSING).is_owner_refused());
    assert!(with(404, codes::SEGMENT_NOT_FOUND).is_table_missing());
    assert!(!with(404, codes::OBJECT_DOES_NOT_EXIST).is_table_missing());
}

#[test]
fn a_party_and_an_item_of_a_queue_are_refused_by_code() {
    assert!(with(400, codes::PARTY_NOT_ALLOWED).is_party_refused());
    assert!(with(400, codes::ALREADY_IN_QUEUE).is_already_in_queue());
    let other = with(400, codes::PAYLOAD_REFUSED);
    assert!(!other.is_party_refused() && !other.is_already_in_queue());
}

#[test]
fn a_missing_row_is_known_by_its_key_in_the_message() {
    let id = Uuid::from_u128(0x6f1c_2c0e_7a55_5d0a_9a53_0a3f_0f6f_2f11);
    let key = id.hyphenated().to_string();
    let missing = |message: &str| ServiceError {
        message: message.to_owned(),
        ..with(404, codes::OBJECT_DOES_NOT_EXIST)
    };
    for (message, named) in [
        (format!("queue With Id = {key} Does Not Exist"), true),
        (format!("Entity 'Queue' With Id = {} Does Not Exist", key.to_uppercase()), true),
        (format!("queue With Ids = {{{key}}} Do Not Exist"), true),
        ("queue With Id = 00000000-0000-0000-0000-000000000001 Does Not Exist".to_owned(), false),
        ("Not Found".to_owned(), false),
    ] {
        assert_eq!(missing(&message).names_missing_row(id), named, "{message}");
    }
    let message = format!("Principal user is missing privileges on {key}");
    let denied = ServiceError { message, ..with(403, codes::PRIVILEGE_MISSING) };
    assert!(!denied.names_missing_row(id), "the row is there");
    let message = format!("queue With Id = {key} Does Not Exist");
    let bare = ServiceError { code: None, message, ..with(404, 0) };
    assert!(bare.names_missing_row(id), "without a code the status counts");
}
