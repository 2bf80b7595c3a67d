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
    /// `systemuser`: Enreach user id.
    cloud_user_id = "ev_clouduserid";
    /// `systemuser`: e-mail in Enreach where it differs.
    cloud_user_email = "ev_clouduseremail";
}

/// Whether a text can be a logical name or an entity set: letters, digits and underscores, at most
/// 128, not starting with a digit.
pub(crate) fn is_logical_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=128).contains(&text.len())
        && text.bytes().all(allowed)
        && !text.starts_with(|first: char| first.is_ascii_digit())
}
