//! Reads the settings of the database, and says which state they mean.

use super::record::{DatabaseId, Record};
use crate::error::Error;
use crate::pg::catalog_query::read;
use crate::pg::database;
use crate::settings::MAINTENANCE_RECORD;

const SETTINGS: &str = include_str!("../../sql/queries/maintenance_settings.sql");

/// The setting that makes transactions read-only.
pub const READ_ONLY: &str = "default_transaction_read_only";

/// The settings of the database.
pub struct Settings {
    /// The value of default_transaction_read_only; `None` if the database has no such setting.
    pub read_only: Option<String>,
    record: Option<String>,
}

/// The state that they mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Off,
    /// The setting was given by another means than maintenance_begin.
    ReadOnly,
    /// Sessions that began before may still write.
    Draining(Record),
    On(Record),
    /// Writes are on again, but sessions may still be read-only.
    Ending(Record),
    /// The record is there, and the setting is not.
    Reset(Record),
    /// The settings were copied from another database.
    Copied(Record),
    /// The record cannot be read.
    Unreadable,
}

impl State {
    pub fn as_str(&self) -> &'static str {
        match self {
            State::Off => "off",
            State::ReadOnly => "read_only",
            State::Draining(_) => "draining",
            State::On(_) => "on",
            State::Ending(_) => "ending",
            State::Reset(_) => "reset",
            State::Copied(_) => "copied",
            State::Unreadable => "unknown",
        }
    }

    pub fn record(&self) -> Option<&Record> {
        match self {
            State::Draining(record)
            | State::On(record)
            | State::Ending(record)
            | State::Reset(record)
            | State::Copied(record) => Some(record),
            State::Off | State::ReadOnly | State::Unreadable => None,
        }
    }

    /// Whether transactions of new sessions are read-only by the database's setting.
    pub fn is_read_only(&self) -> bool {
        !matches!(self, State::Off | State::Ending(_) | State::Reset(_))
    }
}

impl Settings {
    pub fn read() -> Result<Settings, Error> {
        let rows =
            read(SETTINGS, &[vec![READ_ONLY, MAINTENANCE_RECORD].into()], |row| Ok((row.text(1)?, row.text(2)?)))?;
        let value = |name: &str| rows.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
        Ok(Settings { read_only: value(READ_ONLY), record: value(MAINTENANCE_RECORD) })
    }

    pub fn state(&self, own: &DatabaseId) -> State {
        let is_on = self.read_only.as_deref().is_some_and(is_true);
        let Some(text) = &self.record else { return if is_on { State::ReadOnly } else { State::Off } };
        let Some(record) = Record::parse(text) else { return State::Unreadable };
        match record {
            record if record.ended.is_some() => State::Ending(record),
            record if !is_on => State::Reset(record),
            record if record.database != *own => State::Copied(record),
            record if record.is_drained => State::On(record),
            record => State::Draining(record),
        }
    }
}

/// Whether the server reads this text as true (parse_bool_with_len in utils/adt/bool.c).
pub fn is_true(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    let is_word = |word: &str| !text.is_empty() && word.starts_with(text.as_str());
    is_word("true") || is_word("yes") || text == "on" || text == "1"
}

/// Returns the state of the current database.
pub fn current() -> Result<State, Error> {
    Ok(Settings::read()?.state(&own_database()))
}

/// Identifies the current database.
pub fn own_database() -> DatabaseId {
    DatabaseId { system_identifier: database::system_identifier().to_string(), oid: database::current().to_u32() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> DatabaseId {
        DatabaseId { system_identifier: "7311".to_owned(), oid: 5 }
    }

    fn record(is_drained: bool, ended: Option<i64>) -> Record {
        let (reason, role, previous) = (None, "app".to_owned(), None);
        Record { since: 1, reason, role, previous, database: own(), is_drained, ended }
    }

    fn state(read_only: Option<&str>, record: Option<&Record>) -> State {
        let record = record.and_then(Record::to_text);
        Settings { read_only: read_only.map(str::to_owned), record }.state(&own())
    }

    #[test]
    fn state_follows_from_both_settings() {
        let (begun, drained, ended) = (record(false, None), record(true, None), record(true, Some(2)));
        let copied = Record { database: DatabaseId { oid: 6, ..own() }, ..drained.clone() };
        let cases = [
            (state(None, None), "off"),
            (state(Some("off"), None), "off"),
            (state(Some("TRUE"), None), "read_only"),
            (state(Some("on"), Some(&begun)), "draining"),
            (state(Some("on"), Some(&drained)), "on"),
            (state(Some("on"), Some(&copied)), "copied"),
            (state(None, Some(&drained)), "reset"),
            (state(Some("off"), Some(&ended)), "ending"),
        ];
        for (state, name) in cases {
            assert_eq!(state.as_str(), name);
        }
        let damaged = Settings { read_only: Some("on".to_owned()), record: Some("{".to_owned()) };
        assert_eq!(damaged.state(&own()), State::Unreadable);
    }

    #[test]
    fn setting_counts_as_true_as_the_server_reads_it() {
        assert!(["on", "ON", "1", "t", "tru", "true", "y", "yes"].into_iter().all(is_true));
        assert!(!["off", "o", "of", "0", "f", "false", "no", "n", "", "truex"].into_iter().any(is_true));
    }
}
