//! Names what a snapshot may lack because it could not be read. Pure.

pub const COMMENTS: &str = "comments";
pub const PRIVILEGES: &str = "privileges";
/// Which objects others use.
pub const USES: &str = "dependencies";
/// The bodies of functions that are parsed statements.
pub const PARSED_BODIES: &str = "bodies of functions";

/// Joins the kinds of objects that one query reads.
pub const SEPARATOR: &str = ", ";
