//! Finds collations whose order may have changed since the database's indexes were built: after an
//! upgrade of the operating system, or after the files were restored on another one.
//!
//! Locks: AccessShareLock on catalogs, released before it returns.

use super::finding::{Finding, Severity};
use super::target::Target;
use crate::error::Error;
use crate::pg::lossy_text::RawText;
use crate::pg::names::FIRST_USER_OID;
use crate::pg::row::required;
use crate::pg::{database, subtransaction};
use crate::report::do_block::{at_once, block};
use crate::report::wording;
use pgrx::Spi;
use pgrx::pg_sys::{self, Oid};
use pgrx::spi::SpiHeapTupleData;

const USED: &str = include_str!("../../sql/queries/collations_in_use.sql");
const VERSION: &str = include_str!("../../sql/queries/collation_version.sql");
const SORTED: &str = include_str!("../../sql/queries/collation_dependents.sql");

/// With more indexes than this, the fix does not name them and commits after each.
const ONE_BY_ONE: usize = 20;

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for collation in used(target)? {
        crate::pg::memory::step();
        match subtransaction::attempt(|| collation.current_version()) {
            Ok(None) => {}
            Ok(Some(version)) if version == collation.version => {}
            Ok(Some(version)) => findings.push(collation.changed(&version)?),
            Err(error) => findings.push(collation.gone(&error)?),
        }
    }
    Ok(findings)
}

fn used(target: &Target<'_>) -> Result<Vec<Collation>, Error> {
    subtransaction::discard(|| {
        Spi::connect(|client| {
            let rows = client.select(USED, None, &[target.user_schemas.clone().into(), database::current().into()])?;
            rows.map(|row| Collation::read(&row)).collect()
        })
    })
}

/// A collation, or the database's default.
struct Collation {
    /// `None` for the database's default collation.
    oid: Option<Oid>,
    name: RawText,
    /// The version on record.
    version: String,
    database: RawText,
}

/// The indexes and partitioned tables that are ordered by a collation.
struct Sorted {
    indexes: Vec<RawText>,
    tables: Vec<RawText>,
}

impl Collation {
    fn read(row: &SpiHeapTupleData) -> Result<Collation, Error> {
        Ok(Collation {
            oid: row.get::<Oid>(1)?,
            name: required(row, 2)?,
            version: required(row, 3)?,
            database: required(row, 4)?,
        })
    }

    fn is_database(&self) -> bool {
        self.oid.is_none()
    }

    fn current_version(&self) -> Result<Option<String>, Error> {
        subtransaction::discard(|| {
            Spi::connect(|client| {
                let arguments = [self.oid.into(), database::current().into()];
                Ok(client.select(VERSION, None, &arguments)?.first().get_one::<String>()?)
            })
        })
    }

    fn sorted(&self) -> Result<Sorted, Error> {
        let oid = self.oid.unwrap_or(pg_sys::DEFAULT_COLLATION_OID);
        let found = subtransaction::discard(|| {
            Spi::connect(|client| {
                let rows = client.select(SORTED, None, &[oid.into()])?;
                rows.map(|row| Ok((required::<bool>(&row, 1)?, required::<RawText>(&row, 2)?)))
                    .collect::<Result<Vec<_>, Error>>()
            })
        })?;
        let (indexes, tables): (Vec<_>, Vec<_>) = found.into_iter().partition(|(is_index, _)| *is_index);
        let names = |found: Vec<(bool, RawText)>| found.into_iter().map(|(_, name)| name).collect();
        Ok(Sorted { indexes: names(indexes), tables: names(tables) })
    }

    /// Returns the finding that the system now sorts by another version.
    fn changed(&self, version: &str) -> Result<Finding, Error> {
        let sorted = self.sorted()?;
        let is_exact =
            self.name.is_exact && self.database.is_exact && sorted.indexes.iter().all(|index| index.is_exact);
        let owners =
            if self.is_database() { "the database's owner" } else { "the owners of the tables and of the collation" };
        let apart = if sorted.indexes.len() > ONE_BY_ONE { ", outside a transaction block" } else { "" };
        let detail = format!(
            "recorded with version {}, but the system now provides {version}: text may sort differently{}; the fix must \
             be run by {owners}{apart}, while no session writes",
            self.version,
            sorted.harm()
        );
        Ok(self.finding(Severity::Warning, detail, is_exact.then(|| self.fix(&sorted))))
    }

