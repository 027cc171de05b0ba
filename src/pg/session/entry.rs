//! Where every SQL function of the extension begins, except db_row_hash, which checks the version
//! itself.

use crate::error::Error;
use crate::pg::{extension, memory};

/// Runs the work of an SQL function. Returns 55000 if the extension in this database has another
/// version than the library, whose functions may have other arguments and results; 53200 if memory
/// is short.
pub fn run<T, E: From<Error>>(work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    memory::within(|| {
        extension::check_version()?;
        work()
    })
}
