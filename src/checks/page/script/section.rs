//! The part of the page about a script.

use super::content::{Rehearsal, Script, severity};
use super::lanes::time_line;
use super::statements::{found, happened, list};
use super::wording::time;
use crate::checks::page::text::{counted, grouped, visible};
use crate::rehearsal::Status;
use maud::{Markup, html};

pub fn section(script: &Script) -> Markup {
    let shows_plan = script.rehearsal.as_ref().is_none_or(|rehearsal| !rehearsal.is_complete());
    html! {
        section #script {
            h2 { "The script" }
            (facts(script))
            @for finding in &script.findings { article class=(finding.severity.as_str()) { (found(finding)) } }
            @if let Some(rehearsal) = &script.rehearsal { (measured(rehearsal)) }
            @if shows_plan {
                section #planned-locks { h3 { "Locks that the script needs" } (time_line(&script.planned)) }
            }
            section #statements {
                h3 { "Statements" }
                (list(script))
            }
        }
    }
}

fn measured(rehearsal: &Rehearsal) -> Markup {
    html! {
        @for row in &rehearsal.others {
            article class=(severity(row).as_str()) { h3 { (row.command.as_deref().map(visible).unwrap_or_default()) } (happened(row)) }
        }
        section #measured-locks {
            h3 { "Locks during the rehearsal" }
            (time_line(&rehearsal.measured))
            @for detail in &rehearsal.last.detail { p.note { bdi { (visible(detail)) } } }
        }
    }
}

/// Says in a sentence or two what is to be expected of the script.
pub fn verdict(script: &Script) -> String {
    if script.count() == 0 {
        return "The script has no statements.".to_owned();
    }
    let (failing, unknown) = (script.failing(), script.unknown());
    let counts = |count: usize| counted(count, "statement", "statements");
    match script.rehearsal.as_ref().map(|rehearsal| rehearsal.last.status) {
        Some(Status::Ok) => "The script was rehearsed, and every statement succeeded.".to_owned(),
        Some(Status::Failed) => "The script was rehearsed, and failed.".to_owned(),
        Some(Status::NotRehearsed | Status::NotReached) => {
            "The script was rehearsed, and no statement failed, but not all of it could be rehearsed.".to_owned()
        }
        None => match (failing, unknown) {
            (0, 0) => "No statement of the script fails, as far as reading it tells. It was not rehearsed.".to_owned(),
            (0, 1) => "Only a rehearsal can tell whether 1 statement of the script fails.".to_owned(),
            (0, _) => format!("Only a rehearsal can tell whether {} of the script fail.", counts(unknown)),
            (_, 0) => format!("{} of the script would fail now.", counts(failing)),
            _ => format!(
                "{} of the script would fail now, and only a rehearsal can tell of {}.",
                counts(failing),
                grouped(unknown as u64)
            ),
        },
    }
}

fn facts(script: &Script) -> Markup {
    let transaction = match script.is_wrapped {
        true => "one for the whole script",
        false => "several, as the script or its tool says",
    };
    html! {
        dl.facts {
            div { dt { "Statements" } dd { (grouped(script.count() as u64)) } }
            div { dt { "Transaction" } dd { (transaction) } }
            @if let Some(role) = &script.role { div { dt { "Runs as" } dd { bdi { (visible(role)) } } } }
            div {
                dt { "Rehearsal" }
                dd {
                    @match script.rehearsal.as_ref() {
                        Some(rehearsal) => { (rehearsal.last.duration.map(time).unwrap_or_default()) ", then undone" },
                        None => { "none" },
                    }
                }
            }
        }
    }
}
