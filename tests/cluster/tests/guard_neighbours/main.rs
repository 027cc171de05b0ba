//! The guard among others: sessions that hold or want locks, roles and partitions that go, clients that cannot read a
//! warning, workers of replication. Nobody waits for its sake, nobody loses what he has done, and the server stays up.

mod database;
mod dead_entries;
mod detaching;
mod encodings;
mod exclusive;
mod explanations;
mod gone_role;
mod hidden;
mod misuse;
mod queue;
mod replication;
mod session;
mod shared;
