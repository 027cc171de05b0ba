//! Collects differences, and the consequences that are reported along with them.

use super::difference::{Difference, Kind};
use super::refresh::First;
use super::statements::Repair;
use crate::report::one_line::pasteable;
use crate::report::severity::Severity;
use crate::report::wording;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The object that a difference is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Object<'a> {
    /// A database, schema or extension.
    Named(&'a str),
    /// A table or sequence.
    Relation(&'a str, &'a str),
    Column(&'a str, &'a str, &'a str),
    /// A constraint, index, trigger, policy or rule.
    Subobject(&'a str, &'a str, &'a str),
    /// An object of another kind: the kind, and the name as SQL writes it.
    Described(&'a str, &'a str),
    /// A role; `public` is every role.
    Role(&'a str),
}

/// The difference that others follow from.
pub type Cause<'a> = (Kind, Object<'a>);

/// A difference whose object's name is not yet quoted.
#[derive(Debug)]
pub struct DifferenceRow<'a> {
    severity: Severity,
    kind: Kind,
    object: Object<'a>,
    source_value: Option<String>,
    target_value: Option<String>,
    detail: Option<String>,
    fix: Option<String>,
}

impl<'a> DifferenceRow<'a> {
    pub fn new(severity: Severity, kind: Kind, object: Object<'a>) -> Self {
        DifferenceRow { severity, kind, object, source_value: None, target_value: None, detail: None, fix: None }
    }

    /// Sets the value of the source; an empty one says nothing.
    pub fn source(mut self, value: impl Into<String>) -> Self {
        self.source_value = Some(value.into()).filter(|value| !value.is_empty());
        self
    }

    pub fn target(mut self, value: impl Into<String>) -> Self {
        self.target_value = Some(value.into()).filter(|value| !value.is_empty());
        self
    }

    pub fn values(self, source: impl Into<String>, target: impl Into<String>) -> Self {
        self.source(source).target(target)
    }

    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into()).filter(|detail: &String| !detail.is_empty());
        self
    }

    /// Adds a clause to the detail.
    pub fn clause(mut self, clause: impl Into<String>) -> Self {
        self.detail = wording::join(self.detail.into_iter().chain([clause.into()]));
        self
    }

    /// Sets the statement that repairs the difference and cannot do harm.
    pub fn fix(mut self, fix: Option<String>) -> Self {
        self.fix = fix;
        self
    }
}

/// What rows have in common that become one if there are many of them: severity, kind, schema, and
/// what they are about.
type Group<'a> = (Severity, Kind, &'a str, String);

/// The rows so far, and the consequences by cause.
pub struct Report<'a> {
    quote: fn(&str) -> String,
    /// The function to call for each object that is compared.
    pub interrupt: fn(),
    /// Whether a role exists where the target is, as far as that is known.
    has_role: fn(&str) -> bool,
    rows: Vec<DifferenceRow<'a>>,
    consequences: HashMap<Cause<'a>, Vec<String>>,
    /// The objects whose owner differs, by kind and the two roles.
    owned: BTreeMap<(Kind, &'a str, &'a str), Vec<Object<'a>>>,
    /// The objects that differ in the same way.
    alike: BTreeMap<Group<'a>, Vec<DifferenceRow<'a>>>,
    /// What has to be refreshed before a materialized view of the target.
    pub to_refresh_first: First<'a>,
    /// The number of tables of which only one snapshot has an estimate of the rows.
    pub without_estimate: usize,
}

impl<'a> Report<'a> {
    pub fn new(quote: fn(&str) -> String, has_role: fn(&str) -> bool, interrupt: fn()) -> Self {
        Report {
            quote,
            interrupt,
            has_role,
            rows: Vec::new(),
            consequences: HashMap::new(),
            owned: BTreeMap::new(),
            alike: BTreeMap::new(),
            to_refresh_first: First::new(),
            without_estimate: 0,
        }
    }

    pub fn add(&mut self, row: DifferenceRow<'a>) {
        self.rows.push(row);
    }

    /// Adds `what` to the detail of the row of `cause`, instead of a row of its own.
    pub fn add_consequence(&mut self, cause: Cause<'a>, what: &str, object: Object<'_>) {
        let clauses = format!("{what} {}", self.spelled(object)).trim_start().to_owned();
        self.consequences.entry(cause).or_default().push(clauses);
    }

