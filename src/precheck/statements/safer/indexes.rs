//! CREATE INDEX, DROP INDEX, REINDEX and REFRESH MATERIALIZED VIEW with CONCURRENTLY.

use super::spelled::Spelled;
use super::steps::Steps;
use super::subject::Subject;
use crate::error::Error;
use crate::pg::names::{QualifiedName, quote_identifier};
use crate::pg::parser::tree::{CreateIndex, Drop, ObjectKind, RelationName};
use crate::precheck::model::Found;
use crate::precheck::model::relation::{Id, Index, Relation};
use crate::precheck::run::Run;
use crate::precheck::statements::names::{addition, choose, index_columns};
use crate::precheck::statements::views::serves_refresh;

/// CREATE INDEX.
pub fn create(run: &mut Run, subject: &Subject, create: &CreateIndex<'_>) -> Result<Option<Steps>, Error> {
    let Some(spelled) = Spelled::of(&run.text) else { return Ok(None) };
    if create.is_concurrent {
        return Ok(None);
    }
    if subject.before.is_partitioned() {
        return partitioned(run, subject, create, &spelled);
    }
    let at = (0..spelled.len()).find(|at| spelled.is(*at, "index"));
    Ok(at.map(|at| Steps::one_weak(with_concurrently(&spelled, at + 1))))
}

/// Returns the statement with CONCURRENTLY before the token.
fn with_concurrently(spelled: &Spelled, at: usize) -> String {
    format!("{} CONCURRENTLY {};", spelled.join(0..at), spelled.join(at..spelled.len()))
}

/// An index of a partitioned table: each partition's is built concurrently, and attached to that of
/// its parent, which is valid when all are.
fn partitioned(
    run: &mut Run,
    subject: &Subject,
    create: &CreateIndex<'_>,
    spelled: &Spelled,
) -> Result<Option<Steps>, Error> {
    let on = spelled.find(0..spelled.len(), "on");
    let Some((on, rest)) = on.and_then(|on| Some((on, spelled.name_end(on + 1)?))) else { return Ok(None) };
    let indexes = &run.model.get(subject.id).indexes;
    let new = indexes.iter().find(|index| index.oid.is_none() && subject.before.index(&index.name).is_none());
    let Some(name) = new.map(|index| index.name.clone()) else { return Ok(None) };
    let is_qualified = (rest..spelled.len()).any(|at| spelled.is_symbol(at, b'.'));
    if create.relation.only || create.if_not_exists || is_qualified || on < 2 {
        return Ok(None);
    }
    let tree = Tree {
        begin: if create.is_unique { "CREATE UNIQUE INDEX" } else { "CREATE INDEX" },
        rest: spelled.join(rest..spelled.len()),
        columns: addition(&index_columns(&create.columns, &create.including)),
        create,
    };
    let mut phases = Phases { taken: vec![name.clone()], ..Phases::default() };
    let is_complete = tree.add(run, &mut phases, subject.id, &name)?;
    Ok(is_complete.then(|| phases.steps()))
}

struct Tree<'a> {
    begin: &'static str,
    /// What follows the table's name.
    rest: String,
    columns: String,
    create: &'a CreateIndex<'a>,
}

impl Tree<'_> {
    /// Adds the statements for a partitioned table. Returns whether all partitions take part.
    fn add(&self, run: &mut Run, phases: &mut Phases, id: Id, name: &str) -> Result<bool, Error> {
        let (parent, schema) = (run.model.get(id).quoted(), run.model.get(id).schema.clone());
        let index = QualifiedName { schema, name: name.to_owned() }.quoted();
        phases.empty.push(format!("{} {} ON ONLY {parent} {};", self.begin, quote_identifier(name), self.rest));
        let mut children = run.model.get(id).new_children.clone();
        for child in run.model.get(id).children.clone() {
            children.extend(run.model.by_oid(child)?);
        }
        for child in children {
            let relation = run.model.get(child);
            let (table, schema, own) = (relation.quoted(), relation.schema.clone(), relation.name.clone());
            let is_partitioned = relation.is_partitioned();
            if !matches!(relation.kind, b'r' | b'p') || relation.is_opaque || has_alike(relation, self.create) {
                return Ok(false);
            }
            let name = choose(run, &schema, &own, Some(&self.columns), "idx")?;
            if phases.taken.contains(&name) {
                return Ok(false);
            }
            phases.taken.push(name.clone());
            let quoted = quote_identifier(&name);
            if !is_partitioned {
                phases.built.push(format!("{} CONCURRENTLY {quoted} ON {table} {};", self.begin, self.rest));
            } else if !self.add(run, phases, child, &name)? {
                return Ok(false);
            }
            let part = QualifiedName { schema, name }.quoted();
            phases.attached.push(format!("ALTER INDEX {index} ATTACH PARTITION {part};"));
        }
        Ok(true)
    }
}

