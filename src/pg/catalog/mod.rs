//! Reads the system catalogs and caches: names, privileges, defaults, indexes, partitions, and the
//! objects that depend on a sequence or the extension.

pub mod access;
pub mod catalog_scan;
pub mod catalog_types;
pub mod check_constraints;
pub mod citus;
pub mod database;
pub mod defaults;
pub mod dependency;
pub mod extension;
pub mod foreign_key_operator;
pub mod invalidation;
pub mod names;
pub mod partitions;
pub mod relation_names;
pub mod role;
pub mod role_settings;
pub mod schemas;
pub mod sequence_users;
pub mod storage_options;
pub mod unique_indexes;
