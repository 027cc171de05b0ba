//! Implements flightcheck_report: a script, the findings, the sequences, the waiting sessions and
//! the differences from a snapshot as one HTML page. The verdicts are those of the other functions.

mod api;
mod comparison;
mod content;
mod findings;
mod gather;
mod graph;
mod headroom;
mod html;
mod script;
mod summary;
mod text;
mod waits;

#[cfg(test)]
mod tests;
