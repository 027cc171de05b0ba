//! A child's columns that refer to a parent's, and the SQL that finds the rows which refer to nothing.

use crate::pg::names::{QualifiedName, quote_identifier};
use crate::report::quoting::literal;
use pgrx::pg_sys::Oid;

/// One of the two tables.
#[derive(Clone, Debug)]
pub struct Table {
    pub oid: Oid,
    pub name: QualifiedName,
    /// As in pg_class.relkind.
    pub kind: u8,
    /// Whether the names are what they are in the catalog, and not a makeshift in another encoding.
    pub is_exact: bool,
    pub columns: Vec<Column>,
    /// Whether tables inherit from it; partitions do not count.
    pub has_heirs: bool,
}

/// A column of the key.
#[derive(Clone, Debug)]
pub struct Column {
    pub number: i16,
    pub name: String,
    pub is_not_null: bool,
    pub is_generated: bool,
    /// GENERATED ALWAYS AS IDENTITY
    pub is_identity_always: bool,
    /// Whether rows get a value by themselves: in the parent also from a sequence, in the child from a DEFAULT.
    pub has_default: bool,
}

/// How a column of child row `c` is compared with its column of parent row `p`.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The parent's column and the operator: `p.id OPERATOR(pg_catalog.=)`.
    pub comparison: String,
    /// The child's column as the operator takes it.
    pub value: String,
    /// That the child's column is not null.
    pub test: String,
}

impl Table {
    /// In a FROM clause. The rows of child tables that inherit are not the table's, those of partitions are.
    pub fn rows(&self) -> String {
        if self.kind == b'p' { self.name.quoted() } else { format!("ONLY {}", self.name.quoted()) }
    }

    /// The key's columns, separated by commas.
    pub fn column_list(&self) -> String {
        joined(self.columns.iter().map(|column| quote_identifier(&column.name)), ", ")
    }

    /// The key's columns by number and name.
    pub fn numbered_columns(&self) -> Vec<(i16, &str)> {
        self.columns.iter().map(|column| (column.number, column.name.as_str())).collect()
    }
}

/// What a foreign key says, or would say.
#[derive(Clone, Debug)]
pub struct Reference {
    pub child: Table,
    pub parent: Table,
    pub pairs: Vec<Pair>,
    pub is_match_full: bool,
    /// Whether the catalogs have less of it than it says.
    pub is_broken: bool,
    /// ON DELETE or ON UPDATE SET DEFAULT
    pub sets_default: bool,
}

/// Into so many classes orphaned keys are sorted by their hash, in the pass that counts them: 2 to the power of something.
const CLASSES: u8 = 8;
/// How many bytes a column of a key in a sample has at most.
const LARGEST_SHOWN: u16 = 1000;
/// How many keys a sample has at most.
pub const SAMPLE_SIZE: i64 = 5;

impl Reference {
    /// The condition that child row `c` refers to nothing, as core's check puts it (RI_Initial_Check).
    pub fn orphaned(&self) -> String {
        match self.refers() {
            Some(refers) => format!("{refers} AND {}", self.has_no_parent()),
            None => self.has_no_parent(),
        }
    }

    /// The condition that there is no parent row for child row `c`.
    pub fn has_no_parent(&self) -> String {
        let same = self.pairs.iter().map(|pair| format!("{} {}", pair.comparison, pair.value));
        format!("NOT EXISTS (SELECT FROM {} p WHERE {})", self.parent.rows(), joined(same, " AND "))
    }

    /// The condition that child row `c` has to refer to something. MATCH SIMPLE: none of its columns is null. MATCH FULL: not all are.
    /// `None`: it always has to, since what is never null needs no question.
    fn refers(&self) -> Option<String> {
        let columns = self.child.columns.iter().zip(&self.pairs);
        let nullable: Vec<&Pair> = columns.filter(|(column, _)| !column.is_not_null).map(|(_, pair)| pair).collect();
        let tests = |word| joined(nullable.iter().map(|pair| pair.test.clone()), word);
        match (self.is_match_full, nullable.len()) {
            (_, 0) => None,
            (true, count) if count < self.pairs.len() => None,
            (true, count) if count > 1 => Some(format!("({})", tests(" OR "))),
            _ => Some(tests(" AND ")),
        }
    }

