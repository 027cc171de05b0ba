//! Writes the statements that repair what `fk_audit` finds.

use super::ddl::PARTITIONED_NOT_VALID;
use super::discover::{ForeignKey, Trigger};
use super::orphans::Orphans;
use super::reference::{KeyColumn, Reference, joined};
use super::status::Status;
use crate::pg::names::quote_identifier;
use crate::report::one_line::one_line;
use pgrx::pg_sys;

impl ForeignKey {
    /// Returns the statement that repairs it, or the first of several; the next call returns the
    /// next one. `None` if rows have to be repaired first, which requires a choice. `orphans` is
    /// `None` if the rows were not read.
    pub fn fix(&self, status: Status, orphans: Option<&Orphans>) -> Option<String> {
        if self.reference.unreadable().is_some() {
            return None;
        }
        let has_orphans = orphans.is_some_and(|orphans| orphans.count > 0);
        if !self.missing_triggers.tables.is_empty() {
            return self.recreate(has_orphans);
        }
        // This comes first, so that no more orphans appear, not even by the repair of a table that
        // refers to itself.
        if !self.disabled_triggers.is_empty() {
            return Some(joined(self.disabled_triggers.iter().map(Trigger::enable), " "));
        }
        (status == Status::NotValidated && !has_orphans).then(|| self.validate())
    }

    /// Returns a statement that drops and adds it, which is the only way to get its triggers back.
    /// It is NOT VALID where the server supports that: VALIDATE then reads the rows without
    /// blocking others.
    fn recreate(&self, has_orphans: bool) -> Option<String> {
        let definition = self.missing_triggers.definition.as_deref()?;
        let is_at_once = self.reference.child.kind == pg_sys::RELKIND_PARTITIONED_TABLE && !PARTITIONED_NOT_VALID;
        if is_at_once && has_orphans {
            return None;
        }
        // The definition of a constraint that is not validated already ends with NOT VALID.
        let how = if is_at_once || !self.is_validated { "" } else { " NOT VALID" };
        let (table, name) = (self.reference.child.name.quoted(), quote_identifier(&self.name));
        Some(format!("ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} {definition}{how};"))
    }

    /// Returns the statement that lists the rows that violate it, and the statements that repair
    /// them.
    pub fn choices(&self, orphans: &Orphans) -> Option<Vec<String>> {
        let is_writable = self.reference.unreadable().is_none();
        (is_writable && orphans.count > 0).then(|| self.reference.choices(orphans))
    }

    fn validate(&self) -> String {
        let table = self.reference.child.name.quoted();
        format!("ALTER TABLE {table} VALIDATE CONSTRAINT {};", quote_identifier(&self.name))
    }
}

impl Trigger {
    fn enable(&self) -> String {
        format!("ALTER TABLE {} ENABLE TRIGGER {};", self.table.quoted(), quote_identifier(&self.name))
    }
}

/// Turns a statement that is one of several choices into a comment.
fn commented(statement: String) -> String {
    format!("-- {}", one_line(statement))
}

impl Reference {
    /// Returns a SELECT that lists the orphans and, each as a comment, the statements to choose
    /// from.
    pub fn choices(&self, orphans: &Orphans) -> Vec<String> {
        let list = format!("SELECT c.* FROM {} c WHERE {};", self.child.rows(), self.orphaned());
        let side_effects = (!orphans.dependents.is_empty())
            .then(|| format!("The DELETE also changes other rows: {}", orphans.dependents.join(", ")));
        let delete = format!("DELETE FROM {} c WHERE {};", self.child.rows(), self.orphaned());
        let insert = self.insert_parents();
        let resync = insert.as_ref().and(orphans.resync.clone());
        let choices = [side_effects, Some(delete), self.set_null(), insert, resync];
        std::iter::once(one_line(list)).chain(choices.into_iter().flatten().map(commented)).collect()
    }

    /// Returns the UPDATE that sets the orphans' keys to null. With MATCH SIMPLE one null column is
    /// enough: the last one, since the first of several columns often identify the tenant. With
    /// MATCH FULL all of them have to be null.
    fn set_null(&self) -> Option<String> {
        let columns = &self.child.columns;
        let nulls: Vec<&KeyColumn> = match self.is_match_full {
            true if columns.iter().all(KeyColumn::may_become_null) => columns.iter().collect(),
            true => Vec::new(),
            false => columns.iter().rfind(|column| column.may_become_null()).into_iter().collect(),
        };
        let settings = joined(nulls.iter().map(|column| format!("{} = NULL", quote_identifier(&column.name))), ", ");
        (!nulls.is_empty()).then(|| format!("UPDATE {} c SET {settings} WHERE {};", self.child.rows(), self.orphaned()))
    }

    /// Returns the INSERT of the missing parent rows. Other columns of the parent may need values,
    /// too. ON CONFLICT leaves it to the parent's index to decide which keys are equal.
    fn insert_parents(&self) -> Option<String> {
        let columns = &self.parent.columns;
        if columns.iter().any(|column| column.is_generated) {
            return None;
        }
        let overriding = columns.iter().any(|column| column.is_identity_always);
        Some(format!(
            "INSERT INTO {} ({}) {}SELECT {} FROM {} c WHERE {} AND {} ON CONFLICT DO NOTHING;",
            self.parent.name.quoted(),
            self.parent.column_list(),
            if overriding { "OVERRIDING SYSTEM VALUE " } else { "" },
            joined(self.child.columns.iter().map(|column| format!("c.{}", quote_identifier(&column.name))), ", "),
            self.child.rows(),
            joined(self.pairs.iter().map(|pair| pair.test.clone()), " AND "),
            self.has_no_parent()
        ))
    }
}

impl KeyColumn {
    fn may_become_null(&self) -> bool {
        !self.is_not_null && !self.is_generated
    }
}
