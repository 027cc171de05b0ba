//! Decides what the rows say: one rule for all checks.

use super::analysis::{note_no_answer, refuse_code};
use super::finding::Note;
use super::model::Cause;
use super::model::relation::Id;
use super::rows::{Doubt, NoAnswer, examples, violations};
use super::run::Run;
use crate::report::wording::counted;
use pgrx::PgSqlErrorCode as Code;

/// A query that returns the rows that break a rule.
pub struct Asked<'a> {
    pub check: &'static str,
    pub id: Id,
    /// The columns that decide.
    pub columns: &'a [&'a str],
    pub query: String,
    pub state: Code,
    /// What is counted: `row`.
    pub noun: &'static str,
    /// What they do: `violate the condition`.
    pub what: &'static str,
}

/// Whether the relation has rows that can be asked. Adds a finding if it may have others.
pub fn has_rows_to_ask(run: &mut Run, id: Id, check: &'static str, columns: &[&str]) -> bool {
    let relation = run.model.get(id);
    if relation.is_known_empty() && run.model.rows_unknown.is_none() {
        return false;
    }
    let object = relation.quoted();
    if relation.oid.is_none() {
        let inserted = relation.changes.inserted.map(Cause::Statement).or(run.model.rows_unknown);
        let by = inserted.map(|cause| format!(" that {cause} writes")).unwrap_or_default();
        let detail = format!("the rows{by} are not known: rehearse the script");
        run.add(Note::unknown(check, detail).on(object));
        return false;
    }
    let attached = relation.new_children.iter().any(|child| !run.model.get(*child).is_known_empty());
    if attached {
        run.add(Note::unknown(check, "the script adds tables with rows to it: rehearse the script").on(object));
        return false;
    }
    let unknown = columns.iter().find(|name| relation.column(name).is_some_and(|column| !column.is_known()));
    if let Some(name) = unknown {
        let by = relation.column(name).and_then(|column| column.retyped.or(column.added)).unwrap_or_default();
        let detail = format!("the values of column {name} come from statement {by}: rehearse the script");
        run.add(Note::unknown(check, detail).on(object));
        return false;
    }
    true
}

/// Asks, and adds a finding if rows break the rule, or if that is not known.
pub fn judge(run: &mut Run, asked: Asked<'_>) {
    let doubt = Doubt::about(run, asked.id, asked.columns);
    let tables = [(asked.id, asked.columns)];
    judge_tables(run, &asked, &tables, doubt);
}

/// Does the same for a rule over several tables.
pub fn judge_tables(run: &mut Run, asked: &Asked<'_>, tables: &[(Id, &[&str])], doubt: Doubt) {
    let object = run.model.get(asked.id).quoted();
    if let Some(note) = refuse_code(&asked.query) {
        run.add(note.on(object));
        return;
    }
    match violations(run, &asked.query, tables) {
        Ok(found) => {
            let count = found.count;
            if let Some(cause) = doubt.of(count) {
                let detail = format!(
                    "{cause} may change how many {}s {}: {count} now; rehearse the script",
                    asked.noun, asked.what
                );
                run.add(Note::unknown(asked.check, detail).on(object));
            } else if count > 0 {
                let verb = if count == 1 { singular(asked.what) } else { asked.what.to_owned() };
                let detail = format!("{} {verb}{}", counted(count, asked.noun), examples(&found.sample));
                run.add(Note::error(asked.check, asked.state, detail).on(object));
            }
        }
        Err(NoAnswer::Raised(error)) if doubt.fewer.is_some() => {
            let detail = format!("{}; an earlier statement changes rows: rehearse the script", error.message);
            run.add(Note::unknown(asked.check, detail).on(object));
        }
        Err(reason) => note_no_answer(run, asked.check, Some(asked.id), reason),
    }
}

/// Returns the verb phrase for one row: `violates the condition`. Pure.
fn singular(what: &str) -> String {
    let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
    let verb = match verb {
        "have" => "has".to_owned(),
        "are" => "is".to_owned(),
        _ => format!("{verb}s"),
    };
    format!("{verb} {rest}").trim_end().to_owned()
}

/// Gives a deparsed `SELECT FROM …` its columns. Pure.
pub fn replace_columns(query: &str, columns: &str) -> Option<String> {
    let rest = query.trim_start().strip_prefix("SELECT")?.trim_start().strip_prefix("FROM")?;
    Some(format!("SELECT {columns} FROM{rest}"))
}

#[cfg(test)]
mod tests {
    use super::{replace_columns, singular};

    #[test]
    fn row_checks_select_without_columns_gets_some() {
        let query = replace_columns(" SELECT\n   FROM (SELECT a FROM t) t WHERE x", "a");
        assert_eq!(query.as_deref(), Some("SELECT a FROM (SELECT a FROM t) t WHERE x"));
        assert_eq!(replace_columns("SELECT a FROM t", "b"), None);
    }

    #[test]
    fn row_checks_verbs_agree_with_one_row() {
        assert_eq!(singular("have NULL"), "has NULL");
        assert_eq!(singular("violate the condition"), "violates the condition");
    }
}
