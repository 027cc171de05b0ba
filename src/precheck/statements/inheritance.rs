//! INHERIT and NO INHERIT.

use crate::error::Error;
use crate::pg::parser::tree::RelationName;
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::Id;
use crate::precheck::relations::existing;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;

/// Adds an error for a parent from which a new table cannot inherit (MergeAttributes in
/// commands/tablecmds.c).
pub fn may_inherit(run: &mut Run, id: Id, parent: Id) {
    let (child, relation) = (run.model.get(id), run.model.get(parent));
    let object = relation.quoted();
    let refused = if relation.is_partitioned() {
        "cannot inherit from a partitioned table"
    } else if relation.is_partition {
        "cannot inherit from a partition"
    } else if !relation.is_table() {
        "the inherited relation is not a table"
    } else if relation.persistence == b't' && child.persistence != b't' {
        "cannot inherit from a temporary table"
    } else {
        return;
    };
    run.add_name_error(Note::error("wrong_kind", Code::ERRCODE_WRONG_OBJECT_TYPE, refused).on(object));
}

/// INHERIT.
pub fn join(run: &mut Run, id: Id, parent: &RelationName) -> Result<(), Error> {
    if let Some(parent) = existing(run, parent)? {
        run.effects.lock(parent, Mode::ShareUpdateExclusive);
        run.unchecked("whether the table has the parent's columns and constraints");
        run.model.get_mut(parent).new_children.push(id);
        run.model.get_mut(id).new_parents.push(parent);
    }
    Ok(())
}

/// NO INHERIT.
pub fn leave(run: &mut Run, id: Id, parent: &RelationName) -> Result<(), Error> {
    let Some(parent) = existing(run, parent)? else { return Ok(()) };
    run.effects.lock(parent, Mode::AccessShare);
    let child = run.model.get(id);
    let inherits = child.oid.is_some_and(|oid| run.model.get(parent).children.contains(&oid))
        || run.model.get(parent).new_children.contains(&id);
    if !inherits {
        let (parent, object) = (run.model.get(parent).quoted(), child.quoted());
        let detail = format!("{parent} is not a parent of {object}");
        run.add_name_error(Note::error("unknown_table", Code::ERRCODE_UNDEFINED_TABLE, detail).on(object));
        return Ok(());
    }
    let has_others = child.parents.len() + child.new_parents.len() > 1;
    if has_others {
        // Which columns the other parents have as well is not followed.
        let child = run.model.get_mut(id);
        (child.is_opaque, child.is_changed) = (true, true);
    } else {
        let number = run.number();
        run.model.leave_parents(id, number);
        run.model.get_mut(id).columns.iter_mut().for_each(|column| column.is_local = true);
    }
    Ok(())
}
