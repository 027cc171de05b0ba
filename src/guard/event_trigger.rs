//! The event trigger that arms tables as they come, and the schemas it is limited to, which are in its comment.

use super::catalog::{EventTrigger, Functions, execute};
use crate::fault::Fault;
use crate::pg::{dependency, names, schemas};
use pgrx::pg_sys::Oid;

const NAME: &str = "pg_flightcheck_guard";
/// How the event trigger's comment begins where it is limited to schemas; a JSON array of them follows. A dump has the comment as
/// one statement. A table of the extension's would be rows to load: where the extension is missing, they would be taken for
/// statements, and Prisma refuses to begin in a schema that has a table.
const LIMITED: &str = "pg_flightcheck guards these schemas: ";

/// Commands after which a table may have to be armed, disarmed or judged. CREATE TABLE AS is none: it makes no defaults.
const TAGS: [&str; 7] =
    ["ALTER SEQUENCE", "ALTER TABLE", "CREATE SCHEMA", "CREATE TABLE", "CREATE TRIGGER", "DROP OWNED", "DROP SEQUENCE"];

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
    pub fn look_up(functions: &Functions) -> Result<Guarded, Fault> {
        let schemas: Vec<String> = functions.event_triggers()?.iter().flat_map(schemas_of).collect();
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

/// The schemas in an event trigger's comment; none if it has none of ours.
fn schemas_of(trigger: &EventTrigger) -> Vec<String> {
    let list = trigger.comment.as_deref().and_then(|comment| comment.strip_prefix(LIMITED));
    list.and_then(|list| serde_json::from_str(list).ok()).unwrap_or_default()
}

/// Adds a schema to the guarded ones; `None`: all of them from now on.
pub fn guard_schema(functions: &Functions, schema: Option<&str>) -> Result<(), Fault> {
    for trigger in functions.event_triggers()? {
        let comment = schema.map(|schema| {
            let mut schemas = schemas_of(&trigger);
            schemas.push(schema.to_owned());
            schemas.sort_unstable();
            schemas.dedup();
            names::quote_literal(&format!("{LIMITED}{}", serde_json::Value::from(schemas)))
        });
        let name = names::quote_identifier(&trigger.name);
        execute(&format!("COMMENT ON EVENT TRIGGER {name} IS {}", comment.as_deref().unwrap_or("NULL")))?;
    }
    Ok(())
}
