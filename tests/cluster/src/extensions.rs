//! The extensions that come with a server.

use crate::identifier;
use anyhow::Result;
use postgres::Client;

/// Creates every available extension, in the schema `tools` if it is relocatable. Returns how many
/// extensions the database has then.
pub fn create_extensions(client: &mut Client) -> Result<i64> {
    let available = "SELECT name::text FROM pg_available_extensions WHERE installed_version IS NULL ORDER BY name";
    for row in client.query(available, &[])? {
        let name = identifier(row.get(0));
        // An error is ignored: some require a library in shared_preload_libraries, or an
        // interpreter.
        let _ = client
            .batch_execute(&format!("CREATE EXTENSION {name} SCHEMA tools CASCADE"))
            .or_else(|_| client.batch_execute(&format!("CREATE EXTENSION {name} CASCADE")));
    }
    Ok(client.query_one("SELECT count(*) FROM pg_extension", &[])?.get(0))
}
