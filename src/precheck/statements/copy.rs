//! COPY.

use super::writes;
use crate::error::Error;
use crate::pg::parser::tree::Copy;
use crate::pg::{access, role};
use crate::precheck::effects::Mode;
use crate::precheck::finding::Note;
use crate::precheck::relations::existing;
use crate::precheck::run::Run;
use crate::report::wording::counted;
use pgrx::PgSqlErrorCode as Code;

/// COPY.
pub fn copy(run: &mut Run, copy: &Copy<'_>, data_lines: Option<usize>) -> Result<(), Error> {
    if let Some(query) = copy.query {
        super::create_table::lock_read(run, query)?;
        if let Some(analyzed) = super::views::analyze(run, query)? {
            crate::precheck::reach::query(run, &analyzed)?;
            super::dml::functions(run, &analyzed);
        }
    }
    let Some(name) = &copy.relation else { return Ok(()) };
    let Some(id) = existing(run, name)? else { return Ok(()) };
    run.effects.lock(id, if copy.is_from { Mode::RowExclusive } else { Mode::AccessShare });
    if copy.is_from && run.model.get(id).is_partitioned() {
        run.effects.reached.insert(id);
    }
    run.effects.works = true;
    super::constraint_names::columns_exist(run, id, &copy.columns);
    if !copy.is_client && !access::is_superuser(run.model.role) {
        let group = if copy.is_program {
            "pg_execute_server_program"
        } else if copy.is_from {
            "pg_read_server_files"
        } else {
            "pg_write_server_files"
        };
        let may = role::find(group).is_ok_and(|group| access::role_acts_as(run.model.role, group));
        if !may {
            let detail = format!("COPY with a file or a program of the server requires the privileges of {group}");
            run.add_name_error(Note::error("privilege", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail));
        }
    }
    if !copy.is_from {
        return Ok(());
    }
    super::inserted_defaults::note_drawn(run, id, None);
    let number = run.number();
    let object = run.model.get(id).quoted();
    if let Some(lines) = data_lines {
        let detail = format!("the data that follows ({}) is skipped, and not checked", counted(lines, "line"));
        run.add(Note::info("copy", detail).on(object.clone()));
    }
    if super::targets::may_refuse(run, id) {
        run.add(
            Note::unknown("written_rows", "the rows that COPY writes are not checked against the table's constraints")
                .on(object),
        );
    }
    let changes = &mut run.model.get_mut(id).changes;
    changes.inserted = Some(number);
    changes.new_rows = None;
    writes::note_supplied_ids(run, id, &copy.columns)
}
