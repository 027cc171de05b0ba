//! What the tables of migration tools look like.

use pgrx::pg_sys::{self, Oid};

/// What a tool's table is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Which migrations have been applied.
    History,
    /// Who is at it.
    Lock,
    /// Facts beside the history: ActiveRecord's environment.
    Metadata,
}

/// What tells a tool's table from somebody else's. A table of a tool's own name that does not fit is shown as unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// These columns, whatever the name.
    Columns,
    /// These columns and no other, whatever the name; or one of the tool's own names and at least these columns.
    ColumnsAlone,
    /// One of the tool's own names and at least these columns.
    OwnName,
    /// A shared name, these columns and no other.
    SharedName,
    /// These columns and no other, which say little, and a shared name or one with "migrat" in it.
    MigrationName,
    /// These columns and no other, and one of the tool's own names or one with such a word in it.
    NameWith(&'static [&'static str]),
}

/// A family of types: tools and their versions differ in the widths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Text,
    /// With this limit: `varchar(32)`.
    Varchar(i32),
    Integer,
    Bigint,
    Boolean,
    Time,
    Bytes,
    /// `text[]`
    Texts,
    /// `jsonb`
    Json,
    Name,
}

/// A table as a tool makes it.
#[derive(Debug)]
pub struct Layout {
    pub tool: &'static str,
    pub part: Part,
    pub mark: Mark,
    /// The names it has unless somebody chose another, and that nobody else gives.
    pub own_names: &'static [&'static str],
    /// Such names that others give as well.
    pub shared_names: &'static [&'static str],
    /// The first is the one that is looked for in the catalog.
    pub columns: &'static [(&'static str, Type)],
    /// The columns whose values matter, in the order in which the tool's judge asks for them.
    pub reads: &'static [&'static str],
    /// A SELECT from the table of this name, for one that is too large to be read as a whole; `reads` are then the columns that it uses. Its
    /// column `QUERIED_TIME` is a point in time, in microseconds since 2000.
    pub query: Option<fn(&str) -> String>,
}

/// See `Layout::query`.
pub const QUERIED_TIME: usize = 1;

/// A column as the catalog has it.
#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub type_oid: Oid,
    pub modifier: i32,
}

/// How well a relation fits a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It is the tool's table.
    Whole,
    /// It bears a name that only the tool gives, and lacks this column or has it with another type.
    Lacks(&'static str),
    /// It is something else.
    None,
}

/// The header that a varchar's modifier counts in: `VARHDRSZ`.
const HEADER: i32 = 4;

impl Type {
    fn fits(self, column: &Column) -> bool {
        let is = |types: &[Oid]| types.contains(&column.type_oid);
        match self {
            Type::Text => is(&[pg_sys::TEXTOID, pg_sys::VARCHAROID, pg_sys::BPCHAROID]),
            Type::Varchar(limit) => is(&[pg_sys::VARCHAROID]) && column.modifier == limit + HEADER,
            Type::Integer => is(&[pg_sys::INT2OID, pg_sys::INT4OID, pg_sys::INT8OID]),
            Type::Bigint => is(&[pg_sys::INT8OID]),
            Type::Boolean => is(&[pg_sys::BOOLOID]),
            Type::Time => is(&[pg_sys::TIMESTAMPOID, pg_sys::TIMESTAMPTZOID]),
            Type::Bytes => is(&[pg_sys::BYTEAOID]),
            Type::Texts => is(&[pg_sys::TEXTARRAYOID]),
            Type::Json => is(&[pg_sys::JSONBOID]),
            Type::Name => is(&[pg_sys::NAMEOID]),
        }
    }
}

impl Layout {
    /// A layout without names or columns, to be filled in.
    pub const fn new(tool: &'static str, part: Part, mark: Mark) -> Layout {
        Layout { tool, part, mark, own_names: &[], shared_names: &[], columns: &[], reads: &[], query: None }
    }

    /// The column to look for in the catalog, for a table that may bear any name.
    pub fn key_column(&self) -> Option<&'static str> {
        let by_columns = matches!(self.mark, Mark::Columns | Mark::ColumnsAlone | Mark::NameWith(_));
        self.columns.first().filter(|_| by_columns).map(|(name, _)| *name)
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.own_names.iter().chain(self.shared_names).copied()
    }

    /// Whether it is the layout's column of this name.
    pub fn has(&self, name: &str, column: &Column) -> bool {
        column.name == name && self.columns.iter().any(|(own, kind)| *own == name && kind.fits(column))
    }

    /// How well a relation of this name and with these columns fits.
    pub fn fit(&self, name: &str, columns: &[Column]) -> Fit {
        let has_own_name = self.own_names.contains(&name);
        let is_alone = columns.len() == self.columns.len();
        let is_there =
            |(name, kind): &(&str, Type)| columns.iter().any(|column| column.name == *name && kind.fits(column));
        if let Some((lacking, _)) = self.columns.iter().find(|column| !is_there(column)) {
            return if has_own_name { Fit::Lacks(lacking) } else { Fit::None };
        }
        let is_whole = match self.mark {
            Mark::Columns => true,
            Mark::ColumnsAlone => is_alone || has_own_name,
            Mark::OwnName => has_own_name,
            Mark::SharedName => is_alone && self.shared_names.contains(&name),
            Mark::NameWith(words) => has_own_name || is_alone && words.iter().any(|word| name.contains(word)),
            Mark::MigrationName => {
                has_own_name || is_alone && (self.shared_names.contains(&name) || name.contains("migrat"))
            }
        };
        if is_whole { Fit::Whole } else { Fit::None }
    }
}
