//! Random choices, types, and constants for them.

use fastrand::Rng;

/// What the generator draws.
pub trait Draw {
    /// Whether an event of this chance, in percent, happens.
    fn percent(&mut self, chance: u32) -> bool;

    fn one<'a>(&mut self, from: &[&'a str]) -> &'a str;
}

impl Draw for Rng {
    fn percent(&mut self, chance: u32) -> bool {
        self.u32(..100) < chance
    }

    fn one<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.usize(..from.len())]
    }
}

/// The types of the columns of the tables that exist.
pub const TYPES: [&str; 10] =
    ["int", "bigint", "text", "varchar(8)", "numeric(8,2)", "date", "boolean", "timestamptz", "mood", "smallint"];

/// The types that a script gives to columns.
pub const NEW_TYPES: [&str; 16] = [
    "int",
    "bigint",
    "smallint",
    "text",
    "varchar(4)",
    "varchar(200)",
    "char(3)",
    "numeric(10,2)",
    "numeric(6,2)",
    "date",
    "boolean",
    "timestamp",
    "uuid",
    "mood",
    "jsonb",
    "int[]",
];

/// Returns a constant that is usually one of the type.
pub fn constant(random: &mut Rng, data_type: &str) -> &'static str {
    let base = data_type.split('(').next().unwrap_or(data_type);
    match base {
        "int" => random.one(&["0", "1", "2", "3", "5", "9", "-7", "100"]),
        "bigint" => random.one(&["0", "1", "2", "3", "9", "-7", "100", "3000000000"]),
        "smallint" => random.one(&["0", "1", "2", "3", "7"]),
        "text" => random.one(&["'a'", "'b'", "'12'", "'longer than eight'", "''", "'2024-01-01'"]),
        "varchar" => random.one(&["'x'", "'y'", "'12'"]),
        "char" => random.one(&["'x'", "'abc'"]),
        "numeric" => random.one(&["1.5", "2", "99999.99"]),
        "date" => random.one(&["'2024-01-01'", "'2025-05-05'"]),
        "boolean" => random.one(&["true", "false"]),
        "timestamptz" | "timestamp" => random.one(&["now()", "'2024-01-01 00:00+00'"]),
        "mood" => random.one(&["'sad'", "'ok'"]),
        "uuid" => "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
        "jsonb" => random.one(&["'{}'", "'[1]'"]),
        "int[]" => "'{1,2}'",
        _ => "'z'",
    }
}
