//! Finds tables without planner statistics, or with statistics that are out of date, as after a
//! restore without ANALYZE.
//!
//! Locks: AccessShareLock on one suspect table at a time, to measure its file, only if the lock is
//! available immediately.

use super::finding::{Finding, Severity};
use super::target::Target;
use crate::error::Error;
use crate::pg::lossy_text::RawText;
use crate::pg::names::quote_identifier;
use crate::pg::relation::{LockMode, Relation};
use crate::pg::row::required;
use crate::pg::{run_as, subtransaction};
use pgrx::Spi;
use pgrx::pg_sys::{self, Oid};
use pgrx::spi::SpiHeapTupleData;

const STATISTICS: &str = include_str!("../../sql/queries/stale_statistics.sql");

/// Number of pages up to which a plan without statistics does no harm.
const SMALL: u64 = 2;
/// Multiple of autovacuum's threshold from which the changes are too many. Autovacuum runs once a
/// minute, so a busy table may well exceed the threshold; five times the usual one is half of the
/// rows, where plans begin to differ.
const FACTOR: u32 = 5;
/// Multiple of its size at the last ANALYZE that a file may have if no counter has the number of
/// changes since.
const GROWTH: u64 = 2;
/// With more tables without statistics than this, one statement covers all of them.
const ONE_BY_ONE: usize = 20;

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    let judged: Vec<_> =
        suspects(target)?.into_iter().filter_map(|suspect| Some((suspect.verdict()?, suspect))).collect();
    let count = judged.iter().filter(|(verdict, _)| *verdict == Verdict::Missing).count();
    let mut findings = Vec::new();
    let is_folded = target.is_folded && count > ONE_BY_ONE;
    if is_folded {
        findings.push(many(target, count));
    }
    let is_covered = |verdict| is_folded && matches!(verdict, Verdict::Missing | Verdict::MissingAsWhole);
    findings.extend(
        judged.iter().filter(|(verdict, _)| !is_covered(*verdict)).map(|(verdict, table)| table.finding(*verdict)),
    );
    Ok(findings)
}

fn suspects(target: &Target<'_>) -> Result<Vec<Suspect>, Error> {
    subtransaction::discard(|| {
        // Only superusers may read pg_statistic. The query reads only catalogs.
        run_as::run_as(run_as::SUPERUSER, || {
            Spi::connect(|client| {
                let arguments = [target.user_schemas.clone().into(), f64::from(FACTOR).into()];
                let rows = client.select(STATISTICS, None, &arguments)?;
                rows.map(|row| Suspect::read(&row)).collect()
            })
        })
    })
}

/// What is wrong with a table's statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Missing,
    /// The statistics of a partitioned table as a whole, which those of its partitions do not
    /// replace.
    MissingAsWhole,
    /// Number of rows that have changed since the last ANALYZE.
    Changed(i64),
    /// Number of pages that the file had at the last ANALYZE or VACUUM.
    Grown(u64),
}

/// The default of `autovacuum_analyze_threshold`: a table with fewer rows is never analyzed, and
/// does not need it.
const AUTOVACUUM_THRESHOLD: i64 = 50;

/// A table whose statistics may be missing or out of date.
struct Suspect {
    oid: Oid,
    name: RawText,
    is_partitioned: bool,
    /// Pages in the catalog, as of the last VACUUM or ANALYZE.
    known_pages: u64,
    /// Rows at that time; -1 if there was no VACUUM or ANALYZE.
    known_rows: f64,
    has_statistics: bool,
    /// Whether autovacuum is on for it.
    is_watched: bool,
    changes: i64,
    /// Whether the counters have recorded an ANALYZE.
    is_analyzed: bool,
    is_overdue: bool,
}

