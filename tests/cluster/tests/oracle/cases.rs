//! Random schemas: every way a column can be fed by a sequence, with every index over it.

use crate::names::{name, qualified};
use crate::numbers::{IdType, Numbers};
use cluster::{identifier, literal};
use fastrand::Rng;

/// A schema with tables, sequences and rows, as SQL, and the columns to check.
pub struct Case {
    /// The kind of tables and columns, in a few words.
    pub shape: &'static str,
    pub schema: String,
    pub setup: String,
    pub columns: Vec<Fed>,
    pub temporary: bool,
}

/// A column fed by a sequence.
#[derive(Clone)]
pub struct Fed {
    /// Qualified and quoted.
    pub table: String,
    /// The name in the catalog, not quoted.
    pub column: String,
    pub id_type: IdType,
    /// An SQL expression for the sequence's regclass.
    pub sequence: String,
    /// The relation that has only the column's own rows: the table, possibly with ONLY.
    pub rows: String,
    /// An INSERT that uses the default of this column and of no other fed column.
    pub insert: String,
    /// Whether a unique index has this column as its only key.
    pub unique: bool,
    pub takes_null: bool,
    /// Whether the status may be `unknown`: the sequence is not known, or values cannot be
    /// compared.
    pub may_be_unknown: bool,
    /// False for text that contains a sequence's value.
    pub holds_numbers: bool,
    /// Whether an application draws and uses each value for as many ids as the sequence's
    /// increment.
    pub in_blocks: bool,
    /// The table from which this one inherits the column, and whose row reports both. Qualified and
    /// quoted.
    pub reported_with: Option<String>,
}

/// The index or constraint on the column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    PrimaryKey,
    Unique,
    UniqueDescending,
    UniqueNullsFirst,
    UniqueWithMore,
    UniqueDeferrable,
    Plain,
    PlainDescending,
    Leading,
    LeadingKey,
    UniqueOfSomeRows,
    Hash,
    Nothing,
}

impl Cover {
    const ALL: [Self; 16] = [
        Self::PrimaryKey,
        Self::PrimaryKey,
        Self::PrimaryKey,
        Self::PrimaryKey,
        Self::Unique,
        Self::UniqueDescending,
        Self::UniqueNullsFirst,
        Self::UniqueWithMore,
        Self::UniqueDeferrable,
        Self::Plain,
        Self::PlainDescending,
        Self::Leading,
        Self::LeadingKey,
        Self::UniqueOfSomeRows,
        Self::Hash,
        Self::Nothing,
    ];

    pub fn any(random: &mut Rng) -> Self {
        Self::ALL[random.usize(..Self::ALL.len())]
    }

    pub fn is_unique(self) -> bool {
        matches!(
            self,
            Self::PrimaryKey
                | Self::Unique
                | Self::UniqueDescending
                | Self::UniqueNullsFirst
                | Self::UniqueWithMore
                | Self::UniqueDeferrable
        )
    }

    pub fn is_key(self) -> bool {
        matches!(self, Self::PrimaryKey | Self::LeadingKey)
    }

    /// Returns the SQL that creates it. Every table has the columns `part`, `flag` (false by
    /// default) and `note`.
    pub fn sql(self, table: &str, column: &str) -> String {
        let index = |kind: &str, rest: &str| format!("CREATE {kind} ON {table} {rest};\n");
        let constraint = |rest: &str| format!("ALTER TABLE {table} ADD {rest};\n");
        match self {
            Self::PrimaryKey => constraint(&format!("PRIMARY KEY ({column})")),
            Self::Unique => constraint(&format!("UNIQUE ({column})")),
            Self::UniqueDescending => index("UNIQUE INDEX", &format!("({column} DESC)")),
            Self::UniqueNullsFirst => index("UNIQUE INDEX", &format!("({column} NULLS FIRST)")),
            Self::UniqueWithMore => constraint(&format!("UNIQUE ({column}) INCLUDE (note)")),
            Self::UniqueDeferrable => constraint(&format!("UNIQUE ({column}) DEFERRABLE")),
            Self::Plain => index("INDEX", &format!("({column})")),
            Self::PlainDescending => index("INDEX", &format!("({column} DESC NULLS LAST)")),
            Self::Leading => index("UNIQUE INDEX", &format!("({column}, note)")),
            Self::LeadingKey => constraint(&format!("PRIMARY KEY ({column}, part)")),
            Self::UniqueOfSomeRows => index("UNIQUE INDEX", &format!("({column}) WHERE flag")),
            Self::Hash => index("INDEX", &format!("USING hash ({column})")),
            Self::Nothing => String::new(),
        }
    }
}

