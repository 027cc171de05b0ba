//! Which session waits for which, as a drawing.

use super::content::Session;
use super::graph::{Node, arrange};
use super::text::{counted, visible};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// The number of sessions that are drawn.
const MOST: usize = 40;
/// Deeper sessions are not indented further.
const DEEPEST: usize = 6;
/// The measures of the drawing, in pixels.
const WIDTH: usize = 480;
const ROW: usize = 62;
const BOX: usize = 50;
const INDENT: usize = 24;
/// The room on the right for lines to further sessions.
const MARGIN: usize = 28;
/// The average width of a character, and that of the small font.
const CHARACTER: usize = 8;
const SMALL: usize = 7;
/// The maximum length of the two parts of a tooltip, in characters.
const LONGEST_TITLE: usize = 200;

pub fn section(waits: &Result<Vec<Session>, String>) -> Markup {
    html! {
        section #waits {
            h2 { "Waiting sessions" }
            @match waits {
                Err(_) => p.rest { "The waiting sessions could not be read, see \u{201c}Not checked\u{201d}." },
                Ok(sessions) if sessions.is_empty() => p { "No session waited for a lock." },
                Ok(sessions) => (drawing(sessions)),
            }
        }
    }
}

fn drawing(sessions: &[Session]) -> Markup {
    let waits_for: BTreeMap<i32, Vec<i32>> =
        sessions.iter().map(|session| (session.pid, session.waits_for.clone())).collect();
    let (nodes, left_out) = arrange(&waits_for, MOST);
    let height = nodes.len() * ROW;
    let known = |pid: i32| sessions.iter().find(|session| session.pid == pid);
    html! {
        p.note { "Each session is drawn below one that it waits for; dashed lines lead to others." }
        svg viewBox=(format!("0 0 {WIDTH} {height}")) width=(WIDTH) height=(height) role="img" aria-label="Which session waits for which" {
            @for (row, node) in nodes.iter().enumerate() { (lines(row, node, &nodes)) }
            @for (row, node) in nodes.iter().enumerate() { (session(row, node, known(node.pid))) }
        }
        @if left_out > 0 {
            p.rest { (counted(left_out, "further session is", "further sessions are")) " not drawn." }
        }
    }
}

fn left(node: &Node) -> usize {
    4 + node.depth.min(DEEPEST) * INDENT
}

/// The line to the session above, and those to others at the right.
fn lines(row: usize, node: &Node, nodes: &[Node]) -> Markup {
    let middle = |row: usize| row * ROW + BOX / 2;
    let path = node.parent.map(|parent| {
        // Sessions that are not indented further have their line at the left of both boxes.
        let from = left(&nodes[parent]).min(left(node).saturating_sub(INDENT)) + 10;
        format!("M{from} {}V{}H{}", parent * ROW + BOX, middle(row), left(node))
    });
    html! {
        @if let Some(path) = path { path.line d=(path) {} }
        @for other in &node.others {
            @let edge = WIDTH - MARGIN;
            @let bend = WIDTH - 2;
            path.line.dashed d=(format!("M{edge} {}C{bend} {} {bend} {} {edge} {}", middle(row), middle(row), middle(*other), middle(*other))) {}
        }
    }
}

fn session(row: usize, node: &Node, session: Option<&Session>) -> Markup {
    let (x, y) = (left(node), row * ROW + 1);
    let width = WIDTH - MARGIN - x;
    let waits = session.is_some_and(|session| !session.waits_for.is_empty());
    let (name, about) = (name(node.pid, session), about(session));
    html! {
        g class=(if waits { "waiting" } else { "blocking" }) {
            title { (cut(&visible(&name), LONGEST_TITLE)) ": " (cut(&visible(&about), LONGEST_TITLE)) }
            rect x=(x) y=(y) width=(width) height=(BOX - 2) rx="6" {}
            text x=(x + 10) y=(y + 20) { (cut(&visible(&name), (width - 20) / CHARACTER)) }
            text.small x=(x + 10) y=(y + 38) { (cut(&visible(&about), (width - 20) / SMALL)) }
        }
    }
}

/// Returns `pid 4711, app, psql`.
fn name(pid: i32, session: Option<&Session>) -> String {
    if pid == 0 {
        return "prepared transactions".to_owned();
    }
    let parts = session.map(|session| [session.role.clone(), session.application.clone()]);
    let parts = parts.into_iter().flatten().flatten();
    [format!("pid {pid}")].into_iter().chain(parts).collect::<Vec<_>>().join(", ")
}

fn about(session: Option<&Session>) -> String {
    let Some(session) = session else { return "not known".to_owned() };
    if session.pid == 0 {
        return "end by COMMIT PREPARED or ROLLBACK PREPARED".to_owned();
    }
    let mut parts = session.locks.clone();
    parts.extend(session.doing.clone());
    match parts.is_empty() {
        true => "hidden from this role".to_owned(),
        false => parts.join(", "),
    }
}

/// Shortens a text to this many characters. Wide characters count twice.
fn cut(text: &str, room: usize) -> String {
    let mut used = 0;
    let mut shown = String::new();
    for char in text.chars() {
        used += if u32::from(char) < 0x1100 { 1 } else { 2 };
        if used > room {
            shown.push('…');
            break;
        }
        shown.push(char);
    }
    shown
}
