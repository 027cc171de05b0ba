//! Tests differences of constraints, indexes and triggers.

use super::*;

#[test]
fn definition_missing_or_extra_is_reported() {
    let users = |shop: &mut Snapshot| drop(shop.table("users").constraints.remove("users_age_check"));
    check(
        users,
        "error constraint_missing public.users: users_age_check",
        "info constraint_extra public.users: users_age_check",
    );
    assert_eq!(values_and_detail(users), ["CHECK ((age > 0))", "", ""]);
    let index = |shop: &mut Snapshot| drop(shop.table("users").indexes.remove("users_age_idx"));
    check(index, "warning index_missing public.users: users_age_idx", "info index_extra public.users: users_age_idx");
    let unique = |shop: &mut Snapshot| drop(shop.table("users").indexes.remove("users_lower_idx"));
    check(
        unique,
        "error index_missing public.users: users_lower_idx",
        "info index_extra public.users: users_lower_idx",
    );
    let trigger = |shop: &mut Snapshot| drop(shop.table("users").triggers.remove("told"));
    check(trigger, "warning trigger_missing public.users: told", "info trigger_extra public.users: told");
}

#[test]
fn key_missing_covers_foreign_keys() {
    let change = |shop: &mut Snapshot| {
        shop.table("users").constraints.remove("users_pkey");
        shop.table("users").primary_key.clear();
        shop.table("users").key_range = None;
        shop.table("orders").constraints.remove("orders_user_fk");
    };
    check(
        change,
        "error constraint_missing public.users: users_pkey",
        "info constraint_extra public.users: users_pkey",
    );
    assert_eq!(values_and_detail(change)[2], "with it: constraint public.orders: orders_user_fk");
}

#[test]
fn definition_renamed_is_not_missing() {
    let constraint = |shop: &mut Snapshot| {
        let constraints = &mut shop.table("users").constraints;
        let check = constraints.remove("users_age_check").expect("it");
        constraints.insert("Age".into(), check);
    };
    check(
        constraint,
        "info constraint_renamed public.users: users_age_check",
        "info constraint_renamed public.users: \"Age\"",
    );
    assert_eq!(values_and_detail(constraint), ["users_age_check", "\"Age\"", ""]);
    let index = |shop: &mut Snapshot| {
        let indexes = &mut shop.table("users").indexes;
        let index = indexes.remove("users_age_idx").expect("it");
        // One more with the same definition.
        indexes.extend([("a".into(), index.clone()), ("b".into(), index)]);
    };
    check(
        index,
        "info index_renamed public.users: users_age_idx | info index_extra public.users: b",
        "warning index_missing public.users: b | info index_renamed public.users: a",
    );
}

#[test]
fn definition_with_another_cast_is_changed() {
    check(
        |shop| {
            let check = shop.table("users").constraints.get_mut("users_age_check").expect("it");
            check.definition = "CHECK (((age)::smallint > 0))".into();
        },
        "error constraint_changed public.users: users_age_check",
        "error constraint_changed public.users: users_age_check",
    );
}

#[test]
fn definition_of_the_same_meaning_is_unchanged() {
    check(
        |shop| {
            let check = shop.table("users").constraints.get_mut("users_age_check").expect("it");
            check.definition = "CHECK ((age > (0)::bigint))".into();
        },
        "",
        "",
    );
}

#[test]
fn definition_changed_is_reported() {
    let constraint = |shop: &mut Snapshot| {
        shop.table("users").constraints.get_mut("users_age_check").expect("it").definition = "CHECK ((age > 1))".into();
    };
    let row = "error constraint_changed public.users: users_age_check";
    check(constraint, row, row);
    assert_eq!(values_and_detail(constraint), ["CHECK ((age > 0))", "CHECK ((age > 1))", ""]);
    let index = |shop: &mut Snapshot| {
        shop.table("users").indexes.get_mut("users_age_idx").expect("it").definition = "USING hash (age)".into();
    };
    let row = "warning index_changed public.users: users_age_idx";
    check(index, row, row);
    let trigger = |shop: &mut Snapshot| {
        let told = shop.table("users").triggers.get_mut("told").expect("it");
        told.definition = told.definition.replace("AFTER", "BEFORE");
    };
    let row = "warning trigger_changed public.users: told";
    check(trigger, row, row);
}

