//! `db_snapshot` and `db_compare`: a complete copy has no differences, each damage is one row, no
//! session is blocked, and no role is shown rows that it cannot select.

mod arguments;
mod bad_input;
mod complete_clone;
mod concurrent_ddl;
mod consistent;
mod contents;
mod damages;
mod difference;
mod dump_restore;
mod encodings;
mod hostile_owner;
mod identity;
mod independent;
mod json_path;
mod major_versions;
mod not_valid;
mod oracle;
mod partial;
mod permuted;
mod portable;
mod privileges;
mod random_table;
mod sample_database;
mod scale;
mod scope;
mod standby;
