//! TRUNCATE.

use super::drop::rows_lost;
use crate::error::Error;
use crate::pg::access::{self, Write};
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::RelationName;
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::model::Found;
use crate::precheck::model::relation::Id;
use crate::precheck::relations::existing;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

pub fn truncate(run: &mut Run, names: &[RelationName], cascade: bool) -> Result<(), Error> {
    run.effects.is_definition = true;
    let mut ids = Vec::new();
    for name in names {
        let Some(id) = existing(run, name)? else { continue };
        let relation = run.model.get(id);
        let object = relation.quoted();
        if !matches!(relation.kind, b'r' | b'p' | b'f') {
            let detail = format!("{object} is {}", super::names::kind_text(relation.kind));
            run.add_name_error(Note::error("wrong_kind", Code::ERRCODE_WRONG_OBJECT_TYPE, detail).on(object));
            continue;
        }
        if may_truncate(run, id) {
            ids.push(id);
        }
    }
    let (mut all, mut below, mut alone) = (ids, Vec::new(), Vec::new());
    for name in names {
        let Found::Relation(id) = run.model.find(name)? else { continue };
        let children = run.model.descendants(id)?;
        if name.only && !children.is_empty() {
            alone.push(id);
        } else if all.contains(&id) {
            below.extend(children);
        }
    }
    all.extend(&below);
    let mut next = 0;
    while let Some(id) = all.get(next).copied() {
        next += 1;
        for (table, key) in run.model.references_to(id)? {
            if all.contains(&table) {
                continue;
            }
            if cascade {
                may_truncate(run, table);
                all.push(table);
                continue;
            }
            let (object, other) = (run.model.get(id).quoted(), run.model.get(table).quoted());
            let detail = format!(
                "cannot truncate a table referenced in foreign key constraint {} of {other}",
                quote_identifier(&key)
            );
            run.add_name_error(Note::error("dependents", Code::ERRCODE_FEATURE_NOT_SUPPORTED, detail).on(object));
            return Ok(());
        }
    }
    let number = run.number();
    for id in all {
        run.effects.lock(id, Mode::AccessExclusive);
        super::pending::refuse(run, id, "TRUNCATE");
        if run.model.get(id).oid.is_some() && run.model.get(id).created.is_none() {
            if !below.contains(&id) {
                rows_lost(run, id);
            }
            run.effects.rewrites.insert(id);
        }
        let indexes: Vec<String> =
            run.model.get(id).indexes.iter().map(|index| quote_identifier(&index.name)).collect();
        run.effects.index_locks.extend(indexes);
        let changes = &mut run.model.get_mut(id).changes;
        if alone.contains(&id) {
            // The rows of the inheriting tables stay.
            changes.deleted = Some(number);
            continue;
        }
        changes.emptied = Some(number);
        changes.inserted = None;
        changes.new_rows = None;
        changes.updated.clear();
    }
    Ok(())
}

/// Whether the role may truncate the table; adds a finding otherwise.
fn may_truncate(run: &mut Run, id: Id) -> bool {
    let relation = run.model.get(id);
    let object = relation.quoted();
    let may = run.model.owns(id)
        || relation.oid.is_none_or(|oid| access::role_may_write(run.model.role, oid, Write::Truncate));
    if !may {
        let detail = format!("role {} has no TRUNCATE privilege on {object}", quote_identifier(&run.model.role_name()));
        run.add_name_error(Note::error("privilege", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail).on(object));
    }
    may
}
