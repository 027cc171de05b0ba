//! Statements in the wrong order.

use super::finding::Note;
use super::run::Run;

/// Notes that this statement creates a relation that earlier ones could not find.
pub fn now_exists(run: &mut Run, name: &str) {
    let here = run.number();
    for index in run.missing.remove(name).unwrap_or_default() {
        if let Some(finding) = run.findings.get_mut(index) {
            finding.detail = format!("{}; statement {here} creates it, after it is needed", finding.detail);
        }
    }
}

/// Says that this statement comes too late for rows that an earlier one refused. One that writes
/// rows refuses its own.
pub fn comes_too_late(run: &mut Run, relation: &str) {
    let here = run.number();
    let mut found = None;
    for finding in &mut run.findings {
        let writes = finding.place.command.as_deref().is_some_and(|command| ["INSERT", "UPDATE"].contains(&command));
        let is_rows =
            finding.check.ends_with("_rows") && finding.severity == super::finding::Severity::Error && !writes;
        if is_rows && finding.object.as_deref() == Some(relation) && finding.place.statement < Some(here) {
            found = finding.place.statement;
            let remark = format!("; statement {here} changes rows of the table and comes too late");
            if !finding.detail.contains("comes too late") {
                finding.detail.push_str(&remark);
            }
        }
    }
    if let Some(statement) = found {
        let detail = format!("statement {statement} has failed before this changes the rows");
        run.add(Note::info("order", detail).on(relation.to_owned()));
    }
}
