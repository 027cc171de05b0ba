//! A child's columns that refer to a parent's, and the SQL that finds child rows without a matching
//! row.

use crate::pg::names::{QualifiedName, quote_identifier};
use crate::report::quoting::literal;
use pgrx::pg_sys::Oid;

/// One of the two tables.
#[derive(Clone, Debug)]
pub struct KeyTable {
    pub oid: Oid,
    pub name: QualifiedName,
    /// As in pg_class.relkind.
    pub kind: u8,
    /// Whether the names are those in the catalog, and not a lossy conversion from another
    /// encoding.
    pub is_exact: bool,
    pub columns: Vec<KeyColumn>,
    /// Whether tables other than partitions inherit from it.
    pub has_descendants: bool,
}

/// A column of the key.
#[derive(Clone, Debug)]
pub struct KeyColumn {
    pub number: i16,
    pub name: String,
    pub is_not_null: bool,
    pub is_generated: bool,
    /// GENERATED ALWAYS AS IDENTITY
    pub is_identity_always: bool,
    /// Whether it has a default: in the child a DEFAULT, in the parent also an identity.
    pub has_default: bool,
}

/// How a column of child row `c` is compared with its column of parent row `p`.
#[derive(Clone, Debug)]
pub struct ColumnPair {
    /// The parent's column and the operator: `p.id OPERATOR(pg_catalog.=)`.
    pub comparison: String,
    /// The child's column, cast to the operator's argument type.
    pub value: String,
    /// The condition that the child's column is not null.
    pub test: String,
}

impl KeyTable {
    /// Returns the table for a FROM clause: with the rows of its partitions, without those of
    /// inheriting tables.
    pub fn rows(&self) -> String {
        if self.kind == b'p' { self.name.quoted() } else { format!("ONLY {}", self.name.quoted()) }
    }

    /// Returns the key's columns, separated by commas.
    pub fn column_list(&self) -> String {
        joined(self.columns.iter().map(|column| quote_identifier(&column.name)), ", ")
    }

    /// Returns the numbers and names of the key's columns.
    pub fn numbered_columns(&self) -> Vec<(i16, &str)> {
        self.columns.iter().map(|column| (column.number, column.name.as_str())).collect()
    }
}

/// The declaration of a foreign key that exists or could be added.
#[derive(Clone, Debug)]
pub struct Reference {
    pub child: KeyTable,
    pub parent: KeyTable,
    pub pairs: Vec<ColumnPair>,
    pub is_match_full: bool,
    /// Whether columns or operators that it names do not exist in the catalogs.
    pub is_broken: bool,
    /// ON DELETE or ON UPDATE SET DEFAULT
    pub sets_default: bool,
}

/// Number of hash buckets for orphaned keys in the pass that counts them; a power of two.
const BUCKETS: u8 = 8;
/// Largest size in bytes of a key column in a sample.
const LARGEST_SHOWN: u16 = 1000;
/// Largest number of keys in a sample.
pub const SAMPLE_SIZE: i64 = 5;

impl Reference {
    /// Returns the condition that child row `c` violates the foreign key, as core checks it
    /// (RI_Initial_Check).
    pub fn orphaned(&self) -> String {
        match self.refers() {
            Some(refers) => format!("{refers} AND {}", self.has_no_parent()),
            None => self.has_no_parent(),
        }
    }

    /// Returns the condition that child row `c` has no matching row in the parent.
    pub fn has_no_parent(&self) -> String {
        let same = self.pairs.iter().map(|pair| format!("{} {}", pair.comparison, pair.value));
        format!("NOT EXISTS (SELECT FROM {} p WHERE {})", self.parent.rows(), joined(same, " AND "))
    }

    /// Returns the condition that child row `c` needs a matching row. MATCH SIMPLE: none of its
    /// columns is null. MATCH FULL: not all of them are null. `None` if it always needs one, since
    /// its columns are NOT NULL.
    fn refers(&self) -> Option<String> {
        let columns = self.child.columns.iter().zip(&self.pairs);
        let nullable: Vec<&ColumnPair> =
            columns.filter(|(column, _)| !column.is_not_null).map(|(_, pair)| pair).collect();
        let tests = |word| joined(nullable.iter().map(|pair| pair.test.clone()), word);
        match (self.is_match_full, nullable.len()) {
            (_, 0) => None,
            (true, count) if count < self.pairs.len() => None,
            (true, count) if count > 1 => Some(format!("({})", tests(" OR "))),
            _ => Some(tests(" AND ")),
        }
    }

