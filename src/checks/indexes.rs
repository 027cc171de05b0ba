//! Finds invalid indexes: builds that failed, and partitioned indexes that lack some of their
//! partitions' indexes.
//!
//! Locks: AccessShareLock on catalogs, released before it returns.

use super::finding::{Finding, Severity};
use super::partitioned_index;
use super::target::Target;
use crate::error::Error;
use crate::pg::access;
use crate::pg::catalog_query::{CatalogRow, read};
use crate::report::wording;
use pgrx::pg_sys::Oid;

const BROKEN_INDEXES: &str = include_str!("../../sql/queries/invalid_indexes.sql");

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    let broken = read(BROKEN_INDEXES, &[target.schemas.clone().into()], Broken::of)?;
    Ok(broken.into_iter().flat_map(|broken| broken.findings(target.is_folded)).collect())
}

/// A row of invalid_indexes.sql.
struct Broken {
    oid: Oid,
    /// Its schema and name as SQL spells them.
    name: String,
    table: String,
    is_toast: bool,
    is_partitioned: bool,
    table_oid: Oid,
    is_unique: bool,
    is_ready: bool,
    is_live: bool,
    is_exclusion: bool,
    /// Whether another index does everything that it would do.
    has_twin: bool,
    /// Whether REINDEX CONCURRENTLY left it behind, next to the index that it was to rebuild. Even
    /// if that is invalid, this one is not to be rebuilt: the attempt may leave yet another one.
    is_leftover: bool,
    has_constraint: bool,
    is_at_work: bool,
    is_exact: bool,
}

impl Broken {
    fn of(row: &CatalogRow<'_, '_>) -> Result<Broken, Error> {
        Ok(Broken {
            oid: row.get(1)?,
            name: row.qualified(2)?,
            table: row.qualified(4)?,
            is_toast: row.get(6)?,
            is_partitioned: row.get(7)?,
            table_oid: row.get(8)?,
            is_unique: row.get(9)?,
            is_ready: row.get(10)?,
            is_live: row.get(11)?,
            is_exclusion: row.get(12)?,
            has_twin: row.get(13)?,
            is_leftover: row.get(14)?,
            has_constraint: row.get(15)?,
            is_at_work: row.get(16)?,
            is_exact: row.is_exact(),
        })
    }

    /// Returns one finding or, without folding, one for each step that can be run now.
    fn findings(self, is_folded: bool) -> Vec<Finding> {
        let table = if self.is_toast { "the TOAST table of" } else { "table" };
        let object = format!("index {} on {table} {}", self.name, self.table);
        let (severity, detail, mut steps) = if self.is_at_work {
            (Severity::Info, "another session is building or dropping it".to_owned(), Vec::new())
        } else if self.is_partitioned {
            // Another session may be changing the partitions.
            self.partitioned().unwrap_or_else(|error| (Severity::Warning, wording::error(&error), Vec::new()))
        } else {
            let (severity, detail, fix) = self.single();
            (severity, detail, vec![fix])
        };
        if is_folded {
            steps.truncate(1);
        }
        if !self.is_exact {
            steps.clear();
        }
        let row = |fix| Finding {
            severity,
            check_name: "index_invalid",
            object: object.clone(),
            detail: detail.clone(),
            fix,
        };
        if steps.is_empty() { vec![row(None)] } else { steps.into_iter().map(|step| row(Some(step))).collect() }
    }

    fn single(&self) -> (Severity, String, String) {
        let drop = format!("DROP INDEX CONCURRENTLY {};", self.name);
        let is_leftover = self.is_leftover && !self.has_constraint;
        let (detail, fix) = if is_leftover {
            let writes = if self.is_ready { ", and slows down every write" } else { "" };
            (format!("left over from a REINDEX CONCURRENTLY that failed: it is useless{writes}"), drop)
        } else if !self.is_live {
            ("DROP INDEX CONCURRENTLY failed on it: it is useless".to_owned(), format!("DROP INDEX {};", self.name))
        } else {
            let how = if self.is_exclusion { "" } else { "CONCURRENTLY " };
            (self.unusable(&drop), format!("REINDEX INDEX {how}{};", self.name))
        };
        (self.severity(is_leftover || !self.is_live), self.on_standby(detail), fix)
    }

    fn unusable(&self, drop: &str) -> String {
        let writes = if self.is_ready { "it slows down every write" } else { "new rows are not entered in it" };
        let mut detail =
            format!("CREATE INDEX CONCURRENTLY or a similar command failed: no query uses the index, and {writes}");
        if self.is_unique && !self.has_twin {
            detail.push_str("; if the table contains duplicates, the fix fails with 23505");
            if !self.is_exclusion {
                detail.push_str(" and leaves a _ccnew index to be dropped");
            }
        }
        if !self.has_constraint {
            detail = format!("{detail}; if it is no longer needed: {drop}");
        }
        detail
    }

    fn partitioned(&self) -> Result<(Severity, String, Vec<String>), Error> {
        let repair = partitioned_index::repair(self.oid, self.table_oid)?;
        let unique = if self.is_unique { "; until then, duplicates may be inserted into these" } else { "" };
        let detail = match repair.missing {
            0 => format!("all its partitions have an index, but it is not marked as valid: {}", repair.note),
            1 => format!("1 of its partitions has no index attached to it{unique}{}", repair.note),
            count => format!("{count} of its partitions have no index attached to it{unique}{}", repair.note),
        };
        Ok((self.severity(repair.missing == 0), self.on_standby(detail), repair.steps))
    }

    /// Returns the severity. `is_harmless` is whether no query or constraint relies on the index.
    fn severity(&self, is_harmless: bool) -> Severity {
        let lets_duplicates_in = self.is_unique && !self.has_twin && !is_harmless && !access::is_standby();
        if lets_duplicates_in { Severity::Error } else { Severity::Warning }
    }

    /// Adds the caveat of a standby. It comes first, since the detail may end with a statement.
    fn on_standby(&self, detail: String) -> String {
        match access::is_standby() {
            true => format!("the primary may still be building it, which is not visible on a standby; {detail}"),
            false => detail,
        }
    }
}
