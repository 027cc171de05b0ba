//! A relation that is a migration tool's, and the judge of what it means.

use super::layout::{Column, Fit, Layout};
use super::tool_tables::Scene;
use super::verdict::Verdict;
use pgrx::pg_sys::Oid;

/// A tool's tables and what they mean.
#[derive(Debug)]
pub struct Judge {
    pub layouts: &'static [Layout],
    pub judge: fn(&Scene) -> Verdict,
    /// Revises what was found, once all of it is known: takes tables out that are another's, or gives them another name.
    pub revise: Option<fn(&mut Vec<Found>)>,
}

/// A relation that is a tool's, or bears a name that only the tool gives.
#[derive(Clone, Debug)]
pub struct Found {
    pub relation: Candidate,
    pub judge: &'static Judge,
    pub layout: &'static Layout,
    pub tool: &'static str,
    pub fit: Fit,
}

/// A relation with its columns.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub oid: Oid,
    pub schema: String,
    pub table: String,
    /// Whether these names are what they are in the catalog, and not a makeshift in another encoding.
    pub is_exact: bool,
    pub kind: u8,
    pub columns: Vec<Column>,
}
