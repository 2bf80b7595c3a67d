//! From candidates to one customer, several, or none.

use std::collections::HashSet;

use crate::{Candidate, CustomerTable, MatchKind, MatchRules};

/// Who a number belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MatchResult {
    /// Nobody.
    None,
    /// One customer.
    One {
        /// Who.
        candidate: Candidate,
        /// Out of how many candidates it was picked; 1 means that it was the only one.
        picked_from: usize,
    },
    /// Several customers and no rule to pick one; first rank first.
    Several(Vec<Candidate>),
}

/// Applies the rules for several matches (design §3, Match and Settings).
///
/// The order of the candidates given does not matter, and a customer given twice counts once, with
/// its better kind.
pub fn choose(candidates: Vec<Candidate>, rules: &MatchRules) -> MatchResult {
    let mut candidates = ranked(candidates, rules);
    let picked_from = candidates.len();
    if rules.shared_number_to_account
        && let Some(position) = shared_account(&candidates)
    {
        return MatchResult::One { candidate: candidates.swap_remove(position), picked_from };
    }
    if picked_from > 1 && !rules.pick_first {
        return MatchResult::Several(candidates);
    }
    match candidates.into_iter().next() {
        Some(candidate) => MatchResult::One { candidate, picked_from },
        None => MatchResult::None,
    }
}

/// Sorted by rank, each customer once, without contained ones if exact ones push them out.
pub(crate) fn ranked(mut candidates: Vec<Candidate>, rules: &MatchRules) -> Vec<Candidate> {
    if candidates.len() < 2 {
        return candidates;
    }
    // The number is the last tie-break: a customer given twice must not depend on the input order.
    candidates.sort_by(|a, b| a.rank(b).then_with(|| a.number.cmp(&b.number)));
    let mut seen = HashSet::new();
    candidates.retain(|candidate| seen.insert(candidate.customer));
    if rules.prefer_exact_match && candidates.iter().any(|one| one.kind == MatchKind::Exact) {
        candidates.retain(|candidate| candidate.kind == MatchKind::Exact);
    }
    candidates
}

/// The position of the only account, if all the others are its own contacts.
fn shared_account(candidates: &[Candidate]) -> Option<usize> {
    let position =
        candidates.iter().position(|one| one.customer.table == CustomerTable::Account)?;
    let account = candidates[position].customer.id;
    let own = |one: &Candidate| {
        one.customer.table == CustomerTable::Contact && one.parent_account == Some(account)
    };
    let others_are_its_own =
        candidates.iter().enumerate().all(|(index, one)| index == position || own(one));
    others_are_its_own.then_some(position)
}
