//! `flightcheck()` as a whole, and each of its checks: a database is broken for real, the row is seen, its fix is run as printed,
//! and the row is gone.

mod collations;
mod finding;
mod healthy;
mod owners;
mod restored;
mod scale;
mod statistics;
