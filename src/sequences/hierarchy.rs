//! Folds partitions and inheriting tables that draw from their parent's sequence into the parent's
//! row.

use super::column::{AttrRef, Column};
use super::finding::Finding;
use super::link::{Drawing, Link, Sequence};
use super::verdict::Status;
use super::wording;
use crate::pg::{names, schemas};
use crate::report::statements::Statements;
use crate::report::wording as words;
use pgrx::pg_sys::Oid;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

/// The parents of each child, from pg_inherits.
pub type Parents = HashMap<Oid, Vec<Oid>>;

/// The columns that are judged with an ancestor's column that draws from the same sequence.
#[derive(Default)]
pub struct Hierarchies {
    heads: HashMap<(Oid, AttrRef), AttrRef>,
}

impl Hierarchies {
    /// Groups `links` by hierarchy. `by_sequence` holds indexes into `links`.
    pub fn new(links: &[Link], by_sequence: &HashMap<Oid, Vec<usize>>, parents: &Parents) -> Hierarchies {
        let mut heads = HashMap::new();
        if parents.is_empty() {
            return Hierarchies { heads };
        }
        for (sequence, members) in by_sequence.iter().filter(|(_, members)| members.len() > 1) {
            let drawers = members.iter().map(|index| &links[*index]).filter(|link| link.drawing != Drawing::Unused);
            // The names of the columns that draw, by table: attribute numbers differ within a
            // hierarchy.
            let mut columns: HashMap<(Oid, String), &Link> = HashMap::new();
            for link in drawers {
                columns.extend(names::column_name(link.attr.0, link.attr.1).map(|name| ((link.attr.0, name), link)));
            }
            for ((table, name), link) in &columns {
                // The parent's verdict does not cover a child whose own default does something else
                // with a value.
                let is_alike = |other: &&&Link| other.drawing == link.drawing;
                let above = |ancestor: &Oid| columns.get(&(*ancestor, name.clone())).filter(is_alike);
                let ancestors = ancestors(*table, parents);
                let drawing: Vec<Oid> = ancestors.into_iter().filter(|ancestor| above(ancestor).is_some()).collect();
                // The topmost one; if there are several, always the same one.
                let is_topmost = |oid: &&Oid| !inherits_any(**oid, &drawing, parents);
                let topmost = drawing.iter().filter(is_topmost).min_by_key(|oid| oid.to_u32());
                heads.extend(topmost.and_then(above).map(|head| ((*sequence, link.attr), head.attr)));
            }
        }
        Hierarchies { heads }
    }

    /// Whether every column is judged on its own.
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// Returns the ancestor's column that the link's column is judged with; `None` if it is judged
    /// on its own.
    pub fn head(&self, link: &Link) -> Option<AttrRef> {
        self.head_of(link.sequence()?, link.attr)
    }

    /// Returns the link's column without the CHECK constraints of an inheriting table. Such a table
    /// often has a CHECK that says which ids belong there (partitioning by inheritance); it does
    /// not limit the sequence that the table shares with its parent.
    pub fn unbounded(&self, link: &Link, column: Column) -> Column {
        if self.head(link).is_some() { Column { bounds: None, ..column } } else { column }
    }

    pub fn head_of(&self, sequence: Oid, attr: AttrRef) -> Option<AttrRef> {
        self.heads.get(&(sequence, attr)).copied()
    }
}

/// Returns all tables that a table inherits from, at any depth.
fn ancestors(table: Oid, parents: &Parents) -> Vec<Oid> {
    let (mut found, mut seen) = (Vec::new(), HashSet::from([table]));
    let mut pending = vec![table];
    while let Some(child) = pending.pop() {
        for parent in parents.get(&child).into_iter().flatten().filter(|parent| seen.insert(**parent)) {
            found.push(*parent);
            pending.push(*parent);
        }
    }
    found
}

/// Whether a table inherits from one of these, at any depth.
fn inherits_any(table: Oid, among: &[Oid], parents: &Parents) -> bool {
    ancestors(table, parents).iter().any(|ancestor| among.contains(ancestor))
}

/// A finding and the column that it is about.
pub type Judged = (AttrRef, Finding);

