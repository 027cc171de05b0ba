//! What maintenance_begin records in a setting of the database. Pure.

use serde::{Deserialize, Serialize};

/// The record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// When maintenance mode began, in microseconds since 1970.
    pub since: i64,
    pub reason: Option<String>,
    /// The role that began it.
    pub role: String,
    /// What default_transaction_read_only of the database was before; `None` if it had no such
    /// setting.
    pub previous: Option<String>,
    /// The database that it was begun in. pg_dump --create copies the settings of a database.
    pub database: DatabaseId,
    /// Whether no session is left that began before.
    pub is_drained: bool,
    /// When writes were allowed again, while sessions are still read-only.
    pub ended: Option<i64>,
}

/// Identifies a database among all clusters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseId {
    pub system_identifier: String,
    pub oid: u32,
}

impl Record {
    /// Returns the record as JSON in ASCII, so that it has the same bytes in every encoding:
    /// sessions of other databases read it as well.
    pub fn to_text(&self) -> Option<String> {
        let json = serde_json::to_string(self).ok()?;
        let mut text = String::with_capacity(json.len());
        for character in json.chars() {
            if character.is_ascii() && !character.is_ascii_control() {
                text.push(character);
            } else {
                let units = &mut [0; 2];
                character.encode_utf16(units).iter().for_each(|unit| text.push_str(&format!("\\u{unit:04x}")));
            }
        }
        Some(text)
    }

    /// Parses the record; `None` if it is not one.
    pub fn parse(text: &str) -> Option<Record> {
        serde_json::from_str(text).ok()
    }

    /// Whether both are records of the same time in maintenance mode.
    pub fn is_same_as(&self, other: &Record) -> bool {
        (self.since, &self.database) == (other.since, &other.database)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(reason: Option<String>) -> Record {
        Record {
            since: 1_796_000_000_000_000,
            reason,
            role: "Übung \"x\"".to_owned(),
            previous: Some("off".to_owned()),
            database: DatabaseId { system_identifier: "7311".to_owned(), oid: 5 },
            is_drained: true,
            ended: None,
        }
    }

    #[test]
    fn record_that_is_damaged_is_not_parsed() {
        let text = record(None).to_text().unwrap_or_default();
        assert!(Record::parse(&text).is_some());
        let damaged = [String::new(), "on".to_owned(), text.replace("since", "begun"), text[1..].to_owned()];
        assert!(damaged.iter().all(|text| Record::parse(text).is_none()));
    }

    proptest! {
        #[test]
        fn record_in_ascii_reads_back_as_written(reason in proptest::option::of(".*|[\\x00-\\x1f\"\\\\😀ü]*")) {
            let record = record(reason);
            let text = record.to_text().unwrap_or_default();
            prop_assert!(text.chars().all(|character| character.is_ascii() && !character.is_ascii_control()));
            prop_assert_eq!(Record::parse(&text), Some(record));
        }
    }
}
