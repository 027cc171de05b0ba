//! Publications.

use super::roles;
use crate::error::Error;
use crate::pg::catalog_query::read;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::{ListChange, Publication};
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::model::Change;
use crate::precheck::model::relation::Id;
use crate::precheck::relations::existing;
use crate::precheck::run::Run;
use pgrx::PgSqlErrorCode as Code;
use pgrx::pg_sys::Oid;

const PUBLICATION: &str = include_str!("../../../sql/queries/precheck_publication.sql");
const TABLES: &str = include_str!("../../../sql/queries/precheck_publication_tables.sql");

/// A publication of the catalogs.
struct Known {
    owner: Oid,
    is_for_all: bool,
    publishes_changes: bool,
}

/// CREATE and ALTER PUBLICATION.
pub fn change(run: &mut Run, publication: &Publication) -> Result<(), Error> {
    run.effects.is_definition = true;
    let name = &publication.name;
    if publication.has_more || publication.is_for_all {
        run.unchecked("what the publication has besides tables");
    }
    let known = read(PUBLICATION, &[name.clone().into()], |row| {
        Ok(Known { owner: row.get(1)?, is_for_all: row.get(2)?, publishes_changes: row.get(3)? })
    })?;
    let is_dropped = matches!(run.model.publications.get(name), Some(Change::Dropped(_)));
    let known = known.into_iter().next().filter(|_| !is_dropped);
    let created = matches!(run.model.publications.get(name), Some(Change::Created(_)));
    if !is_possible(run, publication, known.as_ref(), created) {
        return Ok(());
    }
    let mut tables = Vec::new();
    for relation in &publication.relations {
        let Some(id) = existing(run, relation)? else { continue };
        run.effects.lock(id, Mode::ShareUpdateExclusive);
        if publishable(run, id) && roles::require_owner(run, id) {
            tables.push(id);
        }
    }
    let number = run.number();
    if publication.is_new {
        run.model.publications.insert(name.clone(), Change::Created(number));
    } else if !created {
        listed(run, publication, &tables)?;
    }
    if known.is_some() && matches!(publication.change, ListChange::Drop | ListChange::Set) {
        run.model.unpublished.get_or_insert(number);
    }
    let publishes = known.is_none_or(|known| known.publishes_changes) && !publication.has_more;
    for id in tables {
        match publication.change {
            ListChange::Drop => {}
            ListChange::Add | ListChange::Set => run.model.get_mut(id).is_published |= publishes,
        }
    }
    Ok(())
}

/// Whether the publication can be created or altered by the role; adds a finding otherwise.
fn is_possible(run: &mut Run, publication: &Publication, known: Option<&Known>, created: bool) -> bool {
    let (name, quoted) = (&publication.name, quote_identifier(&publication.name));
    let note = match (publication.is_new, known) {
        (true, _) if !roles::may_create_in_database(run, name) => return false,
        (true, known) if known.is_some() || created => {
            Note::error("name_taken", Code::ERRCODE_DUPLICATE_OBJECT, format!("publication {quoted} already exists"))
        }
        (false, None) if !created => {
            let detail = format!("publication {quoted} does not exist");
            Note::error("unknown_publication", Code::ERRCODE_UNDEFINED_OBJECT, detail)
        }
        (false, Some(known)) if !roles::acts_as_owner(run, known.owner, &format!("publication {quoted}"), name) => {
            return false;
        }
        (false, Some(known)) if known.is_for_all && !publication.relations.is_empty() => {
            let detail = format!("publication {quoted} is defined as FOR ALL TABLES");
            Note::error("publication", Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, detail)
        }
        _ => return true,
    };
    run.add_name_error(note.on(name.clone()));
    false
}

/// Whether a publication can have the relation; adds a finding otherwise.
fn publishable(run: &mut Run, id: Id) -> bool {
    let relation = run.model.get(id);
    let object = relation.quoted();
    let detail = match (relation.kind, relation.persistence) {
        (b'r' | b'p', b'p') => return true,
        (b'r' | b'p', _) => format!("{object} is temporary or unlogged, and cannot be replicated"),
        _ => format!("{object} is not a table"),
    };
    run.add_name_error(Note::error("wrong_kind", Code::ERRCODE_INVALID_PARAMETER_VALUE, detail).on(object));
    false
}

/// Adds an error for a table that is listed twice, or dropped without being listed.
fn listed(run: &mut Run, publication: &Publication, tables: &[Id]) -> Result<(), Error> {
    let known = read(TABLES, &[publication.name.clone().into()], |row| row.get::<Oid>(1))?;
    for id in tables {
        let relation = run.model.get(*id);
        let (object, quoted) = (relation.quoted(), quote_identifier(&publication.name));
        let is_listed = relation.oid.is_some_and(|oid| known.contains(&oid));
        let note = match publication.change {
            ListChange::Add if is_listed => {
                let detail = format!("{object} is already member of publication {quoted}");
                Note::error("name_taken", Code::ERRCODE_DUPLICATE_OBJECT, detail)
            }
            ListChange::Drop if !is_listed => {
                let detail = format!("{object} is not part of publication {quoted}");
                Note::error("unknown_table", Code::ERRCODE_UNDEFINED_OBJECT, detail)
            }
            _ => continue,
        };
        run.add_name_error(note.on(object));
    }
    Ok(())
}

/// Notes that the publication is dropped, with which some tables may no longer be published.
pub fn drop(run: &mut Run, name: &str) {
    let number = run.number();
    run.model.publications.insert(name.to_owned(), Change::Dropped(number));
    run.model.unpublished.get_or_insert(number);
}
