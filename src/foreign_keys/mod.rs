//! Finds rows that violate foreign keys, and judges whether a new foreign key would hold.

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
mod size;
pub mod status;
mod unique_key;
