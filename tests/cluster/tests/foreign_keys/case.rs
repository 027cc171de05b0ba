//! A case: a child and a parent with rows, the foreign key between them, and the changes made to
//! it.

use crate::kinds::Kind;
use crate::names::name;
use cluster::identifier;
use fastrand::Rng;

/// A column of the key, on both sides.
pub struct Column {
    /// The name as the catalog holds it.
    pub child: String,
    pub parent: String,
    pub kind: &'static Kind,
    pub nullable: bool,
    /// Computed from another column of the child.
    pub generated: bool,
    pub parent_generated: bool,
}

/// The state that the constraint declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Valid,
    NotValid,
    NotEnforced,
}

/// Which of the generated rows are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    AsTheyAre,
    NoOrphans,
    OnlyOrphans,
}

/// Two tables (or one) and a foreign key, as SQL.
pub struct Case {
    /// How the case is built, in words.
    pub traits: Vec<&'static str>,
    pub schema: String,
    pub constraint: String,
    /// Qualified and quoted.
    pub child: String,
    pub parent: String,
    pub columns: Vec<Column>,
    /// The child's own writable columns, quoted and separated by commas.
    pub writable: String,
    pub child_is_partitioned: bool,
    pub refers_to_itself: bool,
    pub standing: Standing,
    pub wanted: Wanted,
    /// Creates the schema and its empty tables.
    pub tables: String,
    /// Inserts the rows, which are not checked.
    pub rows: String,
    /// The part of the constraint after its columns.
    pub options: String,
    /// Whether the rows are loaded while the triggers are disabled; otherwise a session with
    /// session_replication_role = replica loads them.
    pub by_disabling: bool,
    /// Whether the rows are inserted before the constraint is added.
    pub rows_first: bool,
    /// Deletes parents without the constraint noticing.
    pub spoil: String,
    /// Switches triggers off, or is empty.
    pub switch: String,
    pub triggers_off: bool,
}

impl Case {
    /// The relation whose rows the constraint covers: rows of tables that inherit from the child
    /// are not covered.
    pub fn seen(&self) -> String {
        if self.child_is_partitioned { self.child.clone() } else { format!("ONLY {}", self.child) }
    }

    /// The child's key columns, quoted and separated by commas.
    pub fn child_columns(&self) -> String {
        self.columns.iter().map(|column| identifier(&column.child)).collect::<Vec<_>>().join(", ")
    }

    pub fn parent_columns(&self) -> String {
        self.columns.iter().map(|column| identifier(&column.parent)).collect::<Vec<_>>().join(", ")
    }

    /// `FOREIGN KEY … REFERENCES …` without options.
    pub fn key(&self) -> String {
        let (child, parent) = (self.child_columns(), self.parent_columns());
        format!("FOREIGN KEY ({child}) REFERENCES {} ({parent})", self.parent)
    }

    /// The statement that adds the constraint with `standing`.
    pub fn add(&self, standing: Standing) -> String {
        let standing = match standing {
            Standing::Valid => "",
            Standing::NotValid => " NOT VALID",
            Standing::NotEnforced => " NOT ENFORCED",
        };
        let constraint = identifier(&self.constraint);
        format!("ALTER TABLE {} ADD CONSTRAINT {constraint} {}{}{standing}", self.child, self.key(), self.options)
    }

    pub fn drop(&self) -> String {
        format!("ALTER TABLE {} DROP CONSTRAINT {}", self.child, identifier(&self.constraint))
    }

    /// Inserts the rows without any checks: as replication does, or as pg_dump --disable-triggers
    /// writes them.
    pub fn load(&self) -> String {
        if !self.by_disabling {
            return format!(
                "SET session_replication_role = replica;\n{}{}RESET session_replication_role;\n",
                self.rows, self.spoil
            );
        }
        let triggers = |what| {
            let tables = [&self.child, &self.parent];
            tables.map(|table| format!("ALTER TABLE {table} {what} TRIGGER ALL;\n")).concat()
        };
        format!("{}{}{}{}", triggers("DISABLE"), self.rows, self.spoil, triggers("ENABLE"))
    }
}

/// Draws names and random choices, and records what it drew.
pub struct Draw<'a> {
    pub random: &'a mut Rng,
    pub traits: Vec<&'static str>,
    pub schema: String,
    names: u64,
}

impl<'a> Draw<'a> {
    pub fn new(random: &'a mut Rng, number: u64) -> Self {
        let schema = name(random, number);
        Self { random, traits: Vec::new(), schema, names: 0 }
    }

    /// A name not yet used in this case.
    pub fn name(&mut self) -> String {
        let name = name(self.random, self.names);
        self.names += 1;
        name
    }

    /// A new table's name, qualified and quoted.
    pub fn relation(&mut self) -> String {
        let name = self.name();
        format!("{}.{}", identifier(&self.schema), identifier(&name))
    }

    /// True once in `n` times; `word` is then added to the case's traits.
    pub fn one_in(&mut self, n: u32, word: &'static str) -> bool {
        let drawn = self.random.u32(..n) == 0;
        if drawn {
            self.traits.push(word);
        }
        drawn
    }

    pub fn any<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.random.usize(..of.len())]
    }
}
