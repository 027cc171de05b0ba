//! The locks of a script as a time line: one row for each relation.

use super::content::{Lane, TimeLine};
use super::holds::{Hold, Mode, Until, at, total};
use super::wording::{numbers, span, time};
use crate::checks::page::text::{counted, fitting, left_out, visible};
use crate::precheck;
use maud::{Markup, html};

/// The bytes that the rows of one time line may take.
const ROOM: usize = 60_000;
/// The modes from which on writers, and readers too, are kept out.
const KEEPS_OUT_WRITERS: Mode = 5;
const KEEPS_OUT_READERS: Mode = 8;
/// The number of bars above which those that touch become one.
const MOST_BARS: usize = 60;
/// Bars that are nearer to each other than this share of the width become one.
const NEAR: f64 = 0.01;
/// More statements that read all rows of a table are counted.
const MOST_READS: usize = 3;
/// The number of statements up to which each has its column.
const MOST_EDGES: usize = 20;
/// The number of ticks.
const MOST_TICKS: usize = 8;

pub fn time_line(line: &TimeLine) -> Markup {
    let (shown, rest) = fitting(ROOM, line.lanes.iter().map(|lane| row(line, lane)));
    let statement = match line.is_measured {
        true => "SELECT statement, locks FROM migration_rehearse(\u{2026});",
        false => "SELECT statement, detail FROM migration_precheck(\u{2026});",
    };
    html! {
        p.note { (scale(line)) }
        @if line.lanes.is_empty() {
            p { "No locks on tables that exist are known." }
        } @else {
            ul.legend {
                li { span.swatch { span.exclusive {} } " keeps out readers and writers (AccessExclusiveLock)" }
                li { span.swatch { span.writers {} } " keeps out writers" }
                li { span.swatch { span.others {} } " keeps out neither" }
            }
            ol.lanes {
                li aria-hidden="true" { (axis(line)) }
                @for row in shown { (row) }
            }
            (left_out(rest, ["further relation with weaker or later locks is", "further relations with weaker or later locks are"], statement))
        }
        (unknown(line))
    }
}

fn scale(line: &TimeLine) -> String {
    let whole = line.ends.last().copied().unwrap_or_default();
    match line.is_measured {
        true => format!(
            "From left to right, the time that the statements took on this copy: {} altogether, without what passes \
             between them.",
            time(whole)
        ),
        false => "From left to right, the statements, each with the same width: how long they take, only a rehearsal \
                  tells. What follows a statement that fails is drawn as if it had succeeded."
            .to_owned(),
    }
}

fn unknown(line: &TimeLine) -> Markup {
    html! {
        @if !line.unknown.is_empty() {
            p.rest { "Not all locks are known of " (numbers(&line.unknown)) ": code that only a run executes may lock more." }
        }
        @if !line.differing.is_empty() {
            p.rest { "Rehearsed without CONCURRENTLY: " (numbers(&line.differing)) ". In the real run the locks are weaker and the durations differ." }
        }
    }
}

/// Returns where a statement begins, as a share of the width.
fn place(line: &TimeLine, index: usize) -> f64 {
    let whole = line.ends.last().copied().unwrap_or_default().as_secs_f64();
    if whole > 0.0 {
        return (at(&line.ends, index).as_secs_f64() / whole).clamp(0.0, 1.0);
    }
    (index as f64 / line.numbers.len().max(1) as f64).clamp(0.0, 1.0)
}

/// Labels statements that are far enough from each other.
fn axis(line: &TimeLine) -> Markup {
    let mut next = 0.0;
    let ticks = line.numbers.iter().enumerate().filter_map(|(index, number)| {
        let left = place(line, index);
        // The label of the last tick must fit.
        let is_shown = left >= next && left < 0.96;
        next = if is_shown { left + 1.0 / MOST_TICKS as f64 } else { next };
        is_shown.then(|| (percent(left), number))
    });
    html! {
        div.axis { @for (left, number) in ticks { span style=(format!("left:{left}")) { (number) } } }
    }
}

fn row(line: &TimeLine, lane: &Lane) -> Markup {
    html! {
        li {
            div.label { bdi { (visible(&lane.name)) } }
            div.lane aria-hidden="true" {
                @for left in edges(line) { span.edge style=(format!("left:{}", percent(left))) {} }
                @for bar in bars(line, &lane.holds) {
                    span class=(bar.class) style=(format!("left:{};width:{}", percent(bar.from), percent(bar.to - bar.from))) {}
                }
            }
            @for sentence in modes(line, lane) { (sentence) }
            p.held { (kept_out(line, lane)) (work(lane)) }
        }
    }
}

/// Returns where the statements begin, unless there are too many to tell them apart.
fn edges(line: &TimeLine) -> Vec<f64> {
    if line.numbers.len() > MOST_EDGES {
        return Vec::new();
    }
    (1..line.numbers.len()).map(|index| place(line, index)).collect()
}

/// A bar of the drawing, in shares of the width.
#[derive(Clone, Copy)]
struct Bar {
    class: &'static str,
    from: f64,
    to: f64,
}

