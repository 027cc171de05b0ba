//! Creates and changes the event trigger that arms new tables. Its comment holds the schemas that
//! it is limited to.

use super::catalog::{EventTrigger, Functions, execute};
use crate::error::Error;
use crate::pg::{dependency, names, schemas};
use crate::report::quoting::literal;
use pgrx::pg_sys::Oid;

const NAME: &str = "pg_flightcheck_guard";
/// How the event trigger's comment begins if it is limited to schemas; a JSON array of their names
/// follows. A comment is one statement in a dump. A table of the extension's would need rows to be
/// loaded, which psql would take for statements if the extension is missing, and Prisma refuses to
/// initialize a schema that contains a table.
const LIMITED: &str = "pg_flightcheck guards these schemas: ";
/// How the comment begins if all schemas except some are guarded.
const EXCEPT: &str = "pg_flightcheck guards all schemas except these: ";

/// Commands after which a table may have to be armed, disarmed or judged. CREATE TABLE AS is not
/// among them: it creates no defaults.
const TAGS: [&str; 7] =
    ["ALTER SEQUENCE", "ALTER TABLE", "CREATE SCHEMA", "CREATE TABLE", "CREATE TRIGGER", "DROP OWNED", "DROP SEQUENCE"];

/// Creates the event trigger, or makes the existing one fire in every session and depend on the
/// extension. Needs a superuser.
fn create(functions: &Functions) -> Result<(), Error> {
    let existing = functions.event_triggers()?;
    if existing.is_empty() {
        let tags = TAGS.map(literal).join(", ");
        let function = functions.qualified("_seq_guard_on_ddl");
        execute(&format!(
            "CREATE EVENT TRIGGER {NAME} ON ddl_command_end WHEN TAG IN ({tags}) EXECUTE FUNCTION {function}()"
        ))?;
    }
    for trigger in functions.event_triggers()? {
        if !trigger.is_always {
            execute(&format!("ALTER EVENT TRIGGER {} ENABLE ALWAYS", names::quote_identifier(&trigger.name)))?;
        }
    }
    add_dependency(&functions.event_triggers()?);
    Ok(())
}

/// Makes the event trigger depend on the extension, which a dump does not record.
pub fn add_extension_dependency(functions: &Functions) -> Result<(), Error> {
    add_dependency(functions.known_event_triggers()?);
    Ok(())
}

fn add_dependency(triggers: &[EventTrigger]) {
    for trigger in triggers.iter().filter(|trigger| !trigger.is_extensions) {
        dependency::record_event_trigger_dependency(trigger.oid);
    }
}

/// Drops the event trigger. Needs a superuser.
fn drop(functions: &Functions) -> Result<(), Error> {
    for trigger in functions.event_triggers()? {
        execute(&format!("DROP EVENT TRIGGER {}", names::quote_identifier(&trigger.name)))?;
    }
    Ok(())
}

/// The schemas in which new tables are armed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guarded {
    All,
    Schemas(Vec<String>),
    AllExcept(Vec<String>),
}

impl Guarded {
    pub fn look_up(functions: &Functions) -> Result<Guarded, Error> {
        Ok(Guarded::of(functions.known_event_triggers()?))
    }

    fn of(triggers: &[EventTrigger]) -> Guarded {
        let list = |prefix| {
            let schemas = triggers.iter().flat_map(|trigger| schemas_in(trigger.comment.as_deref(), prefix));
            Some(schemas.collect::<Vec<_>>()).filter(|schemas| !schemas.is_empty())
        };
        let except = || list(EXCEPT).map_or(Guarded::All, Guarded::AllExcept);
        list(LIMITED).map_or_else(except, Guarded::Schemas)
    }

    pub fn covers(&self, table: Oid) -> bool {
        let schema = names::relation_schema(table);
        let has = |names: &[String]| names.iter().any(|name| schemas::find(name).ok() == schema);
        match self {
            Guarded::All => true,
            Guarded::Schemas(names) => schema.is_some() && has(names),
            Guarded::AllExcept(names) => schema.is_some() && !has(names),
        }
    }

    /// Adds a schema, or all schemas if it is `None`.
    fn with(self, schema: Option<&str>) -> Guarded {
        let Some(schema) = schema else { return Guarded::All };
        match self {
            Guarded::All => Guarded::All,
            Guarded::Schemas(names) => Guarded::Schemas(added(names, schema)),
            Guarded::AllExcept(names) => match removed(names, schema) {
                names if names.is_empty() => Guarded::All,
                names => Guarded::AllExcept(names),
            },
        }
    }

    /// Removes a schema. Returns `None` if no schema is left.
    fn without(self, schema: &str) -> Option<Guarded> {
        match self {
            Guarded::All => Some(Guarded::AllExcept(vec![schema.to_owned()])),
            Guarded::AllExcept(names) => Some(Guarded::AllExcept(added(names, schema))),
            Guarded::Schemas(names) => {
                Some(removed(names, schema)).filter(|names| !names.is_empty()).map(Guarded::Schemas)
            }
        }
    }

