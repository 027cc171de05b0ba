//! Writes the page.

use super::content::Content;
use super::text::{ascii, visible};
use super::{comparison, findings, headroom, script, summary, waits};
use maud::{DOCTYPE, PreEscaped, html};

const STYLE: &str = include_str!("style.css");
/// Nothing may be fetched and no script may run, whatever a name contains.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// Returns the page. It has only ASCII characters.
pub fn page(content: &Content) -> String {
    let title = format!("pg_flightcheck: {}", visible(&content.header.database));
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    (summary::section(content))
                    @if let Some(script) = &content.script { (script::section::section(script)) }
                    (findings::section(content))
                    (waits::section(&content.waits))
                    (headroom::section(&content.sequences))
                    (comparison::section(content.comparison.as_ref()))
                }
                footer { "Made by flightcheck_report() of pg_flightcheck " (env!("CARGO_PKG_VERSION")) "." }
            }
        }
    };
    ascii(markup.into_string())
}
