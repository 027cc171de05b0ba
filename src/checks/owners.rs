//! Objects that belong to another role than they should: the expected owner, or the one that most of their schema belongs to.
//!
//! Covered is all that lies in a schema and has an owner, and schemas. What lies in none is not: databases, foreign servers,
//! publications, large objects.
//!
//! Locks: AccessShareLock on catalogs, given back before it returns.

use super::finding::{Finding, Severity};
use super::target::Target;
use crate::fault::Fault;
use crate::pg::names::quote_identifier;
use crate::pg::raw_text::RawText;
use crate::pg::row::required;
use crate::pg::subtransaction;
use pgrx::Spi;
use pgrx::spi::SpiHeapTupleData;

const OWNERS: &str = include_str!("../../sql/queries/owners.sql");

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Fault> {
    let expected = target.expected_owner;
    let objects = subtransaction::discard(|| {
        Spi::connect(|client| {
            let rows = client.select(OWNERS, None, &[target.schema_oid().into(), expected.into()])?;
            rows.map(|row| Object::read(&row)).collect::<Result<Vec<_>, Fault>>()
        })
    })?;
    Ok(objects.iter().map(|object| object.finding(expected.is_some())).collect())
}

/// Something that is not its right owner's.
struct Object {
    /// As SQL calls it, in lower case; `privilege` for a schema that is not its right owner's to create in.
    kind: String,
    /// Its name, and what else it takes to tell it from others, as SQL spells it.
    identity: RawText,
    owner: RawText,
    right_owner: RawText,
    /// Whether that is more than a guess, which whoever may create objects could sway.
    is_certain: bool,
}

impl Object {
    fn read(row: &SpiHeapTupleData) -> Result<Object, Fault> {
        Ok(Object {
            kind: required(row, 1)?,
            identity: required(row, 2)?,
            owner: required(row, 3)?,
            right_owner: required(row, 4)?,
            is_certain: required(row, 5)?,
        })
    }

    fn finding(&self, is_expected: bool) -> Finding {
        let is_exact = self.identity.is_exact && self.right_owner.is_exact;
        Finding {
            severity: match self.kind.as_str() {
                _ if is_expected => Severity::Error,
                "schema" => Severity::Info,
                _ => Severity::Warning,
            },
            check_name: "wrong_owner",
            object: format!("{} {}", self.shown_kind(), self.identity.text),
            detail: self.detail(is_expected),
            fix: (is_exact && self.is_certain).then(|| self.fix()),
        }
    }

    fn shown_kind(&self) -> &str {
        if self.kind == "privilege" { "schema" } else { &self.kind }
    }

    fn detail(&self, is_expected: bool) -> String {
        let (owner, right_owner) = (&self.owner.text, &self.right_owner.text);
        if self.kind == "privilege" {
            return format!(
                "{right_owner} may not create objects in it, and so cannot become the owner of those in it"
            );
        }
        let why = if is_expected { "" } else { ", which owns most tables of this schema" };
        let needs =
            if self.kind == "schema" && self.is_certain { "; the fix takes CREATE on the database" } else { "" };
        let guess = if self.is_certain { "" } else { "; with expected_owner there is a fix" };
        format!(
            "owned by {owner}, not by {right_owner}{why}: a migration of {right_owner} that alters it fails with \"must be \
             owner of {}\"{needs}{guess}",
            self.kind_in_errors()
        )
    }

    /// As the server's error says it.
    fn kind_in_errors(&self) -> &str {
        match self.kind.as_str() {
            "domain" => "type",
            "statistics" => "statistics object",
            kind => kind,
        }
    }

    fn fix(&self) -> String {
        let (identity, right_owner) = (&self.identity.text, quote_identifier(&self.right_owner.text));
        match self.kind.as_str() {
            "privilege" => format!("GRANT CREATE ON SCHEMA {identity} TO {right_owner};"),
            // ALTER AGGREGATE wants more of some than the types that identify it.
            "aggregate" => format!("ALTER ROUTINE {identity} OWNER TO {right_owner};"),
            kind => format!("ALTER {} {identity} OWNER TO {right_owner};", kind.to_uppercase()),
        }
    }
}
