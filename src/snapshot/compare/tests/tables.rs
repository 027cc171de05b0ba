//! Tests differences of tables as a whole.

use super::*;

#[test]
fn table_missing_covers_its_objects() {
    check(
        |shop| drop(shop.public().tables.remove("log_1")),
        "error table_missing public.log_1",
        "info table_extra public.log_1",
    );
    let drop_users = |shop: &mut Snapshot| {
        shop.public().tables.remove("users");
        shop.public().sequences.remove("users_id_seq");
        shop.table("orders").constraints.remove("orders_user_fk");
    };
    check(drop_users, "error table_missing public.users", "info table_extra public.users");
    let [source, target, detail] = values_and_detail(drop_users);
    assert_eq!((source.as_str(), target.as_str()), ("table", ""));
    assert_eq!(detail, "100 rows; with it: constraint public.orders: orders_user_fk, sequence public.users_id_seq");
}

#[test]
fn table_missing_covers_its_partitions() {
    let drop_log = |shop: &mut Snapshot| shop.public().tables.retain(|name, _| !name.starts_with("log"));
    check(drop_log, "error table_missing public.log", "info table_extra public.log");
    let [source, _, detail] = values_and_detail(drop_log);
    assert_eq!((source.as_str(), detail.as_str()), ("partitioned table", "30 rows in 2 partitions"));
}

#[test]
fn view_missing_has_no_row_count() {
    let drop_view = |shop: &mut Snapshot| drop(shop.schemas.get_mut("stats").map(|stats| stats.tables.remove("top")));
    assert_eq!(values_and_detail(drop_view), ["view", "", ""]);
}

#[test]
fn table_missing_says_estimates_and_unread_rows() {
    let mut source = shop();
    source.table("log_1").rows = Some(Rows { count: 10, exact: false });
    let target = changed(|shop| shop.public().tables.retain(|name, _| !name.starts_with("log")));
    let detail = |source: &Snapshot| compare(source, &target, MEANS).remove(0).detail;
    assert_eq!(detail(&source).as_deref(), Some("about 30 rows in 2 partitions"));
    source.table("log_1").rows = None;
    source.table("log_1").unread = Some("no privilege".into());
    assert_eq!(detail(&source).as_deref(), Some("at least 20 rows in 2 partitions"));
}

#[test]
fn table_renamed_is_missing_and_extra() {
    let rename = |shop: &mut Snapshot| {
        let users = shop.public().tables.remove("users").expect("users");
        shop.public().tables.insert("accounts".into(), users);
        shop.sequence("users_id_seq").owned_by = Some(name("public", "accounts"));
        let fk = shop.table("orders").constraints.get_mut("orders_user_fk").expect("it");
        fk.definition = "FOREIGN KEY (user_id) REFERENCES public.accounts(id)".into();
    };
    check(
        rename,
        "error table_missing public.users | info table_extra public.accounts",
        "error table_missing public.accounts | info table_extra public.users",
    );
}

#[test]
fn table_of_another_kind_is_not_compared_further() {
    let change = |shop: &mut Snapshot| {
        let users = shop.table("users");
        users.kind = TableKind::View;
        users.rows = None;
        users.columns.remove("age");
        users.indexes.clear();
    };
    check(change, "error table_kind public.users", "error table_kind public.users");
    assert_eq!(values_and_detail(change), ["table", "view", ""]);
}

#[test]
fn table_owner_changed_is_reported() {
    let row = "warning table_owner public.log_1";
    check(|shop| shop.table("log_1").owner = "postgres".into(), row, row);
    // The row covers the sequences that the table owns, and its partitions.
    let owned = |shop: &mut Snapshot| {
        shop.table("users").owner = "postgres".into();
        shop.sequence("users_id_seq").owner = "postgres".into();
    };
    check(owned, "warning table_owner public.users", "warning table_owner public.users");
    let partitions =
        |shop: &mut Snapshot| ["log", "log_1", "log_2"].iter().for_each(|name| shop.table(name).owner = "x".into());
    check(partitions, "warning table_owner public.log", "warning table_owner public.log");
    let others = |shop: &mut Snapshot| {
        shop.table("log").owner = "x".into();
        shop.table("log_1").owner = "y".into();
    };
    let both = "warning table_owner public.log | warning table_owner public.log_1";
    check(others, both, both);
}

