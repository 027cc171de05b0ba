//! The kinds of key columns: the types of their two sides, their collations and their values.

/// A pair of columns that a foreign key can connect.
pub struct Kind {
    pub child: &'static str,
    pub parent: &'static str,
    /// The text after the type.
    pub child_collation: &'static str,
    pub parent_collation: &'static str,
    /// The operator class of the parent's unique index; empty for the type's default class.
    pub opclass: &'static str,
    /// Written so that both sides can read them. Some are equal but look different.
    pub values: &'static [&'static str],
    /// Values that only the child's type can hold, or that only the child's type treats as
    /// distinct.
    pub only_child: &'static [&'static str],
    /// Whether both sides have a hash operator class, so that tables can be partitioned by it.
    pub hashes: bool,
    pub needs: Needs,
}

/// What not every server supports.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    Nothing,
    Citext,
    Icu,
}

const fn kind(child: &'static str, parent: &'static str, values: &'static [&'static str]) -> Kind {
    Kind {
        child,
        parent,
        child_collation: "",
        parent_collation: "",
        opclass: "",
        values,
        only_child: &[],
        hashes: true,
        needs: Needs::Nothing,
    }
}

impl Kind {
    const fn child_has(self, only_child: &'static [&'static str]) -> Self {
        Self { only_child, ..self }
    }
    const fn collations(self, child: &'static str, parent: &'static str) -> Self {
        Self { child_collation: child, parent_collation: parent, ..self }
    }
    const fn opclass(self, opclass: &'static str) -> Self {
        Self { opclass, hashes: false, ..self }
    }
    const fn unhashed(self) -> Self {
        Self { hashes: false, ..self }
    }
    const fn needs(self, needs: Needs) -> Self {
        Self { needs, ..self }
    }
    pub fn is_composite(&self) -> bool {
        self.parent == "kinds.pair"
    }
    /// Whether a child's value may change when it is converted to the parent's type.
    pub fn is_lossy(&self) -> bool {
        let narrower = [("float8", "float4"), ("numeric", "float8"), ("timestamp", "date"), ("timestamptz", "date")];
        narrower.contains(&(self.child, self.parent))
    }
    /// Whether tables can be partitioned by ranges of small numbers in this column.
    pub fn is_int4(&self) -> bool {
        self.child == "int4" && self.parent == "int4" && self.opclass.is_empty()
    }
}

const INTS: &[&str] = &["0", "1", "2", "3", "4", "5", "-6", "7"];
const WORDS: &[&str] = &["", "a", "A", "b", "B ", "b", "ä", "z\\"];
const PADDED: &[&str] = &["a", "a ", "b", "c", "C", ""];
const DECIMALS: &[&str] = &["0", "1", "1.0", "2.50", "2.5", "-3", "NaN"];
const FLOATS: &[&str] = &["0", "-0", "1", "0.1", "0.5", "NaN", "-2"];
const DAYS: &[&str] = &["2024-01-01", "2024-02-29", "2025-06-15", "2026-01-01", "infinity"];
const NO_MIDNIGHT: &[&str] = &["2024-01-01 12:00", "2025-06-15 00:00:01"];

