//! A relation as it is when the script reaches the next statement.

use crate::pg::names::{QualifiedName, quote_identifier};
use crate::pg::parser::tree::Bound;
use crate::report::quoting::literal;
use pgrx::pg_sys::Oid;
use std::collections::BTreeMap;

/// The index of a relation in the model.
pub type Id = usize;

/// The number of a statement.
pub type Number = i32;

#[derive(Clone, Debug, Default)]
pub struct Relation {
    /// `None` for a relation that the script creates.
    pub oid: Option<Oid>,
    pub schema: String,
    pub name: String,
    /// Its name in the catalogs.
    pub original: Option<QualifiedName>,
    /// As in pg_class.relkind.
    pub kind: u8,
    pub persistence: u8,
    /// `None` for one that a role owns which the script creates.
    pub owner: Option<Oid>,
    pub created: Option<Number>,
    pub dropped: Option<Number>,
    /// Whether the script has changed what its name, columns or constraints are.
    pub is_changed: bool,
    /// Whether its columns are unknown.
    pub is_opaque: bool,
    pub columns: Vec<Column>,
    pub constraints: Vec<Constraint>,
    pub indexes: Vec<Index>,
    pub triggers: Vec<Trigger>,
    /// OIDs of partitions and inheriting tables, and of the parents.
    pub children: Vec<Oid>,
    pub parents: Vec<Oid>,
    /// The same, where the script has created or attached them.
    pub new_children: Vec<Id>,
    pub new_parents: Vec<Id>,
    pub is_partition: bool,
    /// As in pg_partitioned_table.partstrat.
    pub partition_strategy: u8,
    /// The columns of the partition key; an expression has an empty name.
    pub partition_columns: Vec<String>,
    pub default_partition: Option<Oid>,
    /// The condition and the bound of a partition, over the catalog's column names.
    pub partition_condition: Option<String>,
    /// Whether defaults, conditions and the like could not be read, since another session has
    /// locked the relation.
    pub hides_expressions: bool,
    /// Whether the condition of a partition could not be read.
    pub hides_partition_condition: bool,
    pub partition_bound: Option<String>,
    /// The bound that the script gives it.
    pub new_bound: Option<Bound>,
    /// For an index: its table. For a sequence: the table that owns it.
    pub table: Option<Oid>,
    pub rows: f64,
    pub pages: i32,
    pub has_rules: bool,
    pub has_policies: bool,
    pub has_row_security: bool,
    pub forces_row_security: bool,
    pub is_typed: bool,
    pub row_type: Option<Oid>,
    pub replica_identity: u8,
    pub is_published: bool,
    pub changes: Changes,
    /// For a view that the script creates: what it reads.
    pub reads: Vec<(Id, String)>,
    /// The foreign keys of others that the script adds: the table, and the name.
    pub new_references: Vec<(Id, String)>,
    pub triggers_off: Option<Number>,
    /// For a sequence: the table that the script makes its owner; `Some(None)` is OWNED BY NONE.
    pub new_owner: Option<Option<Id>>,
    /// Whether it is a materialized view WITH NO DATA.
    pub is_unpopulated: bool,
    /// ON COMMIT DROP
    pub drops_on_commit: bool,
}

/// What the script has done to the rows.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pub inserted: Option<Number>,
    pub deleted: Option<Number>,
    pub updated: BTreeMap<String, Number>,
    /// TRUNCATE
    pub emptied: Option<Number>,
    /// The rows of INSERT … VALUES with constants; `None` if others have been inserted as well.
    pub new_rows: Option<Vec<BTreeMap<String, Option<String>>>>,
}

