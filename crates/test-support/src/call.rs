//! Calls as Enreach Cloud reports them (Enreach reference, sections 2.3 and 3).

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use sandbox::identity::ENREACH_ORGANIZATION_ID;
use serde_json::{Value, json};
use uuid::Uuid;
use voice_model::CallId;

use crate::ids::{NAMESPACE, id};
use crate::{Agent, Customer};

/// Key and number of the company's queue.
const QUEUE: (u16, u32, &str) = (0xB, 1, "+358942450200");

/// A call. As built it is direct, answered after five seconds, marked as work, and reported nine
/// seconds after its end.
#[derive(Debug, Clone)]
pub struct Call {
    number: u32,
    start: DateTime<Utc>,
    talk: Duration,
    agent: Agent,
    customer: Option<Uuid>,
    phone: String,
    outgoing: bool,
    queue: bool,
    answered: bool,
    running: bool,
    privacy: &'static str,
    modified: Option<DateTime<Utc>>,
}

impl Call {
    /// The n-th call: a customer calls Anna at this time, and they talk for a minute.
    pub fn incoming(number: u32, start: DateTime<Utc>, customer: &Customer) -> Self {
        Self {
            number,
            start,
            talk: Duration::minutes(1),
            agent: Agent::Anna,
            customer: Some(customer.id()),
            phone: customer.phone(),
            outgoing: false,
            queue: false,
            answered: true,
            running: false,
            privacy: "Work",
            modified: None,
        }
    }

    /// From us to the customer.
    #[must_use]
    pub fn outgoing(mut self) -> Self {
        self.outgoing = true;
        self
    }

    /// Another agent's.
    #[must_use]
    pub fn by(mut self, agent: Agent) -> Self {
        self.agent = agent;
        self
    }

    /// To the company's queue instead of to the agent.
    #[must_use]
    pub fn to_queue(mut self) -> Self {
        self.queue = true;
        self
    }

    /// Nobody answers.
    #[must_use]
    pub fn unanswered(mut self) -> Self {
        self.answered = false;
        self
    }

    /// It has not ended yet. Only calls to a queue are reported before they end.
    #[must_use]
    pub fn running(mut self) -> Self {
        self.running = true;
        self
    }

    /// `Work`, `Private` or `Undefined`.
    #[must_use]
    pub fn marked(mut self, privacy: &'static str) -> Self {
        self.privacy = privacy;
        self
    }

    /// Its rows were last changed then.
    #[must_use]
    pub fn modified(mut self, at: DateTime<Utc>) -> Self {
        self.modified = Some(at);
        self
    }

    /// They talk so long.
    #[must_use]
    pub fn talk_secs(mut self, seconds: i64) -> Self {
        self.talk = Duration::seconds(seconds);
        self
    }

    /// Its id.
    pub fn id(&self) -> CallId {
        CallId::new(&self.guid().to_string()).unwrap()
    }

    fn guid(&self) -> Uuid {
        id(0xE, self.number)
    }

    /// The key that its phone call row must have.
    pub fn activity_id(&self) -> Uuid {
        let name = format!("call|{ENREACH_ORGANIZATION_ID}|{}", self.guid());
        Uuid::new_v5(&NAMESPACE, name.as_bytes())
    }

    /// Where its phone call row is.
    pub fn path(&self) -> String {
        format!("phonecalls({})", self.activity_id())
    }

    /// When it started.
    pub fn start(&self) -> DateTime<Utc> {
        self.start
    }

    /// The customer's number.
    pub fn phone(&self) -> &str {
        &self.phone
    }

    /// The agent who had it.
    pub fn agent(&self) -> Agent {
        self.agent
    }

    /// Key of the customer whose number it has.
    pub fn customer(&self) -> Option<Uuid> {
        self.customer
    }

    /// Whether it went to the customer.
    pub fn is_outgoing(&self) -> bool {
        self.outgoing
    }

    fn end(&self) -> DateTime<Utc> {
        let answer = self.start + Duration::seconds(5);
        if self.answered { answer + self.talk } else { answer + Duration::seconds(20) }
    }

    /// Its rows in `/calls` and in `/servicecall`.
    pub(crate) fn rows(&self) -> (Vec<Value>, Vec<Value>) {
        let row = self.row();
        if !self.queue {
            return (vec![row], Vec::new());
        }
        let mut service = row.clone();
        service["Id"] = json!(id(0x5E, self.number));
        let queue = id(QUEUE.0, QUEUE.1);
        for (key, value) in [("QueueId", json!(queue)), ("QueueName", json!("Sales"))] {
            service[key] = value;
        }
        if self.answered {
            service["AnswerQueueId"] = json!(queue);
            service["AnswerQueueName"] = json!("Sales");
        }
        (Vec::new(), vec![service])
    }

    fn row(&self) -> Value {
        let instant = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let us = if self.queue { QUEUE.2.to_owned() } else { self.agent.work_number() };
        let (caller, called) =
            if self.outgoing { (us, self.phone.clone()) } else { (self.phone.clone(), us) };
        let answer = self.answered.then(|| instant(self.start + Duration::seconds(5)));
        let end = (!self.running).then(|| instant(self.end()));
        let reported = match self.running {
            true => self.start + Duration::seconds(9),
            false => self.end() + Duration::seconds(9),
        };
        let talk = if self.answered && !self.running { self.talk } else { Duration::zero() };
        json!({
            "Id": id(0x1E, self.number), "CallId": self.guid(),
            "TimeStamp": instant(self.start), "StartTime": instant(self.start),
            "AnswerTime": answer, "EndTime": end, "ANum": caller, "BNum": called,
            "CallType": if self.queue { 2 } else { 1 }, "Direction": i32::from(self.outgoing),
            "EndResult": i32::from(!self.answered), "Duration": talk.num_seconds(),
            "UserId": self.agent.agent_id(), "Privacy": self.privacy,
            "Modified": instant(self.modified.unwrap_or(reported))
        })
    }

    pub(crate) fn queue_row() -> Value {
        json!({"Id": id(QUEUE.0, QUEUE.1), "Name": "Sales", "TypeId": 4, "Numbers": [QUEUE.2]})
    }
}