    /// Returns the finding that the system no longer has the collation.
    fn gone(&self, error: &Error) -> Result<Finding, Error> {
        let detail = format!("{}: comparisons that use it fail{}", wording::error(error), self.sorted()?.harm());
        Ok(self.finding(Severity::Error, detail, None))
    }

    fn finding(&self, severity: Severity, detail: String, fix: Option<String>) -> Finding {
        let kind = if self.is_database() { "database" } else { "collation" };
        Finding { severity, check_name: "collation_version", object: format!("{kind} {}", self.name.text), detail, fix }
    }

    /// Returns the fix. It refreshes the version only after everything has been rebuilt: once the
    /// version is refreshed, nothing tells which indexes have not been rebuilt.
    fn fix(&self, sorted: &Sorted) -> String {
        let refresh = match self.is_database() {
            true => format!("ALTER DATABASE {} REFRESH COLLATION VERSION;", self.name.text),
            false => format!("ALTER COLLATION {} REFRESH VERSION;", self.name.text),
        };
        match sorted.indexes.len() {
            0 => refresh,
            count if count > ONE_BY_ONE => {
                one_after_the_other(self.oid.unwrap_or(pg_sys::DEFAULT_COLLATION_OID), &refresh)
            }
            _ => {
                let rebuild = |index: &RawText| format!("REINDEX INDEX {};", index.text);
                let statements: Vec<String> = sorted.indexes.iter().map(rebuild).chain([refresh]).collect();
                at_once(statements.iter().map(String::as_str))
            }
        }
    }
}

/// Returns a statement that rebuilds all indexes that depend on a collation, each in a transaction
/// of its own, and then refreshes the version. It ends at the first index that fails and leaves the
/// version as it is.
fn one_after_the_other(collation: Oid, refresh: &str) -> String {
    let collation = collation.to_u32();
    let body = format!(
        "FOR i IN SELECT c.oid FROM pg_catalog.pg_class c \
         JOIN pg_catalog.pg_index x ON x.indexrelid OPERATOR(pg_catalog.=) c.oid \
         WHERE c.relkind OPERATOR(pg_catalog.=) 'i' AND c.relpersistence OPERATOR(pg_catalog.<>) 't' AND c.oid OPERATOR(pg_catalog.>=) {FIRST_USER_OID} \
         AND ({collation} OPERATOR(pg_catalog.=) ANY (x.indcollation) OR EXISTS (SELECT FROM pg_catalog.pg_depend d \
         WHERE d.classid OPERATOR(pg_catalog.=) 1259 AND d.objid OPERATOR(pg_catalog.=) c.oid AND d.refclassid OPERATOR(pg_catalog.=) 3456 \
         AND d.refobjid OPERATOR(pg_catalog.=) {collation})) \
         LOOP EXECUTE pg_catalog.format('REINDEX INDEX %s', i); COMMIT; END LOOP; {refresh}"
    );
    block("i pg_catalog.regclass;", &body)
}

impl Sorted {
    /// Returns the clauses on indexes and tables that are ordered by another version.
    fn harm(&self) -> String {
        let indexes = harm("may miss rows and let duplicates in", "index", "indexes", &self.indexes);
        indexes + &harm("may have rows in the wrong partition", "partitioned table", "partitioned tables", &self.tables)
    }
}

/// Returns `; 2 indexes may …: a, b`, or an empty text.
fn harm(what: &str, one: &str, several: &str, names: &[RawText]) -> String {
    let kind = if names.len() == 1 { one } else { several };
    let names: Vec<_> = names.iter().map(|name| name.text.as_str()).collect();
    match names.len() {
        0 => String::new(),
        count => format!("; {count} {kind} {what}{}", wording::list(":", &names)),
    }
}
