//! Collations whose version is on record: a server may be built with ICU or without, and has its own since PostgreSQL 17.

use anyhow::Result;
use cluster::Server;

/// How to get one.
#[derive(Clone, Copy)]
pub struct Sorting {
    /// A collation that is there from the beginning.
    pub ready: &'static str,
    /// What CREATE COLLATION and CREATE DATABASE take.
    pub collation: &'static str,
    pub database: &'static str,
}

const ICU: Sorting = Sorting {
    ready: "de-x-icu",
    collation: "PROVIDER = icu, LOCALE = 'de'",
    database: "LOCALE_PROVIDER icu ICU_LOCALE 'en' LOCALE 'C'",
};

const BUILTIN: Sorting = Sorting {
    ready: "pg_c_utf8",
    collation: "PROVIDER = builtin, LOCALE = 'C.UTF-8'",
    database: "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'",
};

impl Sorting {
    pub fn has_icu(server: &Server) -> Result<bool> {
        let has_icu = "SELECT EXISTS (SELECT FROM pg_collation WHERE collname = 'de-x-icu')";
        Ok(server.connect("template1")?.query_one(has_icu, &[])?.get(0))
    }

    /// `None` if this server has none with a version.
    pub fn of(server: &Server) -> Result<Option<Sorting>> {
        Ok(match Sorting::has_icu(server)? {
            true => Some(ICU),
            false => (server.major() >= 17).then_some(BUILTIN),
        })
    }
}
