//! Shared by the tests of this folder: private servers, clients, and typed rows of the extension's
//! functions.
//!
//! Every test starts the servers it needs from the installation that `PG_CONFIG` names, in folders
//! below `STAGE_DIR`, and leaves nothing behind. `tools/with-stage` prepares both.

mod churn;
mod extensions;
mod flightcheck;
mod load;
mod locks;
mod notices;
mod portable;
pub mod program;
mod sampler;
mod server;
mod stage;
mod workers;

pub use churn::{churn, end_churn};
pub use extensions::create_extensions;
pub use flightcheck::{AuditRow, ResyncRow, audit, resync};
pub use load::{Load, Tally};
pub use locks::{LockRow, TerminateRow, lock_report, lock_terminate};
pub use notices::Notices;
pub use portable::{PORTABLE, form, install_portable};
pub use sampler::{Sampler, own_memory};
pub use server::{Ending, Server};
pub use stage::{Stage, output};
pub use workers::share_out;

use postgres::error::SqlState;
use std::fmt::{Debug, Display};
use std::str::FromStr;

/// Prints what a test has shown, in one line that appears even if the test passes: libtest captures
/// `println!`, but not what is written to stderr itself.
#[macro_export]
macro_rules! report {
    ($($argument:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stderr().lock(), "  {}: {}", module_path!(), format_args!($($argument)*));
    }};
}

/// Makes backslashes escape in all strings of the session, where that is still possible: until
/// version 18.
pub const NON_STANDARD_STRINGS: &str = "SELECT pg_catalog.set_config(name, 'off', false) FROM pg_catalog.pg_settings
    WHERE name = 'standard_conforming_strings' AND pg_catalog.current_setting('server_version_num')::int < 190000";

/// Returns a number from the environment, or `default` if it is not set there.
pub fn setting<T>(name: &str, default: T) -> T
where
    T: FromStr<Err: Debug> + Display,
{
    match std::env::var(name) {
        Ok(value) => value.parse().unwrap_or_else(|error| panic!("{name}={value}: {error:?}")),
        Err(_) => default,
    }
}

/// Returns the size of a test: the number from the environment, otherwise `full` under `make
/// test-all`, and `quick` elsewhere.
pub fn sized<T>(name: &str, quick: T, full: T) -> T
where
    T: FromStr<Err: Debug> + Display,
{
    setting(name, if std::env::var("FLIGHTCHECK_FULL").is_ok_and(|value| !value.is_empty()) { full } else { quick })
}

/// Returns the SQLSTATE that a statement failed with.
///
/// # Panics
/// If it succeeded, or if the error came from the connection and not from the server.
#[track_caller]
pub fn state_of<T>(result: Result<T, postgres::Error>) -> SqlState {
    let Err(error) = result else { panic!("the statement succeeded") };
    error.code().unwrap_or_else(|| panic!("the error has no SQLSTATE: {error}")).clone()
}

/// Formats an error of the server with its SQLSTATE, DETAIL, HINT and CONTEXT.
pub fn explain(error: &postgres::Error) -> String {
    let Some(error) = error.as_db_error() else {
        return error.to_string();
    };
    let mut text = format!("{}: {} ({})", error.severity(), error.message(), error.code().code());
    for (label, part) in [("DETAIL", error.detail()), ("HINT", error.hint()), ("CONTEXT", error.where_())] {
        if let Some(part) = part {
            text.push_str(&format!("\n{label}: {part}"));
        }
    }
    text
}

/// Returns `text` as an SQL identifier.
pub fn identifier(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// Returns `text` as an SQL string constant.
pub fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') { format!(" E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}
