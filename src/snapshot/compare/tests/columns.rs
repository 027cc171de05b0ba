//! Tests differences of columns.

use super::*;

#[test]
fn column_missing_covers_objects_that_name_it() {
    let drop_age = |shop: &mut Snapshot| {
        let users = shop.table("users");
        users.columns.remove("age");
        users.constraints.remove("users_age_check");
        users.indexes.remove("users_age_idx");
        users.triggers.remove("told");
        users.checksum = Some(Checksum { algorithm: 1, value: "other".into() });
    };
    check(drop_age, "error column_missing public.users.age", "info column_extra public.users.age");
    assert_eq!(
        values_and_detail(drop_age),
        [
            "integer",
            "",
            "with it: constraint public.users: users_age_check, index public.users: users_age_idx, trigger public.users: told, \
             no comparison of the checksums of public.users"
        ]
    );
}

#[test]
fn column_missing_covers_its_sequence_and_references() {
    let drop_id = |shop: &mut Snapshot| {
        shop.table("users").columns.remove("id");
        shop.table("users").constraints.remove("users_pkey");
        shop.table("orders").constraints.remove("orders_user_fk");
        shop.public().sequences.remove("users_id_seq");
    };
    check(drop_id, "error column_missing public.users.id", "info column_extra public.users.id");
    let drop_identity = |shop: &mut Snapshot| {
        shop.table("orders").columns.remove("id");
        shop.table("orders").constraints.remove("orders_pkey");
        shop.public().sequences.remove("orders_id_seq");
    };
    check(drop_identity, "error column_missing public.orders.id", "info column_extra public.orders.id");
}

#[test]
fn column_renamed_is_missing_and_extra() {
    let rename = |shop: &mut Snapshot| {
        let users = shop.table("users");
        let age = users.columns.remove("age").expect("age");
        users.columns.insert("years".into(), age);
        users.constraints.get_mut("users_age_check").expect("it").definition = "CHECK ((years > 0))".into();
        users.indexes.get_mut("users_age_idx").expect("it").definition = "USING btree (years)".into();
    };
    check(
        rename,
        "error column_missing public.users.age | info column_extra public.users.years",
        "error column_missing public.users.years | info column_extra public.users.age",
    );
}

#[test]
fn column_extra_warns_if_inserts_must_fill_it() {
    let add = |column: Column| move |shop: &mut Snapshot| drop(shop.table("users").columns.insert("x".into(), column));
    let unfed = Column { not_null: true, ..column("text") };
    check(add(unfed.clone()), "warning column_extra public.users.x", "error column_missing public.users.x");
    let fed = Column { default: Some("''::text".into()), ..unfed };
    check(add(fed), "info column_extra public.users.x", "error column_missing public.users.x");
    check(
        add(key(None, Some(IdentityColumn::ByDefault))),
        "info column_extra public.users.x",
        "error column_missing public.users.x",
    );
}

#[test]
fn column_type_changed_is_one_row() {
    let row = "error column_type public.users.age";
    check(|shop| shop.column("users", "age").data_type = "bigint".into(), row, row);
    assert_eq!(
        values_and_detail(|shop| shop.column("users", "age").data_type = "bigint".into()),
        ["integer", "bigint", "with it: no comparison of the checksums of public.users"]
    );
    // The casts in definitions that use the column change along, and so does the type of an
    // identity column's sequence.
    let text = |shop: &mut Snapshot| {
        shop.column("users", "email").data_type = "text".into();
        shop.table("users").indexes.get_mut("users_lower_idx").expect("it").definition =
            "USING btree (lower(email))".into();
    };
    check(text, "error column_type public.users.email", "error column_type public.users.email");
    let identity = |shop: &mut Snapshot| {
        shop.column("orders", "id").data_type = "integer".into();
        let sequence = shop.sequence("orders_id_seq");
        (sequence.data_type, sequence.max) = ("integer".into(), i32::MAX.into());
    };
    check(identity, "error column_type public.orders.id", "error column_type public.orders.id");
}