impl Suspect {
    fn read(row: &SpiHeapTupleData) -> Result<Suspect, Error> {
        Ok(Suspect {
            oid: required(row, 1)?,
            name: required(row, 2)?,
            is_partitioned: required(row, 3)?,
            known_pages: u64::try_from(required::<i64>(row, 4)?).unwrap_or(0),
            known_rows: required(row, 5)?,
            has_statistics: required(row, 6)?,
            is_watched: required(row, 7)?,
            changes: required(row, 8)?,
            is_analyzed: required(row, 9)?,
            is_overdue: required(row, 10)?,
        })
    }

    fn verdict(&self) -> Option<Verdict> {
        crate::pg::memory::step();
        if self.is_partitioned {
            return (self.known_pages > SMALL).then_some(Verdict::MissingAsWhole);
        }
        let pages = self.pages().filter(|pages| *pages > SMALL)?;
        match self.has_statistics {
            false if self.known_rows == 0.0 && pages <= self.known_pages => None,
            false if self.is_watched && (1..=AUTOVACUUM_THRESHOLD).contains(&self.changes) => None,
            false => Some(Verdict::Missing),
            true if self.is_overdue && !self.may_be_counted_late(pages) => Some(Verdict::Changed(self.changes)),
            true if !self.is_analyzed && pages > GROWTH * self.known_pages.max(SMALL) => {
                Some(Verdict::Grown(self.known_pages))
            }
            true => None,
        }
    }

    /// Whether the changes may have been counted after the ANALYZE that saw them, as happens to
    /// those of a session's last second. Then the file has the size that ANALYZE saw, and there are
    /// at most as many changes as rows.
    fn may_be_counted_late(&self, pages: u64) -> bool {
        pages == self.known_pages && self.changes as f64 <= self.known_rows
    }

    /// Returns the present size of the file, or `None` if it does not exist or cannot be measured,
    /// or is locked.
    fn pages(&self) -> Option<u64> {
        let size = subtransaction::attempt(|| {
            let Some(table) = Relation::open_nowait(self.oid, LockMode::AccessShare) else { return Ok(None) };
            table.refuse_unreadable()?;
            Ok(Some(table.size()))
        });
        size.ok().flatten().map(|bytes| bytes / u64::from(pg_sys::BLCKSZ))
    }

    fn finding(&self, verdict: Verdict) -> Finding {
        let (severity, check_name) = match verdict {
            Verdict::Missing => (Severity::Warning, "never_analyzed"),
            Verdict::MissingAsWhole => (Severity::Info, "never_analyzed"),
            Verdict::Changed(_) | Verdict::Grown(_) => (Severity::Warning, "stale_statistics"),
        };
        Finding {
            severity,
            check_name,
            object: format!("table {}", self.name.text),
            detail: self.detail(verdict),
            fix: self.name.is_exact.then(|| format!("ANALYZE {};", self.name.text)),
        }
    }

    fn detail(&self, verdict: Verdict) -> String {
        let autovacuum =
            if self.is_watched { "autovacuum has not processed it yet" } else { "autovacuum is off for it" };
        match verdict {
            Verdict::Missing => format!("it has rows but no statistics, so plans are guesses; {autovacuum}"),
            Verdict::MissingAsWhole => {
                "joins are planned without statistics of the table as a whole, even if its partitions have some; \
                 autovacuum never collects them"
                    .to_owned()
            }
            Verdict::Changed(rows) => format!("{rows} rows changed since the last ANALYZE; {autovacuum}"),
            Verdict::Grown(pages) => format!(
                "its file has more than doubled since the last ANALYZE or VACUUM, when it had {pages} pages; the number \
                 of changes is unknown, since the counters were reset or this is a standby"
            ),
        }
    }
}

/// Returns one row for all tables without statistics.
fn many(target: &Target<'_>, count: usize) -> Finding {
    let place = target.schema.map_or("this database".to_owned(), |name| format!("schema {}", quote_identifier(name)));
    Finding {
        severity: Severity::Warning,
        check_name: "never_analyzed",
        object: format!("{count} tables of {place}"),
        detail: "they have rows but no statistics, so plans are guesses; the fix analyzes the whole database"
            .to_owned(),
        fix: Some("ANALYZE;".to_owned()),
    }
}
