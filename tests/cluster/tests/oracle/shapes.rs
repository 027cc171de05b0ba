//! The shapes of a case: how a column gets its default, and how tables share it.

use crate::cases::{Builder, Case, Cover, Fed, OTHER_COLUMNS, named_sequence, owned_sequence};
use crate::numbers::{IdType, Numbers};
use cluster::{identifier, literal};
use fastrand::Rng;

/// How a column's default draws from a sequence.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Feed {
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

    fn any(random: &mut Rng) -> Self {
        Self::ALL[random.usize(..Self::ALL.len())]
    }

    /// What a child takes over from its parent: identity is not inherited.
    fn inheritable(random: &mut Rng) -> Self {
        loop {
            match Self::any(random) {
                Self::IdentityAlways | Self::IdentityByDefault => {}
                feed => return feed,
            }
        }
    }
}

/// Makes case `number`; the same number and the same state of `random` make the same case.
pub fn random_case(random: &mut Rng, number: u64) -> Case {
    let shape = random.u8(..20);
    let mut builder = Builder::new(random, number);
    let b = &mut builder;
    let name = match shape {
        0..=8 => single(b),
        9 | 10 => shared_by_tables(b),
        11 => shared_by_columns(b),
        12 | 13 => inherited(b),
        14 | 15 => copied(b),
        16..=18 => crate::partitions::partitioned(b),
        _ => text_column(b),
    };
    builder.finish(name)
}

/// A column with its default, before there are rows.
struct Draft {
    fed: Fed,
    numbers: Numbers,
    cover: Cover,
}

impl Draft {
    fn fill(self, b: &mut Builder) {
        b.fill(self.fed.clone(), &self.numbers, self.cover);
        b.set_position(&self.fed.sequence, &self.numbers);
    }
}

/// Creates a table whose column draws from a new sequence.
fn table(b: &mut Builder, feed: Feed, cover: Cover) -> Draft {
    let (table, column) = (b.relation(), b.name());
    let keyword = b.table_keyword();
    let definition = define(b, feed, true, &table, &column);
    b.sql(&format!("CREATE {keyword} {table} ({} {}, {OTHER_COLUMNS});", identifier(&column), definition.sql));
    b.sql(&definition.after);
    b.sql(&cover.sql(&table, &identifier(&column)));
    Draft { fed: definition.fed(&table, &column, cover), numbers: definition.numbers, cover }
}

/// A column's definition, and what its sequence needs once the table is there.
pub struct Definition {
    pub sql: String,
    pub after: String,
    pub id_type: IdType,
    /// The type as SQL: a domain's name for a domain.
    pub type_name: String,
    pub numbers: Numbers,
    sequence: String,
    takes_null: bool,
    may_be_unknown: bool,
}

impl Definition {
    /// A plain default of the sequence's next value.
    fn of_default(sequence: &str, id_type: IdType, numbers: &Numbers) -> Self {
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
        }
    }
}

/// A definition for the root of a partitioned table, whose type may not change any more.
pub fn define_root(b: &mut Builder, table: &str, column: &str) -> Definition {
    let feed = Feed::any(b.random);
    define(b, feed, false, table, column)
}

/// Defines a column of `table`; `retype` allows a serial column to get another type than its sequence.
fn define(b: &mut Builder, feed: Feed, retype: bool, table: &str, column: &str) -> Definition {
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
            // The usual change of a full integer key, which leaves the sequence's type as it was.
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
                Feed::TextQualified => {
                    definition.set_default(&format!("nextval({}::text)", literal(&sequence)));
                    // The name then is pg_temp's, which is another schema in each session.
                    definition.may_be_unknown = b.temporary;
                }
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

/// The relation's own name out of a qualified one whose both parts are quoted.
fn after_schema(qualified: &str) -> &str {
    let schema_end = qualified.replace("\"\"", "''").find("\".\"").map_or(0, |at| at + 2);
    &qualified[schema_end..]
}

fn single(b: &mut Builder) -> &'static str {
    let (feed, cover) = (Feed::any(b.random), Cover::any(b.random));
    table(b, feed, cover).fill(b);
    match feed {
        Feed::Serial => "serial",
        Feed::IdentityAlways => "identity always",
        Feed::IdentityByDefault => "identity by default",
        Feed::Owned => "owned by, default nextval",
        Feed::Unowned => "default nextval of a sequence nobody owns",
        Feed::OwnedElsewhere => "default nextval of another table's sequence",
        Feed::TextQualified => "nextval of a text, qualified",
        Feed::TextUnqualified => "nextval of a text, unqualified",
        Feed::Domain => "domain default",
    }
}

