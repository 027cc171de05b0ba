//! A database with everything that a dump has to contain.

use anyhow::{Result, anyhow};
use cluster::{Server, explain, identifier};
use postgres::Client;
use std::collections::BTreeSet;

/// The shop of flightcheck's tests, and more.
const SHOP: &str = include_str!("../flightcheck/rich.sql");
const MORE: &str = include_str!("sample_database.sql");

/// The owners of its objects. A dump of a database does not contain roles.
const ROLES: &str = "CREATE ROLE app LOGIN CREATEDB; CREATE ROLE other; CREATE ROLE \"Odd \"\"owner\"\"\";
    CREATE ROLE clerk; CREATE ROLE tills; CREATE ROLE numbers";

/// Extensions with their own types, tables or operators.
const WANTED: &str = "SELECT name::text FROM pg_available_extensions
    WHERE name IN ('citext', 'hstore', 'pg_trgm', 'btree_gist', 'cube', 'intarray', 'unaccent', 'vector') ORDER BY name";

/// Optional features of a server; none by default.
#[derive(Default)]
pub struct Features {
    extensions: BTreeSet<String>,
    xml: bool,
}

impl Features {
    pub fn of(server: &Server) -> Result<Self> {
        let mut client = server.connect("postgres")?;
        let extensions = client.query(WANTED, &[])?.iter().map(|row| row.get(0)).collect();
        Ok(Self { extensions, xml: client.query("SELECT '<a/>'::xml::text", &[]).is_ok() })
    }

    /// Returns the features that both servers have.
    pub fn common(&self, other: &Self) -> Self {
        Self { extensions: &self.extensions & &other.extensions, xml: self.xml && other.xml }
    }
}

pub fn create_roles(server: &Server) -> Result<()> {
    Ok(server.connect("postgres")?.batch_execute(ROLES)?)
}

/// Creates the database, with the extension, and connects to it.
pub fn create(server: &Server, name: &str) -> Result<Client> {
    create_with(server, name, &Features::of(server)?)
}

pub fn create_with(server: &Server, name: &str, features: &Features) -> Result<Client> {
    let mut client = server.database(name)?;
    let create = |name: &String| format!("CREATE EXTENSION {} SCHEMA legacy;\n", identifier(name));
    let more = MORE
        .replace("{extensions}", &features.extensions.iter().map(create).collect::<String>())
        .replace("{markup}", if features.xml { "'<a>é</a>'" } else { "NULL" });
    for script in [&SHOP.replace("{collation}", "LOCALE = 'C'"), more.as_str()] {
        client.batch_execute(script).map_err(|error| anyhow!("{}\n{error:?}", explain(&error)))?;
    }
    Ok(client)
}
