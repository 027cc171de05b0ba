//! Collects what differs, and what only follows from it.

use super::difference::{Difference, Kind};
use crate::report::severity::Severity;
use std::collections::{BTreeMap, HashMap};

/// What a difference is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Object<'a> {
    /// A database, schema or extension.
    Named(&'a str),
    /// A table or sequence.
    Relation(&'a str, &'a str),
    Column(&'a str, &'a str, &'a str),
    /// A constraint, index or trigger.
    PartOfTable(&'a str, &'a str, &'a str),
}

/// The difference that others follow from.
pub type Cause<'a> = (Kind, Object<'a>);

/// A difference that is still to be spelled.
#[derive(Debug)]
pub struct Row<'a> {
    severity: Severity,
    kind: Kind,
    object: Object<'a>,
    source_value: Option<String>,
    target_value: Option<String>,
    detail: Option<String>,
}

impl<'a> Row<'a> {
    pub fn new(severity: Severity, kind: Kind, object: Object<'a>) -> Self {
        Row { severity, kind, object, source_value: None, target_value: None, detail: None }
    }

    pub fn source(mut self, value: impl Into<String>) -> Self {
        self.source_value = Some(value.into());
        self
    }

    pub fn target(mut self, value: impl Into<String>) -> Self {
        self.target_value = Some(value.into());
        self
    }

    pub fn values(self, source: impl Into<String>, target: impl Into<String>) -> Self {
        self.source(source).target(target)
    }

    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into()).filter(|detail: &String| !detail.is_empty());
        self
    }
}

/// The rows so far, and by their causes what is to be said along with them.
pub struct Report<'a> {
    quote: fn(&str) -> String,
    /// To be called for each object that is compared.
    pub interrupt: fn(),
    rows: Vec<Row<'a>>,
    consequences: HashMap<Cause<'a>, Vec<String>>,
    /// What belongs to another role than before, by kind and the two roles.
    owned: BTreeMap<(Kind, &'a str, &'a str), Vec<Object<'a>>>,
    /// Tables with an estimate of their rows in one of the two alone.
    pub without_estimate: usize,
}

impl<'a> Report<'a> {
    pub fn new(quote: fn(&str) -> String, interrupt: fn()) -> Self {
        Report {
            quote,
            interrupt,
            rows: Vec::new(),
            consequences: HashMap::new(),
            owned: BTreeMap::new(),
            without_estimate: 0,
        }
    }

    pub fn add(&mut self, row: Row<'a>) {
        self.rows.push(row);
    }

    /// Has the row of `cause` say that `what` comes with it, instead of a row of its own.
    pub fn follows(&mut self, cause: Cause<'a>, what: &str, object: Object<'_>) {
        let said = format!("{what} {}", self.spelled(object));
        self.consequences.entry(cause).or_default().push(said);
    }

    /// The causes that no row tells of.
    #[cfg(test)]
    pub fn untold(&self) -> Vec<Cause<'a>> {
        let is_told = |cause: &Cause<'_>| self.rows.iter().any(|row| (row.kind, row.object) == *cause);
        self.consequences.keys().filter(|cause| !is_told(cause)).copied().collect()
    }

    pub fn change_owner(&mut self, kind: Kind, object: Object<'a>, source: &'a str, target: &'a str) {
        self.owned.entry((kind, source, target)).or_default().push(object);
    }

    /// One row for all of many: a restore by another role is one cause.
    fn add_owned(&mut self) {
        const MANY: usize = 10;
        for ((kind, source, target), objects) in std::mem::take(&mut self.owned) {
            let told = if objects.len() > MANY { 1 } else { objects.len() };
            let (told, others) = objects.split_at(told);
            let others: Vec<String> = others.iter().map(|object| self.spelled(*object)).collect();
            for object in told {
                let detail = if others.is_empty() { String::new() } else { listed("and likewise ", &others) };
                self.add(Row::new(Severity::Warning, kind, *object).values(source, target).detail(detail));
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
            Object::PartOfTable(schema, table, name) => format!("{}: {}", path(&[schema, table]), path(&[name])),
        }
    }

    /// Worst first, then by kind, then by object.
    pub fn finish(mut self) -> Vec<Difference> {
        self.add_owned();
        let mut rows = std::mem::take(&mut self.rows);
        rows.sort_by_key(|row| (row.severity, row.kind, row.object));
        rows.into_iter().map(|row| self.difference(row)).collect()
    }

    fn difference(&self, row: Row<'_>) -> Difference {
        let consequences = self.consequences.get(&(row.kind, row.object)).map(|said| listed("with it: ", said));
        let said: Vec<String> = row.detail.into_iter().chain(consequences).collect();
        Difference {
            severity: row.severity,
            kind: row.kind,
            object: self.spelled(row.object),
            source_value: row.source_value,
            target_value: row.target_value,
            detail: (!said.is_empty()).then(|| said.join("; ")),
        }
    }
}

/// All of a few, and how many more there are.
fn listed(lead: &str, items: &[String]) -> String {
    const SHOWN: usize = 20;
    let shown = items.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match items.len().saturating_sub(SHOWN) {
        0 => format!("{lead}{shown}"),
        more => format!("{lead}{shown} and {more} more"),
    }
}
