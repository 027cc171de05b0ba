//! Finds objects whose owner is not the expected owner or, if no owner is expected, not the owner
//! of most tables of their schema.
//!
//! Covers schemas and the objects in them that have an owner, but not databases, foreign servers,
//! publications and large objects, which do not belong to a schema.
//!
//! Locks: AccessShareLock on catalogs, released before it returns.

use super::finding::{Finding, Severity};
use super::fold::{fix_of_all, is_many, together};
use super::target::Target;
use crate::error::Error;
use crate::pg::extension;
use crate::pg::lossy_text::RawText;
use crate::pg::names::quote_identifier;
use crate::pg::row::required;
use crate::pg::subtransaction;
use crate::report::quoting::literal;
use crate::report::wording;
use pgrx::Spi;
use pgrx::spi::SpiHeapTupleData;
use std::collections::HashMap;

const OWNERS: &str = include_str!("../../sql/queries/wrong_owners.sql");

pub fn check(target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    let expected = target.expected_owner;
    let functions = extension::quoted_schema()?;
    let rows = subtransaction::discard(|| {
        Spi::connect(|client| {
            let rows = client.select(OWNERS, None, &[target.user_schemas.clone().into(), expected.into()])?;
            rows.map(|row| Row::read(&row)).collect::<Result<Vec<_>, Error>>()
        })
    })?;
    let groups = if target.is_folded { grouped(&rows) } else { rows.iter().map(|row| vec![row]).collect() };
    let mut findings = Vec::new();
    for group in groups {
        let of_group: Vec<Finding> = group.iter().map(|row| row.finding(expected.is_some(), &functions)).collect();
        match group.first() {
            Some(Row::Object(object)) if is_many(group.len()) => findings.push(object.together(&of_group, target)?),
            _ => findings.extend(of_group),
        }
    }
    Ok(findings)
}

/// Groups objects of one kind that have the same owner and the same right owner, if there are many
/// of them. A group takes the position of its first object, so that the rows stay in the order in
/// which owners can be changed.
fn grouped(rows: &[Row]) -> Vec<Vec<&Row>> {
    let mut counts: HashMap<Group<'_>, usize> = HashMap::new();
    for group in rows.iter().filter_map(Row::group) {
        *counts.entry(group).or_default() += 1;
    }
    let mut rows: Vec<&Row> = rows.iter().collect();
    if counts.values().any(|count| is_many(*count)) {
        // A group may span schemas, and the new owner needs CREATE on all of them first.
        rows.sort_by_key(|row| !row.is_about_schema());
    }
    let mut groups: Vec<Vec<&Row>> = Vec::new();
    let mut positions: HashMap<Group<'_>, usize> = HashMap::new();
    for row in rows {
        let group = row.group().filter(|group| counts.get(group).is_some_and(|count| is_many(*count)));
        match group.and_then(|group| positions.get(&group)) {
            Some(position) => groups[*position].push(row),
            None => {
                positions.extend(group.map(|group| (group, groups.len())));
                groups.push(vec![row]);
            }
        }
    }
    groups
}

/// The kind, the owner and the right owner.
type Group<'a> = (&'a str, &'a str, &'a str);

enum Row {
    Object(Object),
    Unclear(Schema),
}

impl Row {
    fn read(row: &SpiHeapTupleData) -> Result<Row, Error> {
        let kind: String = required(row, FIRST)?;
        if kind == "unclear" { Ok(Row::Unclear(Schema::read(row)?)) } else { Ok(Row::Object(Object::read(row, kind)?)) }
    }
}

impl Row {
    fn finding(&self, is_expected: bool, functions: &str) -> Finding {
        match self {
            Row::Object(object) => object.finding(is_expected),
            Row::Unclear(schema) => schema.finding(functions),
        }
    }

    fn is_about_schema(&self) -> bool {
        match self {
            Row::Object(object) => object.shown_kind() == "schema",
            Row::Unclear(_) => true,
        }
    }

    fn group(&self) -> Option<Group<'_>> {
        match self {
            Row::Object(object) => Some((&object.kind, &object.owner.text, &object.right_owner.text)),
            Row::Unclear(_) => None,
        }
    }
}

/// The columns before this one are the query's sort key.
const FIRST: usize = 4;

/// A schema whose objects have several owners, and whose right owner is unclear.
struct Schema {
    name: RawText,
    /// As SQL spells it.
    identity: RawText,
    /// The owners, those of most objects first.
    owners: Vec<Owner>,
}

struct Owner {
    name: RawText,
    objects: i64,
    is_superuser: bool,
}