#[test]
fn definition_no_longer_enforced_is_an_error() {
    let unproven = |shop: &mut Snapshot| {
        let check = shop.table("users").constraints.get_mut("users_age_check").expect("it");
        check.definition.push_str(" NOT VALID");
    };
    check(
        unproven,
        "error constraint_changed public.users: users_age_check",
        "info constraint_changed public.users: users_age_check",
    );
    let unique =
        |shop: &mut Snapshot| shop.table("users").indexes.get_mut("users_lower_idx").expect("it").unique = false;
    check(
        unique,
        "error index_changed public.users: users_lower_idx",
        "warning index_changed public.users: users_lower_idx",
    );
    let invalid = |shop: &mut Snapshot| shop.table("users").indexes.get_mut("users_age_idx").expect("it").valid = false;
    check(
        invalid,
        "warning index_changed public.users: users_age_idx",
        "info index_changed public.users: users_age_idx",
    );
    let other_columns = |shop: &mut Snapshot| {
        shop.table("users").indexes.get_mut("users_lower_idx").expect("it").definition =
            "USING btree (email, age)".into();
    };
    let row = "error index_changed public.users: users_lower_idx";
    check(other_columns, row, row);
}

#[test]
fn index_invalid_is_not_a_loss() {
    let mut source = shop();
    source.table("users").indexes.insert("left".into(), Index { valid: false, ..index(true, "USING btree (age)") });
    assert_eq!(rows(&source, &shop()), ["info index_missing public.users: left"]);
}

#[test]
fn trigger_that_no_longer_fires_is_an_error() {
    let firing =
        |firing| move |shop: &mut Snapshot| shop.table("users").triggers.get_mut("told").expect("it").firing = firing;
    let (error, warning) = ("error trigger_changed public.users: told", "warning trigger_changed public.users: told");
    check(firing(Firing::Disabled), error, warning);
    check(firing(Firing::Replica), error, warning);
    check(firing(Firing::Always), warning, warning);
    assert!(values_and_detail(firing(Firing::Disabled))[1].ends_with(" (disabled)"));
}

#[test]
fn foreign_key_missing_is_covered_only_by_its_own_column() {
    let mut source = shop();
    source.column("orders", "id").identity = None;
    let target = {
        let mut target = source.clone();
        target.table("orders").columns.remove("id");
        target.table("orders").constraints.clear();
        target
    };
    let rows = rows(&source, &target);
    assert!(rows.contains(&"error constraint_missing public.orders: orders_user_fk".to_owned()), "{rows:?}");
}

#[test]
fn foreign_key_not_enforced_is_reported() {
    let off = |shop: &mut Snapshot| {
        shop.table("orders").constraints.get_mut("orders_user_fk").expect("it").enforced = false;
    };
    let object = "constraint_changed public.orders: orders_user_fk";
    check(off, &format!("error {object}"), &format!("info {object}"));
    assert_eq!(
        values_and_detail(off)[1..],
        [
            "FOREIGN KEY (user_id) REFERENCES public.users(id) (not enforced)",
            "its triggers are disabled: rows are not checked"
        ]
    );
}

#[test]
fn index_storage_does_not_affect_uniqueness() {
    let store = |shop: &mut Snapshot| {
        let definition = &mut shop.table("users").indexes.get_mut("users_lower_idx").expect("it").definition;
        definition.push_str(" WITH (fillfactor='50')");
    };
    let row = "warning index_changed public.users: users_lower_idx";
    check(store, row, row);
}

#[test]
fn uniqueness_by_another_kind_of_object_is_kept() {
    let by_index = |shop: &mut Snapshot| {
        shop.table("users").constraints.remove("users_email_key");
        shop.table("users").indexes.insert("users_email_key".into(), index(true, "USING btree (email)"));
    };
    let constraint = "constraint_changed public.users: users_email_key";
    check(by_index, &format!("warning {constraint}"), "info index_changed public.users: users_email_key");
    assert_eq!(
        values_and_detail(by_index),
        ["UNIQUE (email)", "UNIQUE USING btree (email)", "the same columns are still unique"]
    );
    let no_primary_key = |shop: &mut Snapshot| {
        shop.table("users").constraints.remove("users_pkey");
        shop.table("users").constraints.insert("ids".into(), constraint_of_ids());
    };
    check(
        no_primary_key,
        "error constraint_changed public.users: users_pkey",
        "info constraint_changed public.users: ids",
    );
    // A partial index, or one on an expression, does not count.
    let some = |shop: &mut Snapshot| {
        shop.table("users").constraints.remove("users_email_key");
        shop.table("users").indexes.insert("some".into(), index(true, "USING btree (email) WHERE (age > 0)"));
    };
    assert_eq!(
        rows(&shop(), &changed(some)),
        ["error constraint_missing public.users: users_email_key", "info index_extra public.users: some"]
    );
}

fn constraint_of_ids() -> Constraint {
    constraint(ConstraintKind::Unique, "UNIQUE (id)")
}
