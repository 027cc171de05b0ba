//! Policies, rules and statistics of a table.

use super::roles;
use crate::error::Error;
use crate::pg::catalog_query::read;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::{ObjectKind, RelationName};
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::Id;
use crate::precheck::relations::existing;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

const PARTS: &str = include_str!("../../../sql/queries/precheck_parts.sql");

/// Whether the table has a policy or a rule of this name.
pub fn exists(run: &Run, id: Id, kind: &'static str, name: &str) -> Result<bool, Error> {
    if run.model.new_parts.contains_key(&(id, kind, name.to_owned())) {
        return Ok(true);
    }
    let Some(oid) = run.model.get(id).oid else { return Ok(false) };
    let known = read(PARTS, &[oid.into()], |row| Ok((row.text(1)?, row.text(2)?)))?;
    Ok(known.iter().any(|(of, known)| of == kind && known == name))
}

/// Whether the table has a trigger, policy or rule of this name; adds a finding otherwise.
pub fn require(run: &mut Run, id: Id, kind: ObjectKind, name: &str, missing_ok: bool) -> Result<bool, Error> {
    let (word, found) = match kind {
        ObjectKind::Trigger => ("trigger", run.model.get(id).triggers.iter().any(|trigger| trigger.name == name)),
        ObjectKind::Policy => ("policy", exists(run, id, "policy", name)?),
        _ => ("rule", exists(run, id, "rule", name)?),
    };
    if found {
        return Ok(true);
    }
    let object = run.model.get(id).quoted();
    if missing_ok {
        let detail = format!("the {word} does not exist, so that nothing is dropped");
        run.add(Note::info("if_exists", detail).on(name.to_owned()));
    } else {
        let detail = format!("{word} {} for table {object} does not exist", quote_identifier(name));
        run.add_name_error(Note::error("unknown_trigger", Code::ERRCODE_UNDEFINED_OBJECT, detail).on(name.to_owned()));
    }
    Ok(false)
}

/// CREATE POLICY and CREATE RULE. `kind` is the word for it.
pub fn create(
    run: &mut Run,
    kind: &'static str,
    table: &RelationName,
    name: &str,
    is_replace: bool,
) -> Result<(), Error> {
    run.effects.is_definition = true;
    let Some(id) = existing(run, table)? else { return Ok(()) };
    run.effects.lock(id, Mode::AccessExclusive);
    if !roles::require_owner(run, id) {
        return Ok(());
    }
    let key = (id, kind, name.to_owned());
    let is_taken = exists(run, id, kind, name)?;
    if is_taken && !is_replace {
        let object = run.model.get(id).quoted();
        let detail = format!("{kind} {} for table {object} already exists", quote_identifier(name));
        run.add_name_error(Note::error("name_taken", Code::ERRCODE_DUPLICATE_OBJECT, detail).on(object));
    }
    run.model.new_parts.insert(key, Vec::new());
    let relation = run.model.get_mut(id);
    if kind == "policy" {
        relation.has_policies = true;
    } else {
        relation.has_rules = true;
    }
    Ok(())
}