/// Merges each hierarchy into one row. A row whose head was not judged, because it was dropped,
/// stays as it is.
pub fn fold(judged: Vec<Judged>, hierarchies: &Hierarchies, statements: &Statements) -> Vec<Finding> {
    if hierarchies.is_empty() {
        return judged.into_iter().map(|(_, finding)| finding).collect();
    }
    let is_there: HashSet<(Option<Oid>, AttrRef)> =
        judged.iter().map(|(attr, finding)| (finding.sequence, *attr)).collect();
    let mut members: HashMap<(Option<Oid>, AttrRef), Vec<Finding>> = HashMap::new();
    let mut rows = Vec::with_capacity(judged.len());
    for (attr, finding) in judged {
        // Another session's temporary table cannot be read: it is left out of the verdict on the
        // hierarchy.
        let sequence = finding.sequence.filter(|_| !is_other_temp(attr.0));
        let head = sequence.and_then(|sequence| hierarchies.head_of(sequence, attr));
        match head.filter(|head| is_there.contains(&(finding.sequence, *head))) {
            Some(head) => members.entry((finding.sequence, head)).or_default().push(finding),
            None => rows.push((attr, finding)),
        }
    }
    rows.into_iter()
        .map(|(attr, head)| match members.remove(&(head.sequence, attr)) {
            Some(members) => Hierarchy { head, members }.merge(statements),
            None => head,
        })
        .collect()
}

fn is_other_temp(table: Oid) -> bool {
    names::relation_schema(table).is_some_and(schemas::is_other_temp)
}

/// The row of the topmost table, and those of the tables that inherit from it.
struct Hierarchy {
    head: Finding,
    members: Vec<Finding>,
}

impl Hierarchy {
    fn rows(&self) -> impl Iterator<Item = &Finding> + Clone {
        std::iter::once(&self.head).chain(&self.members)
    }

    /// Returns the row whose verdict holds for the hierarchy. `unknown` never counts as an
    /// all-clear, so only a verdict that is an error in itself takes precedence over it.
    fn worst(&self) -> &Finding {
        let is_error = |row: &&Finding| matches!(row.status, Status::Behind | Status::Exhausted);
        let severity = |row: &&Finding| (row.status, row.inserts_left.unwrap_or(i64::MAX));
        let unknown = || self.rows().find(|row| row.status == Status::Unknown);
        let errors = self.rows().filter(is_error).min_by_key(severity);
        errors.or_else(unknown).or_else(|| self.rows().min_by_key(severity)).unwrap_or(&self.head)
    }

    /// Returns the row with the furthest id in the sequence's direction, the head's if it is as
    /// far.
    fn furthest(&self) -> Option<&Finding> {
        let sequence = self.head.sequence.and_then(|oid| Sequence::look_up(oid).ok())?;
        let reach = |row: &&Finding| {
            let id = i128::from(row.max_id.unwrap_or_default());
            if sequence.definition.is_ascending() { Reverse(id) } else { Reverse(-id) }
        };
        self.rows().filter(|row| row.max_id.is_some()).min_by_key(reach)
    }

    /// Returns the head's row with the verdict on the hierarchy.
    fn merge(self, statements: &Statements) -> Finding {
        let (worst, furthest) = (self.worst(), self.furthest());
        let child = |row: &Finding| (row.table != self.head.table).then(|| row.name.quoted());
        let unknown: Vec<String> =
            self.rows().filter(|row| row.status == Status::Unknown).map(|row| row.name.quoted()).collect();
        let unknown: Vec<&str> = unknown.iter().map(String::as_str).collect();
        let notes = [
            worst.detail.as_ref().map(|detail| match child(worst) {
                Some(child) => format!("{child}: {detail}"),
                None => detail.clone(),
            }),
            furthest
                .filter(|row| row.table != worst.table && child(row).is_some())
                .and_then(|row| wording::furthest_in(row.table?)),
            Some(words::list("could not be judged:", &unknown))
                .filter(|_| unknown.len() > 1 || worst.status != Status::Unknown),
        ];
        let notes: Vec<String> = notes.into_iter().flatten().filter(|note| !note.is_empty()).collect();
        let is_judged = worst.status != Status::Unknown;
        let fix = match worst.status {
            // The call moves the sequence past the ids of the whole hierarchy.
            Status::Behind => worst.fix.as_ref().map(|_| statements.resync_table(&self.head.name.quoted())),
            _ => worst.fix.clone(),
        };
        Finding {
            name: self.head.name.clone(),
            table: self.head.table,
            column: self.head.column.clone(),
            kind: self.head.kind,
            next_value: self.rows().find_map(|row| row.next_value),
            max_id: furthest.and_then(|row| row.max_id),
            // A sequence that collides with an id of one table has to pass those of all tables.
            behind_by: match worst.status {
                Status::Behind => self.rows().filter_map(|row| row.values_to_pass).max(),
                _ => worst.behind_by,
            },
            inserts_left: self.rows().filter_map(|row| row.inserts_left).min().filter(|_| is_judged),
            used_basis_points: self.rows().filter_map(|row| row.used_basis_points).max(),
            lacks_privilege: self.rows().any(|row| row.lacks_privilege),
            is_partly_unknown: !unknown.is_empty(),
            detail: (!notes.is_empty()).then(|| notes.join("; ")),
            fix,
            ..worst.clone()
        }
    }
}
