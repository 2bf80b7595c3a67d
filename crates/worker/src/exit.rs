//! How a worker's process ends (design, section 8).

use std::process::ExitCode;

use voice_model::ErrorClass;

/// The way a process ends. Worse outcomes are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Exit {
    /// 0: all passes ran; single calls may have failed.
    #[default]
    Done,
    /// 75: some tenant was stopped by a cause that passes; try again later.
    TryAgain,
    /// 1: some tenant was stopped by a cause that does not pass by itself.
    Failure,
    /// 64: the configuration or the arguments are wrong.
    BadConfiguration,
}

impl Exit {
    /// How a tenant that an error of this class stopped lets the process end.
    pub fn of(class: ErrorClass) -> Self {
        if class.is_passing() { Self::TryAgain } else { Self::Failure }
    }

    /// The worst of several.
    pub fn worst(exits: impl IntoIterator<Item = Self>) -> Self {
        exits.into_iter().max().unwrap_or_default()
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::TryAgain => 75,
            Exit::Failure => 1,
            Exit::BadConfiguration => 64,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lasting_cause_outweighs_a_passing_one() {
        let passing = Exit::of(ErrorClass::Throttled { retry_after: None });
        assert_eq!(passing, Exit::TryAgain);
        assert_eq!(Exit::worst([passing, Exit::of(ErrorClass::Auth), Exit::Done]), Exit::Failure);
        assert_eq!(Exit::worst([]), Exit::Done);
    }
}
