//! Converts values between SQL and Rust: types that pgrx lacks, text in any encoding, and hashes.

pub mod encoded_text;
pub mod lossy_text;
pub mod row_hash;
pub mod sql_types;
pub(in crate::pg) mod utf8;
pub(in crate::pg) mod varlena;
