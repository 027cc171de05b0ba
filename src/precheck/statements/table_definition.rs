//! What CREATE TABLE, INDEX and VIEW say besides names and columns.

use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::{CreateIndex, CreateTable, Raw, RelationName, Storage};
use crate::pg::storage_options::{self, Method};
use crate::precheck::finding::Note;
use crate::precheck::model::relation::Id;
use crate::precheck::relations::spelled;
use crate::precheck::run::Run;
use crate::report::wording;
use pgrx::PgSqlErrorCode as Code;

/// CREATE TABLE.
pub fn check(run: &mut Run, create: &CreateTable<'_>) {
    let kind = match (create.is_foreign, create.partition_key.is_some()) {
        (true, _) => b'f',
        (false, true) => b'p',
        (false, false) => b'r',
    };
    if create.strategy == Some(b'l') && create.partition_key.as_ref().is_some_and(|columns| columns.len() > 1) {
        let detail = "cannot use \"list\" partition strategy with more than one column";
        let note = Note::error("partition_shape", Code::ERRCODE_INVALID_OBJECT_DEFINITION, detail);
        run.add_name_error(note.on(spelled(&create.relation)));
    }
    stored(run, kind, &create.relation, &create.storage);
}

/// Adds an error for a tablespace, access method or server that does not exist, and for an option
/// that the relation does not have.
pub fn stored(run: &mut Run, kind: u8, name: &RelationName, storage: &Storage<'_>) {
    let missing = [
        ("tablespace", storage.tablespace.as_ref(), storage_options::tablespace_exists as fn(&str) -> bool),
        ("access method", storage.access_method.as_ref(), storage_options::table_method_exists),
        ("server", storage.server.as_ref(), storage_options::server_exists),
    ];
    for (what, wanted, exists) in missing {
        if let Some(wanted) = wanted.filter(|wanted| !exists(wanted)) {
            unknown(run, what, wanted);
        }
    }
    if storage.drops_on_commit && !name.is_temporary {
        let detail = "ON COMMIT can only be used on temporary tables";
        let note = Note::error("syntax", Code::ERRCODE_INVALID_TABLE_DEFINITION, detail);
        run.add(note.on(spelled(name)));
    }
    options_fit(run, kind, name, storage.options);
}

/// Adds an error for a name that leads to nothing, unless the script may have made it.
fn unknown(run: &mut Run, what: &str, name: &str) {
    let detail = format!("{what} {} does not exist", quote_identifier(name));
    let state = Code::ERRCODE_UNDEFINED_OBJECT;
    let may_come = !run.model.extensions.is_empty() || run.model.other_objects.is_some();
    let note = match may_come && what != "tablespace" {
        true => Note::unknown("unknown_object", format!("{detail}, unless the script creates it")).raising(state),
        false => Note::error("unknown_object", state, detail),
    };
    run.add_name_error(note.on(name.to_owned()));
}

/// Adds an error for an option that a relation of this kind does not have, or for its value.
pub fn options_fit(run: &mut Run, kind: u8, name: &RelationName, options: Option<Raw<'_>>) {
    let refused = options.and_then(|options| storage_options::creation_refusal(kind, options));
    if let Some(error) = refused {
        let note = Note::error("setting", error.sqlstate, wording::error(&error));
        run.add(note.on(spelled(name)));
    }
}

/// Adds an error for what the access method of a new index cannot do (DefineIndex in
/// commands/indexcmds.c). Whether the method exists is checked before.
pub fn index(run: &mut Run, id: Id, create: &CreateIndex<'_>) {
    if let Some(tablespace) = create.tablespace.as_ref().filter(|name| !storage_options::tablespace_exists(name)) {
        unknown(run, "tablespace", tablespace);
    }
    let Some(method) = Method::of_index(&create.method) else { return };
    let name = quote_identifier(&create.method);
    let refused = if create.is_unique && !method.can_be_unique {
        Some("unique indexes")
    } else if !create.including.is_empty() && !method.can_include {
        Some("included columns")
    } else if create.columns.len() > 1 && !method.can_have_columns {
        Some("multicolumn indexes")
    } else if create.columns.iter().any(|column| column.is_ordered) && !method.can_order {
        Some("ASC/DESC options and NULLS FIRST/LAST")
    } else {
        None
    };
    let object = run.model.get(id).quoted();
    if let Some(what) = refused {
        let detail = format!("access method {name} does not support {what}");
        run.add_name_error(Note::error("unsupported", Code::ERRCODE_FEATURE_NOT_SUPPORTED, detail).on(object));
        return;
    }
    let refused = create.options.and_then(|options| storage_options::index_refusal(&create.method, options));
    if let Some(error) = refused {
        run.add(Note::error("setting", error.sqlstate, wording::error(&error)).on(object));
    }
}
