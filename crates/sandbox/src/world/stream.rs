//! Reads a world row by row, so that one of a million rows never stands in memory as JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Deserializer;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{WorldError, kind, relative_date, unknown};
use crate::dataverse::RowSink;

/// What a streamed world holds besides the rows that were handed over.
#[derive(Debug, Default)]
pub(crate) struct Streamed {
    /// The `enreach` part as it stands in the document; `None` if there is none.
    pub(crate) enreach: Option<Value>,
    /// Dataverse rows handed over, by entity set.
    pub(crate) dataverse: BTreeMap<String, usize>,
}

/// Reads a document and hands its Dataverse rows over, relative dates resolved.
///
/// # Errors
/// [`WorldError::Shape`] if the document is malformed, and what `sink` says.
pub(crate) fn read_stream(
    document: impl Read,
    now: DateTime<Utc>,
    sink: &mut RowSink<'_>,
) -> Result<Streamed, WorldError> {
    let mut reading = Reading { now, sink, streamed: Streamed::default(), failure: None };
    let mut deserializer = serde_json::Deserializer::from_reader(document);
    let outcome =
        Systems(&mut reading).deserialize(&mut deserializer).and_then(|()| deserializer.end());
    match (reading.failure, outcome) {
        (Some(failure), _) => Err(failure),
        (None, Err(error)) => {
            Err(WorldError::shape("the document", format!("cannot be read: {error}")))
        }
        (None, Ok(())) => Ok(reading.streamed),
    }
}

struct Reading<'a, 's> {
    now: DateTime<Utc>,
    sink: &'a mut RowSink<'s>,
    streamed: Streamed,
    /// Why reading was stopped: serde's errors carry text only.
    failure: Option<WorldError>,
}

impl Reading<'_, '_> {
    fn take(&mut self, set: &Arc<str>, index: usize, mut row: Value) -> Result<(), WorldError> {
        let path = || format!("dataverse.{set}[{index}]");
        if !row.is_object() {
            let problem = format!("is {}; expected an object", kind(&row));
            return Err(WorldError::shape(path(), problem));
        }
        relative_date::resolve(&mut row, "", self.now)
            .map_err(|error| WorldError::shape(path() + &error.path, error.problem))?;
        (self.sink)(set, index, &row)?;
        Ok(())
    }

    fn stop<E: serde::de::Error>(&mut self, failure: WorldError) -> E {
        self.failure = Some(failure);
        E::custom("stopped")
    }
}

/// `{"enreach": …, "dataverse": …}`
struct Systems<'r, 'a, 's>(&'r mut Reading<'a, 's>);

impl<'de> DeserializeSeed<'de> for Systems<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Systems<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with enreach and dataverse")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(system) = map.next_key::<String>()? {
            match system.as_str() {
                "enreach" => self.0.streamed.enreach = Some(map.next_value()?),
                "dataverse" => map.next_value_seed(Sets(self.0))?,
                other => return Err(self.0.stop(unknown(other, "enreach, dataverse"))),
            }
        }
        Ok(())
    }
}

/// `{"<entity set>": …}`
struct Sets<'r, 'a, 's>(&'r mut Reading<'a, 's>);

impl<'de> DeserializeSeed<'de> for Sets<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Sets<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with arrays of rows by entity set")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(set) = map.next_key::<String>()? {
            let count = map.next_value_seed(Rows { reading: self.0, set: Arc::from(&*set) })?;
            *self.0.streamed.dataverse.entry(set).or_default() += count;
        }
        Ok(())
    }
}

/// `[…]`
struct Rows<'r, 'a, 's> {
    reading: &'r mut Reading<'a, 's>,
    set: Arc<str>,
}

impl<'de> DeserializeSeed<'de> for Rows<'_, '_, '_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Rows<'_, '_, '_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an array of rows of {}", self.set)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<usize, A::Error> {
        let mut index = 0;
        while let Some(row) = rows.next_element::<Value>()? {
            if let Err(failure) = self.reading.take(&self.set, index, row) {
                return Err(self.reading.stop(failure));
            }
            index += 1;
        }
        Ok(index)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use serde_json::json;

    use super::*;

    fn read(document: &str) -> Result<(Vec<String>, Streamed), String> {
        let now = Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap();
        let mut rows = Vec::new();
        let streamed = read_stream(document.as_bytes(), now, &mut |set, index, row| {
            rows.push(format!("{set}[{index}] {row}"));
            Ok(())
        });
        streamed.map(|streamed| (rows, streamed)).map_err(|error| error.to_string())
    }

    #[test]
    fn rows_are_handed_over_with_their_dates_resolved() {
        let document = r#"{"dataverse":{"a":[{"x":"now"},{"y":1}],"b":[]},"enreach":{"calls":[]}}"#;
        let (rows, streamed) = read(document).unwrap();
        assert_eq!(rows, [r#"a[0] {"x":"2026-03-01T12:00:00Z"}"#, r#"a[1] {"y":1}"#]);
        assert_eq!(streamed.dataverse["a"], 2);
        assert_eq!(streamed.enreach, Some(json!({"calls": []})));
    }

    #[test]
    fn what_does_not_belong_in_a_world_is_refused_with_its_place() {
        for (document, part) in [
            (r#"{"nope":{}}"#, "world: nope is unknown"),
            (r#"{"dataverse":{"a":[1]}}"#, "world: dataverse.a[0] is a number"),
            (r#"{"dataverse":{"a":[{"x":"now-P1M"}]}}"#, "world: dataverse.a[0].x"),
            (r#"{"dataverse":{"a":{}}}"#, "expected an array of rows of a"),
            (r#"{"dataverse":{"a":[{"#, "cannot be read"),
            ("{} {}", "cannot be read"),
        ] {
            let error = read(document).unwrap_err();
            assert!(error.contains(part), "{document}: {error}");
        }
    }
}
