//! Logical names in Dynamics that other installations spell differently (design §6).

/// Declares [`Names`] once: field, default, meaning.
macro_rules! names {
    ($($(#[$doc:meta])* $field:ident = $default:literal;)*) => {
        /// Logical names of the tables and columns of the solution.
        ///
        /// The defaults are those of our solution (reference dataverse-api.md, section 10).
        /// Installations of the original product use other names: `[tenants.<name>.dataverse.names]`
        /// sets them, one key for each field here.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Names {
            $($(#[$doc])* pub $field: String,)*
        }

        impl Default for Names {
            fn default() -> Self {
                Self { $($field: $default.to_owned(),)* }
            }
        }

        impl Names {
            /// The configuration keys, in the order of the fields.
            pub const KEYS: &[&str] = &[$(stringify!($field),)*];

            /// The name behind a key, to be set.
            pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut String> {
                match key {
                    $(stringify!($field) => Some(&mut self.$field),)*
                    _ => None,
                }
            }
        }
    };
}

names! {
    /// Table of settings.
    setting_table = "ev_setting";
    /// Entity set of the table of settings.
    setting_entity_set = "ev_settings";
    /// Key column of the table of settings.
    setting_id = "ev_settingid";
    /// Name of a setting.
    setting_name = "ev_name";
    /// Value of a setting.
    setting_value = "ev_value";
    /// `phonecall`: Enreach call id.
    call_id = "ev_callid";
    /// `phonecall`: Enreach callback item id.
    callback_id = "ev_callbackid";
    /// `phonecall`: kind of call, a choice.
    call_type = "ev_calltype";
    /// `phonecall`: start of the conversation.
    call_start = "ev_callstart";
    /// `phonecall`: end of the conversation.
    call_end = "ev_callend";
    /// `phonecall`: talk in seconds.
    duration_seconds = "ev_durationseconds";
    /// `phonecall`: name of the queue.
    queue_name = "ev_queuename";
    /// `phonecall`: number of the queue.
    queue_number = "ev_queuenumber";
    /// `phonecall`: what Enreach said about the call.
    audit = "ev_audit";
    /// `phonecall`: how many customers matched.
    match_count = "ev_matchcount";
    /// `phonecall`: which job wrote the row, a choice.
    sync_source = "ev_syncsource";
    /// `phonecall`: callback profile, a lookup.
    callback_profile_lookup = "ev_callbackprofileid";
    /// `phonecall`: the navigation property of that lookup, to bind it by.
    callback_profile_navigation = "ev_callbackprofileid_PhoneCall";
    /// `phonecall`: the first call of a bundle, a lookup.
    bundle_lookup = "ev_bundleid";
    /// `phonecall`: the navigation property of that lookup, to bind it by.
    bundle_navigation = "ev_bundleid_PhoneCall";
    /// Entity set of callback profiles.
    callback_profile_entity_set = "ev_callbackprofiles";
    /// Key column of callback profiles.
    callback_profile_id = "ev_callbackprofileid";
    /// Callback profile: its name.
    profile_name = "ev_name";
    /// Callback profile: id of the callback list of Enreach.
    profile_list_id = "ev_callbacklistid";
    /// Callback profile: queue of Dynamics, a lookup.
    profile_queue = "ev_queueid";
    /// Callback profile: who owns its phone calls, a choice.
    profile_ownership_rule = "ev_ownershiprule";
    /// Callback profile: subject of its phone calls.
    profile_subject = "ev_phonecallsubject";
    /// Callback profile: what is done with further requests of one number, a choice.
    profile_duplicate_rule = "ev_duplicatehandlingrule";
    /// Callback profile: polling, webhook or both, a choice.
    profile_method = "ev_syncmethod";
    /// Callback profile: unit of the age, a choice.
    profile_age_unit = "ev_agetimeunit";
    /// Callback profile: how far polling looks back, in that unit.
    profile_age = "ev_callbackage";
    /// `systemuser`: Enreach user id.
    cloud_user_id = "ev_clouduserid";
    /// `systemuser`: e-mail in Enreach where it differs.
    cloud_user_email = "ev_clouduseremail";
}

/// Whether a text can be a logical name or an entity set.
pub(crate) fn is_logical_name(text: &str) -> bool {
    is_name_for("", text)
}

/// Whether a text can stand under a key: a logical name or an entity set, of lower-case letters,
/// digits and underscores; or a navigation property, whose letters may be of either case. At most 128
/// characters, not starting with a digit.
pub(crate) fn is_name_for(key: &str, text: &str) -> bool {
    let any_case = key.ends_with("_navigation");
    let letter = |byte: u8| byte.is_ascii_lowercase() || (any_case && byte.is_ascii_uppercase());
    let allowed = |byte: u8| letter(byte) || byte.is_ascii_digit() || byte == b'_';
    (1..=128).contains(&text.len())
        && text.bytes().all(allowed)
        && !text.starts_with(|first: char| first.is_ascii_digit())
}
