//! Runs SQL through SPI: queries over catalogs, and queries over users' tables with restricted
//! privileges.

pub mod catalog_query;
pub mod function_check;
pub(in crate::pg) mod hidden_expressions;
pub(in crate::pg) mod inlining;
pub mod kept_plan;
pub mod row;
pub mod unprivileged;
