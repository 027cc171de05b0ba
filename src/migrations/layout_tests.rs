use super::discover::recognize;
use super::found::{Candidate, Found};
use super::layout::{Column, Fit, Layout, Mark, Type};
use super::tools::layouts;
use pgrx::pg_sys::{self, Oid};

fn column(name: &str, kind: Type) -> Column {
    let (type_oid, modifier) = match kind {
        Type::Text => (pg_sys::TEXTOID, -1),
        Type::Varchar(limit) => (pg_sys::VARCHAROID, limit + 4),
        Type::Integer => (pg_sys::INT4OID, -1),
        Type::Bigint => (pg_sys::INT8OID, -1),
        Type::Boolean => (pg_sys::BOOLOID, -1),
        Type::Time => (pg_sys::TIMESTAMPTZOID, -1),
        Type::Bytes => (pg_sys::BYTEAOID, -1),
        Type::Texts => (pg_sys::TEXTARRAYOID, -1),
        Type::Json => (pg_sys::JSONBOID, -1),
        Type::Name => (pg_sys::NAMEOID, -1),
    };
    Column { name: name.to_owned(), type_oid, modifier }
}

fn columns(layout: &Layout) -> Vec<Column> {
    layout.columns.iter().map(|(name, kind)| column(name, *kind)).collect()
}

fn found(table: &str, columns: Vec<Column>) -> Option<Found> {
    let schema = "public".to_owned();
    recognize(Candidate { oid: Oid::from(1), schema, table: table.to_owned(), is_exact: true, kind: b'r', columns })
}

/// Returns a name that the layout accepts.
fn name(layout: &Layout) -> &'static str {
    layout.names().next().unwrap_or(if layout.mark == Mark::MigrationName { "my_migrations" } else { "x" })
}

#[test]
fn every_layout_is_recognized_as_itself() {
    for (_, layout) in layouts() {
        let found = found(name(layout), columns(layout)).expect(layout.tool);
        assert_eq!((found.tool, found.fit), (layout.tool, Fit::Whole));
        assert!(std::ptr::eq(found.layout, layout), "{}: another layout of the tool", layout.tool);
    }
}

/// Tables that are found by their columns may have any name, even that of another tool.
#[test]
fn layout_found_by_columns_needs_no_name() {
    for (_, layout) in layouts().filter(|(_, layout)| matches!(layout.mark, Mark::Columns | Mark::ColumnsAlone)) {
        let found = found("whatever", columns(layout)).expect(layout.tool);
        assert_eq!((found.tool, found.fit), (layout.tool, Fit::Whole));
    }
}

#[test]
fn layout_without_a_column_or_with_another_type_is_not_recognized() {
    for (_, layout) in layouts() {
        for lost in 0..layout.columns.len() {
            let mut without = columns(layout);
            without.remove(lost);
            let mut other = columns(layout);
            other[lost].type_oid = pg_sys::POINTOID;
            for columns in [without, other] {
                let found = found("whatever_migration", columns);
                assert!(
                    found.is_none_or(|found| !std::ptr::eq(found.layout, layout)),
                    "{} without {lost}",
                    layout.tool
                );
            }
        }
    }
}

/// A table with few and common columns is not recognized if it has another column.
#[test]
fn layout_of_common_columns_allows_no_other_column() {
    for (_, layout) in layouts() {
        let weak = matches!(layout.mark, Mark::ColumnsAlone | Mark::SharedName | Mark::MigrationName);
        if weak && layout.own_names.is_empty() {
            let mut more = columns(layout);
            more.push(column("more", Type::Text));
            let found = found(name(layout), more);
            assert!(found.is_none_or(|found| found.tool != layout.tool), "{}", layout.tool);
        }
    }
}

#[test]
fn own_name_with_other_columns_lacks_a_column() {
    for (_, layout) in layouts() {
        for name in layout.own_names {
            let found = found(name, vec![column("x", Type::Text)]).expect(name);
            assert!(matches!(found.fit, Fit::Lacks(_)), "{name}");
        }
        for name in layout.shared_names {
            assert!(found(name, vec![column("x", Type::Text)]).is_none(), "{name}");
        }
    }
}

#[test]
fn columns_read_are_part_of_the_layout() {
    for (_, layout) in layouts() {
        for name in layout.reads {
            assert!(layout.columns.iter().any(|(column, _)| column == name), "{}: {name}", layout.tool);
        }
    }
}

#[test]
fn common_columns_are_not_recognized() {
    let tables: [(&str, &[(&str, Type)]); 3] = [
        ("doc_state", &[("version", Type::Bigint), ("dirty", Type::Boolean)]),
        ("scheduled_jobs", &[("id", Type::Integer), ("name", Type::Text), ("run_on", Type::Time)]),
        ("readings", &[("id", Type::Integer), ("timestamp", Type::Bigint), ("name", Type::Text)]),
    ];
    for (table, columns) in tables {
        let columns = columns.iter().map(|(name, kind)| column(name, *kind)).collect();
        assert!(found(table, columns).is_none(), "{table}");
    }
}

#[test]
fn knex_lock_is_named_after_its_history() {
    let lock = |table| found(table, vec![column("index", Type::Integer), column("is_locked", Type::Integer)]);
    let columns =
        ["id", "name", "batch", "migration_time"].iter().zip([Type::Integer, Type::Text, Type::Integer, Type::Time]);
    let history = found("own", columns.map(|(name, kind)| column(name, kind)).collect());
    let all = [lock("parking"), lock("own_lock"), lock("other_lock"), lock("knex_migrations_lock"), history];
    let mut found: Vec<Found> = all.into_iter().flatten().collect();
    super::tools::JUDGES.iter().filter_map(|judge| judge.revise).for_each(|revise| revise(&mut found));
    let left: Vec<&str> = found.iter().map(|found| found.relation.table.as_str()).collect();
    assert_eq!(left, ["own_lock", "knex_migrations_lock", "own"]);
}

#[test]
fn widened_alembic_column_needs_a_characteristic_name() {
    let of = |table: &str, kind| found(table, vec![column("version_num", kind)]).map(|found| found.tool);
    for table in ["alembic_version", "alembic_version_billing", "schema_version", "whatever"] {
        assert_eq!(of(table, Type::Varchar(32)), Some("Alembic"), "{table}");
        let is_characteristic = table != "whatever";
        for kind in [Type::Text, Type::Varchar(255), Type::Varchar(128)] {
            assert_eq!(of(table, kind), is_characteristic.then_some("Alembic"), "{table} {kind:?}");
        }
    }
}