#[test]
fn table_property_changed_is_reported() {
    let row = "warning table_changed public.users";
    check(|shop| shop.table("users").unlogged = true, row, row);
    assert_eq!(values_and_detail(|shop| shop.table("users").unlogged = true), ["logged", "unlogged", ""]);
    check(
        |shop| shop.table("orders").row_security = false,
        "error table_changed public.orders",
        "warning table_changed public.orders",
    );
}

#[test]
fn partition_bound_changed_is_an_error() {
    let rebound = |shop: &mut Snapshot| {
        shop.table("log_1").partition_bound = Some("FOR VALUES FROM (10) TO (15)".into());
    };
    check(rebound, "error table_changed public.log_1", "error table_changed public.log_1");
    let values = ["FOR VALUES FROM (10) TO (20)", "FOR VALUES FROM (10) TO (15)"];
    assert_eq!(values_and_detail(rebound)[..2], values);
}

#[test]
fn partition_detached_keeps_the_parents_indexes() {
    let detach = |shop: &mut Snapshot| {
        (shop.table("log_1").partition_of, shop.table("log_1").partition_bound) = (None, None);
        shop.table("log_1").indexes.insert("log_1_at_idx".into(), index(false, "USING btree (at)"));
    };
    let row = "warning table_changed public.log_1";
    check(detach, row, row);
    assert_eq!(
        values_and_detail(detach),
        ["partition of public.log", "not a partition", "with it: index public.log_1: log_1_at_idx"]
    );
}

#[test]
fn partition_without_its_parent_is_covered() {
    let change = |shop: &mut Snapshot| {
        shop.public().tables.remove("log");
        shop.public().tables.remove("log_2");
        (shop.table("log_1").partition_of, shop.table("log_1").partition_bound) = (None, None);
        shop.table("log_1").indexes.insert("log_1_at_idx".into(), index(false, "USING btree (at)"));
    };
    assert_eq!(rows(&shop(), &changed(change)), ["error table_missing public.log"]);
}

#[test]
fn table_locked_is_one_row() {
    let lock = |shop: &mut Snapshot| {
        let users = shop.table("users");
        (users.rows, users.checksum, users.key_range) = (None, None, None);
        (users.undescribed, users.unread) =
            (Some("could not obtain the lock".into()), Some("could not obtain the lock".into()));
        users.columns.clear();
        users.constraints.clear();
        users.indexes.clear();
        users.triggers.clear();
    };
    check(lock, "error definitions_unknown public.users", "warning definitions_unknown public.users");
    assert_eq!(values_and_detail(lock)[2], "not read in the target: could not obtain the lock");
    assert_eq!(rows(&changed(lock), &changed(lock)), ["warning definitions_unknown public.users"]);
    // Objects that depend on it are reported.
    let without = |shop: &mut Snapshot| {
        lock(shop);
        shop.table("orders").constraints.remove("orders_user_fk");
        shop.public().sequences.remove("users_id_seq");
    };
    assert_eq!(
        rows(&shop(), &changed(without)),
        [
            "error sequence_missing public.users_id_seq",
            "error constraint_missing public.orders: orders_user_fk",
            "error definitions_unknown public.users"
        ]
    );
}

#[test]
fn row_security_no_longer_forced_is_an_error() {
    let force = |shop: &mut Snapshot| shop.table("orders").force_row_security = true;
    check(force, "warning table_changed public.orders", "error table_changed public.orders");
    assert_eq!(values_and_detail(force), ["row security not forced", "row security forced", ""]);
}

