//! The summary: database, counts, and what was not checked.

use super::content::Content;
use super::script::{self, content::Script};
use super::text::{counted, grouped, visible};
use crate::report::severity::Severity;
use maud::{Markup, html};

/// More notes than this are counted.
const MOST_NOTES: usize = 8;
/// The maximum length of a note, in characters.
const LONGEST_NOTE: usize = 180;

pub fn section(content: &Content) -> Markup {
    let header = &content.header;
    let server = if header.is_standby { " (standby)" } else { "" };
    html! {
        header {
            h1 { "Flight check of " bdi { (visible(&header.database)) } }
            @if let Some(script) = &content.script { p.verdict { (script::section::verdict(script)) } }
            p.verdict { (verdict(content)) }
            dl.facts {
                div { dt { "Server" } dd { "PostgreSQL " (visible(&header.server_version)) (server) } }
                div { dt { "Time" } dd { (header.time) " UTC" } }
                div { dt { "Role" } dd { bdi { (visible(&header.role)) } } }
                div { dt { "Schemas" } dd { (schemas(content)) } }
            }
            ul.tiles {
                @if let Some(script) = &content.script { (of_script(script)) }
                (tile("error", content.count(Severity::Error), ["error", "errors"], "fail now", "#findings"))
                (tile("warning", content.count(Severity::Warning), ["warning", "warnings"], "will fail or are unprotected", "#findings"))
                (tile("info", content.count(Severity::Info), ["info", "infos"], "may be intended", "#findings"))
                (waiting(content))
                (nearest(content))
                (differences(content))
            }
            (notes(content))
        }
    }
}

/// Says in one sentence what was found. Without findings, it is not an all-clear for what was not
/// checked.
fn verdict(content: &Content) -> String {
    let differences = content.comparison.as_ref().map_or(0, Vec::len);
    let differences = counted(differences, "difference", "differences") + " from the snapshot.";
    let has_differences = content.comparison.as_ref().is_some_and(|rows| !rows.is_empty());
    let found = match (content.findings.len(), has_differences) {
        (0, false) => "No findings in what was checked.".to_owned(),
        (0, true) => format!("No findings in what was checked, but {differences}"),
        (count, false) => format!("{}, worst first.", counted(count, "finding", "findings")),
        (count, true) => format!("{}, worst first, and {differences}", counted(count, "finding", "findings")),
    };
    match content.is_incomplete() {
        true => format!("{found} Not everything could be judged."),
        false => found,
    }
}

fn schemas(content: &Content) -> Markup {
    html! {
        @match &content.header.schema {
            Some(schema) => { "only " bdi { (visible(schema)) } }
            None => { "all except the system's" }
        }
    }
}

fn tile(class: &str, count: usize, [one, several]: [&str; 2], meaning: &str, link: &str) -> Markup {
    let name = if count == 1 { one } else { several };
    let class = if count == 0 { "none" } else { class };
    html! {
        li class=(class) { a href=(link) { b { (grouped(count as u64)) } " " (name) } span { (meaning) } }
    }
}

/// The tiles about a script.
fn of_script(script: &Script) -> Markup {
    html! {
        (tile("error", script.failing(), ["statement fails", "statements fail"], "in the script", "#script"))
        (tile("warning", script.left(), ["statement", "statements"], "of the script not known to succeed or fail", "#script"))
    }
}

/// A tile for a part that could not be read.
fn unknown(name: &str, link: &str) -> Markup {
    html! { li.unknown { a href=(link) { b { "?" } " " (name) } span { "could not be read" } } }
}

fn waiting(content: &Content) -> Markup {
    let name = "waiting sessions";
    match &content.waits {
        Ok(sessions) => {
            let count = sessions.iter().filter(|session| !session.waits_for.is_empty()).count();
            tile("warning", count, ["waiting session", name], "wait for a lock of another session", "#waits")
        }
        Err(_) => unknown(name, "#waits"),
    }
}

fn nearest(content: &Content) -> Markup {
    let name = "of ids used";
    let Ok(sequences) = &content.sequences else { return unknown(name, "#headroom") };
    let of_which = match sequences.iter().all(|sequence| sequence.used.is_some()) {
        true => "by the fullest sequence",
        false => "by the fullest that was judged",
    };
    match sequences.iter().filter_map(|sequence| sequence.used).max() {
        Some(used) => html! {
            li class=(super::headroom::class(used)) {
                a href="#headroom" { b { (super::headroom::percent(used)) } " " (name) }
                span { (of_which) }
            }
        },
        None => html! {
            li.none { a href="#headroom" { b { "\u{2013}" } " " (name) } span { "no sequence could be judged" } }
        },
    }
}

fn differences(content: &Content) -> Markup {
    let name = "differences";
    match &content.comparison {
        Some(rows) => {
            let worst = rows.iter().map(|row| row.severity).min();
            tile(
                worst.map_or("none", Severity::as_str),
                rows.len(),
                ["difference", name],
                "from the snapshot",
                "#comparison",
            )
        }
        None => html! {
            li.none { a href="#comparison" { b { "\u{2013}" } " " (name) } span { "no snapshot was given" } }
        },
    }
}

fn notes(content: &Content) -> Markup {
    let notes = content.not_checked();
    // The last notes say what the call did not ask for, so the first ones are shortened.
    let left_out = notes.len().saturating_sub(MOST_NOTES);
    html! {
        section.unchecked {
            h2 { "Not checked" }
            ul {
                @if left_out > 0 {
                    li { (counted(left_out, "further object", "further objects")) " could not be judged, see the findings." }
                }
                @for note in notes.iter().skip(left_out) {
                    li { bdi { (shorten(&visible(note))) } }
                }
            }
        }
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(LONGEST_NOTE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
