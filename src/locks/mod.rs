//! Advisory locks: who holds them, who waits, which tool a key belongs to, and how to get going again.

mod advice;
mod api;
mod claim;
mod client;
mod computed;
mod databases;
pub mod duration;
mod effect;
mod evidence;
#[cfg(any(test, feature = "pg_test"))]
#[allow(clippy::expect_used, clippy::panic)]
pub mod examples;
mod formula;
mod hash;
mod key;
mod look;
mod naming;
mod phash2;
mod report;
mod session;
mod snapshot;
mod statement;
mod surroundings;
mod table_lock;
mod terminate;
mod tool_key;
mod tools;
mod verdict;
mod waits;
mod wording;
mod work;

pub use look::Look;
pub use report::{Row, View, report};
pub use snapshot::{Lock, lock_table};
pub use table_lock::Holding;
pub use tools::Purpose;
pub use verdict::Verdict;
pub use wording::activities;

#[cfg(test)]
mod chance_tests;