    /// Returns the causes that have no row.
    #[cfg(test)]
    pub fn unreported(&self) -> Vec<Cause<'a>> {
        let rows = self.rows.iter().chain(self.alike.values().flatten());
        let is_reported = |cause: &Cause<'_>| rows.clone().any(|row| (row.kind, row.object) == *cause);
        self.consequences.keys().filter(|cause| !is_reported(cause)).copied().collect()
    }

    pub fn change_owner(&mut self, kind: Kind, object: Object<'a>, source: &'a str, target: &'a str) {
        self.owned.entry((kind, source, target)).or_default().push(object);
    }

    /// Adds a row that becomes one with others of the same kind in the same schema if there are
    /// many of them: a restore without a schema or without comments is one cause. `what` keeps rows
    /// apart that do not belong together.
    pub fn add_alike(&mut self, schema: &'a str, what: impl Into<String>, row: DifferenceRow<'a>) {
        self.alike.entry((row.severity, row.kind, schema, what.into())).or_default().push(row);
    }

    /// Returns the row with the statement that repairs it, or which of the statement's roles have
    /// to be created first.
    pub fn repaired(&self, row: DifferenceRow<'a>, repair: Option<Repair>) -> DifferenceRow<'a> {
        let Some((statement, roles)) = repair else { return row };
        let missing: BTreeSet<&String> = roles.iter().filter(|role| !(self.has_role)(role)).collect();
        let missing: Vec<String> = missing.into_iter().map(|role| self.quoted(role)).collect();
        match missing.as_slice() {
            [] => row.fix(Some(statement)),
            [one] => row.clause(format!("role {one} does not exist here")),
            _ => row.clause(format!("roles {} do not exist here", wording::series(&missing, " and "))),
        }
    }

    fn add_groups(&mut self) {
        for (_, mut rows) in std::mem::take(&mut self.alike) {
            if rows.len() <= MANY {
                rows.into_iter().for_each(|row| self.add(row));
                continue;
            }
            let values = |row: &DifferenceRow<'_>| (row.source_value.clone(), row.target_value.clone());
            let are_same = rows.windows(2).all(|pair| values(&pair[0]) == values(&pair[1]));
            let others: Vec<DifferenceRow<'_>> = rows.drain(1..).collect();
            let moved = others.iter().filter_map(|row| self.consequences.remove(&(row.kind, row.object)));
            let moved: Vec<String> = moved.flatten().collect();
            let others: Vec<String> = others.iter().map(|row| self.spelled(row.object)).collect();
            for row in rows {
                if !moved.is_empty() {
                    self.consequences.entry((row.kind, row.object)).or_default().extend(moved.iter().cloned());
                }
                let clauses: Vec<String> = row.detail.iter().cloned().chain([listed("also ", &others)]).collect();
                // The fix, and values that are not those of all, are of one object.
                let (source_value, target_value) = if are_same { values(&row) } else { (None, None) };
                let folded = DifferenceRow::new(row.severity, row.kind, row.object).detail(clauses.join("; "));
                self.add(DifferenceRow { source_value, target_value, ..folded });
            }
        }
    }

    /// Adds the rows for owners; one row for all objects if there are many: a restore by another
    /// role is one cause.
    fn add_owned(&mut self) {
        for ((kind, source, target), objects) in std::mem::take(&mut self.owned) {
            let named = if objects.len() > MANY { 1 } else { objects.len() };
            let (named, others) = objects.split_at(named);
            let others: Vec<String> = others.iter().map(|object| self.spelled(*object)).collect();
            for object in named {
                let detail = if others.is_empty() { String::new() } else { listed("also ", &others) };
                self.add(DifferenceRow::new(Severity::Warning, kind, *object).values(source, target).detail(detail));
            }
        }
    }

    pub fn quoted(&self, name: &str) -> String {
        (self.quote)(name)
    }

    pub fn spelled(&self, object: Object<'_>) -> String {
        let path = |names: &[&str]| names.iter().map(|name| (self.quote)(name)).collect::<Vec<_>>().join(".");
        match object {
            Object::Named(name) => path(&[name]),
            Object::Relation(schema, name) => path(&[schema, name]),
            Object::Column(schema, table, name) => path(&[schema, table, name]),
            Object::Subobject(schema, table, name) => format!("{}: {}", path(&[schema, table]), path(&[name])),
            Object::Described(kind, identity) => format!("{kind} {identity}"),
            Object::Role("public") => "PUBLIC".to_owned(),
            Object::Role(name) => path(&[name]),
        }
    }

    /// Returns the rows, worst first, then by kind, then by object.
    pub fn finish(mut self) -> Vec<Difference> {
        self.add_owned();
        self.add_groups();
        let mut rows = std::mem::take(&mut self.rows);
        rows.sort_by_key(|row| (row.severity, row.kind, row.object));
        rows.into_iter().map(|row| self.difference(row)).collect()
    }

    fn difference(&self, row: DifferenceRow<'_>) -> Difference {
        let consequences = self.consequences.get(&(row.kind, row.object)).map(|clauses| listed("with it: ", clauses));
        let clauses: Vec<String> = row.detail.into_iter().chain(consequences).collect();
        Difference {
            severity: row.severity,
            kind: row.kind,
            object: self.spelled(row.object),
            source_value: row.source_value,
            target_value: row.target_value,
            detail: (!clauses.is_empty()).then(|| clauses.join("; ")),
            fix: row.fix.and_then(pasteable),
        }
    }
}

/// With more rows of the same kind than this, one row has all of them.
const MANY: usize = 10;

/// Returns the first items, and how many more there are.
pub fn listed(lead: &str, items: &[String]) -> String {
    const SHOWN: usize = 20;
    let shown = items.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match items.len().saturating_sub(SHOWN) {
        0 => format!("{lead}{shown}"),
        more => format!("{lead}{shown} and {more} more"),
    }
}
