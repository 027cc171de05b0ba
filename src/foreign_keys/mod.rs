//! Foreign keys: which rows break them, and whether a new one would hold.

mod api;
pub mod audit;
mod ddl;
mod discover;
mod obstacle;
mod orphans;
mod precheck;
mod reference;
mod repair;
mod request;
pub mod status;
mod unique_key;