/// Returns the bars, the weakest first, so that stronger ones cover them.
fn bars(line: &TimeLine, holds: &[Hold]) -> Vec<Bar> {
    let mut sorted: Vec<&Hold> = holds.iter().collect();
    sorted.sort_by_key(|hold| (strength(hold.mode), hold.from));
    let bars = sorted.iter().map(|hold| Bar {
        class: strength(hold.mode).1,
        from: place(line, hold.from),
        to: place(line, hold.to + 1),
    });
    if holds.len() <= MOST_BARS {
        return bars.collect();
    }
    let mut joined: Vec<Bar> = Vec::new();
    for bar in bars {
        match joined.last_mut() {
            Some(last) if last.class == bar.class && bar.from < last.to + NEAR => last.to = last.to.max(bar.to),
            _ => joined.push(bar),
        }
    }
    joined
}

/// Returns whom the mode keeps out, as a rank and a class of the style sheet.
fn strength(mode: Mode) -> (u8, &'static str) {
    match mode {
        KEEPS_OUT_READERS.. => (2, "exclusive"),
        KEEPS_OUT_WRITERS.. => (1, "writers"),
        _ => (0, "others"),
    }
}

/// Says of each mode, the strongest first, when it is held.
fn modes(line: &TimeLine, lane: &Lane) -> Vec<Markup> {
    let sentence = |mode: Mode| {
        let holds: Vec<&Hold> = lane.holds.iter().filter(|hold| hold.mode == mode).collect();
        let first = *holds.first()?;
        let name = precheck::Mode::numbered(mode.into())?.name();
        let when = match holds.last() {
            Some(last) if holds.len() > 1 => format!(
                "{}, first {}, last {}",
                counted(holds.len(), "time", "times"),
                during(line, first),
                during(line, last)
            ),
            _ => during(line, first),
        };
        let is_exclusive = mode >= KEEPS_OUT_READERS;
        Some(html! {
            p.held { @if is_exclusive { b.exclusive { (name) } } @else { (name) } " " (when) "." }
        })
    };
    (1..=KEEPS_OUT_READERS).rev().filter_map(sentence).collect()
}

fn during(line: &TimeLine, hold: &Hold) -> String {
    let number = |index: usize| line.numbers.get(index).copied().unwrap_or(0);
    let (from, to) = (number(hold.from), number(hold.to));
    match hold.until {
        Until::Statement => format!("during statement {from}"),
        Until::Commit => format!("from statement {from} until statement {to} ends the transaction"),
        Until::Savepoint => format!("from statement {from} until statement {to} rolls it back"),
        Until::End if from == to => format!("from statement {from} until COMMIT"),
        Until::End => format!("from statement {from} until COMMIT after statement {to}"),
    }
}

/// Says who is kept out, and for how long.
fn kept_out(line: &TimeLine, lane: &Lane) -> String {
    let part = |who: &str, least: Mode| {
        let spans = merged(&lane.holds, least);
        if spans.is_empty() {
            return None;
        }
        let number = |index: usize| line.numbers.get(index).copied().unwrap_or(0);
        let spans: Vec<String> = spans.iter().take(3).map(|(from, to)| span(number(*from), number(*to))).collect();
        let more = if spans.len() < merged(&lane.holds, least).len() { " and later ones" } else { "" };
        let measured = total(&lane.holds, least, &line.ends);
        let time = if line.is_measured { format!(", for up to {}", time(measured)) } else { String::new() };
        Some((format!("{who} are kept out during {}{more}{time}.", spans.join(", ")), measured))
    };
    let both = part("Readers and writers", KEEPS_OUT_READERS);
    let writers = part("Writers", KEEPS_OUT_WRITERS);
    match (both, writers) {
        (None, None) => "Neither readers nor writers are kept out.".to_owned(),
        (Some((both, _)), None) => both,
        (None, Some((writers, _))) => writers,
        (Some((both, shorter)), Some((writers, longer))) => match longer > shorter {
            true => format!("{both} {writers}"),
            false => both,
        },
    }
}

/// Returns the spans of steps during which a mode of at least this strength is held.
fn merged(holds: &[Hold], least: Mode) -> Vec<(usize, usize)> {
    let mut spans: Vec<(usize, usize)> =
        holds.iter().filter(|hold| hold.mode >= least).map(|hold| (hold.from, hold.to)).collect();
    spans.sort_unstable();
    let mut merged: Vec<(usize, usize)> = Vec::new();
    for (from, to) in spans {
        match merged.last_mut() {
            Some(last) if from <= last.1 + 1 => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    merged
}

/// Says which statements read or write all rows.
fn work(lane: &Lane) -> String {
    let mut text = String::new();
    if !lane.reads.is_empty() {
        let rows = |rows: u64| format!(" ({})", counted(usize::try_from(rows).unwrap_or(0), "row", "rows"));
        let shown = lane.reads.iter().take(MOST_READS);
        let shown: Vec<String> =
            shown.map(|(number, read)| format!("statement {number}{}", read.map(rows).unwrap_or_default())).collect();
        let more = match lane.reads.len() - shown.len() {
            0 => String::new(),
            more => format!(" and {}", counted(more, "further statement", "further statements")),
        };
        text += &format!(" All rows are read by {}{more}.", shown.join(", "));
    }
    if !lane.rewrites.is_empty() {
        text += &format!(" Rewritten by {}.", numbers(&lane.rewrites));
    }
    text
}

fn percent(share: f64) -> String {
    format!("{:.2}%", share.max(0.0) * 100.0)
}
