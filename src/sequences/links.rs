//! Which column draws from which sequence: what the catalogs say, put together.

use super::position::{Definition, IdRange};
use crate::pg::names;
use pgrx::pg_sys::{self, Oid};
use std::collections::HashMap;

#[derive(Clone, Debug)]
pub struct Sequence {
    pub oid: Oid,
    pub schema: String,
    pub name: String,
    pub namespace: Oid,
    pub persistence: char,
    pub data_type: Oid,
    pub definition: Definition,
}

/// How a column comes by its sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Serial,
    IdentityAlways,
    IdentityByDefault,
    Default,
    DefaultByName,
    DomainDefault,
    /// Owned by the column, whose default does not draw from it.
    Owned,
}

impl Kind {
    /// As shown in the column `kind` of seq_audit.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Serial => "serial",
            Kind::IdentityAlways => "identity always",
            Kind::IdentityByDefault => "identity by default",
            Kind::Default => "default",
            Kind::DefaultByName => "default by name",
            Kind::DomainDefault => "domain default",
            Kind::Owned => "owned",
        }
    }
}

/// How a column's values compare with a sequence's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    Integer,
    Numeric,
}

#[derive(Clone, Debug)]
pub struct Column {
    pub relation: Oid,
    pub schema: String,
    pub table: String,
    pub namespace: Oid,
    /// `pg_class.relkind`
    pub kind: char,
    /// `pg_class.relpersistence`
    pub persistence: char,
    /// The partitioned table at the top, if this is a partition.
    pub root: Option<Oid>,
    pub access_method: Oid,
    pub pages: i32,
    pub attribute: i16,
    pub name: String,
    pub type_oid: Oid,
    pub type_modifier: i32,
    pub has_default: bool,
    /// A btree that leads on the column and can be probed.
    pub index: Option<Oid>,
    /// Whether that index, or a unique one like it, keeps the column's values apart all by itself.
    pub is_unique: bool,
}

impl Column {
    /// What the column can hold of a sequence's values, or `None` if its type is not numeric.
    pub fn numbers(&self) -> Option<(Numbers, IdRange)> {
        match names::base_type(self.type_oid, self.type_modifier) {
            (pg_sys::INT2OID, _) => Some((Numbers::Integer, IdRange::SMALLINT)),
            (pg_sys::INT4OID, _) => Some((Numbers::Integer, IdRange::INTEGER)),
            (pg_sys::INT8OID, _) => Some((Numbers::Integer, IdRange::BIGINT)),
            (pg_sys::NUMERICOID, modifier) => Some((Numbers::Numeric, numeric_range(modifier))),
            _ => None,
        }
    }

    /// The table's name as SQL, always with its schema.
    pub fn quoted_table(&self) -> String {
        quote_qualified(&self.schema, &self.table)
    }

    /// For people: `schema.table.column`, quoted.
    pub fn label(&self) -> String {
        format!("{}.{}", self.quoted_table(), names::quote_identifier(&self.name))
    }
}

impl Sequence {
    /// The sequence's name as SQL, always with its schema.
    pub fn quoted(&self) -> String {
        quote_qualified(&self.schema, &self.name)
    }
}

pub fn quote_qualified(schema: &str, name: &str) -> String {
    format!("{}.{}", names::quote_identifier(schema), names::quote_identifier(name))
}

/// The modifier holds precision and scale, the scale as 11 bits with sign (numeric.c, `make_numeric_typmod`).
fn numeric_range(modifier: i32) -> IdRange {
    let Ok(packed) = u32::try_from(modifier - pg_sys::VARHDRSZ as i32) else { return IdRange::BIGINT };
    let scale = ((packed & 0x7ff) as i32 ^ 1024) - 1024;
    IdRange::numeric(packed >> 16, scale)
}

/// What a default draws from.
#[derive(Clone, Debug)]
pub enum Source {
    Known(Oid),
    /// Given as text, and not one sequence answers to it: why.
    Unresolved(String),
}

#[derive(Clone, Debug)]
pub struct Link {
    pub column: Column,
    pub source: Source,
    pub kind: Kind,
    /// The value goes into the column as it is drawn: the default is nothing but nextval.
    pub is_plain: bool,
}