#[derive(Clone, Debug, Default)]
pub struct Column {
    pub name: String,
    /// The number in the catalog; `None` for a column that the script adds.
    pub number: Option<i16>,
    pub type_: Type,
    pub collation: Oid,
    pub is_not_null: bool,
    pub default: Default_,
    pub identity: u8,
    pub generated: u8,
    /// Whether the script gives its new sequence options.
    pub has_sequence_options: bool,
    /// The sequences that a default of the script names.
    pub draws: Vec<Id>,
    /// For a generated column that the script adds: the columns that it is computed from.
    pub uses: Vec<String>,
    pub is_inherited: bool,
    /// Whether it stays if the parents' columns are dropped.
    pub is_local: bool,
    /// As in pg_attribute.attstorage.
    pub storage: u8,
    /// An expression over the catalog's columns for the values that it has, if that is known.
    pub value: Option<String>,
    pub added: Option<Number>,
    pub retyped: Option<Number>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    Known {
        oid: Oid,
        modifier: i32,
    },
    /// A type that the script creates, or one that could not be looked up.
    New(String),
}

impl Default for Type {
    fn default() -> Type {
        Type::New(String::new())
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Default_ {
    #[default]
    None,
    /// `text` is the expression with all names resolved, if it could be analyzed.
    Expression { text: Option<String>, is_new: bool },
    /// The sequence of a serial column that the script adds.
    Serial(String),
}

impl Default_ {
    pub fn is_some(&self) -> bool {
        *self != Default_::None
    }
}

#[derive(Clone, Debug, Default)]
pub struct Constraint {
    pub name: String,
    /// As in pg_constraint.contype.
    pub kind: u8,
    pub columns: Vec<String>,
    pub is_deferrable: bool,
    pub is_deferred: bool,
    pub is_valid: bool,
    pub is_enforced: bool,
    pub parent: Option<Parent>,
    pub parent_columns: Vec<String>,
    pub is_match_full: bool,
    pub on_delete: u8,
    /// As in pg_constraint.confupdtype.
    pub on_update: u8,
    /// The condition of a CHECK, over the columns' names in the catalog.
    pub condition: Option<String>,
    pub is_inherited: bool,
    pub added: Option<Number>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parent {
    Existing(Oid),
    New(Id),
}

#[derive(Clone, Debug, Default)]
pub struct Index {
    pub oid: Option<Oid>,
    pub name: String,
    pub is_unique: bool,
    pub is_primary: bool,
    pub is_valid: bool,
    pub is_immediate: bool,
    /// The key columns, unless one of them is an expression.
    pub columns: Option<Vec<String>>,
    /// All columns that it needs.
    pub needs: Vec<String>,
    pub has_predicate: bool,
    pub has_expressions: bool,
    /// The predicate and the expressions, as the catalogs have them.
    pub texts: Vec<String>,
    pub nulls_not_distinct: bool,
    pub method: String,
    pub constraint: Option<String>,
    pub is_partition: bool,
    /// Whether a column has another operator class than its type's default.
    pub names_classes: bool,
}

/// The bits of `Trigger::events` (catalog/pg_trigger.h).
pub const ROW: i16 = 1;
pub const BEFORE: i16 = 1 << 1;
pub const INSERT: i16 = 1 << 2;
pub const DELETE: i16 = 1 << 3;
pub const UPDATE: i16 = 1 << 4;
pub const TRUNCATE: i16 = 1 << 5;
pub const INSTEAD: i16 = 1 << 6;

#[derive(Clone, Debug, Default)]
pub struct Trigger {
    pub name: String,
    pub function: String,
    pub body: String,
    pub is_enabled: bool,
    /// As in pg_trigger.tgtype.
    pub events: i16,
    pub added: Option<Number>,
    /// For a trigger that the script adds: the columns that it names.
    pub columns: Vec<String>,
}

impl Relation {
    pub fn qualified(&self) -> QualifiedName {
        QualifiedName { schema: self.schema.clone(), name: self.name.clone() }
    }

    /// Returns the name as SQL spells it.
    pub fn quoted(&self) -> String {
        if self.schema == "pg_temp" { quote_identifier(&self.name) } else { self.qualified().quoted() }
    }

    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    pub fn column_mut(&mut self, name: &str) -> Option<&mut Column> {
        self.columns.iter_mut().find(|column| column.name == name)
    }

    pub fn column_numbered(&self, number: i16) -> Option<&Column> {
        self.columns.iter().find(|column| column.number == Some(number))
    }

    pub fn constraint(&self, name: &str) -> Option<&Constraint> {
        self.constraints.iter().find(|constraint| constraint.name == name)
    }

    pub fn index(&self, name: &str) -> Option<&Index> {
        self.indexes.iter().find(|index| index.name == name)
    }

    /// Whether no row has NULL in the column: it is NOT NULL, by a constraint that is valid.
    pub fn has_no_null(&self, name: &str) -> bool {
        let is_doubtful = |constraint: &Constraint| {
            constraint.kind == b'n' && !constraint.is_valid && constraint.columns.iter().any(|column| column == name)
        };
        self.column(name).is_some_and(|column| column.is_not_null) && !self.constraints.iter().any(is_doubtful)
    }

    /// Returns the primary key's columns.
    pub fn primary_key(&self) -> Option<&Constraint> {
        self.constraints.iter().find(|constraint| constraint.kind == b'p')
    }

    pub fn is_partitioned(&self) -> bool {
        self.kind == b'p'
    }

    /// Whether it stores rows of its own or of partitions.
    pub fn is_table(&self) -> bool {
        matches!(self.kind, b'r' | b'p' | b'f')
    }

    /// Returns the names of the triggers that fire for one of these events.
    pub fn fired(&self, events: i16) -> Vec<String> {
        let fires = |trigger: &&Trigger| trigger.is_enabled && trigger.events & events != 0;
        self.triggers.iter().filter(fires).map(|trigger| trigger.name.clone()).collect()
    }

    /// Whether the script has created the relation, or emptied it, and has written no row since.
    pub fn is_known_empty(&self) -> bool {
        let is_new = self.created.is_some() && self.kind != b'm';
        (is_new || self.changes.emptied.is_some()) && self.changes.inserted.is_none() && !self.has_old_children()
    }

    fn has_old_children(&self) -> bool {
        !self.children.is_empty() && self.changes.emptied.is_none() || !self.new_children.is_empty()
    }

    /// Returns the relation for a FROM clause, with the columns as the script has left them, under
    /// its own name. Columns whose values are not known are left out. `None` if the script creates
    /// it.
    pub fn as_subquery(&self, only: bool) -> Option<String> {
        self.as_subquery_named(&self.name, only)
    }

    pub fn as_subquery_named(&self, alias: &str, only: bool) -> Option<String> {
        let original = self.original.as_ref()?;
        let columns = self
            .columns
            .iter()
            .filter_map(|column| Some(format!("{} AS {}", column.value.as_ref()?, quote_identifier(&column.name))));
        let columns: Vec<String> = columns.collect();
        let only = if only && self.kind != b'p' { "ONLY " } else { "" };
        let alias = quote_identifier(alias);
        Some(format!("(SELECT {} FROM {only}{}) AS {alias}", columns.join(", "), original.quoted()))
    }
}

impl Column {
    /// Whether the values that it has are known, so that a query can ask for them.
    pub fn is_known(&self) -> bool {
        self.value.is_some()
    }

    /// Returns the type as SQL spells it.
    pub fn type_text(&self) -> String {
        match &self.type_ {
            Type::Known { oid, modifier } => crate::pg::parser::analysis::type_text(*oid, *modifier),
            Type::New(name) => name.clone(),
        }
    }

    pub fn type_oid(&self) -> Option<Oid> {
        match self.type_ {
            Type::Known { oid, .. } => Some(oid),
            Type::New(_) => None,
        }
    }

    /// Whether a row that does not name the column gets a value.
    pub fn has_value_of_its_own(&self) -> bool {
        self.default.is_some() || self.identity != 0 || self.generated != 0
    }
}

/// Returns a literal of this type.
pub fn typed_literal(text: &str, type_text: &str) -> String {
    format!("{}::{type_text}", literal(text))
}
