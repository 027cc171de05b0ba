//! Describes the tables of migration tools: their names and columns.

use pgrx::pg_sys::{self, Oid};

/// What a tool's table is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Records the applied migrations.
    History,
    /// Records which process is running migrations.
    Lock,
    /// Holds other facts, such as ActiveRecord's environment.
    Metadata,
}

/// What distinguishes a tool's table from other tables. A table that has one of the tool's own
/// names but does not fit is reported as unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// These columns, whatever the name.
    Columns,
    /// These columns and no other, whatever the name; or one of the tool's own names and at least
    /// these columns.
    ColumnsAlone,
    /// One of the tool's own names and at least these columns.
    OwnName,
    /// A shared name, these columns and no other.
    SharedName,
    /// These columns and no other, which are common, and a shared name or one that contains
    /// "migrat".
    MigrationName,
    /// These columns and no other, and one of the tool's own names or one that contains such a
    /// word.
    NameWith(&'static [&'static str]),
}

/// A family of types, since the widths vary between tools and their versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Text,
    /// A varchar with this limit, such as `varchar(32)`.
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

/// A table as a tool creates it.
#[derive(Debug)]
pub struct Layout {
    pub tool: &'static str,
    pub part: Part,
    pub mark: Mark,
    /// The default names that no other program uses.
    pub own_names: &'static [&'static str],
    /// The default names that other programs use as well.
    pub shared_names: &'static [&'static str],
    /// The columns. The first is the one that the catalog is searched for.
    pub columns: &'static [(&'static str, Type)],
    /// The columns whose values matter, in the order in which the tool's judge asks for them.
    pub reads: &'static [&'static str],
    /// Returns a SELECT from the table of this name, for a table that is too large to be read as a
    /// whole; `reads` are then the columns that it uses. Its column `QUERIED_TIME` is a point in
    /// time, in microseconds since 2000.
    pub query: Option<fn(&str) -> String>,
}

/// The index of the time column that `Layout::query` returns.
pub const QUERIED_TIME: usize = 1;

/// A column in the catalog.
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
    /// It has a name that only the tool gives, but this column is missing or has another type.
    Lacks(&'static str),
    /// It is something else.
    None,
}

/// The header size that a varchar's type modifier includes: `VARHDRSZ`.
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
    /// Returns a layout without names and columns, to be filled in.
    pub const fn new(tool: &'static str, part: Part, mark: Mark) -> Layout {
        Layout { tool, part, mark, own_names: &[], shared_names: &[], columns: &[], reads: &[], query: None }
    }

    /// Returns the column to search the catalog for, if the table may have any name.
    pub fn key_column(&self) -> Option<&'static str> {
        let by_columns = matches!(self.mark, Mark::Columns | Mark::ColumnsAlone | Mark::NameWith(_));
        self.columns.first().filter(|_| by_columns).map(|(name, _)| *name)
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.own_names.iter().chain(self.shared_names).copied()
    }

    /// Whether the column is the layout's column of this name.
    pub fn has(&self, name: &str, column: &Column) -> bool {
        column.name == name && self.columns.iter().any(|(own, kind)| *own == name && kind.fits(column))
    }

    /// Returns how well a relation of this name and with these columns fits.
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
