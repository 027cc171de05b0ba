//! Writes the statements that add a foreign key without blocking writers.

use super::orphans::Orphans;
use super::reference::{Reference, joined};
use super::request::NamedTable;
use crate::error::Error;
use crate::pg::catalog_query;
use crate::pg::foreign_key_operator::object_name;
use crate::pg::names::{QualifiedName, quote_identifier};
use crate::report::object_name;
use pgrx::pg_sys::Oid;

const PRECHECK_CHILD: &str = include_str!("../../sql/queries/fk_precheck_child.sql");

/// Whether a partitioned table's foreign key can be NOT VALID: since PostgreSQL 18.
pub const PARTITIONED_NOT_VALID: bool = cfg!(since_18);

/// The objects that the child already has.
pub struct Existing {
    pub equivalent: Option<EquivalentKey>,
    pub has_index: bool,
    /// A name for the new constraint that is free on the child and on its partitions.
    pub name: String,
    /// Whether the child's owner may refer to the parent's columns.
    pub may_refer: bool,
}

/// A foreign key that has the same columns on both sides.
pub struct EquivalentKey {
    pub name: String,
    pub is_validated: bool,
    pub is_enforced: bool,
}

impl Existing {
    pub fn look_up(
        child: &NamedTable,
        columns: &[i16],
        parent: Oid,
        parent_columns: &[i16],
        reference: &Reference,
    ) -> Result<Self, Error> {
        let second = joined(reference.child.columns.iter().map(|column| column.name.clone()), "_");
        let name = |label: &str| object_name(&child.name.name, &second, label);
        let stem: String = name("fkey").chars().take_while(|letter| letter.is_ascii()).take(8).collect();
        let arguments =
            [child.oid.into(), columns.to_vec().into(), parent.into(), parent_columns.to_vec().into(), stem.into()];
        let found = catalog_query::read(PRECHECK_CHILD, &arguments, |row| {
            let equivalent = row.optional_text(1)?;
            let (is_validated, is_enforced) = (row.optional(2)?.unwrap_or(false), row.optional(3)?.unwrap_or(true));
            let taken = row.texts(5)?;
            let candidates = std::iter::once("fkey".to_owned()).chain((1..).map(|number| format!("fkey{number}")));
            let free = candidates.map(|label| name(&label)).find(|name| !taken.contains(name));
            Ok(Existing {
                equivalent: equivalent.map(|name| EquivalentKey { name, is_validated, is_enforced }),
                has_index: row.get(4)?,
                name: free.unwrap_or_default(),
                may_refer: row.optional(6)?.unwrap_or(true),
            })
        })?;
        let none = || Existing { equivalent: None, has_index: false, name: name("fkey"), may_refer: true };
        Ok(found.into_iter().next().unwrap_or_else(none))
    }
}

/// The objects that the statements have to create.
pub struct Plan<'a> {
    pub child: &'a NamedTable,
    pub reference: &'a Reference,
    pub existing: &'a Existing,
}

impl Plan<'_> {
    /// Returns the statements in order, without those that fail while there are orphans; `None` if
    /// a name cannot be written in this encoding.
    pub fn statements(&self, orphans: Option<&Orphans>) -> Option<Vec<String>> {
        self.is_writable().then(|| {
            let mut statements = self.index();
            statements.extend(self.constraint(has_any(orphans)));
            statements
        })
    }

    /// Returns the statements that add a unique key to the parent, and then the foreign key.
    pub fn with_unique_key(
        &self,
        parent: &NamedTable,
        orphans: Option<&Orphans>,
    ) -> Result<Option<Vec<String>>, Error> {
        let columns = joined(self.reference.parent.columns.iter().map(|column| column.name.clone()), "_");
        let name = quote_identifier(&object_name::free(&parent.name, &format!("_{columns}_key"), |_| false)?);
        let (table, columns) = (parent.name.quoted(), self.reference.parent.column_list());
        let mut all = vec![format!("CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({columns});")];
        let constraint = format!("ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE USING INDEX {name};");
        all.extend(within("lock_timeout", std::iter::once(constraint)));
        Ok(self.statements(orphans).map(|statements| {
            all.extend(statements);
            all
        }))
    }

    /// Returns the statement that validates an existing foreign key; `None` if it is validated, or
    /// if orphans have to be repaired first.
    pub fn finish(&self, equivalent: &EquivalentKey, orphans: Option<&Orphans>) -> Option<Vec<String>> {
        let is_open = !equivalent.is_validated && equivalent.is_enforced;
        (self.is_writable() && is_open && !has_any(orphans))
            .then(|| vec![validate(&self.child.name, &quote_identifier(&equivalent.name))])
    }

    fn is_writable(&self) -> bool {
        self.child.is_exact && self.reference.unreadable().is_none()
    }

    /// Returns the statements that add an index to the child. A partitioned table's partitions get
    /// theirs one after the other, concurrently with writers; the last statement attaches them.
    fn index(&self) -> Vec<String> {
        if self.existing.has_index {
            return Vec::new();
        }
        let columns = self.reference.child.column_list();
        if !self.child.is_partitioned() {
            return vec![format!("CREATE INDEX CONCURRENTLY ON {} ({columns});", self.child.name.quoted())];
        }
        let leaves = self.child.leaves.iter();
        let mut lines: Vec<String> =
            leaves.map(|leaf| format!("CREATE INDEX CONCURRENTLY ON {} ({columns});", leaf.quoted())).collect();
        lines.push(format!("CREATE INDEX ON {} ({columns});", self.child.name.quoted()));
        lines
    }

    fn constraint(&self, has_orphans: bool) -> Vec<String> {
        let name = quote_identifier(&self.existing.name);
        let is_by_partition = self.child.is_partitioned() && !PARTITIONED_NOT_VALID;
        if is_by_partition && has_orphans {
            // The next call would add the partitions' constraints again, under a different name.
            return Vec::new();
        }
        let tables =
            if is_by_partition { self.child.leaves.as_slice() } else { std::slice::from_ref(&self.child.name) };
        let mut statements = within("lock_timeout", tables.iter().map(|table| self.add(table, &name, " NOT VALID")));
        if has_orphans {
            return statements;
        }
        statements.extend(tables.iter().map(|table| validate(table, &name)));
        if is_by_partition {
            // It reads no rows if every partition's constraint is validated; otherwise it would
            // read them while it blocks writers.
            statements.extend(within("statement_timeout", std::iter::once(self.add(&self.child.name, &name, ""))));
        }
        statements
    }

    fn add(&self, table: &QualifiedName, name: &str, how: &str) -> String {
        format!(
            "ALTER TABLE {} ADD CONSTRAINT {name} FOREIGN KEY ({}) REFERENCES {} ({}){how};",
            table.quoted(),
            self.reference.child.column_list(),
            self.reference.parent.name.quoted(),
            self.reference.parent.column_list()
        )
    }
}

fn has_any(orphans: Option<&Orphans>) -> bool {
    orphans.is_some_and(|orphans| orphans.count > 0)
}

/// Wraps statements in a timeout of five seconds, since other sessions queue up behind one that
/// waits for its lock or holds it.
fn within(timeout: &str, statements: impl Iterator<Item = String>) -> Vec<String> {
    let (set, reset) = (format!("SET {timeout} = '5s';"), format!("RESET {timeout};"));
    std::iter::once(set).chain(statements).chain(std::iter::once(reset)).collect()
}

fn validate(table: &QualifiedName, constraint: &str) -> String {
    format!("ALTER TABLE {} VALIDATE CONSTRAINT {constraint};", table.quoted())
}
