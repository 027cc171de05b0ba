//! Installs the portable edition, so that a test can run with it as with the extension.

use anyhow::{Error, Result};
use postgres::GenericClient;
use std::path::Path;

/// The schema that the portable edition creates.
pub const PORTABLE: &str = "flightcheck";

/// Installs the portable edition in the client's database, as its current user.
pub fn install_portable(client: &mut impl GenericClient) -> Result<()> {
    for text in form("pg_flightcheck")? {
        client.batch_execute(&text)?;
    }
    Ok(())
}

/// Returns the files of a form in their order: `pg_flightcheck` or `pg_flightcheck-once`.
pub fn form(name: &str) -> Result<Vec<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let files = portable::render(&root, "0").map_err(|error| Error::msg(error.to_string()))?;
    let is_part = |file: &str| {
        let rest = file.strip_prefix(name).and_then(|rest| rest.strip_suffix(".sql"));
        rest.is_some_and(|rest| rest.is_empty() || rest[1..].bytes().all(|digit| digit.is_ascii_digit()))
    };
    Ok(files.into_iter().filter(|(file, _)| is_part(file)).map(|(_, text)| text).collect())
}
