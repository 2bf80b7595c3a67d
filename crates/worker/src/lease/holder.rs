//! Who holds a lease, told so that others on the same machine see whether it still runs.

use std::io::ErrorKind;

/// The name of a holder: `<host>/<process id>/<start of the process>/<random>`.
///
/// The random part tells the holders of one process apart, and everything else from a process on
/// another machine of the same name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Holder(String);

impl Holder {
    /// A new holder in this process, unlike any other.
    pub fn new() -> Self {
        let (pid, random) = (std::process::id(), rand::random::<u64>());
        let host = host().unwrap_or_else(|| "unknown-host".to_owned());
        Self(match look(pid) {
            Process::Started(start) => format!("{host}/{pid}/{start}/{random:016x}"),
            Process::Ended | Process::Unknown => format!("{host}/{pid}/-/{random:016x}"),
        })
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the holder of this name ran on this machine and does so no more. A holder on another
    /// machine, and one of which nothing can be known, counts as running.
    ///
    /// Containers of one host name that share a store are one machine to this: they take each
    /// other's leases and claims and do the same work.
    pub fn is_gone(name: &str) -> bool {
        let Some((there, pid, start)) = parts(name) else { return false };
        // Where this process cannot see itself, it can see no other either.
        let sees = matches!(look(std::process::id()), Process::Started(_));
        sees && host().as_deref() == Some(there)
            && match look(pid) {
                // The same id at another start is another process.
                Process::Started(now) => now != start,
                Process::Ended => true,
                Process::Unknown => false,
            }
    }
}

impl Default for Holder {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Host, process id and start.
fn parts(name: &str) -> Option<(&str, u32, u64)> {
    let mut parts = name.rsplitn(4, '/').skip(1);
    let start = parts.next()?.parse().ok()?;
    let pid = parts.next()?.parse().ok()?;
    Some((parts.next()?, pid, start))
}

/// The name of this machine, where Linux tells it.
fn host() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// What can be known of a process.
#[derive(Debug, PartialEq, Eq)]
enum Process {
    /// It runs since then, in clock ticks since the machine started.
    Started(u64),
    Ended,
    Unknown,
}

fn look(pid: u32) -> Process {
    match std::fs::read(format!("/proc/{pid}/stat")) {
        Ok(stat) => read_stat(&String::from_utf8_lossy(&stat)),
        Err(error) if error.kind() == ErrorKind::NotFound => Process::Ended,
        Err(_) => Process::Unknown,
    }
}

/// Reads a line of `/proc/<pid>/stat` (proc_pid_stat(5)): field 3 is the state, field 22 the start.
fn read_stat(stat: &str) -> Process {
    // Field 2, the name of the program, may hold blanks and brackets.
    let Some((_, from_state)) = stat.rsplit_once(')') else { return Process::Unknown };
    let mut fields = from_state.split_whitespace();
    match (fields.next(), fields.nth(18).map(str::parse)) {
        // Dead, but its parent has not asked yet.
        (Some("Z" | "X"), _) => Process::Ended,
        (Some(_), Some(Ok(start))) => Process::Started(start),
        _ => Process::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_a_process_is_read_whatever_its_program_is_called() {
        let stat = |name: &str, state: &str| {
            let rest = "1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 9 0 12345 99 98 97";
            read_stat(&format!("7 ({name}) {state} {rest}\n"))
        };
        assert_eq!(stat("call-sync", "S"), Process::Started(12_345));
        assert_eq!(stat("a) R 1 (b", "R"), Process::Started(12_345));
        assert_eq!(stat("call-sync", "Z"), Process::Ended);
        assert_eq!(read_stat(""), Process::Unknown);
        assert_eq!(read_stat("7 (x) S 1 2"), Process::Unknown);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn only_an_ended_process_of_this_machine_is_gone() {
        let here = host().unwrap();
        let this = Holder::new();
        assert!(!Holder::is_gone(this.as_str()), "{this} runs");
        assert_ne!(this, Holder::new());
        let pid = std::process::id();
        let Process::Started(start) = look(pid) else { panic!("this process is not seen") };
        // No process id of Linux is that large.
        let no_pid = u32::MAX;
        for (name, gone) in [
            (format!("{here}/{no_pid}/1/00"), true),
            (format!("{here}/{pid}/{}/00", start + 1), true),
            (format!("{here}/{pid}/{start}/00"), false),
            (format!("else.{here}/{no_pid}/1/00"), false),
            (format!("{here}/{no_pid}/-/00"), false),
            ("somebody".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(Holder::is_gone(&name), gone, "{name}");
        }
    }
}
