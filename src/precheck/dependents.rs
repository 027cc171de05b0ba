//! What depends on an object, as the script has left it.

use super::finding::Note;
use super::model::relation::{Default_, Id};
use super::run::Run;
use crate::error::Error;
use crate::pg::catalog_query::{read, read_often};
use crate::pg::names::quote_identifier;
use crate::pg::parser::analysis::FoundObject;
use pgrx::PgSqlErrorCode as Code;
use pgrx::pg_sys::{self, Oid, PgBuiltInOids, PgOid};

const DEPENDENTS: &str = include_str!("../../sql/queries/precheck_dependents.sql");
const FUNCTION_BODIES: &str = include_str!("../../sql/queries/precheck_function_bodies.sql");

/// `ConstraintRelationId` in catalog/pg_constraint.h, which pgrx does not bind.
const CONSTRAINT: Oid = Oid::from_u32(2606);

/// An object that depends on another.
#[derive(Clone, Debug)]
pub struct Dependent {
    /// Whether the drop takes it along without CASCADE.
    pub goes_along: bool,
    pub kind: Kind,
    pub relation: Oid,
    pub number: i32,
    pub oid: Oid,
    pub name: Option<String>,
    pub description: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Relation,
    Column,
    Rule,
    Constraint,
    Trigger,
    Policy,
    Default,
    Function,
    Type,
    Other,
}

impl Kind {
    fn parse(word: &str) -> Kind {
        match word {
            "relation" => Kind::Relation,
            "column" => Kind::Column,
            "rule" => Kind::Rule,
            "constraint" => Kind::Constraint,
            "trigger" => Kind::Trigger,
            "policy" => Kind::Policy,
            "default" => Kind::Default,
            "function" => Kind::Function,
            "type" => Kind::Type,
            _ => Kind::Other,
        }
    }
}

/// The address of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    class: Oid,
    object: Oid,
    part: i32,
}

impl Address {
    pub fn relation(oid: Oid) -> Address {
        Address { class: pg_sys::RelationRelationId, object: oid, part: 0 }
    }

    pub fn column(table: Oid, number: i16) -> Address {
        Address { class: pg_sys::RelationRelationId, object: table, part: i32::from(number) }
    }

    pub fn constraint(oid: Oid) -> Address {
        Address { class: CONSTRAINT, object: oid, part: 0 }
    }

    pub fn type_(oid: Oid) -> Address {
        Address { class: pg_sys::TypeRelationId, object: oid, part: 0 }
    }

    pub fn function(oid: Oid) -> Address {
        Address { class: pg_sys::ProcedureRelationId, object: oid, part: 0 }
    }

    pub fn schema(oid: Oid) -> Address {
        Address { class: pg_sys::NamespaceRelationId, object: oid, part: 0 }
    }

    pub fn object(self) -> Oid {
        self.object
    }

    pub fn of(found: FoundObject) -> Address {
        Address { class: found.class, object: found.object, part: found.part }
    }

    pub fn extension(oid: Oid) -> Address {
        Address { class: pg_sys::ExtensionRelationId, object: oid, part: 0 }
    }
}

/// Returns what depends on the objects and still exists when the script reaches the statement.
pub fn of(run: &mut Run, targets: &[Address]) -> Result<Vec<Dependent>, Error> {
    let classes: Vec<Oid> = targets.iter().map(|target| target.class).collect();
    let objects: Vec<Oid> = targets.iter().map(|target| target.object).collect();
    let parts: Vec<i32> = targets.iter().map(|target| target.part).collect();
    let types = [PgBuiltInOids::OIDARRAYOID, PgBuiltInOids::OIDARRAYOID, PgBuiltInOids::INT4ARRAYOID];
    let types = types.map(PgOid::BuiltIn);
    let found = read_often(DEPENDENTS, &types, &[classes.into(), objects.into(), parts.into()], |row| {
        Ok(Dependent {
            goes_along: row.get(1)?,
            kind: Kind::parse(&row.text(2)?),
            relation: row.optional::<Oid>(3)?.unwrap_or(Oid::INVALID),
            number: row.get(4)?,
            oid: row.get(5)?,
            name: row.optional_text(6)?,
            description: row.optional_text(7)?.unwrap_or_default(),
        })
    })?;
    let mut dependents = Vec::new();
    for mut dependent in found {
        if dependent.kind == Kind::Rule
            && let Some(id) = run.model.by_oid(dependent.relation)?
            && matches!(run.model.get(id).kind, b'v' | b'm')
        {
            dependent.description = format!("view {}", run.model.get(id).quoted());
        }
        let is_target = targets.iter().any(|target| {
            target.object == dependent.oid && target.part == dependent.number.max(0) && dependent.goes_along
        });
        if !is_target && still_exists(run, &dependent)? {
            dependents.push(dependent);
        }
    }
    Ok(dependents)
}

/// Whether the script has not dropped it, or made it independent.
fn still_exists(run: &mut Run, dependent: &Dependent) -> Result<bool, Error> {
    if run.model.dropped_objects.contains(&dependent.oid) {
        return Ok(false);
    }
    let Some(id) = run.model.known(dependent.relation) else { return Ok(true) };
    let relation = run.model.get(id);
    if relation.dropped.is_some() {
        return Ok(false);
    }
    let name = dependent.name.as_deref().unwrap_or_default();
    let column = i16::try_from(dependent.number).ok().and_then(|number| relation.column_numbered(number));
    Ok(match dependent.kind {
        // One of the same name that the script adds is another one.
        Kind::Constraint => relation.constraint(name).is_some_and(|constraint| constraint.added.is_none()),
        Kind::Trigger => relation.triggers.iter().any(|trigger| trigger.name == name) || name.is_empty(),
        Kind::Column => column.is_some_and(|column| column.retyped.is_none()),
        Kind::Default => column.is_some_and(|column| {
            column.generated != 0 || matches!(column.default, Default_::Expression { is_new: false, .. })
        }),
        Kind::Rule => relation.kind != b'v' || relation.reads.is_empty(),
        _ => true,
    })
}

