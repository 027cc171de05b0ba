//! Rehearses a script: runs it in the calling session, and undoes it.

mod api;
mod deferral;
mod format;
mod judge;
mod on_commit;
mod refusal;
mod rehearse;
mod request;
mod row;
mod run;
mod statement;
mod transaction;
mod wording;

pub use refusal::check as refuse;
pub use rehearse::rehearse;
pub use request::Request;
pub use row::{Row, Status};