    /// Why no query can be made of it.
    pub fn unreadable(&self) -> Option<&'static str> {
        if self.is_broken {
            return Some("its row in pg_constraint names columns or operators that do not exist");
        }
        let is_exact = self.child.is_exact && self.parent.is_exact;
        (!is_exact).then_some("a name cannot be written here in this database's encoding")
    }

    /// What so many orphans are.
    pub fn describe(&self, orphans: i64) -> String {
        let rows = if orphans == 1 { "1 row refers".to_owned() } else { format!("{orphans} rows refer") };
        format!("{rows} to nothing in {}", self.parent.name.quoted())
    }

    /// What does not count as a row of the two tables.
    pub fn inheritance(&self) -> Vec<String> {
        let (child, parent) = (self.child.name.quoted(), self.parent.name.quoted());
        let mut remarks = Vec::new();
        if self.child.has_heirs {
            remarks.push(format!("rows of tables that inherit from {child} are not checked"));
        }
        if self.parent.has_heirs {
            remarks.push(format!("rows of tables that inherit from {parent} do not count as its rows"));
        }
        remarks
    }

    /// Returns a row if these defaults of the child's columns are a key without a parent.
    pub fn default_query(&self, defaults: &[String]) -> String {
        let columns = self.child.columns.iter().zip(defaults);
        let columns = columns.map(|(column, default)| format!("({default}) AS {}", quote_identifier(&column.name)));
        format!("SELECT 1 FROM (SELECT {}) c WHERE {}", joined(columns, ", "), self.orphaned())
    }

    /// What `default_query` has found of these defaults, and what comes of it.
    pub fn describe_default(&self, defaults: &[String]) -> String {
        let (columns, parent, defaults) = (self.child.column_list(), self.parent.name.quoted(), defaults.join(", "));
        let has = if self.child.columns.len() == 1 { "has" } else { "have" };
        let fails = if self.sets_default { "SET DEFAULT fails" } else { "an INSERT that leaves it out fails" };
        format!("the default {defaults} of {columns} {has} no matching row in {parent}: {fails}")
    }

    /// Counts the keys that several rows of the parent have.
    pub fn repeated_keys_query(&self) -> String {
        let columns = || self.parent.columns.iter().map(|column| format!("p.{}", quote_identifier(&column.name)));
        let whole = joined(columns().map(|column| format!("{column} IS DISTINCT FROM NULL")), " AND ");
        format!(
            "SELECT pg_catalog.count(*) FROM (SELECT FROM {} p WHERE {whole} GROUP BY {} \
             HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1) k",
            self.parent.rows(),
            joined(columns(), ", ")
        )
    }

    /// Counts the orphans, and nothing else.
    pub fn count_query(&self) -> String {
        format!("SELECT pg_catalog.count(*) FROM {} c WHERE {}", self.child.rows(), self.orphaned())
    }

    /// Counts the orphans, and of each class of their keys keeps the first and the last, which needs no more of a row than the join
    /// does: the count, a sample, how many keys are in it, and how many classes there are. 42883 where a type cannot be hashed.
    pub fn count_and_sample_query(&self) -> String {
        let key = format!("(({})::pg_catalog.text COLLATE pg_catalog.\"C\")", self.key());
        let row = joined(self.child.columns.iter().map(|column| format!("c.{}", quote_identifier(&column.name))), ", ");
        let hash = format!("pg_catalog.hash_record(ROW({row})) OPERATOR(pg_catalog.&) {}", CLASSES - 1);
        let ends = |end: &str| {
            let aggregate = |class: u8| {
                let small = self.is_small();
                format!("pg_catalog.{end}({key}) FILTER (WHERE ({hash}) OPERATOR(pg_catalog.=) {class} AND {small})")
            };
            joined((0..CLASSES).map(aggregate), ", ")
        };
        format!(
            "SELECT o.orphans, d.sample, d.keys, pg_catalog.cardinality(pg_catalog.array_remove(o.firsts, NULL)) \
             FROM (SELECT pg_catalog.count(*) AS orphans, ARRAY[{}] AS firsts, ARRAY[{}] AS lasts FROM {} c WHERE {}) o \
             CROSS JOIN LATERAL (SELECT pg_catalog.jsonb_agg(k.key ORDER BY k.key) AS sample, pg_catalog.count(*) AS keys \
             FROM (SELECT DISTINCT e.key::pg_catalog.jsonb AS key \
             FROM pg_catalog.unnest(pg_catalog.array_cat(o.firsts, o.lasts)) e (key) WHERE e.key IS NOT NULL ORDER BY 1 LIMIT {SAMPLE_SIZE}) k) d",
            ends("min"),
            ends("max"),
            self.child.rows(),
            self.orphaned()
        )
    }

    /// How many of the first orphans there are have a key that is to be shown, and a sample of those.
    pub fn sample_query(&self, rows: i64) -> String {
        format!(
            "WITH f AS (SELECT {} AS key FROM {} c WHERE {} AND {} LIMIT {rows}) \
             SELECT (SELECT pg_catalog.count(*) FROM f), pg_catalog.jsonb_agg(s.key ORDER BY s.key) \
             FROM (SELECT DISTINCT f.key FROM f ORDER BY f.key LIMIT {SAMPLE_SIZE}) s",
            self.key(),
            self.child.rows(),
            self.orphaned(),
            self.is_small()
        )
    }

    /// The key of child row `c` as a jsonb object.
    fn key(&self) -> String {
        let members = self.child.columns.iter();
        let members = members.map(|column| format!("{}, c.{}", literal(&column.name), quote_identifier(&column.name)));
        format!("pg_catalog.jsonb_build_object({})", joined(members, ", "))
    }

    /// The condition that the key of child row `c` is to be shown: megabytes tell nobody anything.
    fn is_small(&self) -> String {
        let small = self.child.columns.iter().map(|column| {
            let name = quote_identifier(&column.name);
            format!("COALESCE(pg_catalog.pg_column_size(c.{name}), 0) OPERATOR(pg_catalog.<) {LARGEST_SHOWN}")
        });
        joined(small, " AND ")
    }
}

pub fn joined(parts: impl Iterator<Item = String>, separator: &str) -> String {
    parts.collect::<Vec<_>>().join(separator)
}
