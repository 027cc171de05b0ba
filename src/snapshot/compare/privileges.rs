//! Compares privileges, and reports role by role what is missing: one row for all objects of a kind
//! on which a role lacks the same privileges.

use super::difference::Kind;
use super::grants;
use super::report::{DifferenceRow, Object, Report, listed};
use crate::report::severity::Severity;
use crate::report::wording::counted;
use crate::snapshot::sorted_map::SortedMap;
use std::collections::{BTreeMap, BTreeSet};

/// An object on which privileges can be granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grantable<'a> {
    Schema(&'a str),
    Table(&'a str, &'a str),
    Column(&'a str, &'a str, &'a str),
    Sequence(&'a str, &'a str),
    Object(&'a str, &'a str),
    Database(&'a str),
    /// An object of the system or of an extension: its kind and name.
    OfSystem(&'a str),
    /// An object that has no privileges.
    None,
}

impl<'a> Grantable<'a> {
    /// Returns the word for objects of this kind.
    fn noun(self) -> &'a str {
        match self {
            Grantable::Schema(_) => "schema",
            Grantable::Table(..) => "table",
            Grantable::Column(..) => "column",
            Grantable::Sequence(..) => "sequence",
            Grantable::Object("procedure" | "aggregate", _) => "function",
            Grantable::Object("domain", _) => "type",
            Grantable::Object(kind, _) => kind,
            Grantable::Database(_) => "database",
            // Its kind and name.
            Grantable::OfSystem(words) => words,
            Grantable::None => "",
        }
    }

    /// Returns the words of GRANT for objects of this kind.
    fn words_of_grant(self) -> Option<&'static str> {
        let kind = match self {
            Grantable::OfSystem(words) => words.split_once(' ').map_or(words, |(kind, _)| kind),
            _ => self.noun(),
        };
        Some(match kind {
            "schema" => "SCHEMA",
            "table" | "view" => "TABLE",
            "sequence" => "SEQUENCE",
            // Also of procedures and aggregates.
            "function" | "procedure" | "aggregate" => "ROUTINE",
            "type" => "TYPE",
            "language" => "LANGUAGE",
            "foreign-data wrapper" => "FOREIGN DATA WRAPPER",
            "server" => "FOREIGN SERVER",
            "database" => "DATABASE",
            _ => return None,
        })
    }

    fn spelled(self, report: &Report<'_>) -> String {
        match self {
            Grantable::Schema(name) | Grantable::Database(name) => report.quoted(name),
            Grantable::Table(schema, name) | Grantable::Sequence(schema, name) => {
                report.spelled(Object::Relation(schema, name))
            }
            Grantable::Column(schema, table, name) => report.spelled(Object::Column(schema, table, name)),
            Grantable::Object(_, identity) => identity.to_owned(),
            Grantable::OfSystem(words) => words.split_once(' ').map_or(words, |(_, name)| name).to_owned(),
            Grantable::None => String::new(),
        }
    }
}

/// What a role has on one of the sides only: whether it is missing in the target, the role, the
/// kind of object, and the privileges.
type Group<'a> = (bool, &'a str, &'a str, BTreeSet<Atom<'a>>);

/// A privilege, and whether it is the grant option.
type Atom<'a> = (bool, &'a str);

pub struct Privileges<'a> {
    older_major: u32,
    groups: BTreeMap<Group<'a>, Vec<Grantable<'a>>>,
}

type Granted<'a> = Option<&'a SortedMap<SortedMap<String>>>;

impl<'a> Privileges<'a> {
    pub fn new(older_major: u32) -> Self {
        Privileges { older_major, groups: BTreeMap::new() }
    }

