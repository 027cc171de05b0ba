//! The statements that make a foreign key without keeping writers out.

use super::orphans::Orphans;
use super::reference::{Reference, joined};
use super::request::Table;
use crate::error::Error;
use crate::pg::catalog_query;
use crate::pg::foreign_key_operator::object_name;
use crate::pg::names::{QualifiedName, quote_identifier};
use crate::report::object_name;
use pgrx::pg_sys::Oid;

const PRECHECK_CHILD: &str = include_str!("../../sql/queries/fk_precheck_child.sql");

/// Before 18 a partitioned table's foreign key cannot be NOT VALID.
pub const PARTITIONED_NOT_VALID: bool = cfg!(feature = "pg18");

/// What the child has already.
pub struct Existing {
    pub present: Option<Present>,
    pub has_index: bool,
    /// A name for the new constraint that no other has, on a partition neither.
    pub name: String,
    /// Whether the child's owner may refer to the parent's columns.
    pub may_refer: bool,
}

/// A foreign key that says the same.
pub struct Present {
    pub name: String,
    pub is_validated: bool,
    pub is_enforced: bool,
}

impl Existing {
    pub fn look_up(
        child: &Table,
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
            let present = row.optional_text(1)?;
            let (is_validated, is_enforced) = (row.optional(2)?.unwrap_or(false), row.optional(3)?.unwrap_or(true));
            let taken = row.texts(5)?;
            let candidates = std::iter::once("fkey".to_owned()).chain((1..).map(|number| format!("fkey{number}")));
            let free = candidates.map(|label| name(&label)).find(|name| !taken.contains(name));
            Ok(Existing {
                present: present.map(|name| Present { name, is_validated, is_enforced }),
                has_index: row.get(4)?,
                name: free.unwrap_or_default(),
                may_refer: row.optional(6)?.unwrap_or(true),
            })
        })?;
        let none = || Existing { present: None, has_index: false, name: name("fkey"), may_refer: true };
        Ok(found.into_iter().next().unwrap_or_else(none))
    }
}

/// What is to be made.
pub struct Plan<'a> {
    pub child: &'a Table,
    pub reference: &'a Reference,
    pub existing: &'a Existing,
}

impl Plan<'_> {
    /// Returns the statements in their order, without those that fail as long as there are orphans; `None` if a name cannot be
    /// written here.
    pub fn statements(&self, orphans: Option<&Orphans>) -> Option<Vec<String>> {
        self.is_writable().then(|| {
            let mut statements = self.index();
            statements.extend(self.constraint(has_any(orphans)));
            statements
        })
    }

    /// The same, after a unique key for the parent.
    pub fn with_unique_key(&self, parent: &Table, orphans: Option<&Orphans>) -> Result<Option<Vec<String>>, Error> {
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

    /// Returns what is left to do for one that exists already; `None` if nothing is, or if orphans have to be repaired first.
    pub fn finish(&self, present: &Present, orphans: Option<&Orphans>) -> Option<Vec<String>> {
        let is_open = !present.is_validated && present.is_enforced;
        (self.is_writable() && is_open && !has_any(orphans))
            .then(|| vec![validate(&self.child.name, &quote_identifier(&present.name))])
    }

    fn is_writable(&self) -> bool {
        self.child.is_exact && self.reference.unreadable().is_none()
    }

    /// For a partitioned table one after the other, so that nobody is kept out: the last statement takes what is there.
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
        let is_in_parts = self.child.is_partitioned() && !PARTITIONED_NOT_VALID;
        if is_in_parts && has_orphans {
            // The next call would add the partitions' constraints again, under another name.
            return Vec::new();
        }
        let tables = if is_in_parts { self.child.leaves.as_slice() } else { std::slice::from_ref(&self.child.name) };
        let mut statements = within("lock_timeout", tables.iter().map(|table| self.add(table, &name, " NOT VALID")));
        if has_orphans {
            return statements;
        }
        statements.extend(tables.iter().map(|table| validate(table, &name)));
        if is_in_parts {
            // Finds its parts validated and reads no row; if one of them is not, it would read that with writers locked out.
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

/// Statements that do not wait for long, nor take long where `timeout` is the statement's: whoever comes after waits behind.
fn within(timeout: &str, statements: impl Iterator<Item = String>) -> Vec<String> {
    let (set, reset) = (format!("SET {timeout} = '5s';"), format!("RESET {timeout};"));
    std::iter::once(set).chain(statements).chain(std::iter::once(reset)).collect()
}

fn validate(table: &QualifiedName, constraint: &str) -> String {
    format!("ALTER TABLE {} VALIDATE CONSTRAINT {constraint};", table.quoted())
}