/// The statements for the indexes of a partitioned table and its partitions.
#[derive(Default)]
struct Phases {
    empty: Vec<String>,
    built: Vec<String>,
    attached: Vec<String>,
    /// The names so far.
    taken: Vec<String>,
}

impl Phases {
    fn steps(self) -> Steps {
        let mut steps = Steps::default();
        self.empty.into_iter().for_each(|statement| steps.strong(statement));
        self.built.into_iter().for_each(|statement| steps.weak(statement));
        self.attached.into_iter().for_each(|statement| steps.strong(statement));
        steps
    }
}

/// Whether the partition may have such an index, which the server would attach.
fn has_alike(partition: &Relation, create: &CreateIndex<'_>) -> bool {
    let columns: Option<Vec<String>> = create.columns.iter().map(|column| column.column.clone()).collect();
    let is_alike = |index: &Index| match (&columns, &index.columns) {
        (Some(wanted), Some(found)) => wanted == found,
        (None, None) => true,
        _ => false,
    };
    partition.indexes.iter().any(is_alike)
}

/// DROP INDEX.
pub fn drop(run: &mut Run, drop: &Drop) -> Result<Option<Steps>, Error> {
    if drop.kind != ObjectKind::Index || drop.is_concurrent || drop.cascade {
        return Ok(None);
    }
    let mut steps = Steps::default();
    for object in &drop.objects {
        let name = object.relation();
        let Found::Relation(id) = run.model.find(&name)? else { return Ok(None) };
        let Some(table) = table_of(run, id)? else { return Ok(None) };
        let relation = run.model.get(table);
        let Some(index) = relation.index(&name.name) else { return Ok(None) };
        let is_own = index.constraint.is_none() && !index.is_partition && index.oid.is_some();
        if !is_own || !matches!(relation.kind, b'r' | b'm') || relation.persistence == b't' {
            return Ok(None);
        }
        let quoted = QualifiedName { schema: relation.schema.clone(), name: name.name.clone() }.quoted();
        let exists = if drop.missing_ok { "IF EXISTS " } else { "" };
        steps.weak(format!("DROP INDEX CONCURRENTLY {exists}{quoted};"));
    }
    Ok(Some(steps))
}

/// Returns the table of the index, or the relation itself.
fn table_of(run: &mut Run, id: Id) -> Result<Option<Id>, Error> {
    match run.model.get(id).table.filter(|_| matches!(run.model.get(id).kind, b'i' | b'I')) {
        Some(table) => run.model.by_oid(table),
        None => Ok(Some(id)),
    }
}

/// REINDEX of a table or an index.
pub fn reindex(run: &mut Run, name: &RelationName, is_index: bool) -> Result<Option<Steps>, Error> {
    let Found::Relation(id) = run.model.find(name)? else { return Ok(None) };
    let Some(table) = table_of(run, id)? else { return Ok(None) };
    let relation = run.model.get(table);
    let is_meant = |index: &&Index| !is_index || index.name == name.name;
    // The server skips those of exclusion constraints, and REINDEX TABLE also invalid ones.
    let is_skipped = |index: &Index| {
        let constraint = index.constraint.as_deref().and_then(|name| relation.constraint(name));
        constraint.is_some_and(|constraint| constraint.kind == b'x') || !is_index && !index.is_valid
    };
    let is_own = relation.oid.is_some() && matches!(relation.kind, b'r' | b'm') && relation.schema != "pg_catalog";
    if !is_own || relation.persistence == b't' || relation.indexes.iter().filter(is_meant).any(is_skipped) {
        return Ok(None);
    }
    let Some(spelled) = Spelled::of(&run.text) else { return Ok(None) };
    let word = if is_index { "index" } else { "table" };
    let at = spelled.find(0..spelled.len(), word).map(|at| at + 1);
    Ok(at.map(|at| Steps::one_weak(with_concurrently(&spelled, at))))
}

/// REFRESH MATERIALIZED VIEW.
pub fn refresh(run: &mut Run, name: &RelationName) -> Result<Option<Steps>, Error> {
    let Some(subject) = Subject::of(run, name)? else { return Ok(None) };
    let Some(spelled) = Spelled::of(&run.text) else { return Ok(None) };
    let empties = (0..spelled.len()).any(|at| spelled.are(at, &["no", "data"]));
    if subject.before.kind != b'm' || empties || !refreshes_concurrently(&subject.before) {
        return Ok(None);
    }
    let at = spelled.find(0..spelled.len(), "view").map(|at| at + 1);
    Ok(at.map(|at| Steps::one_weak(with_concurrently(&spelled, at))))
}

/// Whether REFRESH CONCURRENTLY can be used: the view is populated and has a unique index on
/// columns for all rows (ExecRefreshMatView in commands/matview.c).
fn refreshes_concurrently(view: &Relation) -> bool {
    view.pages > 0 && view.indexes.iter().any(serves_refresh)
}
