//! Every path and query name of the Enreach API that we use, in one table (reference, sections 1.1,
//! 2.2, 3, 4.2, 5 and 6).

use url::Url;

/// Discovery, below the discovery URL. Needs no credentials.
pub(crate) const DISCOVERY: &str = "/api/user";
/// The user to discover the API of.
pub(crate) const DISCOVERY_USER: &str = "user";

/// The API user itself.
pub(crate) const ME: &str = "/users/me";
/// Users.
pub(crate) const USERS: &str = "/users";
/// Queues.
pub(crate) const QUEUES: &str = "/queues";
/// User calls.
pub(crate) const CALLS: &str = "/calls";
/// Queue calls; the singular is the vendor's.
pub(crate) const SERVICE_CALLS: &str = "/servicecall";
/// Callback lists.
pub(crate) const CALLBACK_LISTS: &str = "/callbacks/lists";
/// Callback items, whatever list they are on.
pub(crate) const CALLBACK_ITEMS: &str = "/callbacks/items";
/// The items of a list, below the list.
pub(crate) const ITEMS_OF_LIST: &str = "items";

/// Rows of one call.
pub(crate) const CALL_ID: &str = "CallId";
/// First and last instant of a window over the start of calls; both are needed.
pub(crate) const STARTED: [&str; 2] = ["StartTime", "EndTime"];
/// First and last instant of a window over the last change of rows; both are needed.
pub(crate) const MODIFIED: [&str; 2] = ["ModifiedAfter", "ModifiedBefore"];
/// The first creation of callback items.
pub(crate) const CREATED_AFTER: &str = "CreatedAfter";
/// States of callback items, separated by commas.
pub(crate) const STATES: &str = "States";

/// The URL of `path`, which starts with a slash, below a base with or without a slash at its end.
pub(crate) fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url
}

/// The URL of `path` and the segments behind it. Each segment stays one, whatever it holds. `None`
/// for a segment that no URL can hold: `.` and `..` mean a place in a path however they are spelled
/// (WHATWG URL, section 4.1), and one without text leaves nothing.
pub(crate) fn below_segments(base: &Url, path: &str, segments: &[&str]) -> Option<Url> {
    let mut url = below(base, path);
    let count = |url: &Url| url.path_segments().map(Iterator::count);
    let whole = count(&url)? + segments.len();
    url.path_segments_mut().ok()?.extend(segments);
    (count(&url)? == whole && !segments.contains(&"")).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_go_below_the_base_with_or_without_its_slash() {
        for (base, expected) in [
            ("https://api.example.com", "https://api.example.com/calls"),
            ("https://api.example.com/", "https://api.example.com/calls"),
            ("http://127.0.0.1:9100/enreach", "http://127.0.0.1:9100/enreach/calls"),
            ("http://127.0.0.1:9100/enreach/", "http://127.0.0.1:9100/enreach/calls"),
            ("https://api.example.com/a%20b/", "https://api.example.com/a%20b/calls"),
        ] {
            assert_eq!(below(&base.parse().unwrap(), "/calls").as_str(), expected);
        }
    }

    fn item(id: &str) -> Option<String> {
        let base = "https://api.example.com/v1/".parse().unwrap();
        below_segments(&base, CALLBACK_ITEMS, &[id]).map(String::from)
    }

    #[test]
    fn an_id_is_one_segment_whatever_it_holds() {
        for (id, segment) in [
            ("5e0e2f10-7a11-ec11-b832-0050569e6df2", "5e0e2f10-7a11-ec11-b832-0050569e6df2"),
            ("a/b", "a%2Fb"),
            ("../../users", "..%2F..%2Fusers"),
            ("a\\b", "a%5Cb"),
            ("a?Force=1", "a%3FForce=1"),
            ("a#b", "a%23b"),
            ("%2e%2e", "%252e%252e"),
            ("50%", "50%25"),
            ("...", "..."),
            ("a b", "a%20b"),
            ("ä", "%C3%A4"),
        ] {
            let expected = format!("https://api.example.com/v1/callbacks/items/{segment}");
            assert_eq!(item(id), Some(expected), "{id}");
        }
    }

    #[test]
    fn what_cannot_be_a_segment_is_refused() {
        for id in [".", "..", ""] {
            assert_eq!(item(id), None, "{id}");
        }
    }

    proptest! {
        #[test]
        fn no_id_breaks_out(id in ".{1,100}") {
            let base: Url = "https://api.example.com/v1".parse().unwrap();
            if let Some(url) = below_segments(&base, CALLBACK_LISTS, &[&id, ITEMS_OF_LIST]) {
                let segments: Vec<_> = url.path_segments().unwrap().collect();
                prop_assert_eq!(segments.len(), 5);
                prop_assert_eq!((segments[0], segments[4]), ("v1", "items"));
                prop_assert_eq!((url.query(), url.fragment()), (None, None));
                prop_assert_eq!(url.host_str(), Some("api.example.com"));
            }
        }
    }
}
