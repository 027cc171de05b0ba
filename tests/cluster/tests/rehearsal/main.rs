//! `migration_rehearse()`: its verdicts beside the real run, what it leaves, who is in its way, and
//! what it costs.

mod corpus;
mod interrupted;
mod left;
mod rows;
mod sessions;
mod size;
