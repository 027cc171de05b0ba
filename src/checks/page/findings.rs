//! The findings of flightcheck with their fixes.

use super::content::Content;
use super::text::{fitting, left_out, not_copyable, visible};
use crate::checks::finding::Finding;
use maud::{Markup, html};

/// The bytes that the findings may take, without a script and with one.
const ROOM: usize = 600_000;
const ROOM_BESIDE_SCRIPT: usize = 240_000;

pub fn section(content: &Content) -> Markup {
    let room = if content.script.is_some() { ROOM_BESIDE_SCRIPT } else { ROOM };
    let (shown, rest) = fitting(room, content.findings.iter().map(finding));
    html! {
        section #findings {
            h2 { "Findings" }
            @if content.findings.is_empty() {
                p { "No findings in what was checked." }
            } @else {
                p.note { "Run the fixes one after the other, and make this report again." }
            }
            @for finding in shown { (finding) }
            (left_out(rest, ["further finding is", "further findings are"], "SELECT * FROM flightcheck();"))
        }
    }
}

fn finding(finding: &Finding) -> Markup {
    let severity = finding.severity.as_str();
    html! {
        article class=(severity) {
            h3 { span.tag { (severity) } " " span.kind { (finding.check_name) } " " bdi { (visible(&finding.object)) } }
            p { bdi { (visible(&finding.detail)) } }
            @if let Some(fix) = &finding.fix {
                @match not_copyable(fix) {
                    Some(reason) => p.note { (reason) " It is in column fix of flightcheck()." },
                    None => pre { (fix) },
                }
            }
        }
    }
}
