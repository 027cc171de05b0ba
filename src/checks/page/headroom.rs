//! The used share of the sequences, as bars.

use super::content::Sequence;
use super::text::{counted, grouped, visible};
use maud::{Markup, html};

/// The number of sequences that are shown: those that are nearest to their limit.
const MOST: usize = 30;

/// Hundredths of a percent, from which on a bar is coloured.
const HIGH: u16 = 7_500;
const NEAR_LIMIT: u16 = 9_000;

pub fn section(sequences: &Result<Vec<Sequence>, String>) -> Markup {
    html! {
        section #headroom {
            h2 { "Headroom of sequences" }
            @match sequences {
                Err(_) => p.rest { "The sequences could not be read, see \u{201c}Not checked\u{201d}." },
                Ok(sequences) => (bars(sequences)),
            }
        }
    }
}

fn bars(sequences: &[Sequence]) -> Markup {
    let mut known: Vec<(u16, &Sequence)> = sequences.iter().filter_map(|row| Some((row.used?, row))).collect();
    known.sort_by_key(|(used, row)| (std::cmp::Reverse(*used), row.inserts_left.unwrap_or(i64::MAX)));
    let unknown = sequences.len() - known.len();
    let others = known.len().saturating_sub(MOST);
    html! {
        @if sequences.is_empty() { p { "No sequences were found." } }
        @if !known.is_empty() {
            p.note { "The share of its ids that each sequence has used, the fullest first." }
            ul.bars { @for (used, row) in known.iter().take(MOST) { (bar(*used, row)) } }
        }
        @if let Some((most, _)) = known.get(MOST) {
            p.rest { (counted(others, "further sequence has", "further sequences have")) " used " (percent(*most)) " or less." }
        }
        @if unknown > 0 {
            p.rest {
                "How much is used is not known for " (counted(unknown, "sequence", "sequences")) ": "
                code { "SELECT * FROM seq_audit() WHERE used_pct IS NULL;" }
            }
        }
    }
}

fn bar(used: u16, row: &Sequence) -> Markup {
    let width = format!("width:{}", percent(used.min(10_000)).replace(' ', ""));
    let name = row.column.as_deref().or(row.sequence.as_deref()).unwrap_or("?");
    html! {
        li {
            div.label {
                bdi { (visible(name)) }
                @if row.status != "ok" { " " span.kind { (row.status) } }
                span.figure {
                    (percent(used))
                    @if let Some(left) = row.inserts_left { ", " (inserts(left)) " left" }
                }
            }
            div.bar { div class=(class(used)) style=(width) {} }
        }
    }
}

fn inserts(left: i64) -> String {
    let left = u64::try_from(left).unwrap_or(0);
    format!("{} {}", grouped(left), if left == 1 { "insert" } else { "inserts" })
}

/// Returns `97.31 %`.
pub fn percent(basis_points: u16) -> String {
    format!("{}.{:02} %", basis_points / 100, basis_points % 100)
}

/// Returns the colour of a used share.
pub fn class(used: u16) -> &'static str {
    match used {
        NEAR_LIMIT.. => "error",
        HIGH.. => "warning",
        _ => "none",
    }
}
