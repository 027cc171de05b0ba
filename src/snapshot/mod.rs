//! Snapshots of a database, and what differs between two of them.

mod api;
mod by_name;
mod capture;
mod catalog;
mod compare;
mod expected;
mod metered;
mod model;
mod parse;
pub mod row_hash;
mod rows;
mod sequences;
mod unread;