impl Link {
    pub fn sequence(&self) -> Option<Oid> {
        match self.source {
            Source::Known(oid) => Some(oid),
            Source::Unresolved(_) => None,
        }
    }
}

/// All links of the database and its sequences.
pub struct Links {
    pub links: Vec<Link>,
    pub sequences: HashMap<Oid, Sequence>,
}

impl Links {
    /// The columns that draw from each sequence, as indexes into `links`. Partitions draw as their root does.
    pub fn drawers(&self) -> HashMap<Oid, Vec<usize>> {
        let mut drawers: HashMap<Oid, Vec<usize>> = HashMap::new();
        for (index, link) in self.links.iter().enumerate() {
            if let Some(sequence) = link.sequence() {
                drawers.entry(sequence).or_default().push(index);
            }
        }
        drawers
    }

    /// Resolves the text in `nextval('…'::text)`. Who inserts looks an unqualified name up along a search_path that
    /// nobody here knows, so only a name that a single sequence bears counts.
    pub fn resolve(sequences: &HashMap<Oid, Sequence>, text: &str) -> Source {
        let Some(mut parts) = split_qualified_name(text) else {
            return Source::Unresolved(format!("the default names no sequence: {text}"));
        };
        let name = parts.pop().unwrap_or_default();
        let schema = parts.pop();
        let mut matches: Vec<&Sequence> = sequences
            .values()
            .filter(|sequence| sequence.name == name && schema.as_ref().is_none_or(|schema| sequence.schema == *schema))
            .collect();
        matches.sort_by(|one, other| one.schema.cmp(&other.schema));
        match matches.as_slice() {
            [sequence] => Source::Known(sequence.oid),
            [] => Source::Unresolved(format!("the default names a sequence that does not exist: {text}")),
            several => Source::Unresolved(format!(
                "which sequence \"{name}\" the default means depends on the search_path of who inserts: {}",
                several.iter().map(|sequence| sequence.quoted()).collect::<Vec<_>>().join(", ")
            )),
        }
    }
}

/// Splits `a."B.c"` as the server does: unquoted parts in lower case, 63 bytes at most, `""` for a quote.
pub fn split_qualified_name(text: &str) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    loop {
        let (part, after) = if let Some(quoted) = rest.strip_prefix('"') {
            split_quoted(quoted)?
        } else {
            let end = rest.find(|c: char| c == '.' || c.is_whitespace() || c == '"').unwrap_or(rest.len());
            (rest[..end].to_ascii_lowercase(), &rest[end..])
        };
        if part.is_empty() {
            return None;
        }
        parts.push(truncate(part));
        let after = after.trim_start();
        if after.is_empty() {
            return Some(parts);
        }
        rest = after.strip_prefix('.')?.trim_start();
    }
}

fn split_quoted(text: &str) -> Option<(String, &str)> {
    let mut part = String::new();
    let mut rest = text;
    loop {
        let end = rest.find('"')?;
        part.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(after) => {
                part.push('"');
                rest = after;
            }
            None => return Some((part, rest)),
        }
    }
}

fn truncate(mut part: String) -> String {
    let limit = pg_sys::NAMEDATALEN as usize - 1;
    if part.len() > limit {
        part.truncate((0..=limit).rev().find(|end| part.is_char_boundary(*end)).unwrap_or(0));
    }
    part
}

#[cfg(test)]
mod tests {
    use super::split_qualified_name;

    fn split(text: &str) -> Option<Vec<String>> {
        split_qualified_name(text)
    }

    #[test]
    fn names_are_split_as_the_server_does() {
        let parts = |parts: &[&str]| Some(parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>());
        assert_eq!(split("Ids"), parts(&["ids"]));
        assert_eq!(split("app.ids"), parts(&["app", "ids"]));
        assert_eq!(split("\"App\" . \"I.d\"\"s\""), parts(&["App", "I.d\"s"]));
        assert_eq!(split(&"x".repeat(70)), parts(&[&"x".repeat(63)]));
        assert_eq!(split(&"ü".repeat(40)), parts(&[&"ü".repeat(31)]));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in ["", "\"open", "a.", ".a", "a b", "a..b", "\"\""] {
            assert_eq!(split(text), None, "{text}");
        }
    }
}
