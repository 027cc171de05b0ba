//! The table that a statement changes, as it was before.

use crate::error::Error;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::RelationName;
use crate::precheck::model::Found;
use crate::precheck::model::relation::{Constraint, Id, Relation};
use crate::precheck::run::Run;
use crate::precheck::statements::names::choose;

pub struct Subject {
    pub id: Id,
    pub before: Relation,
}

impl Subject {
    /// Returns the relation if other sessions may use it and all of it is known.
    pub fn of(run: &mut Run, name: &RelationName) -> Result<Option<Subject>, Error> {
        let Found::Relation(id) = run.model.find(name)? else { return Ok(None) };
        let before = run.model.get(id);
        let is_known = before.oid.is_some() && !before.is_opaque && !before.hides_expressions;
        let is_shared = before.persistence != b't' && before.name == name.name;
        Ok((is_known && is_shared).then(|| Subject { id, before: before.clone() }))
    }

    pub fn table(&self) -> String {
        self.before.quoted()
    }

    /// Whether it is a table with rows of its own only.
    pub fn is_plain(&self) -> bool {
        self.before.kind == b'r' && !self.has_children()
    }

    pub fn has_children(&self) -> bool {
        !self.before.children.is_empty() || !self.before.new_children.is_empty()
    }

    /// Returns a free name for a constraint, as the server would make it.
    pub fn free_name(&self, run: &mut Run, column: Option<&str>, label: &str) -> Result<String, Error> {
        choose(run, &self.before.schema, &self.before.name, column, label)
    }

    pub fn validate(&self, constraint: &str) -> String {
        format!("ALTER TABLE {} VALIDATE CONSTRAINT {};", self.table(), quote_identifier(constraint))
    }

    pub fn drop_constraint(&self, constraint: &str) -> String {
        format!("ALTER TABLE {} DROP CONSTRAINT {};", self.table(), quote_identifier(constraint))
    }
}

/// The names that the statement gives to new constraints, in the order of the server's passes.
pub struct NewNames {
    list: Vec<Constraint>,
}

impl NewNames {
    pub fn of(run: &Run, subject: &Subject) -> NewNames {
        let number = Some(run.number());
        let constraints = run.model.get(subject.id).constraints.iter();
        let added = constraints.filter(|constraint| constraint.added == number);
        NewNames { list: added.cloned().collect() }
    }

    /// Returns the name of the next constraint of this kind, as in pg_constraint.contype.
    pub fn take(&mut self, kind: u8) -> Option<String> {
        let at = self.list.iter().position(|constraint| constraint.kind == kind)?;
        Some(self.list.remove(at).name)
    }

    /// Returns the name of the column's NOT NULL, which it has since version 18.
    pub fn not_null(&self, column: &str) -> Option<String> {
        let is_of = |constraint: &&Constraint| constraint.kind == b'n' && constraint.columns == [column];
        self.list.iter().find(is_of).map(|constraint| constraint.name.clone())
    }
}
