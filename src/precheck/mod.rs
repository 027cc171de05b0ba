//! migration_precheck: reads a script against the catalogs and the rows, and runs none of it.

mod analysis;
mod api;
mod assert;
mod cascade;
mod dependents;
mod dialect;
mod doubts;
mod effects;
mod finding;
mod format;
mod limits;
mod locks;
mod model;
mod order;
mod reach;
mod read;
mod relations;
mod row_checks;
mod rows;
mod run;
mod sequence_limits;
mod sizes;
mod split;
mod statements;
mod timeouts;
mod tool_tables;
mod trace;
mod types;
mod waits;

pub use effects::Mode;
pub use finding::{Finding, Severity};
pub use read::{Judged, judge};
pub use trace::{Touched, Traced};
