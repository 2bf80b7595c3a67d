//! The states of a callback item and the ways between them (Enreach reference, section 4.2).

use super::failure::Failure;

/// Where a callback item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Waits for somebody.
    Open,
    /// Somebody has taken it.
    Reserved,
    /// Done.
    Closed,
    /// Its time has passed; only the clock leads here.
    Expired,
}

/// All of them.
pub(super) const STATES: [State; 4] = [State::Open, State::Reserved, State::Closed, State::Expired];

impl State {
    /// Its name on the wire.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::Reserved => "Reserved",
            Self::Closed => "Closed",
            Self::Expired => "Expired",
        }
    }

    /// The state of that name, in any case.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        STATES.into_iter().find(|state| state.name().eq_ignore_ascii_case(name.trim()))
    }

    /// All names, for messages.
    pub(super) fn names() -> String {
        STATES.map(Self::name).join(", ")
    }
}

/// Whether an item really changes when it goes from one state to another.
///
/// `held_by_other`: somebody else has reserved it. `force`: that does not matter.
///
/// # Errors
/// 409 for a way that does not exist, 400 for a state that only the clock sets.
pub(super) fn moves(
    from: State,
    to: State,
    held_by_other: bool,
    force: bool,
) -> Result<bool, Failure> {
    match (from, to) {
        (State::Closed, State::Closed) => Ok(false),
        (State::Closed, _) => {
            Err(Failure::conflict(format!("The item is Closed and cannot become {}", to.name())))
        }
        (State::Expired, _) => {
            Err(Failure::conflict(format!("The item is Expired and cannot become {}", to.name())))
        }
        (_, State::Expired) => {
            Err(Failure::bad_request("State Expired is set by the clock; expected Closed"))
        }
        (State::Reserved, _) if held_by_other && !force => {
            Err(Failure::conflict("The item is reserved by another user; Force is needed"))
        }
        _ => Ok(from != to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use State::{Closed, Expired, Open, Reserved};

    #[track_caller]
    fn check(from: State, to: State, expected: Result<bool, u16>) {
        let found = moves(from, to, false, false).map_err(|failure| failure.status());
        assert_eq!(found, expected, "{from:?} to {to:?}");
    }

    #[test]
    fn items_go_the_documented_ways_only() {
        check(Open, Open, Ok(false));
        check(Open, Reserved, Ok(true));
        check(Open, Closed, Ok(true));
        check(Open, Expired, Err(400));
        check(Reserved, Open, Ok(true));
        check(Reserved, Reserved, Ok(false));
        check(Reserved, Closed, Ok(true));
        check(Reserved, Expired, Err(400));
        check(Closed, Closed, Ok(false));
        check(Closed, Open, Err(409));
        check(Closed, Reserved, Err(409));
        check(Closed, Expired, Err(409));
        for to in STATES {
            check(Expired, to, Err(409));
        }
    }

    #[test]
    fn what_another_user_holds_is_moved_by_force_only() {
        for to in [Open, Reserved, Closed] {
            assert_eq!(moves(Reserved, to, true, false).unwrap_err().status(), 409);
            assert_eq!(moves(Reserved, to, true, true), Ok(to != Reserved));
        }
        assert_eq!(moves(Closed, Open, true, true).unwrap_err().status(), 409);
    }
}