#[test]
fn column_type_changed_hides_checksums() {
    let retype = |shop: &mut Snapshot| {
        shop.column("users", "age").data_type = "text".into();
        shop.table("users").checksum = Some(Checksum { algorithm: 1, value: "other".into() });
    };
    let row = "error column_type public.users.age";
    check(retype, row, row);
}

#[test]
fn column_property_changed_is_reported() {
    let row = "warning column_changed public.users.age";
    type Change = fn(&mut Column);
    let changes: [(Change, [&str; 3]); 6] = [
        (|age| (age.not_null, age.not_valid) = (true, true), ["NULL", "NOT NULL NOT VALID", ""]),
        (|age| age.not_null = true, ["NULL", "NOT NULL", ""]),
        (|age| age.default = Some("18".into()), ["NULL", "DEFAULT 18", ""]),
        (|age| age.collation = Some("pg_catalog.\"C\"".into()), ["NULL", "COLLATE pg_catalog.\"C\"", ""]),
        (|age| age.identity = Some(IdentityColumn::ByDefault), ["NULL", "GENERATED BY DEFAULT AS IDENTITY", ""]),
        (
            |age| (age.default, age.generated) = (Some("(1 + 2)".into()), Some(Generated::Stored)),
            ["NULL", "GENERATED ALWAYS AS ((1 + 2)) STORED", "with it: no comparison of the checksums of public.users"],
        ),
    ];
    for (change, values) in changes {
        check(|shop| change(shop.column("users", "age")), row, row);
        assert_eq!(values_and_detail(|shop| change(shop.column("users", "age"))), values);
    }
}

#[test]
fn column_default_is_compared_by_meaning() {
    let with = |default: &str| {
        let mut shop = shop();
        shop.column("users", "email").default = Some(default.into());
        shop
    };
    assert_eq!(rows(&with("'a'::character varying"), &with("('a'::text)")), Vec::<String>::new());
    assert_eq!(rows(&with("'a'::text"), &with("'b'::text")), ["warning column_changed public.users.email"]);
}

#[test]
fn column_of_all_partitions_is_one_row() {
    let names = ["log", "log_1", "log_2"];
    let retype =
        |shop: &mut Snapshot| names.iter().for_each(|name| shop.column(name, "said").data_type = "json".into());
    check(retype, "error column_type public.log.said", "error column_type public.log.said");
    let constrain = |shop: &mut Snapshot| names.iter().for_each(|name| shop.column(name, "said").not_null = true);
    check(constrain, "warning column_changed public.log.said", "warning column_changed public.log.said");
    let lose = |shop: &mut Snapshot| names.iter().for_each(|name| drop(shop.table(name).columns.remove("said")));
    check(lose, "error column_missing public.log.said", "info column_extra public.log.said");
    // A default of one partition only.
    let own = |shop: &mut Snapshot| shop.column("log_1", "said").default = Some("''::text".into());
    check(own, "warning column_changed public.log_1.said", "warning column_changed public.log_1.said");
}

#[test]
fn column_of_a_partition_is_covered_by_the_partitioned_tables() {
    let mut source = shop();
    source.table("log_1").indexes.insert("own".into(), index(false, "USING btree (said)"));
    let target =
        changed(|shop| ["log", "log_1", "log_2"].iter().for_each(|name| drop(shop.table(name).columns.remove("said"))));
    let rows = compare(&source, &target, MEANS);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(
        rows[0].detail.as_deref(),
        Some(
            "with it: index public.log_1: own, no comparison of the checksums of public.log_1, \
             no comparison of the checksums of public.log_2"
        )
    );
}

#[test]
fn column_identity_of_a_partition_is_not_compared() {
    let newer = |shop: &mut Snapshot| shop.column("log_1", "said").identity = Some(IdentityColumn::Always);
    check(newer, "", "");
}

#[test]
fn column_of_a_view_is_a_warning() {
    let retype = |shop: &mut Snapshot| {
        let view = shop.schemas.get_mut("stats").and_then(|stats| stats.tables.get_mut("top")).expect("a view");
        view.columns.get_mut("n").expect("n").data_type = "integer".into();
    };
    check(retype, "warning column_type stats.top.n", "warning column_type stats.top.n");
}
