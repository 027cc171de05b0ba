//! The shapes of a case: which tables exist, and how they share a sequence.

use crate::cases::{Builder, Case, Cover, Fed, OTHER_COLUMNS, named_sequence, owned_sequence};
use crate::feeds::{Definition, Feed, define};
use crate::numbers::{IdType, Numbers};
use cluster::{identifier, literal};
use fastrand::Rng;

/// Creates case `number`, which is the same for the same number and state of `random`.
pub fn random_case(random: &mut Rng, number: u64) -> Case {
    let shape = random.u8(..26);
    let mut builder = Builder::new(random, number);
    let b = &mut builder;
    let name = match shape {
        0..=8 => single(b),
        9 | 10 => shared_by_tables(b),
        11 => shared_by_columns(b),
        12 | 13 => inherited(b),
        14 | 15 => copied(b),
        16..=18 => crate::partitions::partitioned(b),
        20 | 21 => crate::application_draws::by_name(b),
        22 => crate::application_draws::owned(b),
        23 | 24 => crate::application_draws::trigger(b),
        25 => crate::application_draws::function(b),
        _ => text_column(b),
    };
    builder.finish(name)
}

/// A column with its default, still without rows.
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

fn single(b: &mut Builder) -> &'static str {
    let (feed, cover) = (Feed::any(b.random), Cover::any(b.random));
    table(b, feed, cover).fill(b);
    match feed {
        Feed::Serial => "serial",
        Feed::IdentityAlways => "identity_always",
        Feed::IdentityByDefault => "identity_by_default",
        Feed::Owned => "owned by, default nextval",
        Feed::Unowned => "default nextval of a sequence without an owner",
        Feed::OwnedElsewhere => "default nextval of another table's sequence",
        Feed::TextQualified => "nextval of a text, qualified",
        Feed::TextUnqualified => "nextval of a text, unqualified",
        Feed::Domain => "domain_default",
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
        // Each column is checked separately: an insert that draws for both would take two values.
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
    let mut above = vec![(parent.fed.table.clone(), parent.fed.takes_null)];
    for _ in 0..b.random.usize(1..=3) {
        let child = b.relation();
        let (ancestor, takes_null) = above[b.random.usize(..above.len())].clone();
        b.sql(&format!("CREATE TABLE {child} () INHERITS ({ancestor});"));
        let cover = Cover::any(b.random);
        b.sql(&cover.sql(&child, &identifier(&parent.fed.column)));
        let fed = Fed {
            table: child.clone(),
            rows: format!("ONLY {child}"),
            insert: format!("INSERT INTO {child} DEFAULT VALUES"),
            unique: cover.is_unique(),
            takes_null: takes_null && !cover.is_key(),
            reported_with: Some(parent.fed.table.clone()),
            ..parent.fed.clone()
        };
        above.push((child, fed.takes_null));
        b.fill(fed, &parent.numbers, cover);
    }
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
        // A copied identity column has its own sequence.
        fed.sequence = owned_sequence(&copy, &fed.column);
    }
    b.fill(fed, &original.numbers, cover);
    original.fill(b);
    "like including all"
}

/// A text column that contains a sequence's value: not comparable, but not an error.
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
