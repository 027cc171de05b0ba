//! The statements that repair what `fk_audit` finds.

use super::count::Orphans;
use super::ddl::PARTITIONED_NOT_VALID;
use super::discover::{ForeignKey, Trigger};
use super::reference::{Column, Reference, joined};
use super::status::Status;
use crate::pg::names::quote_identifier;
use pgrx::pg_sys;

impl ForeignKey {
    /// What repairs it, or lists what is to be repaired and offers the ways. `orphans` is `None` as long as nobody has looked.
    pub fn fix(&self, status: Status, orphans: Option<&Orphans>) -> Option<String> {
        if self.reference.unreadable().is_some() {
            return None;
        }
        let orphans = orphans.filter(|orphans| orphans.count > 0);
        if !self.gaps.places.is_empty() {
            return self.make_again(orphans);
        }
        // First of all, so that no more of them come, and none by the repair itself where a table refers to itself.
        let mut lines: Vec<String> = self.silent_triggers.iter().map(Trigger::enable).collect();
        if let Some(orphans) = orphans {
            lines.extend(self.reference.ways_to_repair(orphans));
        }
        if status == Status::NotValidated || (!self.is_validated && status == Status::TriggersOff) {
            let validate = self.validate();
            lines.extend(if orphans.is_some() { commented(&validate) } else { Some(validate) });
        }
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// Drops it and adds it, which is the only way to get its triggers back. Two steps where the server can do it so: rows are read
    /// when the table is open to others again.
    fn make_again(&self, orphans: Option<&Orphans>) -> Option<String> {
        let definition = self.gaps.definition.as_deref()?;
        let (table, name) = (self.reference.child.name.quoted(), quote_identifier(&self.name));
        let again =
            |how| format!("ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} {definition}{how};");
        let is_at_once = self.reference.child.kind == pg_sys::RELKIND_PARTITIONED_TABLE && !PARTITIONED_NOT_VALID;
        let (first, last) = match (is_at_once, self.is_validated) {
            (true, _) => (None, again("")),
            // The definition says NOT VALID by itself.
            (false, false) => (Some(again("")), self.validate()),
            (false, true) => (Some(again(" NOT VALID")), self.validate()),
        };
        let Some(orphans) = orphans else {
            return Some(first.into_iter().chain([last]).collect::<Vec<_>>().join(" "));
        };
        let lines = first.into_iter().chain(self.reference.ways_to_repair(orphans)).chain(commented(&last));
        Some(lines.collect::<Vec<_>>().join("\n"))
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

/// A statement that has to be chosen; `None` if a name would end the comment, as a carriage return does for the server alone.
pub fn commented(statement: &str) -> Option<String> {
    let lines = statement.split('\n').map(|line| format!("-- {line}"));
    (!statement.contains('\r')).then(|| joined(lines, "\n"))
}

impl Reference {
    /// A SELECT that lists the orphans and, commented, the statements to choose from.
    pub fn ways_to_repair(&self, orphans: &Orphans) -> Vec<String> {
        std::iter::once(self.list()).chain(self.choices(orphans)).collect()
    }

    /// The same, all of it commented.
    pub fn ways_to_repair_commented(&self, orphans: &Orphans) -> Vec<String> {
        commented(&self.list()).into_iter().chain(self.choices(orphans)).collect()
    }

    fn list(&self) -> String {
        format!("SELECT c.* FROM {} c WHERE {};", self.child.rows(), self.orphaned())
    }

    fn choices(&self, orphans: &Orphans) -> Vec<String> {
        let takes_more = (!orphans.dependents.is_empty())
            .then(|| format!("The DELETE takes more than these rows: {}", orphans.dependents.join(", ")));
        let delete = format!("DELETE FROM {} c WHERE {};", self.child.rows(), self.orphaned());
        let insert = self.insert_parents();
        let resync = insert.as_ref().and(orphans.resync.clone());
        let choices = [takes_more, Some(delete), self.set_null(), insert, resync];
        choices.iter().flatten().filter_map(|choice| commented(choice)).collect()
    }

    /// With MATCH SIMPLE one null column is enough, the last, since the first of several often say whose the row is; with MATCH FULL
    /// all have to be.
    fn set_null(&self) -> Option<String> {
        let columns = &self.child.columns;
        let nulls: Vec<&Column> = match self.is_match_full {
            true if columns.iter().all(Column::may_become_null) => columns.iter().collect(),
            true => Vec::new(),
            false => columns.iter().rfind(|column| column.may_become_null()).into_iter().collect(),
        };
        let settings = joined(nulls.iter().map(|column| format!("{} = NULL", quote_identifier(&column.name))), ", ");
        (!nulls.is_empty()).then(|| format!("UPDATE {} c SET {settings} WHERE {};", self.child.rows(), self.orphaned()))
    }

    /// Other columns of the parent may want values, too. Which keys are the same is for the parent's index to say.
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

impl Column {
    fn may_become_null(&self) -> bool {
        !self.is_not_null && !self.is_generated
    }
}
