//! A sandbox with a world, a folder with a configuration and a store, and the binary run on them.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use sandbox::{LoggedRequest, Sandbox, SandboxOptions, identity};
use serde_json::{Value, json};
use sync_store::SqliteStore;
use tempfile::TempDir;
use voice_model::{Clock, SystemClock};

/// The small world of `tests/worlds`: fifteen calls of the last quarter of an hour.
pub(crate) const BASIC: &str = include_str!("../../../../tests/worlds/basic.json");

/// The small world of callback profiles, lists and items.
pub(crate) const CALLBACKS: &str = include_str!("../../../../tests/worlds/callbacks.json");

/// The id of a call of the small world.
pub(crate) fn basic_call(number: &str) -> String {
    format!("0000{number}-0000-4000-8000-000000000000")
}

/// What a run of the binary left behind.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    /// Standard output as one JSON object.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}\n{}", self.stdout, self.stderr))
    }

    #[track_caller]
    pub(crate) fn shows(&self, part: &str) {
        let Self { code, stdout, stderr } = self;
        assert!(stdout.contains(part), "{part:?} is missing in ({code}):\n{stdout}\n{stderr}");
    }

    #[track_caller]
    pub(crate) fn complains(&self, code: i32, part: &str) {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        assert!(self.stderr.contains(part), "{part:?} is missing in:\n{}", self.stderr);
    }
}

/// Runs the binary in a place without configuration.
pub(crate) fn voice(arguments: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_voice"));
    command.args(arguments).current_dir(folder.path()).output().unwrap().into()
}

pub(crate) struct Plant {
    pub(crate) sandbox: Sandbox,
    folder: TempDir,
}

impl Plant {
    /// A sandbox without a world, and the configuration of the tenant `contoso`.
    pub(crate) async fn empty() -> Self {
        let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
        let plant = Self { sandbox, folder: tempfile::tempdir().unwrap() };
        plant.configure(&plant.tenant("contoso"));
        plant
    }

    /// With the small world.
    pub(crate) async fn basic() -> Self {
        let plant = Self::empty().await;
        plant.load(&serde_json::from_str(BASIC).unwrap());
        plant
    }

    pub(crate) fn load(&self, world: &Value) {
        self.sandbox.load_world(world).unwrap();
    }

    pub(crate) fn fault(&self, fault: Value) {
        self.sandbox.add_faults(&json!([fault])).unwrap();
    }

    /// Writes `voice.toml` with the store beside it.
    pub(crate) fn configure(&self, tenants: &str) {
        let text = format!("[store]\nurl = \"sqlite://voice.db\"\n{tenants}");
        std::fs::write(self.config(), text).unwrap();
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("voice.toml")
    }

    pub(crate) fn store_file(&self) -> PathBuf {
        self.folder.path().join("voice.db")
    }

    /// The store, opened beside the binary; close it before bytes are compared.
    pub(crate) async fn store(&self) -> SqliteStore {
        SqliteStore::open(self.store_file()).await.unwrap()
    }

    /// The configuration of one tenant of this sandbox.
    pub(crate) fn tenant(&self, name: &str) -> String {
        self.sandbox.tenant_configuration(name)
    }

    /// Runs `voice calls …` with this plant's configuration.
    pub(crate) async fn calls(&self, arguments: &[&str]) -> Ran {
        self.voice(&[&["calls"], arguments].concat()).await
    }

    /// Runs `voice …` with this plant's configuration.
    pub(crate) async fn voice(&self, arguments: &[&str]) -> Ran {
        let mut command = self.command(arguments);
        tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap().into()
    }

    /// Decides the calls of the last two hours.
    pub(crate) async fn decide(&self) -> Ran {
        let ran = self.calls(&["backfill", "--from", &ago(TimeDelta::hours(2)), "--json"]).await;
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran
    }

    /// Starts `voice calls …` and lets it run; its log can be read.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(&[&["calls"], arguments].concat());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Starts `voice …` and lets it run, its log in a file.
    pub(crate) fn start_logging(&self, arguments: &[&str]) -> Child {
        let log = std::fs::File::create(self.log_file()).unwrap();
        self.command(arguments).stdout(Stdio::null()).stderr(log).spawn().unwrap()
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_voice"));
        command.args(arguments).arg("--config").arg(self.config());
        command.stdin(Stdio::null()).current_dir(self.folder.path());
        command
    }

    /// Reads from the simulated Dynamics as any other client would.
    pub(crate) async fn read(&self, path: &str) -> Value {
        self.send(reqwest::Method::GET, path).await
    }

    /// Reads JSON from an address of the binary.
    pub(crate) async fn get(&self, url: &str) -> Value {
        http().get(url).send().await.unwrap().json().await.unwrap()
    }

    /// All phone calls of ours, in the order of calls.
    pub(crate) async fn phone_calls(&self) -> Vec<Value> {
        let rows = self.read("phonecalls?$filter=ev_callid ne null&$orderby=ev_callid").await;
        rows["value"].as_array().unwrap().clone()
    }

    /// Deletes a row, as a person would.
    pub(crate) async fn delete(&self, path: &str) {
        self.send(reqwest::Method::DELETE, path).await;
    }

    async fn send(&self, method: reqwest::Method, path: &str) -> Value {
        let base = self.sandbox.base_url();
        let http = http();
        let token = http
            .post(format!("{base}/entra/{}/oauth2/v2.0/token", identity::ENTRA_TENANT_ID))
            .form(&[
                ("grant_type", "client_credentials"),
                ("client_id", &identity::ENTRA_CLIENT_ID.to_string()),
                ("client_secret", identity::ENTRA_CLIENT_SECRET),
                ("scope", &format!("{base}/.default")),
            ]);
        let token: Value = token.send().await.unwrap().json().await.unwrap();
        let request = http.request(method, format!("{base}/api/data/v9.2/{path}"));
        let response =
            request.bearer_auth(token["access_token"].as_str().unwrap()).send().await.unwrap();
        let status = response.status();
        let body = response.text().await.unwrap();
        assert!(status.is_success(), "{status}: {body}");
        serde_json::from_str(&body).unwrap_or_default()
    }

    /// Requests since one, token requests left out, that could have changed something.
    pub(crate) fn writes(&self, since: u64) -> Vec<LoggedRequest> {
        let requests = self.sandbox.requests(since).into_iter();
        requests.filter(|request| request.system != "entra" && request.method != "GET").collect()
    }
}

#[expect(clippy::disallowed_methods, reason = "the test is somebody else's client")]
fn http() -> reqwest::Client {
    reqwest::Client::builder().tls_certs_only([]).build().unwrap()
}

pub(crate) fn now() -> DateTime<Utc> {
    SystemClock.now()
}

pub(crate) fn text(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// An instant as an argument.
pub(crate) fn ago(time: TimeDelta) -> String {
    text(now() - time)
}

/// The bytes of a file and of its log, empty where there is none.
pub(crate) fn bytes(file: &Path) -> Vec<Vec<u8>> {
    let log = PathBuf::from(format!("{}-wal", file.display()));
    [file, &log].map(|file| std::fs::read(file).unwrap_or_default()).to_vec()
}
