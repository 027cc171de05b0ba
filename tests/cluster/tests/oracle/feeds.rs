//! The ways in which a column's default draws from a sequence.

use crate::cases::{Builder, Cover, Fed, named_sequence, owned_sequence};
use crate::numbers::{IdType, Numbers};
use cluster::{identifier, literal};
use fastrand::Rng;

/// The kind of a column's default.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Feed {
    Serial,
    IdentityAlways,
    IdentityByDefault,
    Owned,
    Unowned,
    OwnedElsewhere,
    TextQualified,
    TextUnqualified,
    Domain,
}

impl Feed {
    const ALL: [Self; 11] = [
        Self::Serial,
        Self::Serial,
        Self::IdentityAlways,
        Self::IdentityByDefault,
        Self::IdentityByDefault,
        Self::Owned,
        Self::Unowned,
        Self::OwnedElsewhere,
        Self::TextQualified,
        Self::TextUnqualified,
        Self::Domain,
    ];

    pub fn any(random: &mut Rng) -> Self {
        Self::ALL[random.usize(..Self::ALL.len())]
    }

    /// Returns a kind that a child inherits, unlike identity.
    pub fn inheritable(random: &mut Rng) -> Self {
        loop {
            match Self::any(random) {
                Self::IdentityAlways | Self::IdentityByDefault => {}
                feed => return feed,
            }
        }
    }
}

/// A column's definition, and statements for its sequence after the table has been created.
pub struct Definition {
    pub sql: String,
    pub after: String,
    pub id_type: IdType,
    /// The type as SQL, possibly a domain's name.
    pub type_name: String,
    pub numbers: Numbers,
    pub sequence: String,
    takes_null: bool,
    may_be_unknown: bool,
}

impl Definition {
    /// Returns a column whose default is the sequence's next value.
    pub fn of_default(sequence: &str, id_type: IdType, numbers: &Numbers) -> Self {
        Self {
            sql: format!("{} DEFAULT nextval({})", id_type.sql(), literal(sequence)),
            after: String::new(),
            id_type,
            type_name: id_type.sql(),
            numbers: numbers.clone(),
            sequence: named_sequence(sequence),
            takes_null: true,
            may_be_unknown: false,
        }
    }

    fn set_default(&mut self, expression: &str) {
        self.sql = format!("{} DEFAULT {expression}", self.type_name);
    }

    pub fn fed(&self, table: &str, column: &str, cover: Cover) -> Fed {
        Fed {
            table: table.to_owned(),
            column: column.to_owned(),
            id_type: self.id_type,
            sequence: self.sequence.clone(),
            rows: table.to_owned(),
            insert: format!("INSERT INTO {table} DEFAULT VALUES"),
            unique: cover.is_unique(),
            takes_null: self.takes_null && !cover.is_key(),
            may_be_unknown: self.may_be_unknown,
            holds_numbers: true,
            in_blocks: false,
            reported_with: None,
        }
    }
}

/// Defines a column of the root of a partitioned table, whose type cannot change.
pub fn define_root(b: &mut Builder, table: &str, column: &str) -> Definition {
    let feed = Feed::any(b.random);
    define(b, feed, false, table, column)
}

/// Defines a column of `table`. With `retype`, a serial column may get a type other than its
/// sequence's.
pub fn define(b: &mut Builder, feed: Feed, retype: bool, table: &str, column: &str) -> Definition {
    let sequence_type = IdType::INTEGERS[b.random.usize(..3)];
    let numbers = Numbers::random(b.random, sequence_type);
    let options = numbers.options();
    match feed {
        Feed::Serial => {
            let mut id_type = sequence_type;
            let pseudo_type = match sequence_type {
                IdType::Int2 => "smallserial",
                IdType::Int4 => "serial",
                _ => "bigserial",
            };
            let sequence = owned_sequence(table, column);
            // The usual change of an exhausted integer key, which leaves the sequence's type
            // unchanged.
            let mut after = String::new();
            if retype && b.random.u8(..4) == 0 {
                id_type = IdType::any(b.random);
                after = format!("ALTER TABLE {table} ALTER {} TYPE {};\n", identifier(column), id_type.sql());
            }
            let alter = literal(&format!(" {options} RESTART"));
            after += &format!("DO $$ BEGIN EXECUTE 'ALTER SEQUENCE ' || {sequence} || {alter}; END $$;");
            Definition {
                sql: pseudo_type.to_owned(),
                after,
                type_name: id_type.sql(),
                id_type,
                takes_null: false,
                numbers,
                sequence,
                may_be_unknown: false,
            }
        }
        Feed::IdentityAlways | Feed::IdentityByDefault => {
            let when = if feed == Feed::IdentityAlways { "ALWAYS" } else { "BY DEFAULT" };
            Definition {
                sql: format!("{} GENERATED {when} AS IDENTITY ({options})", sequence_type.sql()),
                after: String::new(),
                type_name: sequence_type.sql(),
                id_type: sequence_type,
                takes_null: false,
                numbers,
                sequence: owned_sequence(table, column),
                may_be_unknown: false,
            }
        }
        _ => {
            let id_type = IdType::any(b.random);
            let sequence = b.sequence(&numbers);
            let mut definition = Definition::of_default(&sequence, id_type, &numbers);
            match feed {
                Feed::TextQualified => definition.set_default(&format!("nextval({}::text)", literal(&sequence))),
                Feed::TextUnqualified => {
                    definition.set_default(&format!("nextval({}::text)", literal(after_schema(&sequence))));
                    definition.may_be_unknown = true;
                }
                Feed::Owned => {
                    definition.after = format!("ALTER SEQUENCE {sequence} OWNED BY {table}.{};", identifier(column));
                }
                Feed::OwnedElsewhere => {
                    let owner = b.relation();
                    b.sql(&format!("CREATE TABLE {owner} (id bigint);"));
                    b.sql(&format!("ALTER SEQUENCE {sequence} OWNED BY {owner}.id;"));
                }
                Feed::Domain => {
                    let domain = b.relation();
                    b.sql(&format!("CREATE DOMAIN {domain} AS {};", definition.sql));
                    definition.type_name = domain.clone();
                    definition.sql = domain;
                }
                _ => {}
            }
            definition
        }
    }
}

/// Returns the relation's name out of a qualified one with both parts quoted.
fn after_schema(qualified: &str) -> &str {
    let schema_end = qualified.replace("\"\"", "''").find("\".\"").map_or(0, |at| at + 2);
    &qualified[schema_end..]
}