    /// Returns why its rows cannot be queried.
    pub fn unreadable(&self) -> Option<&'static str> {
        if self.is_broken {
            return Some("its row in pg_constraint names columns or operators that do not exist");
        }
        let is_exact = self.child.is_exact && self.parent.is_exact;
        (!is_exact).then_some("a name cannot be written here in this database's encoding")
    }

    /// Returns the clause that reports this many orphans.
    pub fn describe(&self, orphans: i64) -> String {
        let rows = if orphans == 1 { "1 row has".to_owned() } else { format!("{orphans} rows have") };
        format!("{rows} no matching row in {}", self.parent.name.quoted())
    }

    /// Returns remarks on rows of inheriting tables, which do not count as rows of the two tables.
    pub fn inheritance(&self) -> Vec<String> {
        let (child, parent) = (self.child.name.quoted(), self.parent.name.quoted());
        let mut remarks = Vec::new();
        if self.child.has_descendants {
            remarks.push(format!("rows of tables that inherit from {child} are not checked"));
        }
        if self.parent.has_descendants {
            remarks.push(format!("rows of tables that inherit from {parent} do not count as its rows"));
        }
        remarks
    }

    /// Returns the query that finds a row if these defaults of the child's columns are a key
    /// without a parent row.
    pub fn default_query(&self, defaults: &[String]) -> String {
        let columns = self.child.columns.iter().zip(defaults);
        let columns = columns.map(|(column, default)| format!("({default}) AS {}", quote_identifier(&column.name)));
        format!("SELECT 1 FROM (SELECT {}) c WHERE {}", joined(columns, ", "), self.orphaned())
    }

    /// Returns the clause that reports defaults that `default_query` has found.
    pub fn describe_default(&self, defaults: &[String]) -> String {
        let (columns, parent, defaults) = (self.child.column_list(), self.parent.name.quoted(), defaults.join(", "));
        let has = if self.child.columns.len() == 1 { "has" } else { "have" };
        let fails = if self.sets_default { "SET DEFAULT fails" } else { "an INSERT that omits it fails" };
        format!("the default {defaults} of {columns} {has} no matching row in {parent}: {fails}")
    }

    /// Returns the query that counts the parent's keys that occur more than once.
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

    /// Returns the query that only counts the orphans.
    pub fn count_query(&self) -> String {
        format!("SELECT pg_catalog.count(*) FROM {} c WHERE {}", self.child.rows(), self.orphaned())
    }

    /// Returns the query that counts the orphans and keeps the first and the last key of each hash
    /// bucket, which reads no more of a row than the join does. Its columns: the count, a sample,
    /// the number of keys in it, and the number of buckets. It fails with 42883 if a type cannot be
    /// hashed.
    pub fn count_and_sample_query(&self) -> String {
        let key = format!("(({})::pg_catalog.text COLLATE pg_catalog.\"C\")", self.key());
        let row = joined(self.child.columns.iter().map(|column| format!("c.{}", quote_identifier(&column.name))), ", ");
        let hash = format!("pg_catalog.hash_record(ROW({row})) OPERATOR(pg_catalog.&) {}", BUCKETS - 1);
        let ends = |end: &str| {
            let aggregate = |bucket: u8| {
                let small = self.is_small();
                format!("pg_catalog.{end}({key}) FILTER (WHERE ({hash}) OPERATOR(pg_catalog.=) {bucket} AND {small})")
            };
            joined((0..BUCKETS).map(aggregate), ", ")
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

    /// Returns the query that samples the keys of the first orphans whose keys are small enough to
    /// be shown, and counts these orphans.
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

    /// Returns the key of child row `c` as a jsonb object.
    fn key(&self) -> String {
        let members = self.child.columns.iter();
        let members = members.map(|column| format!("{}, c.{}", literal(&column.name), quote_identifier(&column.name)));
        format!("pg_catalog.jsonb_build_object({})", joined(members, ", "))
    }

    /// Returns the condition that the key of child row `c` is small enough to be shown.
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