fn shared_by_tables(b: &mut Builder) -> &'static str {
    let numbers = Numbers::random(b.random, IdType::Int8);
    let sequence = b.sequence(&numbers);
    for _ in 0..b.random.u8(2..4) {
        let (table, column, keyword) = (b.relation(), b.name(), b.table_keyword());
        let (id_type, cover) = (IdType::any(b.random), Cover::any(b.random));
        let definition = Definition::of_default(&sequence, id_type, &numbers);
        b.sql(&format!("CREATE {keyword} {table} ({} {}, {OTHER_COLUMNS});", identifier(&column), definition.sql));
        b.sql(&cover.sql(&table, &identifier(&column)));
        b.fill(definition.fed(&table, &column, cover), &numbers, cover);
    }
    b.set_position(&named_sequence(&sequence), &numbers);
    "sequence shared by tables"
}

fn shared_by_columns(b: &mut Builder) -> &'static str {
    let numbers = Numbers::random(b.random, IdType::Int8);
    let sequence = b.sequence(&numbers);
    let (table, columns) = (b.relation(), [b.name(), b.name()]);
    let keyword = b.table_keyword();
    let definition = Definition::of_default(&sequence, IdType::Int8, &numbers);
    let default = &definition.sql;
    let [left, right] = columns.each_ref().map(|column| identifier(column));
    b.sql(&format!("CREATE {keyword} {table} ({left} {default}, {right} {default}, {OTHER_COLUMNS});"));
    for (column, other) in [(&columns[0], &right), (&columns[1], &left)] {
        let cover = [Cover::Unique, Cover::UniqueDescending, Cover::Plain, Cover::Nothing][b.random.usize(..4)];
        b.sql(&cover.sql(&table, &identifier(column)));
        let mut fed = definition.fed(&table, column, cover);
        // Each column is judged by itself: an insert that draws for both would take two values at a time.
        fed.insert = format!("INSERT INTO {table} ({other}) VALUES (NULL)");
        b.columns.push(fed);
    }
    let ids = [numbers.ids(b.random, IdType::Int8), numbers.ids(b.random, IdType::Int8)];
    for (column, mut ids) in [&left, &right].into_iter().zip(ids) {
        ids.sort();
        ids.dedup();
        let other = if *column == left { &right } else { &left };
        for id in ids {
            b.sql(&format!("INSERT INTO {table} ({column}, {other}) VALUES ({id}, NULL);"));
        }
    }
    b.set_position(&named_sequence(&sequence), &numbers);
    "sequence shared by columns of one table"
}

fn inherited(b: &mut Builder) -> &'static str {
    let (feed, cover) = (Feed::inheritable(b.random), Cover::any(b.random));
    let mut parent = table(b, feed, cover);
    parent.fed.rows = format!("ONLY {}", parent.fed.table);
    let child = b.relation();
    b.sql(&format!("CREATE TABLE {child} () INHERITS ({});", parent.fed.table));
    let cover = Cover::any(b.random);
    b.sql(&cover.sql(&child, &identifier(&parent.fed.column)));
    let fed = Fed {
        table: child.clone(),
        rows: child.clone(),
        insert: format!("INSERT INTO {child} DEFAULT VALUES"),
        unique: cover.is_unique(),
        takes_null: parent.fed.takes_null && !cover.is_key(),
        ..parent.fed.clone()
    };
    b.fill(fed, &parent.numbers, cover);
    parent.fill(b);
    "inherits"
}

fn copied(b: &mut Builder) -> &'static str {
    let (feed, cover) = (Feed::any(b.random), Cover::any(b.random));
    let original = table(b, feed, cover);
    let copy = b.relation();
    b.sql(&format!("CREATE TABLE {copy} (LIKE {} INCLUDING ALL);", original.fed.table));
    let identity = matches!(feed, Feed::IdentityAlways | Feed::IdentityByDefault);
    let mut fed = Fed {
        table: copy.clone(),
        rows: copy.clone(),
        insert: format!("INSERT INTO {copy} DEFAULT VALUES"),
        ..original.fed.clone()
    };
    if identity {
        // A copied identity column has a sequence of its own.
        fed.sequence = owned_sequence(&copy, &fed.column);
    }
    b.fill(fed, &original.numbers, cover);
    original.fill(b);
    "like including all"
}

/// Text that a sequence numbers: nothing to compare, and no reason to fail.
fn text_column(b: &mut Builder) -> &'static str {
    let numbers = Numbers::random(b.random, IdType::Int8);
    let sequence = b.sequence(&numbers);
    let (table, column) = (b.relation(), b.name());
    let default = format!("text DEFAULT 'A' || nextval({})", literal(&sequence));
    b.sql(&format!("CREATE TABLE {table} ({} {default}, {OTHER_COLUMNS});", identifier(&column)));
    b.sql(&format!("INSERT INTO {table} VALUES ('A1'), (NULL), ('zebra');"));
    let fed = Definition::of_default(&sequence, IdType::Numeric, &numbers).fed(&table, &column, Cover::Nothing);
    b.columns.push(Fed { may_be_unknown: true, holds_numbers: false, ..fed });
    b.set_position(&named_sequence(&sequence), &numbers);
    "text default"
}