/// Returns the views, foreign keys and generated columns of the script that need the relation, or
/// one of its columns.
pub fn new_dependents(run: &Run, id: Id, column: Option<&str>) -> Vec<(Kind, String)> {
    let mut needing = Vec::new();
    for (view, relation) in run.model.loaded() {
        let reads = relation.reads.iter().any(|(read, name)| *read == id && column.unwrap_or_default() == name);
        if reads && relation.dropped.is_none() && view != id {
            needing.push((Kind::Rule, format!("view {}", relation.quoted())));
        }
    }
    for (table, name) in run.model.get(id).new_references.clone() {
        let relation = run.model.get(table);
        let Some(key) = relation.constraint(&name).filter(|_| relation.dropped.is_none() && table != id) else {
            continue;
        };
        if column.is_none_or(|column| key.parent_columns.iter().any(|named| named == column)) {
            needing.push((Kind::Constraint, format!("constraint {name} on table {}", relation.quoted())));
        }
    }
    let relation = run.model.get(id);
    let computed = relation.columns.iter().filter(|known| known.uses.iter().any(|used| Some(used.as_str()) == column));
    needing.extend(computed.map(|known| {
        (Kind::Column, format!("column {} of table {}", quote_identifier(&known.name), relation.quoted()))
    }));
    let is_read = |columns: &[String]| column.is_some_and(|column| columns.iter().any(|read| read == column));
    let triggers = relation.triggers.iter().filter(|trigger| is_read(&trigger.columns));
    needing.extend(triggers.map(|trigger| {
        (Kind::Trigger, format!("trigger {} on table {}", quote_identifier(&trigger.name), relation.quoted()))
    }));
    let policies = run.model.new_parts.iter().filter(|((table, ..), columns)| *table == id && is_read(columns));
    needing.extend(policies.map(|((.., name), _)| {
        (Kind::Policy, format!("policy {} on table {}", quote_identifier(name), relation.quoted()))
    }));
    needing
}

/// Adds the finding; returns whether the drop fails.
pub fn report(run: &mut Run, object: &str, needing: &[String], cascade: bool) -> bool {
    if needing.is_empty() {
        return false;
    }
    let shown = listed(needing);
    if cascade {
        run.add(Note::warning("dependents", format!("CASCADE drops {shown} as well")).on(object.to_owned()));
        return false;
    }
    let verb = if needing.len() == 1 { "depends" } else { "depend" };
    let detail = format!("{shown} {verb} on it");
    run.add_name_error(
        Note::error("dependents", Code::ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST, detail).on(object.to_owned()),
    );
    true
}

/// Returns the first few as a list.
pub fn listed(names: &[String]) -> String {
    const MOST: usize = 5;
    let shown = names.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(MOST).filter(|more| *more > 0) {
        Some(more) => format!("{shown} and {more} more"),
        None => shown,
    }
}

/// Warns of functions whose text names what is renamed or dropped; no dependency says so.
pub fn warn_of_bodies(run: &mut Run, id: Id, column: Option<&str>) -> Result<(), Error> {
    let relation = run.model.get(id);
    if relation.oid.is_none() {
        return Ok(());
    }
    let mut words = vec![relation.name.clone()];
    words.extend(column.map(str::to_owned));
    let object = column.map_or_else(|| relation.quoted(), |column| format!("{}.{column}", relation.quoted()));
    let word = column.unwrap_or(&relation.name).to_owned();
    let mut functions: Vec<String> = relation
        .triggers
        .iter()
        .filter(|trigger| trigger.added.is_none() && has_word(&trigger.body, &word))
        .map(|trigger| trigger.function.clone())
        .collect();
    for name in read(FUNCTION_BODIES, &[words.into()], |row| row.text(1))? {
        if !functions.contains(&name) {
            functions.push(name);
        }
    }
    if !functions.is_empty() {
        let detail = format!("the text of {} names it, and fails at the next call", listed(&functions));
        run.add(Note::warning("function_bodies", detail).on(object));
    }
    Ok(())
}

/// Whether the text has the word. Pure.
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || character == '_' || character == '$';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back().is_some_and(is_part);
        let after = text[at + word.len()..].chars().next().is_some_and(is_part);
        !before && !after
    })
}

#[cfg(test)]
mod tests {
    use super::{has_word, listed};

    #[test]
    fn dependents_words_are_whole_words() {
        assert!(has_word("PERFORM OLD.org_id;", "org_id"));
        assert!(!has_word("my_org_id", "org_id"));
        assert!(!has_word("org_id2", "org_id"));
    }

    #[test]
    fn dependents_long_lists_are_cut() {
        let names: Vec<String> = (1..=7).map(|number| number.to_string()).collect();
        assert_eq!(listed(&names), "1, 2, 3, 4, 5 and 2 more");
        assert_eq!(listed(&names[..2]), "1, 2");
    }
}
