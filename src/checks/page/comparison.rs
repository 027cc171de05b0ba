//! The differences from a snapshot.

use super::content::Difference;
use super::text::{fitting, left_out, visible};
use maud::{Markup, html};

/// The bytes that the differences may take.
const ROOM: usize = 150_000;

pub fn section(comparison: Option<&Vec<Difference>>) -> Markup {
    html! {
        section #comparison {
            h2 { "Compared with the snapshot" }
            @match comparison {
                None => p.rest {
                    "No snapshot was given. One is taken by " code { "SELECT db_snapshot();" }
                    " in the original database, and passed as " code { "source" } "."
                },
                Some(rows) if rows.is_empty() => p { "No differences in what the snapshot describes." },
                Some(rows) => (differences(rows)),
            }
        }
    }
}

fn differences(rows: &[Difference]) -> Markup {
    let (shown, rest) = fitting(ROOM, rows.iter().map(difference));
    html! {
        @for row in shown { (row) }
        (left_out(rest, ["further difference is", "further differences are"], "SELECT * FROM db_compare(\u{2026});"))
    }
}

fn difference(row: &Difference) -> Markup {
    let severity = row.severity.as_str();
    html! {
        article class=(severity) {
            h3 { span.tag { (severity) } " " span.kind { (row.kind) } " " bdi { (visible(&row.object)) } }
            @if row.source.is_some() || row.target.is_some() {
                dl.facts { (value("Snapshot", row.source.as_deref())) (value("Here", row.target.as_deref())) }
            }
            @if let Some(detail) = &row.detail { p { bdi { (visible(detail)) } } }
        }
    }
}

fn value(side: &str, value: Option<&str>) -> Markup {
    html! { @if let Some(value) = value { div { dt { (side) } dd { bdi { (visible(value)) } } } } }
}
