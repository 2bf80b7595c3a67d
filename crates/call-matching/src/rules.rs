//! The settings of a tenant that decide who a number belongs to.

/// How numbers are compared and what happens when several customers have one (design §3, Match).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchRules {
    /// Characters cut from the start of the E.164 form before containment is looked at, plus sign
    /// included (`NumbersToCut`).
    pub numbers_to_cut: usize,
    /// Fewest digits that must be left after the cut for containment to count
    /// (`MinimumMatchDigits`).
    pub minimum_match_digits: usize,
    /// Exact candidates push contained ones out (`PreferExactMatch`).
    pub prefer_exact_match: bool,
    /// Candidates that are one account and only its own contacts become the account
    /// (`SharedNumberToAccount`).
    pub shared_number_to_account: bool,
    /// Of several candidates the first is taken (`MultipleMatchesPickFirst`).
    pub pick_first: bool,
}

impl Default for MatchRules {
    fn default() -> Self {
        Self {
            numbers_to_cut: 0,
            minimum_match_digits: 6,
            prefer_exact_match: true,
            shared_number_to_account: false,
            pick_first: false,
        }
    }
}
