//! What a person means who names a call by its id, or a customer by a number.

use call_matching::{CallerNumber, NumberReader, Region};
use settings::TenantConfig;
use sync_store::CustomerNumber;
use uuid::Uuid;
use voice_model::CallId;

/// The ways to read a text. An id comes before a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    /// As the id of a call, which can be any short text.
    pub(super) call: Option<CallId>,
    /// A GUID is an id and nothing else.
    pub(super) is_certainly_a_call: bool,
    /// As numbers that calls may be kept under.
    pub(super) numbers: Vec<CustomerNumber>,
    /// Whether one of the numbers has its country code.
    is_international: bool,
}

impl Wanted {
    /// Reads a text; `region` is where numbers without country code are from.
    pub(super) fn read(text: &str, region: Option<Region>) -> Self {
        let text = text.trim();
        let call = CallId::new(text).ok();
        if Uuid::try_parse(text).is_ok() {
            return Self {
                call,
                is_certainly_a_call: true,
                numbers: Vec::new(),
                is_international: false,
            };
        }
        let mut numbers = vec![CustomerNumber::new(text)];
        let read = NumberReader::new(region).from_enreach(Some(text));
        let is_international = matches!(read, CallerNumber::International(_));
        match read {
            CallerNumber::International(number) => numbers.push(CustomerNumber::from(&number)),
            CallerNumber::Other(digits) => numbers.push(CustomerNumber::new(digits)),
            CallerNumber::Withheld => {}
        }
        numbers.retain(|number| number.digits().is_some());
        numbers.dedup_by_key(|number| number.digits());
        Self { call, is_certainly_a_call: false, numbers, is_international }
    }

    /// A sentence for a number that was not found and could be written better, with a blank before.
    pub(super) fn how_to_write_it(&self) -> Option<String> {
        let has_digits = !self.numbers.is_empty();
        (has_digits && !self.is_international).then(|| {
            " A number is found by all its digits, the country code first: write it as \
             +358501234567, or set DefaultRegion under [tenants.<name>.settings] to the country of \
             numbers without code."
                .to_owned()
        })
    }
}

/// The country of numbers without country code, if the configuration says. What Dynamics says is not
/// asked for.
pub(super) fn region_of(tenant: &TenantConfig) -> Option<Region> {
    let is_region = |name: &str| name.trim().eq_ignore_ascii_case("DefaultRegion");
    let (_, region) = tenant.overrides.iter().find(|(name, _)| is_region(name))?;
    Region::parse(region).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str, region: Option<&str>) -> Vec<String> {
        let region = region.map(|region| Region::parse(region).unwrap());
        Wanted::read(text, region).numbers.iter().filter_map(CustomerNumber::digits).collect()
    }

    #[test]
    fn a_number_is_read_in_every_way_that_it_may_be_meant() {
        assert_eq!(digits("+358 50 123 4567", None), ["358501234567"]);
        assert_eq!(digits("358501234567", None), ["358501234567"]);
        assert_eq!(digits("+358 (0)50 123 4567", None), ["3580501234567", "358501234567"]);
        assert_eq!(digits("00358501234567", None), ["00358501234567", "358501234567"]);
        assert_eq!(digits("050 123 4567", None), ["0501234567"]);
        assert_eq!(digits("050 123 4567", Some("FI")), ["0501234567", "358501234567"]);
        assert_eq!(digits("4411", Some("FI")), ["4411"], "an extension is kept as it is");
        assert_eq!(digits("nobody", None), Vec::<String>::new());
    }

    #[test]
    fn a_guid_is_a_call_in_every_spelling_and_never_a_number() {
        for text in ["46475EA5-4523-EB11-B821-0050569E6DF2", "46475ea54523eb11b8210050569e6df2"] {
            let wanted = Wanted::read(text, None);
            assert_eq!(wanted.call.unwrap().as_str(), "46475ea5-4523-eb11-b821-0050569e6df2");
            assert!(wanted.is_certainly_a_call && wanted.numbers.is_empty());
        }
        assert!(Wanted::read("call-7", None).call.is_some(), "ids may be any text");
    }

    #[test]
    fn how_to_write_a_number_is_said_only_where_it_could_be_written_better() {
        let hint = |text: &str| Wanted::read(text, None).how_to_write_it().is_some();
        assert!(hint("050 123 4567"));
        assert!(!hint("+358501234567"));
        assert!(!hint("46475ea5-4523-eb11-b821-0050569e6df2"));
        assert!(!hint("nobody"));
    }
}
