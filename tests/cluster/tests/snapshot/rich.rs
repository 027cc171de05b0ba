//! A database with all that dumps have to carry over.

use anyhow::{Result, anyhow};
use cluster::{Server, explain, identifier};
use postgres::Client;

/// The shop of the flight check's tests, and what goes beyond it.
const SHOP: &str = include_str!("../flightcheck/rich.sql");
const MORE: &str = include_str!("more.sql");

/// What owns something in it. Dumps of a database leave roles out.
const ROLES: &str = "CREATE ROLE app LOGIN CREATEDB; CREATE ROLE other; CREATE ROLE \"Odd \"\"owner\"\"\"";

/// Extensions with types, tables or operators of their own.
const WANTED: &str = "SELECT name::text FROM pg_available_extensions
    WHERE name IN ('citext', 'hstore', 'pg_trgm', 'btree_gist', 'cube', 'intarray', 'unaccent', 'vector') ORDER BY name";

pub fn create_roles(server: &Server) -> Result<()> {
    Ok(server.connect("postgres")?.batch_execute(ROLES)?)
}

/// Creates the database, with the extension, and connects to it.
pub fn create(server: &Server, name: &str) -> Result<Client> {
    let mut client = server.database(name)?;
    let extensions: Vec<String> = client
        .query(WANTED, &[])?
        .iter()
        .map(|row| format!("CREATE EXTENSION {} SCHEMA legacy", identifier(row.get(0))))
        .collect();
    let more = MORE.replace("{extensions}", &(extensions.join(";\n") + ";"));
    for script in [&SHOP.replace("{collation}", "LOCALE = 'C'"), more.as_str()] {
        client.batch_execute(script).map_err(|error| anyhow!("{}\n{error:?}", explain(&error)))?;
    }
    Ok(client)
}
