//! The statements of a script, with what was found and what happened.

use super::content::{Finding, Script, Statement};
use super::wording::time;
use crate::checks::page::text::{counted, grouped, left_out, not_copyable, visible, visible_lines};
use crate::precheck::Severity;
use crate::rehearsal::{Row, Status};
use maud::{Markup, html};

/// The bytes that the statements may take.
const ROOM: usize = 240_000;
/// More findings of one statement than this are counted, as are more names in a list.
const MOST_FINDINGS: usize = 20;
const MOST_NAMES: usize = 20;
/// The search for statements that still fit ends after this many that do not.
const MOST_REFUSED: usize = 20;

/// Returns the statements in the order of the script. If there is no room for all, those with the
/// worst findings are kept.
pub fn list(script: &Script) -> Markup {
    let mut order: Vec<usize> = (0..script.statements.len()).collect();
    order.sort_by_cached_key(|index| script.statements.get(*index).map(Statement::worst));
    let mut kept: Vec<(usize, Markup)> = Vec::new();
    let (mut used, mut refused) = (0, 0);
    for index in order {
        let Some(statement) = script.statements.get(index) else { continue };
        let shown = article(statement);
        let size = shown.0.chars().map(|char| if char.is_ascii() { 1 } else { 10 }).sum::<usize>();
        if used + size <= ROOM {
            used += size;
            kept.push((index, shown));
        } else {
            refused += 1;
            if refused == MOST_REFUSED {
                break;
            }
        }
    }
    let rest = script.statements.len() - kept.len();
    kept.sort_by_key(|(index, _)| *index);
    html! {
        (left_out(rest, ["statement is", "statements are"], "SELECT * FROM migration_precheck(\u{2026});"))
        @if rest > 0 { p.note { "Those with the worst findings are shown." } }
        @for (_, statement) in kept { (statement) }
    }
}

fn article(statement: &Statement) -> Markup {
    let worst = statement.worst().as_str();
    let further = statement.findings.len().saturating_sub(MOST_FINDINGS);
    html! {
        article class=(worst) id=[statement.number.map(|number| format!("statement-{number}"))] {
            h4 {
                @match statement.number {
                    Some(number) => { span.tag { (worst) } " Statement " (number) },
                    None => { "psql" },
                }
                ", line " (statement.line)
                @if let Some(command) = &statement.command { " " span.kind { (visible(command)) } }
            }
            pre { bdi { (visible_lines(&statement.text)) } }
            @if statement.omitted > 0 { p.rest { (grouped(statement.omitted as u64)) " further bytes of the statement are left out." } }
            @if !statement.findings.is_empty() {
                ul.findings { @for finding in statement.findings.iter().take(MOST_FINDINGS) { li class=(finding.severity.as_str()) { (found(finding)) } } }
            }
            @if further > 0 { p.rest { (counted(further, "further finding is", "further findings are")) " left out." } }
            @for run in &statement.runs { (happened(run)) }
        }
    }
}

/// Returns a finding without the element around it.
pub fn found(finding: &Finding) -> Markup {
    html! {
        span.tag { (finding.severity.as_str()) } " " span.kind { (finding.check) }
        @if let Some(object) = &finding.object { " " bdi { (visible(object)) } }
        ": " bdi { (visible(&finding.detail)) }
        @if let Some(state) = &finding.sqlstate { " (SQLSTATE " (visible(state)) ")" }
        (safer(finding))
    }
}

fn safer(finding: &Finding) -> Markup {
    let reason = match &finding.safer {
        None => Some("A statement has a character that this page cannot show."),
        Some(statements) => statements.iter().find_map(|statement| not_copyable(statement)),
    };
    let statements = finding.safer.as_deref().unwrap_or_default();
    let title = match finding.severity {
        Severity::Error => "To run before, or instead:",
        _ if statements.len() == 1 => "Safer:",
        Severity::Unknown | Severity::Warning | Severity::Info => "Safer, each in a transaction of its own:",
    };
    html! {
        @match reason {
            Some(reason) => p.note { (reason) " What is safer is in column safer of migration_precheck()." },
            None if statements.is_empty() => {},
            None => { p.note { (title) } pre { (statements.join("\n")) } },
        }
    }
}

/// Says what happened to a statement in the rehearsal.
pub fn happened(run: &Row) -> Markup {
    let (class, word) = match run.status {
        Status::Ok => ("ok", "succeeded"),
        Status::Failed => ("error", "failed"),
        Status::NotReached => ("none", "not reached"),
        Status::NotRehearsed => ("unknown", "not rehearsed"),
    };
    let state = run.sqlstate.as_ref().map(|state| format!(" (SQLSTATE {state})")).unwrap_or_default();
    html! {
        div class={ "run " (class) } {
            p {
                span.tag { "rehearsal: " (word) }
                @for fact in facts(run) { ", " (fact) }
                @if let Some(message) = &run.message { ": " bdi { (visible(message)) (visible(&state)) } }
            }
            @for detail in run.detail.iter().chain(&run.hint) { p.note { bdi { (visible(detail)) } } }
            (names("Locks added", run.locks.as_deref()))
            (names("All rows read of", run.scanned.as_deref()))
            (names("Rewritten", run.rewritten.as_deref()))
        }
    }
}

fn facts(run: &Row) -> Vec<String> {
    let rows = run.rows.map(|rows| counted(usize::try_from(rows).unwrap_or(0), "row", "rows"));
    let duration = run.duration.map(time);
    rows.into_iter().chain(duration).collect()
}

fn names(title: &str, names: Option<&[impl ToString]>) -> Markup {
    let names = names.unwrap_or_default();
    let shown: Vec<String> = names.iter().take(MOST_NAMES).map(|name| visible(&name.to_string())).collect();
    let more = names.len() - shown.len();
    html! {
        @if !names.is_empty() {
            p.note { (title) ": " bdi { (shown.join(", ")) } @if more > 0 { " and " (more) " more" } }
        }
    }
}
