//! The program as it is run: its addresses, its end, its exit codes.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use sync_store::{SqliteStore, Store};
use tempfile::TempDir;
use voice_model::TenantName;

const EVENT: &str = "{\"EventType\":\"CallbackCreated\",\"Id\":\"an-event\"}";
const WEBHOOK: &str = "[tenants.contoso.webhook]\ntoken = \"s3cret\"\n";

/// A folder with a configuration.
fn folder(store: &str, more: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "[store]\nurl = \"{store}\"\n\
         [server]\nlisten = \"127.0.0.1:0\"\npublic_listen = \"127.0.0.1:0\"\n\
         [tenants.contoso.enreach]\nusername = \"api.user@contoso.example\"\nsecret_key = \"x\"\n\
         [tenants.contoso.dataverse]\nurl = \"https://contoso.crm4.dynamics.com\"\n\
         [tenants.contoso.dataverse.credential]\nkind = \"client_secret\"\n\
         tenant_id = \"11111111-1111-1111-1111-111111111111\"\n\
         client_id = \"22222222-2222-2222-2222-222222222222\"\nclient_secret = \"x\"\n{more}"
    );
    std::fs::write(folder.path().join("voice.toml"), text).unwrap();
    folder
}

fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_webhook-listener"));
    command.arg("--config").arg(folder.join("voice.toml")).args(arguments);
    command.env_clear().stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn ended(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let Output { status, stderr, .. } = program(folder, arguments).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stderr).unwrap())
}

/// A running program; it does not outlive a test that fails.
struct Running {
    child: Child,
    private: String,
    public: String,
    log: BufReader<ChildStderr>,
}

impl Running {
    fn start(folder: &Path) -> Self {
        Self::start_to_die(folder, None)
    }

    /// Starts it with the place where it is to die, if anywhere.
    fn start_to_die(folder: &Path, place: Option<&str>) -> Self {
        let mut command = program(folder, &[]);
        // The place is reached by running `kill`, which has to be found.
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command.envs(place.map(|place| ("VOICE_FAIL_POINT", place)));
        let mut child = command.spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let mut running = Self { child, private: String::new(), public: String::new(), log };
        while running.private.is_empty() || running.public.is_empty() {
            let mut line = String::new();
            assert!(running.log.read_line(&mut line).unwrap() > 0, "it ended");
            let Some((_, address)) = line.split_once("at http://") else { continue };
            let address = address.split(['/', '\n']).next().unwrap().to_owned();
            match line.contains("webhooks at") {
                true => running.public = address,
                false => running.private = address,
            }
        }
        running
    }

    fn ask(address: &str, request: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn post(&self, token: &str) -> String {
        let request = format!(
            "POST /webhooks/enreach/contoso HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
             X-Benemen-Token: {token}\r\nContent-Length: {}\r\n\r\n{EVENT}",
            EVENT.len()
        );
        Self::ask(&self.public, &request)
    }

    /// What comes back from a program that dies: nothing.
    fn post_in_vain(&mut self) {
        let mut stream = TcpStream::connect(&self.public).unwrap();
        let request = format!(
            "POST /webhooks/enreach/contoso HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
             X-Benemen-Token: s3cret\r\nContent-Length: {}\r\n\r\n{EVENT}",
            EVENT.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        // The connection may be reset instead of closed.
        let _ = stream.read_to_string(&mut answer);
        assert_eq!(answer, "");
        assert_eq!(self.child.wait().unwrap().code(), None, "it was killed");
    }

    fn terminated(&mut self) -> i32 {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Nothing to do if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn what_it_acknowledged_is_in_the_store_when_it_has_stopped() {
    let folder = folder("sqlite://voice.db", WEBHOOK);
    let mut running = Running::start(folder.path());
    assert!(running.post("s3cret").starts_with("HTTP/1.1 200"));
    assert!(running.post("wrong").starts_with("HTTP/1.1 401"));
    let metrics = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let metrics = Running::ask(&running.private, metrics);
    let counted = "voice_webhooks_total{tenant=\"contoso\",answer=\"stored\"} 1";
    assert!(metrics.contains(counted), "{metrics}");
    assert_eq!(running.terminated(), 0);
    let mut log = String::new();
    running.log.read_to_string(&mut log).unwrap();
    assert!(!log.contains("s3cret") && !log.contains("an-event"), "{log}");

    let store = SqliteStore::open(folder.path().join("voice.db")).await.unwrap();
    let inbox = store.inbox(&TenantName::new("contoso"), 9).await.unwrap();
    assert_eq!(inbox.len(), 1);
    assert_eq!(inbox[0].body.as_bytes(), EVENT.as_bytes());
}

#[tokio::test]
async fn killed_between_store_and_answer_it_keeps_the_event_once() {
    for (place, kept) in [("before-store", 0), ("after-store", 1)] {
        let folder = folder("sqlite://voice.db", WEBHOOK);
        Running::start_to_die(folder.path(), Some(place)).post_in_vain();
        let store = SqliteStore::open(folder.path().join("voice.db")).await.unwrap();
        let contoso = TenantName::new("contoso");
        assert_eq!(store.inbox(&contoso, 9).await.unwrap().len(), kept, "{place}");
        // The sender has no answer and sends it again.
        let running = Running::start(folder.path());
        assert!(running.post("s3cret").starts_with("HTTP/1.1 200"));
        assert_eq!(store.inbox(&contoso, 9).await.unwrap().len(), 1, "{place}");
    }
}

#[test]
fn what_makes_no_sense_is_bad_configuration() {
    #[track_caller]
    fn check(store: &str, more: &str, arguments: &[&str], message: &str) {
        let (code, said) = ended(folder(store, more).path(), arguments);
        assert_eq!(code, 64, "{said}");
        assert!(said.contains(message), "{said}");
    }
    check("sqlite://voice.db", "", &[], "no tenant takes webhooks");
    check("sqlite://voice.db", WEBHOOK, &["--once"], "no pass");
    check("sqlite://voice.db", WEBHOOK, &["--nonsense"], "--nonsense");
    check("memory://", WEBHOOK, &[], "store.url");
}

#[test]
fn an_address_that_is_taken_is_named() {
    let folder = folder("sqlite://voice.db", WEBHOOK);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, said) = ended(folder.path(), &["--public-listen", &address]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains(&address) && said.contains("--public-listen"), "{said}");
}