    fn comment(&self) -> Option<String> {
        let (prefix, names) = match self {
            Guarded::All => return None,
            Guarded::Schemas(names) => (LIMITED, names),
            Guarded::AllExcept(names) => (EXCEPT, names),
        };
        Some(format!("{prefix}{}", serde_json::Value::from(names.clone())))
    }
}

fn added(mut names: Vec<String>, name: &str) -> Vec<String> {
    names.push(name.to_owned());
    names.sort_unstable();
    names.dedup();
    names
}

fn removed(mut names: Vec<String>, name: &str) -> Vec<String> {
    names.retain(|other| other != name);
    names
}

/// Returns the schemas that an event trigger's comment lists after `prefix`; none if it begins
/// differently.
fn schemas_in(comment: Option<&str>, prefix: &str) -> Vec<String> {
    let list = comment.and_then(|comment| comment.strip_prefix(prefix));
    list.and_then(|list| serde_json::from_str(list).ok()).unwrap_or_default()
}

/// Arms new tables of the schema, or of all schemas if it is `None`, from now on. Creates the event
/// trigger if it does not exist. Needs a superuser.
pub fn arm_schema(functions: &Functions, schema: Option<&str>) -> Result<(), Error> {
    let before = functions.event_triggers()?;
    create(functions)?;
    let guarded = match schema {
        Some(schema) if before.is_empty() => Guarded::Schemas(vec![schema.to_owned()]),
        _ => Guarded::of(&before).with(schema),
    };
    set_comment(functions, &guarded)
}

/// The change for new tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Nothing,
    /// The event trigger was dropped.
    Dropped,
    /// New tables of the schema are no longer armed; those of other schemas still are.
    Limited,
}

/// Stops arming new tables of the schema, or of all schemas if it is `None`. Drops the event
/// trigger if no schema is left. Needs a superuser.
pub fn stop_arming_schema(functions: &Functions, schema: Option<&str>) -> Result<Change, Error> {
    let triggers = functions.event_triggers()?;
    if triggers.is_empty() {
        return Ok(Change::Nothing);
    }
    let before = Guarded::of(&triggers);
    match schema.and_then(|schema| before.clone().without(schema)) {
        None => drop(functions).map(|()| Change::Dropped),
        Some(after) if after == before => Ok(Change::Nothing),
        Some(after) => set_comment(functions, &after).map(|()| Change::Limited),
    }
}

fn set_comment(functions: &Functions, guarded: &Guarded) -> Result<(), Error> {
    let comment = guarded.comment();
    for trigger in functions.event_triggers()?.iter().filter(|trigger| trigger.comment != comment) {
        let name = names::quote_identifier(&trigger.name);
        let text = comment.as_deref().map_or_else(|| "NULL".to_owned(), literal);
        execute(&format!("COMMENT ON EVENT TRIGGER {name} IS {text}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn guarded_schemas_grow_and_shrink() {
        let one = Guarded::Schemas(names(&["a"]));
        let two = one.clone().with(Some("b"));
        assert_eq!(two, Guarded::Schemas(names(&["a", "b"])));
        assert_eq!(two.clone().without("a"), Some(Guarded::Schemas(names(&["b"]))));
        assert_eq!(two.clone().without("c"), Some(two.clone()));
        assert_eq!(one.without("a"), None);
        assert_eq!(two.with(None), Guarded::All);
        let but_two = Guarded::All.without("b").and_then(|guarded| guarded.without("a"));
        assert_eq!(but_two, Some(Guarded::AllExcept(names(&["a", "b"]))));
        let but_one = but_two.map(|guarded| guarded.with(Some("b")));
        assert_eq!(but_one, Some(Guarded::AllExcept(names(&["a"]))));
        assert_eq!(but_one.map(|guarded| guarded.with(Some("a"))), Some(Guarded::All));
        assert_eq!(Guarded::All.with(Some("a")), Guarded::All);
    }

    #[test]
    fn guarded_schemas_are_read_from_the_comment() {
        for guarded in [Guarded::Schemas(names(&["a", "B \"'"])), Guarded::AllExcept(names(&["a"]))] {
            let comment = guarded.comment();
            let read = |prefix| schemas_in(comment.as_deref(), prefix);
            let (some, except) = (read(LIMITED), read(EXCEPT));
            assert_eq!(guarded, if except.is_empty() { Guarded::Schemas(some) } else { Guarded::AllExcept(except) });
        }
        assert!(schemas_in(Some("a user's comment"), LIMITED).is_empty());
        assert!(schemas_in(None, EXCEPT).is_empty());
    }
}
