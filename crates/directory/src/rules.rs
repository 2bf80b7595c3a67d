//! How the tenant's settings say that customers are matched.

use call_matching::MatchRules;
use settings::TenantSettings;

/// The rules of the settings (design, section 3, "Match").
pub fn match_rules(settings: &TenantSettings) -> MatchRules {
    MatchRules {
        numbers_to_cut: settings.numbers_to_cut,
        minimum_match_digits: settings.minimum_match_digits,
        prefer_exact_match: settings.prefer_exact_match,
        shared_number_to_account: settings.shared_number_to_account,
        pick_first: settings.multiple_matches_pick_first,
    }
}
