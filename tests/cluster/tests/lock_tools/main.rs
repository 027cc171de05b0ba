//! Real migration tools against a real server: each holds its lock while a second run of it meets that lock, and the reports
//! have to name what they see. What is not installed here (see tools/setup-clients) is said, and fails the tests only if
//! `FLIGHTCHECK_CLIENTS=all` demands it.

mod held;
mod interrupted;
mod long_update;
mod pooler;
mod prisma;
mod refused;
mod run;
mod siblings;
mod tool;
mod unlocked;
mod world;
