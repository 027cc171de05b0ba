//! Reads tables, indexes, sequences, locks and WAL without SQL, and moves sequences.

pub mod advance_sequence;
pub mod fence;
pub mod heap_rows;
pub mod heap_scan;
pub mod id_datum;
pub mod index_choice;
pub mod index_probe;
pub(in crate::pg) mod index_scan;
pub mod lock_budget;
pub mod lock_table_usage;
pub mod relation;
pub mod sequence_page;
pub mod sequence_state;
pub mod snapshot;
pub mod table_lock;
pub mod wal;
