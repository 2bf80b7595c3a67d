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
  curl -s $BASE/control/modes -d '{\"strip_plus\":true}'
  curl -s $BASE/control/world -d @more.json
  curl -s $BASE/control/requests?since=0

Exit codes: 0 stopped by a signal, 1 the address is taken, 64 bad flags or a bad world.";

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
    /// Seed of the latency's jitter
    #[arg(long, value_name = "N", default_value_t = 0)]
    latency_seed: u64,
    /// Service protection limits of Dataverse: off, real, or scaled:<factor>
    #[arg(long, value_name = "LIMITS", default_value = "off")]
    limits: Limits,
    /// Leave out the tables and columns of our own solution
    #[arg(long)]
    bare: bool,
    /// Serve https, and write the authority's certificate to DIR/ca.pem
    #[arg(long, value_name = "DIR")]
    tls_dir: Option<PathBuf>,
}

impl Arguments {
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
    fn a_bad_limit_is_refused_with_the_allowed_ones() {
        let line = ["sandbox", "--limits", "some"];
        let error = Arguments::try_parse_from(line).unwrap_err().to_string();
        assert!(error.contains("scaled:"), "{error}");
    }
}
