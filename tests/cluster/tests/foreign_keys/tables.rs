//! Tables: columns in random order, with gaps where columns were dropped, partitioned or not, and
//! their heirs.

use crate::case::Draw;
use cluster::identifier;

/// How a table is partitioned.
pub enum Cut {
    ByPart,
    ByRowNumber,
    /// By the hash of a column, or by its range.
    Hash(String),
    Range(String),
}

/// A table under construction.
pub struct Table {
    /// Qualified and quoted.
    pub name: String,
    /// Definitions of its columns.
    columns: Vec<String>,
    /// Whether a partition can be created separately, with the same definitions.
    pub partitions_apart: bool,
    pub sql: String,
}

impl Table {
    pub fn new(draw: &mut Draw, mut columns: Vec<String>) -> Self {
        columns.push("part text DEFAULT 'b'".to_owned());
        columns.push("note text".to_owned());
        draw.random.shuffle(&mut columns);
        Self { name: draw.relation(), columns, partitions_apart: true, sql: String::new() }
    }

    /// CREATE TABLE; some columns are dropped again right away.
    fn create(&mut self, draw: &mut Draw, name: &str, after: &str) {
        let mut columns = self.columns.clone();
        let holes = draw.random.usize(..3).saturating_sub(1);
        for hole in 0..holes {
            columns.insert(draw.random.usize(..=columns.len()), format!("gone_{hole} numeric DEFAULT 1"));
        }
        self.sql += &format!("CREATE TABLE {name} ({}){after};\n", columns.join(", "));
        for hole in 0..holes {
            self.sql += &format!("ALTER TABLE {name} DROP gone_{hole};\n");
        }
    }

    pub fn create_whole(&mut self, draw: &mut Draw) {
        let name = self.name.clone();
        self.create(draw, &name, "");
    }

    /// Creates the root and its partitions.
    pub fn create_cut(&mut self, draw: &mut Draw, cut: &Cut) {
        let (name, by) = (
            self.name.clone(),
            match cut {
                Cut::ByPart => "LIST (part)".to_owned(),
                Cut::ByRowNumber => "RANGE (row_no)".to_owned(),
                Cut::Hash(column) => format!("HASH ({})", identifier(column)),
                Cut::Range(column) => format!("RANGE ({})", identifier(column)),
            },
        );
        self.create(draw, &name, &format!(" PARTITION BY {by}"));
        let bounds: &[&str] = match cut {
            Cut::ByPart => &["FOR VALUES IN ('b')", "FOR VALUES IN ('a', NULL)", "DEFAULT"],
            Cut::ByRowNumber => &["FOR VALUES FROM (MINVALUE) TO (7)", "FOR VALUES FROM (7) TO (12)", "DEFAULT"],
            Cut::Hash(_) => &["FOR VALUES WITH (MODULUS 2, REMAINDER 0)", "FOR VALUES WITH (MODULUS 2, REMAINDER 1)"],
            Cut::Range(_) => &["FOR VALUES FROM (MINVALUE) TO (3)", "FOR VALUES FROM (3) TO (100)", "DEFAULT"],
        };
        for bound in bounds {
            self.partition(draw, &name, bound, cut);
        }
    }

    fn partition(&mut self, draw: &mut Draw, root: &str, bound: &str, cut: &Cut) {
        let leaf = draw.relation();
        if self.partitions_apart && draw.one_in(4, "partition made apart") {
            draw.random.shuffle(&mut self.columns);
            self.create(draw, &leaf, "");
            self.sql += &format!("ALTER TABLE {root} ATTACH PARTITION {leaf} {bound};\n");
        } else if draw.one_in(5, "sub-partitions") {
            // A unique key has to contain the partition key, so the same column is used again.
            let (by, bounds) = match cut {
                Cut::ByPart | Cut::ByRowNumber => {
                    ("RANGE (row_no)".to_owned(), ["FOR VALUES FROM (MINVALUE) TO (9)", "DEFAULT"])
                }
                Cut::Hash(column) | Cut::Range(column) => {
                    let halves =
                        ["FOR VALUES WITH (MODULUS 2, REMAINDER 0)", "FOR VALUES WITH (MODULUS 2, REMAINDER 1)"];
                    (format!("HASH ({})", identifier(column)), halves)
                }
            };
            self.sql += &format!("CREATE TABLE {leaf} PARTITION OF {root} {bound} PARTITION BY {by};\n");
            for bound in bounds {
                let below = draw.relation();
                self.sql += &format!("CREATE TABLE {below} PARTITION OF {leaf} {bound};\n");
            }
        } else {
            self.sql += &format!("CREATE TABLE {leaf} PARTITION OF {root} {bound};\n");
        }
    }

    /// A table that inherits from this one. Its rows do not belong to this one.
    pub fn heir(&mut self, draw: &mut Draw) -> String {
        let heir = draw.relation();
        self.sql += &format!("CREATE TABLE {heir} () INHERITS ({});\n", self.name);
        heir
    }
}