/// Pairs that a foreign key can be created for.
pub const KINDS: &[Kind] = &[
    kind("int4", "int4", INTS),
    kind("int4", "int4", INTS),
    kind("int4", "int4", INTS),
    kind("int4", "int4", INTS),
    kind("text", "text", WORDS),
    kind("text", "text", WORDS),
    kind(
        "uuid",
        "uuid",
        &[
            "00000000-0000-0000-0000-000000000000",
            "00000000-0000-0000-0000-00000000000a",
            "ffffffff-0000-0000-0000-000000000000",
            "{00000000-0000-0000-0000-00000000000A}",
        ],
    ),
    kind("int8", "int8", INTS).child_has(&["9223372036854775807"]),
    kind("int2", "int4", INTS),
    kind("int8", "int4", INTS).child_has(&["3000000000"]),
    kind("int4", "int2", INTS).child_has(&["70000"]),
    kind("int8", "int2", INTS).child_has(&["70000"]),
    kind("int4", "int8", INTS),
    kind("numeric", "numeric", DECIMALS).child_has(&["1.000000000000000000001"]),
    kind("numeric(6,2)", "numeric", DECIMALS),
    kind("int4", "numeric", INTS).unhashed(),
    kind("int8", "numeric", INTS).unhashed(),
    kind("float8", "float8", FLOATS),
    kind("float4", "float8", FLOATS).unhashed(),
    kind("float8", "float4", FLOATS).unhashed(),
    kind("int4", "float8", INTS).unhashed(),
    kind("numeric", "float8", DECIMALS).unhashed(),
    kind("varchar(10)", "text", WORDS),
    kind("text", "varchar(10)", WORDS).child_has(&["longer than ten"]),
    kind("varchar", "varchar", WORDS),
    kind("char(5)", "char(5)", PADDED),
    kind("char(8)", "char(3)", PADDED).child_has(&["long"]),
    kind("char(5)", "text", PADDED).unhashed(),
    kind("text", "char(5)", PADDED).unhashed().child_has(&["a  "]),
    kind("name", "text", WORDS).unhashed(),
    kind("text", "name", WORDS).unhashed(),
    kind("name", "name", WORDS),
    kind("date", "date", DAYS),
    kind("date", "timestamp", DAYS).unhashed(),
    kind("timestamp", "date", DAYS).child_has(NO_MIDNIGHT).unhashed(),
    kind("timestamptz", "date", DAYS).child_has(NO_MIDNIGHT).unhashed(),
    kind("timestamp", "timestamptz", DAYS).unhashed(),
    kind("timestamptz", "timestamptz", DAYS).child_has(&["2024-01-01 00:00:00+05"]),
    kind("interval", "interval", &["1 day", "24 hours", "1 mon", "30 days", "0"]),
    kind("timetz", "timetz", &["12:00+00", "13:00+01", "00:00+00"]),
    kind("bytea", "bytea", &["", "\\x00", "\\x01ff", "\\x5c27"]),
    kind("int4[]", "int4[]", &["{}", "{1}", "{1,NULL}", "{{1},{2}}", "[0:0]={1}"]),
    kind("numeric[]", "numeric[]", &["{}", "{1}", "{1.0}", "{2.5}"]),
    kind("kinds.mood", "kinds.mood", &["good", "bad", "it's"]),
    kind("kinds.pair", "kinds.pair", &["(1,a)", "(1,b)", "(1,)", "(2,\"a,b\")"]),
    kind("int4range", "int4range", &["[1,3)", "[1,2]", "empty", "(,5)", "[7,9)"]),
    kind("numrange", "numrange", &["[1,3)", "[1.0,3)", "empty", "(,)"]),
    kind("jsonb", "jsonb", &["1", "1.0", "\"a\"", "{\"a\": [1, null]}", "null"]),
    kind("cidr", "inet", &["10.0.0.0/8", "::/0", "192.168.1.0/24"]).unhashed(),
    kind("bool", "bool", &["t", "f"]),
    kind("varbit", "varbit", &["", "1", "01"]).unhashed(),
    kind("money", "money", &["1", "2.50", "-3"]).unhashed(),
    kind("kinds.small", "int4", INTS).unhashed(),
    kind("int8", "kinds.small", INTS).unhashed().child_has(&["3000000000"]),
    kind("kinds.word", "varchar", &["a", "A", "b", "c"]).unhashed(),
    kind("kinds.small", "kinds.small", INTS),
    kind("oid", "oid", &["0", "1", "4294967295"]),
    kind("int4", "oid", &["0", "1", "2"]).child_has(&["-1"]).unhashed(),
    kind("\"char\"", "\"char\"", &["a", "A", "", "\\001"]),
    kind("xid8", "xid8", &["0", "1", "18446744073709551615"]),
    kind("int4multirange", "int4multirange", &["{[1,3)}", "{[1,2]}", "{}", "{[1,3),[7,9)}"]),
    kind("text[]", "text[]", &["{}", "{a}", "{A}", "{NULL}", "{\"\"}"]),
    kind("kinds.mood[]", "kinds.mood[]", &["{}", "{good}", "{bad,NULL}"]),
    kind("kinds.\"Small; \"\"ints\"\"\"", "int4[]", &["{}", "{1}", "{2,3}"]).unhashed(),
    kind("int4[]", "kinds.\"Small; \"\"ints\"\"\"", &["{}", "{1}", "{2,3}"]).unhashed(),
    kind("kinds.\"pair's\"", "kinds.pair", &["(1,a)", "(2,b)", "(1,b)"]).unhashed(),
    kind("time", "time", &["12:00", "00:00", "24:00"]),
    kind("bit(3)", "bit(3)", &["000", "101", "111"]).unhashed(),
    kind("inet", "inet", &["10.0.0.1", "10.0.0.1/32", "::1"]),
    kind("inet", "cidr", &["10.0.0.0/8", "::/0"]).child_has(&["10.0.0.1"]).unhashed(),
    kind("citext", "text", &["a", "A", "b", "B"]).needs(Needs::Citext).unhashed(),
    kind("text", "text", WORDS).opclass("text_pattern_ops"),
    kind("int4", "int4", &["1", "101", "2", "202", "3", "55"]).opclass("kinds.\"last Digits\""),
    kind("text", "text", WORDS).collations("COLLATE \"C\"", "").unhashed(),
    kind("citext", "citext", &["a", "A", "b", "B", "ä"]).needs(Needs::Citext),
    kind("text", "text", &["a", "A", "b", "B", "c"])
        .collations("", "COLLATE kinds.\"Ignores case\"")
        .needs(Needs::Icu)
        .unhashed(),
    kind("text", "text", &["a", "A", "b", "B", "c"])
        .collations("COLLATE kinds.\"Ignores case\"", "")
        .needs(Needs::Icu)
        .unhashed(),
    kind("varchar", "text", &["a", "A", "b", "B", "c"])
        .collations("COLLATE kinds.\"Ignores case\"", "COLLATE kinds.\"Ignores case\"")
        .needs(Needs::Icu),
];

/// Pairs that no foreign key can be created for: they cannot be compared, or no unique index is
/// possible.
pub const UNFIT: &[Kind] = &[
    kind("int4", "text", INTS).unhashed(),
    kind("text", "int4", INTS).unhashed(),
    kind("numeric", "int4", INTS).unhashed(),
    kind("kinds.mood", "text", &["good", "bad"]).unhashed(),
    kind("uuid", "text", &["00000000-0000-0000-0000-000000000000"]).unhashed(),
    kind("varchar[]", "text[]", &["{}", "{a}"]).unhashed(),
    kind("int4range", "int8range", &["[1,3)", "empty"]).unhashed(),
    kind("timestamptz", "time", &["2024-01-01 12:00"]).unhashed(),
    kind("jsonb", "text", &["1", "2"]).unhashed(),
];
