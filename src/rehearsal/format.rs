//! Reports how a tool's script was read.

use super::row::{Row, Status};
use crate::pg::raised::sqlstate;
use crate::script::Layout;
use pgrx::PgSqlErrorCode;

/// Returns a row that says how the script was read, and one for each thing that the tool refuses or
/// that is ambiguous.
pub fn rows(layout: &Layout) -> Vec<Row> {
    let format = |row: Row| Row { command: Some("FORMAT".to_owned()), ..row };
    let described = layout.describe().map(|text| Row::noted(Status::Ok, sentence(&text)));
    let problems = layout.problems.iter().map(|problem| {
        let row = match problem.is_error {
            true => Row {
                sqlstate: Some(sqlstate(PgSqlErrorCode::ERRCODE_SYNTAX_ERROR as i32)),
                message: Some(problem.text.clone()),
                ..Row::new(Status::Failed)
            },
            false => Row::noted(Status::NotRehearsed, sentence(&problem.text)),
        };
        Row { line: problem.line, ..row }
    });
    described.into_iter().chain(problems).map(format).collect()
}

/// Makes a sentence of clauses.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
