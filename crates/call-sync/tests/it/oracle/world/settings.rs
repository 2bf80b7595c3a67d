//! The rows of `ev_settings`: every setting of design §3, also wrong ones and odd spellings.

use serde_json::{Value, json};

use super::dice::Dice;

/// What the generator of calls wants to know; everything else is for the judges.
#[derive(Debug)]
pub(super) struct Hints {
    /// About how far back the pass will look, in seconds.
    pub(super) window_secs: i64,
    /// The limit of talk that calls are placed around.
    pub(super) call_duration_limit: i64,
    /// The margin that phone calls of others are placed around.
    pub(super) call_start_margin: i64,
}

/// Settings whose value is one of a few, with how often they are set, in percent.
const FEW: &[(&str, u32, &[&str])] = &[
    ("EnableAudit", 30, &["true", "TRUE", "1", "yes", "no", "maybe"]),
    ("EnableMultipleMatchCreate", 60, &["true", "Yes", " true ", "1", "0", "false", "ja"]),
    ("MultipleMatchesPickFirst", 35, &["true", "YES", "1", "False", "0", "", "2"]),
    ("MultipleMatchPhoneCallStatus", 60, &["1", "2", "3", "4", " 4 ", "77", "Made", ""]),
    ("NumbersToCut", 80, &["0", "3", "4", "5", "6", "7", "12", "20", " 4", "-1", "four", "4.5"]),
    ("ProcessDirectCalls", 30, &["true", "yes", "1", "0", "no", "off"]),
    ("ProcessServiceCalls", 30, &["true", "1", "FALSE", "0", "nein"]),
    ("ProcessServiceCallsUnanswered", 75, &["true", "1", "Yes", "true", "false", "on"]),
    ("RunInDebugMode", 12, &["true", "1", "false", "tru"]),
    ("PreferExactMatch", 40, &["false", "no", "0", "true", "neither"]),
    ("MinimumMatchDigits", 40, &["5", "6", "7", "8", "9", "12", "-6", "six"]),
    ("SharedNumberToAccount", 40, &["true", "1", "false", "account"]),
    ("UnansweredCallState", 50, &["Open", "Completed", "Closed", "open"]),
    ("WindowBasis", 25, &["StartTime", "starttime", "Modified", "EndTime"]),
    ("CloseCallbacksInEnreach", 10, &["false", "true"]),
    ("DirectoryRefreshSeconds", 10, &["300", "-1", "soon"]),
    ("SettingsRefreshSeconds", 10, &["300", "3601", "x"]),
    ("CallbackRequestDefaultSubject", 10, &["Callback"]),
];

/// What `MatchColumns` may say.
const MATCH_COLUMNS: &[&str] = &[
    "contact: mobilephone, telephone1",
    "contact: mobilephone; account: telephone1; lead:",
    "lead: telephone1; account:",
    "contact telephone1",
    "contact: company, pager, mobilephone",
];

pub(super) fn roll(dice: &mut Dice, region: &str, agents: &[String]) -> (Vec<Value>, Hints) {
    let mut rows = Rows { dice, rows: Vec::new() };
    for (name, percent, values) in FEW {
        rows.maybe(*percent, name, values);
    }
    rows.maybe(10, "MatchColumns", MATCH_COLUMNS);
    let lower = region.to_lowercase();
    rows.maybe(75, "DefaultRegion", &[region, region, region, region, &lower, "Finland", "F1"]);
    rows.assignee(agents);
    rows.subjects();
    let hints = rows.hints();
    rows.disturb();
    (rows.rows, hints)
}

struct Rows<'a> {
    dice: &'a mut Dice,
    rows: Vec<Value>,
}

impl Rows<'_> {
    fn maybe(&mut self, percent: u32, name: &str, values: &[&str]) {
        if self.dice.chance(percent) {
            let value = *self.dice.pick(values);
            self.set(name, value);
        }
    }

    fn set(&mut self, name: &str, value: &str) {
        let name = match self.dice.weighted(&[90, 5, 5]) {
            0 => name.to_owned(),
            1 => name.to_lowercase(),
            _ => name.to_uppercase(),
        };
        self.rows.push(json!({
            "ev_settingid": self.dice.guid(), "ev_name": name,
            "ev_value": if value.is_empty() { Value::Null } else { value.into() },
        }));
    }

    fn assignee(&mut self, agents: &[String]) {
        let agent = self.dice.pick(agents).clone();
        match self.dice.weighted(&[80, 8, 4, 4, 4]) {
            0 => self.set("DefaultCrmAssignee", &agent),
            1 => self.set("DefaultCrmAssignee", &format!(" {} ", agent.to_uppercase())),
            2 => self.set("DefaultCrmAssignee", "the receptionist"),
            3 => {
                let nobody = self.dice.guid();
                self.set("DefaultCrmAssignee", &nobody);
            }
            _ => {}
        }
    }

    fn subjects(&mut self) {
        let long = "s".repeat(201);
        let full = "ä".repeat(200);
        let values = ["Call, \"in\" & out", "  Anruf  ", &full, &long, ""];
        for name in
            ["IncomingDirectCallSubject", "IncomingQueueCallSubject", "OutgoingDirectCallSubject"]
        {
            self.maybe(40, name, &values);
        }
    }

    fn hints(&mut self) -> Hints {
        let debug = self.rows.iter().any(|row| {
            row["ev_name"].as_str().unwrap().eq_ignore_ascii_case("RunInDebugMode")
                && ["true", "1"].contains(&row["ev_value"].as_str().unwrap_or_default())
        });
        let (interval, minutes) = *self.dice.pick(&[
            ("15", 15),
            ("2", 2),
            ("60", 60),
            (" 60 ", 60),
            ("1440", 1_440),
            ("44640", 44_640),
            ("0", 15),
            ("44641", 15),
            ("an hour", 15),
        ]);
        self.set("ExecutionInterval", interval);
        let limit = *self.dice.pick(&[0, 0, 5, 10, 30]);
        if limit != 0 || self.dice.chance(50) {
            let value = if limit == 0 { "-3".to_owned() } else { limit.to_string() };
            self.set("CallDurationLimit", &value);
        }
        let (margin_text, margin) =
            *self.dice.pick(&[("", 60), ("60", 60), ("0", 0), ("10", 10), ("300", 300)]);
        if !margin_text.is_empty() {
            self.set("CallStartMargin", margin_text);
        }
        Hints {
            window_secs: if debug { 45 * 86_400 } else { minutes * 60 },
            call_duration_limit: limit,
            call_start_margin: margin,
        }
    }

    /// Rows that say nothing: inactive ones, and names that nobody knows.
    fn disturb(&mut self) {
        if self.dice.chance(30) {
            let id = self.dice.guid();
            self.rows.push(json!({"ev_settingid": id, "ev_name": "NumbersToCutt",
                                  "ev_value": "4"}));
        }
        for row in &mut self.rows {
            if self.dice.chance(2) {
                row["statecode"] = 1.into();
            }
        }
    }
}
