//! The guard does not disturb other sessions: those that hold or await locks, dropped roles and
//! detached partitions, clients that cannot read a warning, replication workers. No session waits
//! for the guard or loses its work, and the server stays up.

mod database;
mod dead_index_entries;
mod detach_partition;
mod dropped_role;
mod encodings;
mod exclusive_locks;
mod hidden_rows;
mod hint_cache;
mod lock_queue;
mod misuse;
mod replication;
mod session;
mod shared_sequence;