impl Schema {
    fn read(row: &SpiHeapTupleData) -> Result<Schema, Error> {
        let names = row.get::<Vec<RawText>>(FIRST + 6)?.unwrap_or_default();
        let counts = row.get::<Vec<i64>>(FIRST + 7)?.unwrap_or_default();
        let superusers = row.get::<Vec<bool>>(FIRST + 8)?.unwrap_or_default();
        let owners = names.into_iter().zip(counts).zip(superusers);
        let owners = owners.map(|((name, objects), is_superuser)| Owner { name, objects, is_superuser }).collect();
        Ok(Schema { name: required(row, FIRST + 9)?, identity: required(row, FIRST + 1)?, owners })
    }

    fn finding(&self, functions: &str) -> Finding {
        let owners: Vec<String> = self.owners.iter().map(Owner::share).collect();
        let owners: Vec<&str> = owners.iter().map(String::as_str).collect();
        // An application's objects seldom belong to a superuser on purpose.
        let likely = self.owners.iter().find(|owner| !owner.is_superuser).or(self.owners.first());
        let likely = likely.map_or_else(String::new, |owner| literal(&owner.name.text));
        let schema = literal(&self.name.text);
        Finding {
            severity: Severity::Warning,
            check_name: "owner_unclear",
            object: format!("schema {}", self.identity.text),
            detail: format!(
                "{}; which of them should own all of it is unclear: name the right one, as in \
                 SELECT * FROM {functions}.flightcheck({schema}, expected_owner => {likely});",
                wording::list("its objects belong to", &owners)
            ),
            fix: None,
        }
    }
}

impl Owner {
    /// Returns the owner's share, such as `postgres (12, a superuser)`.
    fn share(&self) -> String {
        let superuser = if self.is_superuser { ", a superuser" } else { "" };
        format!("{} ({}{superuser})", quote_identifier(&self.name.text), self.objects)
    }
}

/// An object with the wrong owner.
struct Object {
    /// SQL's word for it in lower case; `privilege` for a schema in which the right owner lacks
    /// CREATE.
    kind: String,
    /// Its name, and what else identifies it, as SQL spells it.
    identity: RawText,
    owner: RawText,
    right_owner: RawText,
    /// Whether the right owner is not merely a guess, which any role that may create objects could
    /// influence.
    is_certain: bool,
    /// Whether the right owner has the owner's privileges, as superusers and members do.
    has_rights: bool,
}

impl Object {
    fn read(row: &SpiHeapTupleData, kind: String) -> Result<Object, Error> {
        Ok(Object {
            kind,
            identity: required(row, FIRST + 1)?,
            owner: required(row, FIRST + 2)?,
            right_owner: required(row, FIRST + 3)?,
            is_certain: required(row, FIRST + 4)?,
            has_rights: required(row, FIRST + 5)?,
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

    /// Returns one row for many objects of its kind.
    fn together(&self, findings: &[Finding], target: &Target<'_>) -> Result<Finding, Error> {
        let kind = self.shown_kind();
        let plural = match kind.strip_suffix('y') {
            _ if kind == "statistics" => "statistics objects".to_owned(),
            Some(stem) => format!("{stem}ies"),
            None if kind.ends_with('s') => format!("{kind}es"),
            None => format!("{kind}s"),
        };
        let fix = fix_of_all(target, findings, Some(&format!("{kind} ")))?;
        Ok(together(&plural, findings, fix))
    }

    fn shown_kind(&self) -> &str {
        if self.kind == "privilege" { "schema" } else { &self.kind }
    }

    fn detail(&self, is_expected: bool) -> String {
        let (owner, right_owner) = (quote_identifier(&self.owner.text), quote_identifier(&self.right_owner.text));
        if self.kind == "privilege" {
            return format!(
                "{right_owner} may not create objects in it and therefore cannot become the owner of those in it"
            );
        }
        let why = if is_expected { "" } else { ", which owns most tables of this schema" };
        let needs =
            if self.kind == "schema" && self.is_certain { "; the fix requires CREATE on the database" } else { "" };
        let guess = if self.is_certain { "" } else { "; to get a fix, pass expected_owner" };
        let fails = match self.has_rights {
            true => String::new(),
            false => format!(
                ": a migration of {right_owner} that alters it fails with \"must be owner of {}\"",
                self.kind_in_errors()
            ),
        };
        format!("owned by {owner}, not by {right_owner}{why}{fails}{needs}{guess}")
    }

    /// Returns the kind as the server's error message names it.
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
            // ALTER AGGREGATE needs more for some aggregates than the types that identify them.
            "aggregate" => format!("ALTER ROUTINE {identity} OWNER TO {right_owner};"),
            kind => format!("ALTER {} {identity} OWNER TO {right_owner};", kind.to_uppercase()),
        }
    }
}
