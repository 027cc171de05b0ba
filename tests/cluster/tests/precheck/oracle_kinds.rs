//! Random statements about domains, sequences' limits, publications, extensions, operator classes,
//! and objects that are not relations.

use crate::oracle_schema::{Schema, Table};
use crate::oracle_values::Draw;
use crate::oracle_writer::Writer;
use fastrand::Rng;

/// Adds what these statements are about.
pub fn objects(schema: &mut Schema, random: &mut Rng) {
    if !random.percent(40) {
        return;
    }
    let statements = [
        "CREATE DOMAIN quantity AS int CONSTRAINT not_many CHECK (VALUE < 1000)",
        "CREATE TABLE stock (id int PRIMARY KEY, n quantity)",
        "INSERT INTO stock VALUES (1, 5), (2, 50)",
        "CREATE SEQUENCE steps INCREMENT 5 MINVALUE 5 MAXVALUE 100 START 10",
        "CREATE PUBLICATION feed FOR TABLE stock",
        "CREATE COLLATION plain (LOCALE = 'C')",
    ];
    schema.setup.extend(statements.map(str::to_owned));
    if random.bool() {
        schema.setup.push("INSERT INTO stock VALUES (3, NULL)".to_owned());
        schema.setup.push("SELECT nextval('steps')".to_owned());
    }
    let columns = [("id", "int"), ("n", "int")].map(|(name, data_type)| (name.to_owned(), data_type.to_owned()));
    schema.tables.push(Table { name: "stock".to_owned(), columns: columns.to_vec() });
}

pub fn domains(writer: &mut Writer) -> String {
    writer
        .one(&[
            "ALTER DOMAIN quantity ADD CHECK (VALUE > 0)",
            "ALTER DOMAIN quantity ADD CONSTRAINT few CHECK (VALUE < 40)",
            "ALTER DOMAIN quantity ADD CONSTRAINT few CHECK (VALUE < 40) NOT VALID",
            "ALTER DOMAIN quantity ADD CONSTRAINT not_many CHECK (VALUE > 0)",
            "ALTER DOMAIN quantity ADD CHECK (nocol > 0)",
            "ALTER DOMAIN quantity VALIDATE CONSTRAINT not_many",
            "ALTER DOMAIN quantity VALIDATE CONSTRAINT few",
            "ALTER DOMAIN quantity DROP CONSTRAINT few",
            "ALTER DOMAIN quantity DROP CONSTRAINT IF EXISTS few",
            "ALTER DOMAIN quantity SET NOT NULL",
            "ALTER DOMAIN quantity DROP NOT NULL",
            "ALTER DOMAIN quantity SET DEFAULT 1",
            "ALTER DOMAIN absent SET NOT NULL",
            "DROP DOMAIN quantity",
        ])
        .to_owned()
}

pub fn sequence_limits(writer: &mut Writer) -> String {
    let name = writer.one(&["steps", "free_seq", "s0"]);
    let value = writer.random.i64(-5..120);
    match writer.random.u8(..9) {
        0 => format!("ALTER SEQUENCE {name} MAXVALUE {value}"),
        1 => format!("ALTER SEQUENCE {name} MINVALUE {value} NO MAXVALUE"),
        2 => format!("ALTER SEQUENCE {name} RESTART WITH {value}"),
        3 => format!("ALTER SEQUENCE {name} AS smallint INCREMENT {}", value % 2),
        4 => format!("ALTER SEQUENCE {name} START {value} RESTART"),
        5 => format!("CREATE SEQUENCE s0 MINVALUE {value} MAXVALUE 60 START {}", writer.random.i64(-5..120)),
        6 => format!("SELECT setval('{name}', {value})"),
        7 => format!("ALTER SEQUENCE {name} CACHE {}", value % 2),
        _ => format!("SELECT setval('{name}', {value}, false)"),
    }
}

pub fn publications(writer: &mut Writer) -> String {
    let table = writer.table();
    match writer.random.u8(..8) {
        0 => format!("CREATE PUBLICATION feed FOR TABLE {table}"),
        1 => format!("CREATE PUBLICATION other_feed FOR TABLE {table}"),
        2 | 3 => format!("ALTER PUBLICATION feed ADD TABLE {table}"),
        4 => format!("ALTER PUBLICATION feed DROP TABLE {table}"),
        5 => format!("ALTER PUBLICATION feed SET TABLE {table}"),
        6 => "DROP PUBLICATION feed".to_owned(),
        _ => "ALTER PUBLICATION other_feed ADD TABLE stock".to_owned(),
    }
}

pub fn operator_classes(writer: &mut Writer) -> String {
    let table = writer.table();
    let column = writer.column(&table);
    let class = writer.one(&["text_pattern_ops", "int4_ops", "no_such_ops", "varchar_pattern_ops"]);
    let method = writer.one(&["btree", "btree", "hash", "gin", "no_such_method"]);
    format!("CREATE INDEX ON {table} USING {method} ({column} {class})")
}

/// Objects that are not relations: whether they exist, which role owns them, and what depends on
/// them.
pub fn others(writer: &mut Writer) -> String {
    let other = writer.roles.other.clone();
    match writer.random.u8(..16) {
        0 => "COMMENT ON FUNCTION plus(int) IS 'x'".to_owned(),
        1 => "COMMENT ON FUNCTION plus(text) IS 'x'".to_owned(),
        2 => "COMMENT ON DOMAIN quantity IS 'x'".to_owned(),
        3 => "COMMENT ON COLLATION plain IS 'x'".to_owned(),
        4 => format!("ALTER FUNCTION plus(int) OWNER TO {other}"),
        5 => "ALTER FUNCTION absent() SET SCHEMA public".to_owned(),
        6 => "ALTER COLLATION plain RENAME TO simple".to_owned(),
        7 => "DROP COLLATION plain".to_owned(),
        8 => "DROP COLLATION IF EXISTS simple".to_owned(),
        9 => format!("GRANT EXECUTE ON FUNCTION plus(int) TO {other}"),
        10 => format!("GRANT USAGE ON TYPE mood TO {other}"),
        11 => "DROP STATISTICS absent".to_owned(),
        12 => "CREATE EXTENSION plpgsql VERSION '9.9'".to_owned(),
        13 => "ALTER EXTENSION plpgsql UPDATE TO '9.9'".to_owned(),
        14 => "ALTER TYPE mood ADD VALUE 'calm' BEFORE 'absent'".to_owned(),
        _ => "ALTER TYPE mood ADD VALUE 'calm' AFTER 'sad'".to_owned(),
    }
}

pub fn policies(writer: &mut Writer) -> String {
    let table = writer.table();
    let column = writer.column(&table);
    match writer.random.u8(..3) {
        0 => format!("ALTER POLICY p ON {table} USING ({column} IS NOT NULL)"),
        1 => format!("CREATE POLICY p ON {table} WITH CHECK ({column} IS NULL)"),
        _ => format!("ALTER POLICY p ON {table} TO nobody_there"),
    }
}
