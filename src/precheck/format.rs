//! Reports how a tool's script was read.

use super::finding::{Finding, Note, Place};
use super::run::Run;
use crate::script::Layout;
use pgrx::PgSqlErrorCode as Code;

/// Returns the row that says how the script was read, if it is one of a tool.
pub fn description(layout: &Layout) -> Option<Finding> {
    let tool = layout.tool?;
    let Note { severity, check, object, sqlstate, detail, safer } = Note::info("format", layout.describe()?).on(tool);
    Some(Finding { severity, place: Place::default(), check, object, sqlstate, detail, safer })
}

/// Reports what the tool refuses, and what remains ambiguous.
pub fn problems(run: &mut Run, layout: &Layout) {
    for problem in &layout.problems {
        let note = match problem.is_error {
            true => Note::error("format", Code::ERRCODE_SYNTAX_ERROR, problem.text.clone()),
            false => Note::unknown("format", problem.text.clone()),
        };
        run.add_at(Place { line: problem.line, ..Place::default() }, note);
    }
}
