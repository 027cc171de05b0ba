//! Columns without a default, for which an application or a trigger draws, and columns whose
//! default calls a function.

use crate::cases::{Builder, Cover, Fed, OTHER_COLUMNS, named_sequence};
use crate::feeds::Definition;
use crate::names::qualified;
use crate::numbers::{IdType, Numbers};
use cluster::{identifier, literal};

/// The shapes whose sequences an audit of only pg_depend and pg_attrdef misses.
pub const SHAPES: [&str; 4] =
    ["application draws, by name", "application draws, owned", "trigger draws", "default calls a function"];

/// A sequence and the column that it feeds.
struct Pair {
    table: String,
    column: String,
    sequence: String,
    id_type: IdType,
    numbers: Numbers,
    cover: Cover,
}

impl Pair {
    /// Creates a table with `column`, and a sequence. The names are not quoted.
    fn create(b: &mut Builder, table: &str, column: &str, sequence: &str, cover: Cover) -> Pair {
        let data_type = IdType::INTEGERS[b.random.usize(..3)];
        let (numbers, id_type) = (Numbers::random(b.random, data_type), IdType::any(b.random));
        let (table, sequence) = (qualified(&b.schema, table), qualified(&b.schema, sequence));
        b.sql(&format!("CREATE SEQUENCE {sequence} AS {} {};", numbers.data_type(), numbers.options()));
        let keyword = b.table_keyword();
        let quoted = identifier(column);
        b.sql(&format!("CREATE {keyword} {table} ({quoted} {} NOT NULL, {OTHER_COLUMNS});", id_type.sql()));
        b.sql(&cover.sql(&table, &quoted));
        Pair { table, column: column.to_owned(), sequence, id_type, numbers, cover }
    }

    fn any(b: &mut Builder, cover: Cover) -> Pair {
        let (table, column, sequence) = (b.name(), b.name(), b.name());
        Pair::create(b, &table, &column, &sequence, cover)
    }

    fn fed(&self, insert: String, in_blocks: bool) -> Fed {
        let definition = Definition::of_default(&self.sequence, self.id_type, &self.numbers);
        Fed { insert, in_blocks, takes_null: false, ..definition.fed(&self.table, &self.column, self.cover) }
    }

    /// Returns the column of an application that draws itself.
    fn drawn_by_application(&self) -> Fed {
        let column = identifier(&self.column);
        self.fed(format!("INSERT INTO {} ({column}) VALUES (nextval({}))", self.table, literal(&self.sequence)), true)
    }

    fn fill(&self, b: &mut Builder, fed: Fed) {
        b.fill(fed, &self.numbers, self.cover);
        b.set_position(&named_sequence(&self.sequence), &self.numbers);
    }
}

/// Names the sequence as Doctrine, Hibernate or Oracle users do, truncated as the server does.
pub fn by_name(b: &mut Builder) -> &'static str {
    let cover = [Cover::PrimaryKey, Cover::PrimaryKey, Cover::LeadingKey, Cover::Unique][b.random.usize(..4)];
    let (table, column) = (b.name(), b.name());
    let sequence = match b.random.u8(..6) {
        0 | 1 => format!("{table}_{column}_seq"),
        2 => format!("{table}_seq"),
        3 => format!("SEQ_{table}"),
        4 => format!("{table}_SQ"),
        _ => format!("seq_{table}_{column}"),
    };
    let pair = Pair::create(b, &table, &column, truncate_identifier(&sequence), cover);
    let fed = pair.drawn_by_application();
    pair.fill(b, fed);
    SHAPES[0]
}

pub fn owned(b: &mut Builder) -> &'static str {
    let cover = Cover::any(b.random);
    let pair = Pair::any(b, cover);
    b.sql(&format!("ALTER SEQUENCE {} OWNED BY {}.{};", pair.sequence, pair.table, identifier(&pair.column)));
    let fed = pair.drawn_by_application();
    pair.fill(b, fed);
    SHAPES[1]
}

pub fn trigger(b: &mut Builder) -> &'static str {
    let cover = Cover::any(b.random);
    let pair = Pair::any(b, cover);
    let (function, column, sequence) = (b.relation(), identifier(&pair.column), literal(&pair.sequence));
    let body = match b.random.u8(..5) {
        0 => format!("NEW.{column} := coalesce(NEW.{column}, nextval({sequence}));"),
        1 => format!("IF NEW.{column} IS NULL THEN SELECT nextval({sequence}::regclass) INTO NEW.{column}; END IF;"),
        2 => format!("NEW.{column} := CASE WHEN NEW.{column} IS NULL THEN nextval({sequence}) ELSE NEW.{column} END;"),
        3 => format!("IF NEW.{column} IS NULL THEN /* from */ NEW.{column} = pg_catalog.nextval({sequence}); END IF;"),
        _ => format!("IF NEW.{column} IS NULL THEN NEW.{column} := nextval(TG_ARGV[0]); END IF;"),
    };
    b.sql(&format!(
        "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS {};",
        literal(&format!("BEGIN {body} RETURN NEW; END"))
    ));
    b.sql(&format!(
        "CREATE TRIGGER fill BEFORE INSERT ON {} FOR EACH ROW EXECUTE FUNCTION {function}({sequence});",
        pair.table
    ));
    let fed = pair.fed(format!("INSERT INTO {} DEFAULT VALUES", pair.table), true);
    pair.fill(b, fed);
    SHAPES[2]
}

pub fn function(b: &mut Builder) -> &'static str {
    let cover = Cover::any(b.random);
    let pair = Pair::any(b, cover);
    let (function, sequence) = (b.relation(), literal(&pair.sequence));
    let text = |body: String| literal(&body);
    let definition = match b.random.u8(..4) {
        0 => format!("LANGUAGE sql AS {}", text(format!("SELECT nextval({sequence}) -- \n"))),
        1 => format!("LANGUAGE plpgsql AS {}", text(format!("BEGIN RETURN nextval({sequence}); END"))),
        2 => format!(
            "LANGUAGE plpgsql AS {}",
            text(format!("DECLARE n bigint; BEGIN SELECT nextval({sequence}) INTO n; RETURN n; END"))
        ),
        _ => format!("BEGIN ATOMIC SELECT nextval({sequence}); END"),
    };
    b.sql(&format!("CREATE FUNCTION {function}() RETURNS bigint {definition};"));
    b.sql(&format!("ALTER TABLE {} ALTER {} SET DEFAULT {function}();", pair.table, identifier(&pair.column)));
    let fed = pair.fed(format!("INSERT INTO {} DEFAULT VALUES", pair.table), false);
    pair.fill(b, fed);
    SHAPES[3]
}

/// Truncates an identifier as the server does.
fn truncate_identifier(name: &str) -> &str {
    let mut end = name.len().min(63);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}
