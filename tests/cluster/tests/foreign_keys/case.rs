//! A case: a child and a parent with rows, the foreign key between them, and what was done to it.

use crate::kinds::Kind;
use crate::names::name;
use cluster::identifier;
use fastrand::Rng;

/// A column of the key, on both sides.
pub struct Column {
    /// As the catalog holds it.
    pub child: String,
    pub parent: String,
    pub kind: &'static Kind,
    pub nullable: bool,
    /// Computed from another column of the child.
    pub generated: bool,
    pub parent_generated: bool,
}

/// What the constraint says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Valid,
    NotValid,
    NotEnforced,
}

/// Which rows are kept of those that the generator made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    AsTheyAre,
    NoOrphans,
    OnlyOrphans,
}

/// Two tables, or one, and a foreign key, as SQL.
pub struct Case {
    /// How it is made, in words.
    pub traits: Vec<&'static str>,
    pub schema: String,
    pub constraint: String,
    /// Qualified and quoted.
    pub child: String,
    pub parent: String,
    pub columns: Vec<Column>,
    /// The child's own columns that can be written, quoted, with commas.
    pub writable: String,
    pub child_is_partitioned: bool,
    pub refers_to_itself: bool,
    pub standing: Standing,
    pub wanted: Wanted,
    /// The schema and its tables, empty.
    pub tables: String,
    /// The rows, which nothing checks.
    pub rows: String,
    /// The constraint, as far as words after its columns go.
    pub options: String,
    /// Whether the rows come while the triggers are disabled; else in a session that is a replica's.
    pub by_disabling: bool,
    /// Whether the rows are there before the constraint.
    pub rows_first: bool,
    /// Takes parents away behind the constraint's back.
    pub spoil: String,
    /// Switches triggers off, or nothing.
    pub switch: String,
    pub triggers_off: bool,
}

impl Case {
    /// Where the rows are that the constraint is about: a table that inherits from the child has none of them.
    pub fn seen(&self) -> String {
        if self.child_is_partitioned { self.child.clone() } else { format!("ONLY {}", self.child) }
    }

    /// The child's key columns, quoted, with commas.
    pub fn child_columns(&self) -> String {
        self.columns.iter().map(|column| identifier(&column.child)).collect::<Vec<_>>().join(", ")
    }

    pub fn parent_columns(&self) -> String {
        self.columns.iter().map(|column| identifier(&column.parent)).collect::<Vec<_>>().join(", ")
    }

    /// `FOREIGN KEY … REFERENCES …` and nothing more.
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

    /// The rows, past everything that would refuse them: as a replica gets them, or as pg_dump --disable-triggers writes it.
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

/// Draws names and chances, and notes what it drew.
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

    /// A name that is new in this case.
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

    /// True once in `n` times, and then the case is `word`.
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
