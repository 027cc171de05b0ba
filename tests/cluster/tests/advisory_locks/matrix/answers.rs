//! What the four functions report for a cell, and what they must report.

use super::cell::{Cell, Doing, Others};
use crate::fixtures::with_server_text;
use anyhow::Result;
use postgres::Client;

/// The condition, text and fix of a row.
#[derive(Debug)]
struct Row {
    function: &'static str,
    condition: String,
    words: String,
    fix: Option<String>,
}

/// The rows about the lock.
#[derive(Debug)]
pub struct Answers(Vec<Row>);

/// The expected answers for a cell.
struct Expected {
    /// The verdict on a lock that a session holds.
    verdict: &'static str,
    has_fix: bool,
    /// Words that every row must contain.
    words: Vec<String>,
}

impl Answers {
    pub fn ask_all(cell: &mut Cell) -> Result<Answers> {
        let client = &mut cell.reporter;
        let mut rows = Vec::new();
        if let Some(key) = cell.kind.key() {
            let holder = cell.holder;
            rows.extend(ask(
                client,
                "advisory_lock_report",
                &format!(
                    "SELECT status, CASE status WHEN 'self_blocked' THEN 'self-blocked' ELSE replace(status, '_', ' ') END
                        || ': ' || coalesce(detail, ''), fix FROM advisory_lock_report()
                     WHERE lock_key = '{key}' AND granted AND pid = {holder}"
                ),
            )?);
            rows.extend(ask(
                client,
                "advisory_lock_terminate",
                &format!(
                    "SELECT outcome, coalesce(detail, ''), NULL FROM advisory_lock_terminate({key}, '0') WHERE pid = {holder}"
                ),
            )?);
        }
        rows.extend(ask(
            client,
            "migration_report",
            "SELECT status, coalesce(detail, ''), fix FROM migration_report()",
        )?);
        rows.extend(ask(
            client,
            "flightcheck",
            "SELECT severity, detail, fix FROM flightcheck()
             WHERE check_name LIKE 'advisory_lock%' OR check_name IN ('migration_failed', 'migration_locked')",
        )?);
        Ok(Answers(rows))
    }

    pub fn fix(&self) -> Option<String> {
        self.0.iter().find_map(|row| row.fix.clone())
    }

    #[track_caller]
    pub fn assert_expected(&self, cell: &Cell) {
        let (name, expected) = (cell.name(), Expected::of(cell));
        let functions: Vec<&str> = self.0.iter().map(|row| row.function).collect();
        assert_eq!(functions, expected.functions(cell), "{name}: {self:#?}");
        for row in &self.0 {
            let condition = expected.condition(cell, row.function);
            assert_eq!(row.condition, condition, "{name}, {}: {self:#?}", row.function);
            for words in &expected.words {
                assert!(row.words.contains(words), "{name}, {} does not say {words:?}: {self:#?}", row.function);
            }
            if row.function != "advisory_lock_terminate" {
                assert_eq!(row.fix.is_some(), expected.has_fix, "{name}, {}: {self:#?}", row.function);
            }
        }
    }
}

