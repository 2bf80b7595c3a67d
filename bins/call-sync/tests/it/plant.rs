//! A sandbox with a world, and the binary run against it.

use std::process::{Child, Command, Stdio};

use sandbox::{Sandbox, SandboxOptions, identity};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The small world of `tests/worlds`, in which four calls are to be logged and one to be adopted.
const BASIC: &str = include_str!("../../../../tests/worlds/basic.json");

pub(crate) struct Plant {
    pub(crate) sandbox: Sandbox,
    folder: TempDir,
}

/// What a run of the binary left behind.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The report of the first tenant.
    pub(crate) fn tenant(&self) -> Value {
        self.tenants()[0].clone()
    }

    pub(crate) fn tenants(&self) -> Value {
        let object: Value = serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}\n{}", self.stdout, self.stderr));
        object["tenants"].clone()
    }

    /// Class and message of what stopped the first tenant.
    pub(crate) fn error(&self) -> (String, String) {
        let error = &self.tenant()["error"];
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        (text("class"), text("message"))
    }
}

impl Plant {
    /// A sandbox with the small world.
    pub(crate) async fn basic() -> Self {
        let plant = Self::empty().await;
        plant.load(&serde_json::from_str(BASIC).unwrap());
        plant
    }

    pub(crate) async fn empty() -> Self {
        let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
        Self { sandbox, folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn load(&self, world: &Value) {
        self.sandbox.load_world(world).unwrap();
    }

    pub(crate) fn fault(&self, fault: Value) {
        self.sandbox.add_faults(&json!([fault])).unwrap();
    }

    /// The configuration of one tenant of this sandbox.
    pub(crate) fn tenant(&self, name: &str) -> String {
        self.sandbox.tenant_configuration(name)
    }

    /// Runs one pass with the usual configuration.
    pub(crate) async fn pass(&self) -> Ran {
        self.pass_with(&self.tenant("contoso")).await
    }

    pub(crate) async fn pass_with(&self, config: &str) -> Ran {
        self.run(config, &["--once", "--json"]).await
    }

    pub(crate) async fn run(&self, config: &str, arguments: &[&str]) -> Ran {
        let mut command = self.command(config);
        command.args(arguments);
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Starts the worker and lets it run.
    pub(crate) fn start(&self, config: &str) -> Child {
        let mut command = self.command(config);
        command.args(["--listen", "127.0.0.1:0"]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn command(&self, config: &str) -> Command {
        let path = self.folder.path().join("voice.toml");
        std::fs::write(&path, config).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_call-sync"));
        command.arg("--config").arg(path).stdin(Stdio::null());
        command
    }

    /// Reads from the simulated Dynamics as any other client would.
    pub(crate) async fn read(&self, path: &str) -> Value {
        let base = self.sandbox.base_url();
        let http = http();
        let token: Value = http
            .post(format!("{base}/entra/{}/oauth2/v2.0/token", identity::ENTRA_TENANT_ID))
            .form(&[
                ("grant_type", "client_credentials"),
                ("client_id", &identity::ENTRA_CLIENT_ID.to_string()),
                ("client_secret", identity::ENTRA_CLIENT_SECRET),
                ("scope", &format!("{base}/.default")),
            ])
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let response = http
            .get(format!("{base}/api/data/v9.2/{path}"))
            .bearer_auth(token["access_token"].as_str().unwrap())
            .send()
            .await
            .unwrap();
        let status = response.status();
        let body: Value = response.json().await.unwrap();
        assert!(status.is_success(), "{body}");
        body
    }
}

#[expect(clippy::disallowed_methods, reason = "the test is somebody else's client")]
fn http() -> reqwest::Client {
    reqwest::Client::builder().tls_certs_only([]).build().unwrap()
}

/// The sum of the counts of an object.
pub(crate) fn sum(counts: &Value) -> u64 {
    counts.as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum()
}
