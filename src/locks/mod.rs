//! Advisory locks: who holds them, who waits, which tool a key belongs to, and how to get going again.

mod advice;
mod api;
mod claim;
mod client;
mod computed;
mod databases;
pub mod duration;
mod evidence;
mod formula;
mod hash;
mod key;
mod naming;
mod phash2;
mod report;
mod session;
mod snapshot;
mod statement;
mod surroundings;
mod terminate;
mod tools;
mod verdict;
mod waits;
