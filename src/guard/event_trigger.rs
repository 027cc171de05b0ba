//! The event trigger that arms tables as they come, and the schemas it is limited to.

use super::catalog::{Functions, execute};
use crate::fault::Fault;
use crate::pg::{dependency, names, schemas, subtransaction};
use pgrx::Spi;
use pgrx::pg_sys::Oid;

const NAME: &str = "pg_flightcheck_guard";
/// The table that `Guarded` is read from.
const SCHEMAS: &str = "flightcheck_guard.schemas";

/// Commands after which a table may have to be armed or disarmed. CREATE TABLE AS is none: it makes no defaults.
const TAGS: [&str; 6] =
    ["ALTER TABLE", "CREATE SCHEMA", "CREATE TABLE", "CREATE TRIGGER", "DROP OWNED", "DROP SEQUENCE"];

/// Creates the event trigger, or sees to it that it fires in every session and goes with the extension. Needs a superuser.
pub fn create(functions: &Functions) -> Result<(), Fault> {
    let existing = functions.event_triggers()?;
    if existing.is_empty() {
        let tags = TAGS.map(names::quote_literal).join(", ");
        let function = functions.qualified("seq_guard_on_ddl");
        execute(&format!(
            "CREATE EVENT TRIGGER {NAME} ON ddl_command_end WHEN TAG IN ({tags}) EXECUTE FUNCTION {function}()"
        ))?;
    }
    for trigger in functions.event_triggers()? {
        if !trigger.is_always {
            execute(&format!("ALTER EVENT TRIGGER {} ENABLE ALWAYS", names::quote_identifier(&trigger.name)))?;
        }
    }
    tie_to_extension(functions)
}

/// A dump cannot tell that an event trigger goes with an extension.
pub fn tie_to_extension(functions: &Functions) -> Result<(), Fault> {
    for trigger in functions.event_triggers()?.iter().filter(|trigger| !trigger.is_extensions) {
        dependency::event_trigger_goes_with_extension(trigger.oid);
    }
    Ok(())
}

/// Drops the event trigger. Needs a superuser.
pub fn drop(functions: &Functions) -> Result<(), Fault> {
    for trigger in functions.event_triggers()? {
        execute(&format!("DROP EVENT TRIGGER {}", names::quote_identifier(&trigger.name)))?;
    }
    Ok(())
}

/// The schemas whose new tables are armed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guarded {
    All,
    Schemas(Vec<String>),
}

impl Guarded {
    pub fn look_up() -> Result<Guarded, Fault> {
        let query = format!("SELECT DISTINCT s.schema_name::pg_catalog.text FROM {SCHEMAS} s ORDER BY 1");
        let names: Vec<Option<String>> = subtransaction::discard(|| {
            Spi::connect(|client| {
                Ok(client.select(query.as_str(), None, &[])?.map(|row| row.get(1)).collect::<Result<_, _>>()?)
            })
        })?;
        let schemas: Vec<String> = names.into_iter().flatten().collect();
        Ok(if schemas.is_empty() { Guarded::All } else { Guarded::Schemas(schemas) })
    }

    pub fn covers(&self, table: Oid) -> bool {
        let schema = names::relation_schema(table);
        match self {
            Guarded::All => true,
            Guarded::Schemas(names) => schema.is_some() && names.iter().any(|name| schemas::find(name).ok() == schema),
        }
    }
}

/// Adds a schema to the guarded ones; `None`: all of them from now on.
pub fn guard_schema(schema: Option<&str>) -> Result<(), Fault> {
    match schema {
        None => execute(&format!("DELETE FROM {SCHEMAS}")),
        Some(name) => {
            let insert = format!(
                "INSERT INTO {SCHEMAS} SELECT $1::pg_catalog.name WHERE NOT EXISTS \
                 (SELECT FROM {SCHEMAS} s WHERE s.schema_name OPERATOR(pg_catalog.=) $1::pg_catalog.name)"
            );
            Spi::connect_mut(|client| client.update(insert.as_str(), None, &[name.into()]).map(std::mem::drop))?;
            Ok(())
        }
    }
}