/// The other columns of each table.
pub const OTHER_COLUMNS: &str = "part text NOT NULL DEFAULT 'b', flag boolean NOT NULL DEFAULT false, note text";

/// Writes a case's SQL.
pub struct Builder<'a> {
    pub random: &'a mut Rng,
    pub schema: String,
    pub setup: String,
    pub columns: Vec<Fed>,
    pub temporary: bool,
    names: u64,
}

impl<'a> Builder<'a> {
    pub fn new(random: &'a mut Rng, number: u64) -> Self {
        let temporary = random.u8(..12) == 0;
        let schema = if temporary { "pg_temp".to_owned() } else { name(random, number) };
        let setup = if temporary { String::new() } else { format!("CREATE SCHEMA {};\n", identifier(&schema)) };
        Self { random, schema, setup, columns: Vec::new(), temporary, names: 0 }
    }

    pub fn finish(self, shape: &'static str) -> Case {
        let Self { schema, setup, columns, temporary, .. } = self;
        Case { shape, schema, setup, columns, temporary }
    }

    /// Returns a new name in the schema, qualified and quoted.
    pub fn relation(&mut self) -> String {
        let name = self.name();
        qualified(&self.schema, &name)
    }

    pub fn name(&mut self) -> String {
        self.names += 1;
        name(self.random, self.names - 1)
    }

    pub fn sql(&mut self, sql: &str) {
        self.setup.push_str(sql);
        self.setup.push('\n');
    }

    /// Returns `TABLE` or `UNLOGGED TABLE`. What is created in pg_temp is temporary anyway.
    pub fn table_keyword(&mut self) -> &'static str {
        if !self.temporary && self.random.u8(..10) == 0 { "UNLOGGED TABLE" } else { "TABLE" }
    }

    /// Creates a sequence and returns its qualified name.
    pub fn sequence(&mut self, numbers: &Numbers) -> String {
        let sequence = self.relation();
        let unlogged = if !self.temporary && self.random.u8(..12) == 0 { "UNLOGGED " } else { "" };
        let (data_type, options) = (numbers.data_type(), numbers.options());
        self.sql(&format!("CREATE {unlogged}SEQUENCE {sequence} AS {data_type} {options};"));
        sequence
    }

    /// Inserts ids into a column, after others that are deleted, and adds it to the columns to
    /// check.
    pub fn fill(&mut self, fed: Fed, numbers: &Numbers, cover: Cover) {
        let mut ids = numbers.ids(self.random, fed.id_type);
        let mut deleted = if self.random.u8(..4) == 0 { numbers.ids(self.random, fed.id_type) } else { Vec::new() };
        if cover.is_unique() || cover.is_key() {
            ids.sort();
            ids.dedup();
            deleted.sort();
            deleted.dedup();
            deleted.retain(|id| !ids.contains(id));
        } else {
            deleted.retain(|id| !ids.contains(id));
            let twice = ids.first().cloned();
            ids.extend(twice);
        }
        if fed.takes_null && self.random.u8(..5) == 0 {
            ids.push("NULL".to_owned());
        }
        let column = identifier(&fed.column);
        if !deleted.is_empty() {
            self.insert(&fed.table, &column, &deleted);
            self.sql(&format!("DELETE FROM {};", fed.rows));
        }
        if !ids.is_empty() {
            self.insert(&fed.table, &column, &ids);
        }
        self.columns.push(fed);
    }

    fn insert(&mut self, table: &str, column: &str, ids: &[String]) {
        let rows: Vec<_> = ids.iter().enumerate().map(|(at, id)| format!("({id}, 'row {at}')")).collect();
        self.sql(&format!("INSERT INTO {table} ({column}, note) OVERRIDING SYSTEM VALUE VALUES {};", rows.join(", ")));
    }

    /// Sets the sequence to the position in `numbers`.
    pub fn set_position(&mut self, sequence: &str, numbers: &Numbers) {
        self.sql(&format!("SELECT setval({sequence}, {});", numbers.state()));
    }
}

/// Returns an expression for the sequence that a column owns.
pub fn owned_sequence(table: &str, column: &str) -> String {
    format!("pg_get_serial_sequence({}, {})::regclass", literal(table), literal(column))
}

/// Returns an expression for the sequence of this name.
pub fn named_sequence(sequence: &str) -> String {
    format!("{}::regclass", literal(sequence))
}