#[test]
fn inheritance_changed_is_reported() {
    let inherit = |shop: &mut Snapshot| {
        shop.table("orders").inherits = vec![name("public", "users")];
    };
    check(inherit, "warning table_changed public.orders", "error table_changed public.orders");
    assert_eq!(values_and_detail(inherit), ["no inheritance", "inherits public.users", ""]);
    // Without its parent, it has the parent's objects itself.
    let mut source = shop();
    source.table("log_1").partition_of = None;
    source.table("log_1").partition_bound = None;
    source.table("log_1").inherits = vec![name("public", "log")];
    let mut target = source.clone();
    target.table("log_1").inherits.clear();
    target.table("log_1").indexes.insert("own".into(), index(false, "USING btree (at)"));
    assert_eq!(rows(&source, &target), ["error table_changed public.log_1"]);
    // A change of the parent's columns covers those of the children.
    let mut target = source.clone();
    ["log", "log_1", "log_2"].iter().for_each(|name| target.column(name, "said").data_type = "json".into());
    assert_eq!(rows(&source, &target), ["error column_type public.log.said"]);
}

#[test]
fn table_of_another_kind_covers_references_and_sequences() {
    let change = |shop: &mut Snapshot| {
        let users = shop.table("users");
        *users = Table { kind: TableKind::View, rows: None, checksum: None, ..table(&[("x", column("integer"))], 0) };
        shop.table("orders").constraints.remove("orders_user_fk");
        shop.public().sequences.remove("users_id_seq");
    };
    check(change, "error table_kind public.users", "error table_kind public.users");
    assert_eq!(
        values_and_detail(change)[2],
        "with it: constraint public.orders: orders_user_fk, sequence public.users_id_seq"
    );
}

#[test]
fn table_owner_changed_everywhere_is_one_row() {
    let many = |owner: &str| {
        let one = Table { owner: owner.into(), ..table(&[], 0) };
        let tables = (10..40).map(|number| (format!("t{number}"), one.clone())).collect();
        database([("public".into(), Schema { owner: "app".into(), tables, ..Schema::default() })].into())
    };
    assert_eq!(rows(&many("app"), &many("restorer")), ["warning table_owner public.t10"]);
    let detail = compare(&many("app"), &many("restorer"), MEANS).remove(0).detail.expect("a detail");
    assert!(detail.starts_with("also public.t11, public.t12, ") && detail.ends_with(" and 9 more"), "{detail}");
    // Schemas count as well.
    let schemas = |owner: &str| {
        let schema = Schema { owner: owner.into(), ..Schema::default() };
        database((10..21).map(|number| (format!("s{number}"), schema.clone())).collect())
    };
    assert_eq!(rows(&schemas("app"), &schemas("restorer")), ["warning schema_owner s10"]);
    // A table of another role is another row.
    let mut target = many("restorer");
    target.table("t20").owner = "postgres".into();
    assert_eq!(rows(&many("app"), &target), ["warning table_owner public.t10", "warning table_owner public.t20"]);
}

#[test]
fn column_order_is_one_row_of_the_topmost_table() {
    let numbered = |names: [&str; 2]| {
        changed(|shop| {
            for table in ["log", "log_1", "log_2"] {
                for (position, name) in (1..).zip(names) {
                    shop.table(table).columns.get_mut(name).expect("column").position = Some(position);
                }
            }
        })
    };
    let (source, mut target) = (numbered(["at", "said"]), numbered(["said", "at"]));
    let found = compare(&source, &target, MEANS);
    let summary: Vec<_> = found.iter().map(|row| (row.kind.as_str(), row.object.as_str())).collect();
    assert_eq!(summary, [("table_changed", "public.log")], "{found:#?}");
    assert_eq!(found[0].target_value.as_deref(), Some("columns in the order said, at"));
    // A snapshot that does not have the positions says nothing about the order.
    assert_eq!(compare(&source, &shop(), MEANS), []);
    // A partition keeps an order of its own.
    target.table("log").columns = source.schemas["public"].tables["log"].columns.clone();
    let found = compare(&source, &target, MEANS);
    assert_eq!(found.len(), 2, "{found:#?}");
}
