//! The guard's functions, triggers and event triggers as the catalogs have them.

use crate::fault::Fault;
use crate::pg::names::quote_identifier;
use crate::pg::row::required;
use crate::pg::{access, kept_plan, schemas, subtransaction};
use pgrx::pg_sys::{Oid, PgBuiltInOids, PgOid};
use pgrx::{PgSqlErrorCode, Spi};

const FUNCTION: &str = include_str!("../../sql/queries/guard_function.sql");
const TRIGGERS: &str = include_str!("../../sql/queries/guard_triggers.sql");
const TRIGGERS_OF_TABLE: &str = include_str!("../../sql/queries/guard_triggers_of_table.sql");
const EVENT_TRIGGERS: &str = include_str!("../../sql/queries/guard_event_triggers.sql");

const OID: PgOid = PgOid::BuiltIn(PgBuiltInOids::OIDOID);

/// The name of a trigger that marks a table which the guard leaves out. It is switched off. By its name it is told from one that
/// DISABLE TRIGGER ALL has switched off for a load, and pg_dump writes it out.
pub const LEFT_OUT: &str = "pg_flightcheck_left_out";

/// `pg_trigger.tgenabled`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Firing {
    Always,
    Off,
    /// In sessions of one replication role alone.
    Sometimes,
}

/// A trigger of the guard's on a table.
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

    /// Whether it is as `arm` would leave it.
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
    /// It is dropped together with the extension.
    pub is_extensions: bool,
    pub comment: Option<String>,
}

/// The guard's functions: the triggers' and the event trigger's.
#[derive(Clone, Debug)]
pub struct Functions {
    pub note: Oid,
    pub on_ddl: Oid,
    schema: String,
}

impl Functions {
    pub fn look_up() -> Result<Functions, Fault> {
        subtransaction::discard(|| {
            Spi::connect(|client| {
                let row = kept_plan::select(client, FUNCTION, &[], &[])?.next().ok_or_else(|| {
                    Fault::new(PgSqlErrorCode::ERRCODE_UNDEFINED_FUNCTION, "the guard's functions are not installed")
                        .hint("Run: ALTER EXTENSION pg_flightcheck UPDATE;")
                })?;
                Ok(Functions { note: required(&row, 1)?, on_ddl: required(&row, 2)?, schema: required(&row, 3)? })
            })
        })
    }

    /// What a role needs to make triggers that call them.
    pub fn refuse_unusable(&self) -> Result<(), Fault> {
        if schemas::find(&self.schema).is_ok_and(access::may_use_schema) {
            return Ok(());
        }
        let (schema, user) = (quote_identifier(&self.schema), quote_identifier(&access::current_user()));
        let message = format!("permission denied for schema {schema}, in which the guard's functions are");
        Err(Fault::new(PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE, message)
            .hint(format!("Run: GRANT USAGE ON SCHEMA {schema} TO {user};")))
    }

    /// A function or table of the extension's by its qualified name, quoted.
    pub fn qualified(&self, name: &str) -> String {
        format!("{}.{name}", quote_identifier(&self.schema))
    }

    /// The guard's triggers on one table or on all.
    pub fn triggers(&self, table: Option<Oid>) -> Result<Vec<Trigger>, Fault> {
        subtransaction::discard(|| {
            Spi::connect(|client| {
                let rows = match table {
                    Some(table) => {
                        let arguments = [self.note.into(), table.into()];
                        kept_plan::select(client, TRIGGERS_OF_TABLE, &[OID, OID], &arguments)?
                    }
                    None => client.select(TRIGGERS, None, &[self.note.into()])?,
                };
                rows.map(|row| {
                    let firing = match required::<i8>(&row, 3)? as u8 {
                        b'A' => Firing::Always,
                        b'D' => Firing::Off,
                        _ => Firing::Sometimes,
                    };
                    Ok(Trigger { table: required(&row, 1)?, name: required(&row, 2)?, firing })
                })
                .collect()
            })
        })
    }

    pub fn event_triggers(&self) -> Result<Vec<EventTrigger>, Fault> {
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
pub fn execute(statement: &str) -> Result<(), Fault> {
    Spi::connect_mut(|client| client.update(statement, None, &[]).map(drop))?;
    Ok(())
}
