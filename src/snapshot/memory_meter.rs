//! Feeds a text to the parser and stops when the values that it parses take too much memory.
//!
//! A short text can become a large value: `""` is three bytes with its comma, and a `String` of 24
//! in a vector that has grown to twice its length. So the memory of the values is checked between
//! pieces of the text: at most four times the text.

use crate::error::Error;
use crate::pg::memory;
use pgrx::PgSqlErrorCode;
use std::cell::Cell;
use std::io::{self, Read};

/// Bytes of text between two checks.
const PIECE: usize = 16 << 10;
/// Values may take this many times the size of their text, and `FREE` bytes.
const TIMES: usize = 4;
/// Bytes that values of any text may take.
const FREE: usize = 1 << 20;

pub struct Metered<'a> {
    rest: &'a [u8],
    /// How much of the text is left at the next check.
    next_check: usize,
    /// The limit of the memory that is allocated altogether.
    limit: usize,
    argument: &'a str,
    /// Why reading has stopped.
    refusal: &'a Cell<Option<Error>>,
}

impl<'a> Metered<'a> {
    pub fn new(text: &'a str, argument: &'a str, refusal: &'a Cell<Option<Error>>) -> Self {
        let limit = memory::allocated().saturating_add(text.len().saturating_mul(TIMES)).saturating_add(FREE);
        Metered { rest: text.as_bytes(), next_check: text.len(), limit, argument, refusal }
    }

    fn check(&mut self) -> Result<(), Error> {
        self.next_check = self.rest.len().saturating_sub(PIECE);
        if memory::allocated() > self.limit {
            let message = format!("argument \"{}\" takes too much memory", self.argument);
            return Err(Error::new(PgSqlErrorCode::ERRCODE_PROGRAM_LIMIT_EXCEEDED, message)
                .detail(format!("Its values take more than {TIMES} times the size of its text.")));
        }
        memory::require(0)
    }
}

impl Read for Metered<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.len() <= self.next_check && !self.rest.is_empty() {
            self.check().map_err(|error| {
                self.refusal.set(Some(error));
                io::Error::from(io::ErrorKind::OutOfMemory)
            })?;
        }
        self.rest.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use crate::snapshot::parse::parse;
    use pgrx::PgSqlErrorCode;

    const TABLE: &str = r#"{"kind": "table", "owner": "app", "columns": {"id": {"type": "integer", "not_null": false}}, "indexes": {}, "inherits": [], "triggers": {}, "unlogged": false, "constraints": {}, "primary_key": [], "row_security": false, "force_row_security": false}"#;
    const PARTS: &str = r#"{"kind": "table", "owner": "app", "columns": {"id": {"type": "integer", "not_null": true}}, "indexes": {"i": {"valid": true, "unique": false, "definition": "USING btree (id)"}}, "inherits": [], "triggers": {"t": {"firing": "origin", "definition": "CREATE TRIGGER t"}}, "unlogged": false, "constraints": {"p": {"kind": "primary_key", "enforced": true, "definition": "PRIMARY KEY (id)"}}, "primary_key": ["id"], "row_security": false, "force_row_security": false}"#;

    /// Returns a snapshot of one schema with this many tables.
    fn snapshot(count: usize, table: &str) -> String {
        let has = |what: &str| if table.contains(&format!(r#""{what}": {{}}"#)) { 0 } else { count };
        // In jsonb's order: by length, then by bytes.
        let tables: Vec<String> = (1..=count).map(|number| format!(r#""t{number}": {table}"#)).collect();
        format!(
            r#"{{"scope": {{"exact": false, "checksum": false}},
                "schemas": {{"public": {{"owner": "app", "tables": {{{}}}, "sequences": {{}}, "objects": {{}}}}}},
                "contents": {{"schemas": 1, "tables": {count}, "columns": {count}, "sequences": 0, "objects": 0,
                    "constraints": {}, "indexes": {}, "triggers": {}, "policies": 0, "rules": 0, "fields": 0}},
                "identity": {{"system_identifier": "7", "database": "app", "database_oid": 5, "server_version": "15.4",
                    "encoding": "UTF8", "in_recovery": false, "timeline": 1}},
                "taken_at": "2026-11-22T10:00:00.000000Z", "extensions": {{}}, "database": {{"objects": {{}}, "large_objects": {{"count": 0}}}}, "format_version": 1}}"#,
            tables.join(", "),
            has("constraints"),
            has("indexes"),
            has("triggers")
        )
    }

    #[test]
    fn parse_takes_at_most_four_times_the_text_of_small_tables() {
        for table in [TABLE, PARTS] {
            let text = snapshot(40_000, table);
            let snapshot = parse(&text, "source").expect("a snapshot");
            assert_eq!(snapshot.contents.tables, 40_000);
        }
    }

    #[test]
    fn parse_refuses_what_takes_more_than_four_times_its_text() {
        let names = vec![r#""""#; 1_000_000].join(",");
        let text = snapshot(1, &TABLE.replace(r#""primary_key": []"#, &format!(r#""primary_key": [{names}]"#)));
        let error = parse(&text, "source").expect_err("refused");
        assert_eq!(error.sqlstate, PgSqlErrorCode::ERRCODE_PROGRAM_LIMIT_EXCEEDED);
        // It is whole: there is no advice to pass the whole result.
        assert_eq!(error.hint, None);
    }
}
