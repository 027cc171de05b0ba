//! Reads the guard's functions, triggers and event triggers from the catalogs.

use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::pg::row::required;
use crate::pg::{access, extension, kept_plan, names, schemas, statement_trigger, subtransaction};
use pgrx::pg_sys::{Oid, PgBuiltInOids, PgOid};
use pgrx::{PgSqlErrorCode, Spi};
use std::cell::{Cell, OnceCell};

const FUNCTION: &str = include_str!("../../sql/queries/guard_functions.sql");
const TRIGGERS: &str = include_str!("../../sql/queries/guard_triggers.sql");
const EVENT_TRIGGERS: &str = include_str!("../../sql/queries/guard_event_triggers.sql");

const OID: PgOid = PgOid::BuiltIn(PgBuiltInOids::OIDOID);

/// The name of a disabled trigger that marks a table which the guard leaves out. The name
/// distinguishes it from one that DISABLE TRIGGER ALL has disabled for a load, and pg_dump writes
/// it out.
pub const LEFT_OUT: &str = "pg_flightcheck_left_out";

/// `pg_trigger.tgenabled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Firing {
    Always,
    Off,
    /// Only in sessions with one replication role.
    Sometimes,
}

impl Firing {
    /// Returns the meaning of a value of `pg_trigger.tgenabled`.
    fn of(code: u8) -> Firing {
        match code {
            b'A' => Firing::Always,
            b'D' => Firing::Off,
            _ => Firing::Sometimes,
        }
    }
}

/// One of the guard's triggers on a table.
#[derive(Clone, Debug)]
pub struct Trigger {
    pub table: Oid,
    pub name: String,
    pub firing: Firing,
}

impl Trigger {
    /// Whether the table is left out on purpose.
    pub fn is_left_out(&self) -> bool {
        self.name == LEFT_OUT
    }

    /// Whether `arm` would leave the trigger unchanged.
    pub fn is_settled(&self) -> bool {
        match self.firing {
            Firing::Always => !self.is_left_out(),
            Firing::Off => true,
            Firing::Sometimes => false,
        }
    }
}

#[derive(Clone, Debug)]
pub struct EventTrigger {
    pub oid: Oid,
    pub name: String,
    pub is_always: bool,
    /// The event trigger is dropped together with the extension.
    pub is_extensions: bool,
    pub comment: Option<String>,
}

/// The functions of the guard's triggers and of its event trigger.
#[derive(Clone, Debug)]
pub struct Functions {
    pub note: Oid,
    pub on_ddl: Oid,
    schema: String,
    /// The event triggers as they were at the first call of `known_event_triggers`.
    event_triggers: OnceCell<Vec<EventTrigger>>,
}

/// The OIDs of the functions and of their schema.
#[derive(Clone, Copy)]
struct Known {
    note: Oid,
    on_ddl: Oid,
    schema: Oid,
}

thread_local! {
    /// The last result of `look_up`, which the event trigger needs at every command.
    static KNOWN: Cell<Option<Known>> = const { Cell::new(None) };
}

impl Functions {
    pub fn look_up() -> Result<Functions, Error> {
        let is_current = |known: &Known| extension::has_functions(&[known.note, known.on_ddl], known.schema);
        let known = match KNOWN.get().filter(is_current) {
            Some(known) => known,
            None => Functions::find()?,
        };
        KNOWN.set(Some(known));
        let schema = names::schema_name(known.schema);
        Ok(Functions { note: known.note, on_ddl: known.on_ddl, schema, event_triggers: OnceCell::new() })
    }

    fn find() -> Result<Known, Error> {
        subtransaction::discard(|| {
            Spi::connect(|client| {
                let row = kept_plan::select(client, FUNCTION, &[], &[])?.next().ok_or_else(|| {
                    Error::new(PgSqlErrorCode::ERRCODE_UNDEFINED_FUNCTION, "the guard's functions are not installed")
                        .hint("Run: ALTER EXTENSION pg_flightcheck UPDATE;")
                })?;
                Ok(Known { note: required(&row, 1)?, on_ddl: required(&row, 2)?, schema: required(&row, 3)? })
            })
        })
    }

    /// Returns 42501 if the current user cannot create triggers that call the functions.
    pub fn check_schema_usage(&self) -> Result<(), Error> {
        if schemas::find(&self.schema).is_ok_and(access::may_use_schema) {
            return Ok(());
        }
        let (schema, user) = (quote_identifier(&self.schema), quote_identifier(&access::current_user()));
        let message = format!("permission denied for schema {schema} of the guard's functions");
        Err(Error::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, message)
            .hint(format!("Run: GRANT USAGE ON SCHEMA {schema} TO {user};")))
    }

    /// Returns the quoted, qualified name of one of the extension's functions.
    pub fn qualified(&self, name: &str) -> String {
        format!("{}.{name}", quote_identifier(&self.schema))
    }

    /// Returns the query that calls one of the extension's functions.
    pub fn select(&self, function: &str, arguments: &str) -> String {
        format!("SELECT * FROM {}({arguments});", self.qualified(function))
    }

    /// Returns the statement that calls one of the extension's procedures.
    pub fn call(&self, procedure: &str, arguments: &str) -> String {
        format!("CALL {}({arguments});", self.qualified(procedure))
    }

    /// Returns the guard's triggers on all tables.
    pub fn triggers(&self) -> Result<Vec<Trigger>, Error> {
        subtransaction::discard(|| {
            Spi::connect(|client| {
                let rows = client.select(TRIGGERS, None, &[self.note.into()])?;
                rows.map(|row| {
                    let firing = Firing::of(required::<i8>(&row, 3)? as u8);
                    Ok(Trigger { table: required(&row, 1)?, name: required(&row, 2)?, firing })
                })
                .collect()
            })
        })
    }

    /// Returns the guard's triggers on one table. Takes AccessShareLock on it and releases it.
    pub fn triggers_of(&self, table: Oid) -> Vec<Trigger> {
        let triggers = statement_trigger::calling(table, self.note).into_iter();
        triggers.map(|(name, code)| Trigger { table, name, firing: Firing::of(code) }).collect()
    }

    /// Returns the event triggers, which are looked up once. Not to be used after one of them has
    /// changed.
    pub fn known_event_triggers(&self) -> Result<&[EventTrigger], Error> {
        if self.event_triggers.get().is_none() {
            let _ = self.event_triggers.set(self.event_triggers()?);
        }
        Ok(self.event_triggers.get().map_or(&[], Vec::as_slice))
    }

    pub fn event_triggers(&self) -> Result<Vec<EventTrigger>, Error> {
        subtransaction::discard(|| {
            Spi::connect(|client| {
                let rows = kept_plan::select(client, EVENT_TRIGGERS, &[OID], &[self.on_ddl.into()])?;
                rows.map(|row| {
                    Ok(EventTrigger {
                        oid: required(&row, 1)?,
                        name: required(&row, 2)?,
                        is_always: required(&row, 3)?,
                        is_extensions: required(&row, 4)?,
                        comment: row.get(5)?,
                    })
                })
                .collect()
            })
        })
    }
}

/// Runs a statement that changes something.
pub fn execute(statement: &str) -> Result<(), Error> {
    Spi::connect_mut(|client| client.update(statement, None, &[]).map(drop))?;
    Ok(())
}
