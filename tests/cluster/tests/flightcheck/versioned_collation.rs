//! Collations with a recorded version: a server may be built with or without ICU, and has a
//! built-in provider since PostgreSQL 17.

use anyhow::Result;
use cluster::Server;

/// How to get such a collation.
#[derive(Clone, Copy)]
pub struct VersionedCollation {
    /// A collation that exists in every database.
    pub ready: &'static str,
    /// The options of CREATE COLLATION and CREATE DATABASE.
    pub collation: &'static str,
    pub database: &'static str,
}

const ICU: VersionedCollation = VersionedCollation {
    ready: "de-x-icu",
    collation: "PROVIDER = icu, LOCALE = 'de'",
    database: "LOCALE_PROVIDER icu ICU_LOCALE 'en' LOCALE 'C'",
};

const BUILTIN: VersionedCollation = VersionedCollation {
    ready: "pg_c_utf8",
    collation: "PROVIDER = builtin, LOCALE = 'C.UTF-8'",
    database: "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'",
};

impl VersionedCollation {
    pub fn has_icu(server: &Server) -> Result<bool> {
        let has_icu = "SELECT EXISTS (SELECT FROM pg_collation WHERE collname = 'de-x-icu')";
        Ok(server.connect("template1")?.query_one(has_icu, &[])?.get(0))
    }

    /// Returns `None` if the server has no collation with a version.
    pub fn of(server: &Server) -> Result<Option<VersionedCollation>> {
        Ok(match VersionedCollation::has_icu(server)? {
            true => Some(ICU),
            false => (server.major() >= 17).then_some(BUILTIN),
        })
    }
}
