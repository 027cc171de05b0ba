//! Makes the statements that details, fixes and hints recommend: calls of the extension's
//! functions, and grants to the current user.

use crate::error::Error;
use crate::pg::names::{QualifiedName, quote_identifier};
use crate::pg::{access, extension};
use crate::report::quoting::literal;

/// The schema of the extension and the current user, both quoted.
pub struct Statements {
    schema: String,
    user: String,
}

impl Statements {
    /// Looks up both names. Fails if the extension is not installed in this database.
    pub fn new() -> Result<Statements, Error> {
        Ok(Statements { schema: extension::quoted_schema()?, user: quote_identifier(&access::current_user()) })
    }

    /// Returns the call that repairs the sequences of a table, given its quoted name.
    pub fn resync_table(&self, table: &str) -> String {
        format!("SELECT * FROM {}.seq_resync_table({});", self.schema, literal(table))
    }

    /// Returns the call that repairs the sequences of a schema, or of the database.
    pub fn resync(&self, schema: Option<&str>) -> String {
        let argument = schema.map(literal).unwrap_or_default();
        format!("SELECT * FROM {}.seq_resync({argument});", self.schema)
    }

    /// Returns the call that counts the rows that violate a foreign key, given the tables' quoted
    /// names.
    pub fn precheck(&self, child: &str, columns: &[String], parent: &str) -> String {
        let columns: Vec<String> = columns.iter().map(|column| literal(column)).collect();
        format!(
            "SELECT * FROM {}.fk_precheck({}, ARRAY[{}], {});",
            self.schema,
            literal(child),
            columns.join(", "),
            literal(parent)
        )
    }

    /// Returns the query that lists the sequences of a schema, or of the database, that are not ok.
    pub fn audit(&self, schema: Option<&str>) -> String {
        let argument = schema.map(literal).unwrap_or_default();
        format!("SELECT * FROM {}.seq_audit({argument}) WHERE status <> 'ok';", self.schema)
    }

    /// Returns the query that lists the columns that draw from a sequence, given its quoted name.
    pub fn audit_of_sequence(&self, sequence: &str) -> String {
        let sequence = literal(sequence);
        format!("SELECT * FROM {}.seq_audit() WHERE sequence_name = {sequence}::regclass;", self.schema)
    }

    /// Returns the call that ends the sessions that hold an advisory lock and have been idle for
    /// `min_idle` microseconds.
    pub fn terminate(&self, lock_key: &str, min_idle: i64) -> String {
        let key = literal(lock_key);
        let min_idle = literal(&format!("{} s", min_idle / 1_000_000));
        format!(
            "SELECT * FROM {}.advisory_lock_terminate({key}, min_idle => {min_idle}, dry_run => false);",
            self.schema
        )
    }

    /// Returns the call that reports on a script, whose text is left out.
    pub fn precheck_script(&self) -> String {
        format!("SELECT * FROM {}.migration_precheck(…);", self.schema)
    }

    /// Returns the GRANT that lets the current user read a sequence, given its quoted name.
    pub fn grant_sequence(&self, sequence: &str) -> String {
        format!("GRANT SELECT ON SEQUENCE {sequence} TO {};", self.user)
    }

    /// Returns the GRANT that lets the current user look up objects in a schema.
    pub fn grant_schema(&self, schema: &str) -> String {
        format!("GRANT USAGE ON SCHEMA {} TO {};", quote_identifier(schema), self.user)
    }

    /// Returns the GRANT that lets the current user read columns of a table, given their quoted
    /// names.
    pub fn grant_select(&self, table: &QualifiedName, columns: &str) -> String {
        format!("GRANT SELECT ({columns}) ON {} TO {};", table.quoted(), self.user)
    }

    /// Returns the GRANT that lets the current user see all rows and sequences, as monitoring does.
    pub fn grant_reading(&self) -> String {
        format!("GRANT pg_read_all_data TO {};", self.user)
    }

    /// Returns the GRANT that lets the current user see what sessions of other roles do.
    pub fn grant_stats(&self) -> String {
        format!("GRANT pg_read_all_stats TO {};", self.user)
    }

    /// Returns the GRANT of these roles, given their quoted names.
    pub fn grant_roles(&self, roles: &str) -> String {
        format!("GRANT {roles} TO {};", self.user)
    }

    /// Returns the call of one of the procedures of maintenance mode, given its arguments.
    pub fn maintenance(&self, procedure: &str, arguments: &str) -> String {
        format!("CALL {}.{procedure}({arguments});", self.schema)
    }

    /// Returns the query that shows the state of maintenance mode.
    pub fn maintenance_status(&self) -> String {
        format!("SELECT * FROM {}.maintenance_status();", self.schema)
    }

    /// Returns the GRANT of both.
    pub fn grant_monitoring(&self) -> String {
        format!("GRANT pg_read_all_data, pg_read_all_stats TO {};", self.user)
    }
}
