//! Defines a relation that is a migration tool's, and the judge of its contents.

use super::layout::{Column, Fit, Layout};
use super::tool_tables::ToolTables;
use super::verdict::Verdict;
use pgrx::pg_sys::Oid;

/// The layouts of a tool's tables, and the function that judges their contents.
#[derive(Debug)]
pub struct Judge {
    pub layouts: &'static [Layout],
    pub judge: fn(&ToolTables) -> Verdict,
    /// Revises the relations found, once all are known: removes tables that belong to another tool,
    /// or assigns them to it.
    pub revise: Option<fn(&mut Vec<Found>)>,
}

/// A relation that is a tool's, or has a name that only the tool gives.
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
    /// Whether schema and table are the names in the catalog, and not approximations because of
    /// another encoding.
    pub is_exact: bool,
    pub kind: u8,
    pub columns: Vec<Column>,
}
