//! The command line (design, section 9).

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use sandbox::{Limits, SandboxOptions};

const EXAMPLES: &str = "\
Example:
  sandbox --listen 127.0.0.1:9100 --world world.json

A token, and a request with it:
  BASE=http://127.0.0.1:9100
  TOKEN=$(curl -s $BASE/entra/11111111-1111-1111-1111-111111111111/oauth2/v2.0/token \\
    -d grant_type=client_credentials -d client_id=22222222-2222-2222-2222-222222222222 \\
    -d client_secret=sandbox-secret -d scope=$BASE/.default \\
    | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')
  curl -s $BASE/api/data/v9.2/WhoAmI -H \"Authorization: Bearer $TOKEN\"

Enreach:
  curl -s $BASE/enreach/users/me -H 'X-Json-Serializer: 2' \\
    -u api.user@contoso.example:sandbox-secret

Faults, modes, more data, and what was asked:
  curl -s $BASE/control/faults -d '[{\"system\":\"dataverse\",\"kind\":\"status\",\"status\":429}]'
  curl -s $BASE/control/faults -X DELETE
  curl -s $BASE/control/modes -d '{\"strip_plus\":true}'
  curl -s $BASE/control/world -d @more.json
  curl -s $BASE/control/requests?since=0
  curl -s $BASE/control/reset -X POST

Webhooks and smart routing, sent to plain http on this machine:
  curl -s $BASE/control/webhooks -d '{\"url\":\"http://127.0.0.1:8081/webhooks/enreach/contoso\",
    \"token\":\"s3cret\",\"event\":{\"Id\":\"1\",\"EventType\":\"CallbackCreated\"},\"copies\":2}'
  curl -s $BASE/control/webhooks/subscriptions -d '{\"url\":\"…\",\"token\":\"s3cret\"}'
  curl -s $BASE/control/routing-calls -d '{\"url\":\"http://127.0.0.1:8081/smart-routing/contoso\",
    \"api_key\":\"s3cret\",\"anum\":\"+358501231234\",\"bnum\":\"+4612312345\"}'

https, for clients that refuse plain http:
  sandbox --tls-dir tls &
  curl -s --cacert tls/ca.pem https://localhost:9100/api/user?user=api.user@contoso.example

All of it is explained in docs/sandbox.md.

Exit codes: 0 stopped by a signal, 1 the address is taken, 64 bad flags, a bad world or a folder
that --tls-dir cannot use.";

/// Simulators of Enreach Cloud, Dataverse and the Entra token endpoint on one port.
#[derive(Debug, Parser)]
#[command(name = "sandbox", version, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Address and port; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9100")]
    listen: SocketAddr,
    /// World to start with: JSON as for POST /control/world
    #[arg(long, value_name = "FILE")]
    pub(crate) world: Option<PathBuf>,
    /// Mean time by which every answer is held back
    #[arg(long, value_name = "N", default_value_t = 0)]
    latency_ms: u64,
    /// Seed of the latency's jitter; each answer waits half to one and a half of the mean
    #[arg(long, value_name = "N", default_value_t = 0)]
    latency_seed: u64,
    /// Service protection limits of Dataverse: off, real (6000 requests, 1200 s of execution and 52
    /// at a time in 300 s), or scaled:<factor> (requests and execution multiplied)
    #[arg(long, value_name = "LIMITS", default_value = "off")]
    limits: Limits,
    /// Leave out the tables and columns of our own solution
    #[arg(long)]
    bare: bool,
    /// Serve https for localhost and 127.0.0.1; clients trust DIR/ca.pem, which is made if need be
    #[arg(long, value_name = "DIR")]
    tls_dir: Option<PathBuf>,
}

impl Arguments {
    /// The certificate that clients have to trust, if https is served.
    pub(crate) fn authority(&self) -> Option<String> {
        self.tls_dir.as_ref().map(|directory| directory.join("ca.pem").display().to_string())
    }

    /// What they mean for the library.
    pub(crate) fn options(&self) -> SandboxOptions {
        SandboxOptions {
            listen: self.listen,
            latency: Duration::from_millis(self.latency_ms),
            latency_seed: self.latency_seed,
            limits: self.limits,
            bare: self.bare,
            tls_dir: self.tls_dir.clone(),
            ..SandboxOptions::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn flags_become_options() {
        let line = "sandbox --listen 127.0.0.1:0 --latency-ms 20 --limits scaled:0.5 --bare";
        let options = Arguments::try_parse_from(line.split(' ')).unwrap().options();
        assert_eq!(options.listen.port(), 0);
        assert_eq!(options.latency, Duration::from_millis(20));
        assert_eq!(options.limits, Limits::Scaled(0.5));
        assert!(options.bare);
    }

    #[test]
    fn the_authority_lies_in_the_folder_for_https() {
        let authority =
            |line: &str| Arguments::try_parse_from(line.split(' ')).unwrap().authority();
        assert_eq!(authority("sandbox --tls-dir tls").as_deref(), Some("tls/ca.pem"));
        assert_eq!(authority("sandbox"), None);
    }

    #[test]
    fn a_bad_limit_is_refused_with_the_allowed_ones() {
        let line = ["sandbox", "--limits", "some"];
        let error = Arguments::try_parse_from(line).unwrap_err().to_string();
        assert!(error.contains("scaled:"), "{error}");
    }
}