    /// Notes what differs on an object and its parts, whose owner may differ as well.
    pub fn compare(
        &mut self,
        object: Grantable<'a>,
        owners: [&'a str; 2],
        both: [Granted<'a>; 2],
        is_compared: impl Fn(&str) -> bool,
    ) {
        let [here, there] = both;
        let parts = here.into_iter().chain(there).flat_map(|parts| parts.keys()).map(String::as_str);
        for part in parts.collect::<BTreeSet<_>>().into_iter().filter(|part| is_compared(part)) {
            let roles = both.map(|parts| parts.and_then(|parts| parts.get(part)));
            let [before, after] = roles;
            let names = before.into_iter().chain(after).flat_map(|roles| roles.keys()).map(String::as_str);
            for role in names.collect::<BTreeSet<_>>() {
                let words = roles.map(|roles| roles.and_then(|roles| roles.get(role)).map_or("", String::as_str));
                self.compare_role(located(object, part), owners, role, words);
            }
        }
    }

    /// An owner has all privileges unless they were revoked, so what another owner had or has says
    /// nothing about this role.
    fn compare_role(&mut self, object: Grantable<'a>, owners: [&'a str; 2], role: &'a str, words: [&'a str; 2]) {
        if owners[0] != owners[1] && owners.contains(&role) {
            return;
        }
        let [before, after] = words.map(|words| Atoms::of(words, self.older_major));
        let only = |one: &Atoms<'a>, other: &Atoms<'a>| -> BTreeSet<Atom<'a>> {
            let granted = one.granted.difference(&other.granted);
            granted.chain(other.revoked.difference(&one.revoked)).copied().collect()
        };
        for (is_missing, atoms) in [(true, only(&before, &after)), (false, only(&after, &before))] {
            if !atoms.is_empty() {
                self.groups.entry((is_missing, role, object.noun(), atoms)).or_default().push(object);
            }
        }
    }

    pub fn report(self, report: &mut Report<'a>) {
        for ((is_missing, role, noun, atoms), objects) in self.groups {
            (report.interrupt)();
            let words = words(&atoms);
            let names: Vec<String> = objects.iter().map(|object| object.spelled(report)).collect();
            let detail = match names.as_slice() {
                [_] if matches!(objects.first(), Some(Grantable::OfSystem(_))) => format!("on {noun}"),
                [one] => format!("on {noun} {one}"),
                names => listed(&format!("on {}: ", counted(names.len() as u64, noun)), names),
            };
            let object = Object::Role(role);
            report.add(if is_missing {
                let fix = fix(&atoms, &objects, names, &report.spelled(object), report);
                let roles = if role == "public" { Vec::new() } else { vec![role.to_owned()] };
                let row = DifferenceRow::new(Severity::Error, Kind::PrivilegeMissing, object);
                report.repaired(row.source(words).detail(detail), fix.map(|fix| (fix, roles)))
            } else {
                DifferenceRow::new(Severity::Warning, Kind::PrivilegeExtra, object).target(words).detail(detail)
            });
        }
    }
}

/// Returns the part of an object on which privileges were granted.
fn located<'a>(object: Grantable<'a>, part: &'a str) -> Grantable<'a> {
    match (object, part.strip_prefix("column ")) {
        (Grantable::Table(schema, table), Some(column)) => Grantable::Column(schema, table, column),
        (Grantable::Database(_), _) if !part.is_empty() => Grantable::OfSystem(part),
        _ => object,
    }
}

/// The privileges of a role on an object, compared with the usual ones.
struct Atoms<'a> {
    granted: BTreeSet<Atom<'a>>,
    revoked: BTreeSet<Atom<'a>>,
}

impl<'a> Atoms<'a> {
    fn of(words: &'a str, older_major: u32) -> Self {
        let mut atoms = Atoms { granted: BTreeSet::new(), revoked: BTreeSet::new() };
        for word in words.split(", ").filter(|word| !word.is_empty()) {
            let (set, word) = match word.strip_prefix('-') {
                Some(word) => (&mut atoms.revoked, word),
                None => (&mut atoms.granted, word),
            };
            let privilege = word.strip_suffix('*').unwrap_or(word);
            // Older versions do not have it, and ALL grants it in newer ones.
            if privilege == "MAINTAIN" && older_major < 17 {
                continue;
            }
            set.insert((false, privilege));
            set.extend(word.ends_with('*').then_some((true, privilege)));
        }
        atoms
    }
}

/// Returns, for instance, `SELECT, INSERT` or `grant option for SELECT`.
fn words(atoms: &BTreeSet<Atom<'_>>) -> String {
    let words = atoms.iter().map(|(is_option, privilege)| match is_option {
        true => format!("grant option for {privilege}"),
        false => (*privilege).to_owned(),
    });
    words.collect::<Vec<_>>().join(", ")
}

fn fix(
    atoms: &BTreeSet<Atom<'_>>,
    objects: &[Grantable<'_>],
    names: Vec<String>,
    role: &str,
    report: &Report<'_>,
) -> Option<String> {
    let mut statements = Vec::new();
    for with_option in [false, true] {
        let is_meant = |(is_option, privilege): &Atom<'_>| {
            // GRANT … WITH GRANT OPTION grants both.
            if with_option { *is_option } else { !is_option && !atoms.contains(&(true, *privilege)) }
        };
        let privileges: Vec<&str> =
            atoms.iter().filter(|atom| is_meant(atom)).map(|(_, privilege)| *privilege).collect();
        if privileges.is_empty() {
            continue;
        }
        for object in objects {
            if let Grantable::Column(schema, table, column) = *object {
                let table = report.spelled(Object::Relation(schema, table));
                statements.push(grants::grant_column(&privileges, &report.quoted(column), &table, role, with_option)?);
            }
        }
        if !matches!(objects.first()?, Grantable::Column(..)) {
            let noun = objects.first()?.words_of_grant()?;
            statements.push(grants::grant(&privileges, noun, &names, role, with_option)?);
        }
    }
    Some(statements.join(" "))
}
