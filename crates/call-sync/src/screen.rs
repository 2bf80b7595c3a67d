//! The rules that need nothing but the call itself, the settings and our own numbers.

use call_matching::{CallerNumber, NumberReader};
use enreach_client::Privacy;
use settings::TenantSettings;

use crate::decision::{DeferReason, Outcome, SkipReason};
use crate::legs::{CallKind, Conversation};

/// What the first rules say.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Screening {
    /// The call is decided.
    Decided(Outcome),
    /// Owner and customer decide; this is the customer's number.
    Open(CallerNumber),
}

/// Applies the rules from `InProgress` to `Internal`, in the order of the design, section 3: the
/// first that applies decides.
pub(crate) fn screen(
    call: &Conversation,
    settings: &TenantSettings,
    reader: &NumberReader,
    is_own: impl Fn(&CallerNumber) -> bool,
) -> Screening {
    if call.in_progress {
        return Screening::Decided(Outcome::Deferred(DeferReason::InProgress));
    }
    if let Some(reason) = rule_on_the_call(call, settings) {
        return Screening::Decided(Outcome::Skipped(reason));
    }
    let number = reader.from_enreach(call.customer_number.as_deref());
    if number == CallerNumber::Withheld {
        return Screening::Decided(Outcome::Skipped(SkipReason::NoNumber));
    }
    if is_own(&number) && is_own(&reader.from_enreach(call.our_number.as_deref())) {
        return Screening::Decided(Outcome::Skipped(SkipReason::Internal));
    }
    Screening::Open(number)
}

/// Whether a call is a person's own affair, as far as anybody has said: of such a call nothing but
/// its id, times and fate may be kept.
pub(crate) fn is_not_work(call: &Conversation) -> bool {
    call.kind == CallKind::Direct && call.privacy != Privacy::Work
}

fn rule_on_the_call(call: &Conversation, settings: &TenantSettings) -> Option<SkipReason> {
    let direct = call.kind == CallKind::Direct;
    let kind_wanted = match (call.kind, call.answered) {
        (CallKind::Direct, _) => settings.process_direct_calls,
        (CallKind::Service, true) => settings.process_service_calls,
        (CallKind::Service, false) => settings.process_service_calls_unanswered,
    };
    let limit = i64::try_from(settings.call_duration_limit_secs).unwrap_or(i64::MAX);
    if call.personal_work {
        Some(SkipReason::PersonalWorkQueue)
    } else if !kind_wanted {
        Some(SkipReason::KindSwitchedOff)
    } else if is_not_work(call) {
        Some(SkipReason::NotWork)
    } else if direct && !call.answered {
        Some(SkipReason::Unanswered)
    } else if call.answered && call.talk.num_milliseconds() < limit.saturating_mul(1000) {
        Some(SkipReason::TooShort)
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