impl Expected {
    fn of(cell: &Cell) -> Expected {
        let is_awaited = cell.others == Others::OneWaits;
        let quiet = if is_awaited { "blocking" } else { "held" };
        let stuck = if is_awaited { "orphan" } else { "idle_holder" };
        let holder = format!("pid {} (role postgres, deploy, ", cell.holder);
        let worker = format!("pid {} (role postgres, deploy, active for ", cell.worker.unwrap_or_default());
        let of = |verdict: &'static str, words: &[&str]| Expected {
            verdict,
            has_fix: verdict == "orphan",
            words: words.iter().map(|words| (*words).to_owned()).collect(),
        };
        if cell.is_free() {
            return of("free", &[]);
        }
        if cell.kind.is_flag() {
            let (words, has_fix): (&[&str], bool) = match cell.doing {
                Doing::Writing => (&["no fix as long as ", &holder, " is at work: UPDATE account SET"], false),
                Doing::WritingElsewhere => (&["no fix as long as ", &worker, " is at work: UPDATE account SET"], false),
                Doing::BlockedByAThird => (&["no fix as long as ", &holder, " is at work: ALTER TABLE busy"], false),
                Doing::BlockedByItself => (&["no fix as long as ", &worker, " is at work: CREATE INDEX"], false),
                Doing::Reading => (&["as the fix does; ", &holder, ") only reads: SELECT count(*)"], true),
                Doing::ReadingElsewhere => (&["as the fix does; ", &worker, ") only reads: SELECT count(*)"], true),
                Doing::IdleInTransaction => (&["as the fix does; ", &holder, ") only reads: SELECT count(*)"], true),
                Doing::Idle | Doing::Aborted | Doing::ClientGone => (&["as the fix does"], true),
            };
            return Expected { has_fix, ..of("locked", words) };
        }
        match cell.doing {
            Doing::Writing => of(quiet, &[&holder, " is at work: UPDATE account SET"]),
            Doing::BlockedByAThird => of(quiet, &[&holder, " is at work: ALTER TABLE busy"]),
            Doing::Reading => of(quiet, &["active"]).without_words(),
            Doing::WritingElsewhere => of(quiet, &[&worker, " is at work: UPDATE account SET"]),
            Doing::BlockedByItself => {
                let index = " is at work: CREATE INDEX CONCURRENTLY ON account";
                of("self_blocked", &["self-blocked: ", &holder, &worker, index])
            }
            Doing::ReadingElsewhere if is_awaited => of(stuck, &["orphan: ", &worker, ") only reads: SELECT count(*)"]),
            Doing::ReadingElsewhere | Doing::Idle | Doing::IdleInTransaction | Doing::Aborted => {
                of(stuck, quiet_words(cell))
            }
            Doing::ClientGone => of("orphan", &["orphan: ", "its client has closed the connection"]),
        }
    }

    fn without_words(mut self) -> Expected {
        self.words.clear();
        self
    }

    /// Returns the functions that have a row, in the order of the calls.
    fn functions(&self, cell: &Cell) -> Vec<&'static str> {
        let mut functions = Vec::new();
        if self.verdict == "free" {
            return vec!["migration_report"];
        }
        if cell.kind.key().is_some() {
            functions.extend(["advisory_lock_report", "advisory_lock_terminate"]);
        }
        functions.push("migration_report");
        if !matches!(self.verdict, "held" | "blocking") {
            functions.push("flightcheck");
        }
        functions
    }

    fn condition(&self, cell: &Cell, function: &str) -> &'static str {
        let is_quiet = matches!(self.verdict, "held" | "blocking");
        match function {
            "advisory_lock_report" => self.verdict,
            "advisory_lock_terminate" if is_quiet || self.verdict == "self_blocked" => "skipped",
            "advisory_lock_terminate" => "would_terminate",
            "migration_report" if self.verdict == "free" => "clean",
            "migration_report" if is_quiet => "in_progress",
            "migration_report" => "locked",
            _ if self.verdict == "idle_holder" && !cell.kind.is_flag() => "info",
            _ => "warning",
        }
    }
}

/// Returns the words that are expected for an idle holder.
fn quiet_words(cell: &Cell) -> &'static [&'static str] {
    match cell.others {
        Others::OneWaits => &["orphan: ", "1 session waits"],
        // The statements of those attempts contain the lock's key.
        Others::ManyTry if cell.kind.key().is_some() => &[
            "idle holder: ",
            "; no session waits, but the lock was tried by pid ",
            "(role postgres, next deploy, idle for ",
        ],
        _ => &["idle holder: ", "; no session waits, but most tools only try to acquire the lock"],
    }
}

fn ask(client: &mut Client, function: &'static str, query: &str) -> Result<Vec<Row>> {
    let rows = client.query(query, &[]).map_err(with_server_text)?;
    let row = |row: &postgres::Row| Row { function, condition: row.get(0), words: row.get(1), fix: row.get(2) };
    Ok(rows.iter().map(row).collect())
}
