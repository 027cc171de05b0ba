//! Renders the portable edition from sql/portable: files for a schema, for a single session, for
//! pg_tle, and one that uninstalls the first. See sql/portable/README.md.

mod body;
mod catalogue;
mod comments;
mod forms;
mod includes;
mod rules;
mod signature;
mod text;

pub use forms::File;

use eyre::Result;
use std::path::Path;

/// The size that no file exceeds: some consoles of managed services accept little more.
const LARGEST: usize = 200_000;

/// Returns the files' names and texts, given the repository's folder.
pub fn render(root: &Path, version: &str) -> Result<Vec<File>> {
    forms::render(root, &body::read(root)?, version, LARGEST)
}
