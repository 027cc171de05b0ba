//! Tests differences of rows: counts, keys and checksums.

use super::*;

fn count(count: i64, exact: bool) -> impl Fn(&mut Snapshot) + Copy {
    move |shop| {
        let users = shop.table("users");
        users.rows = Some(Rows { count, exact });
        users.checksum = Some(Checksum { algorithm: 1, value: format!("{count:016x}") });
        users.key_range = None;
    }
}

#[test]
fn row_count_changed_is_reported() {
    check(count(0, true), "error rows_emptied public.users", "info rows_more public.users");
    check(count(60, true), "error rows_fewer public.users", "info rows_more public.users");
    assert_eq!(values_and_detail(count(60, true)), ["100", "60", "40 rows fewer (40 %)"]);
    assert_eq!(values_and_detail(count(101, true)), ["100", "101", "1 row more"]);
}

#[test]
fn row_count_detail_has_the_key_range() {
    let cut = |shop: &mut Snapshot| {
        count(99, true)(shop);
        shop.table("users").key_range = Some(KeyRange { first: "1".into(), last: "119".into() });
    };
    assert_eq!(values_and_detail(cut)[2], "1 row fewer (1 %); keys were 1 to 120, and are 1 to 119");
}

#[test]
fn row_estimate_shows_only_large_differences() {
    check(count(85, false), "", "");
    check(count(120, false), "", "");
    check(count(79, false), "info rows_estimated public.users", "info rows_estimated public.users");
    check(count(1, false), "info rows_estimated public.users", "info rows_estimated public.users");
    assert_eq!(values_and_detail(count(1, false))[1], "about 1");
    // An empty file has no rows.
    let mut estimated = shop();
    count(100, false)(&mut estimated);
    assert_eq!(rows(&estimated, &changed(count(0, true))), ["error rows_emptied public.users"]);
    assert_eq!(rows(&changed(count(0, true)), &estimated), ["info rows_estimated public.users"]);
}

#[test]
fn row_count_of_a_parent_excludes_children() {
    let parent = |rows| {
        move |shop: &mut Snapshot| {
            count(rows, true)(shop);
            shop.table("users").inherited = true;
        }
    };
    let (mut source, mut target) = (shop(), shop());
    parent(100)(&mut source);
    parent(99)(&mut target);
    let detail = compare(&source, &target, MEANS).remove(0).detail;
    assert_eq!(detail.as_deref(), Some("1 row fewer (1 %); rows of tables that inherit from it are counted there"));
}

#[test]
fn row_counts_do_not_overflow() {
    let (mut source, mut target) = (shop(), shop());
    count(i64::MAX, true)(&mut source);
    count(i64::MAX - 1, true)(&mut target);
    assert_eq!(rows(&source, &target), ["error rows_fewer public.users"]);
    assert_eq!(compare(&source, &target, MEANS)[0].detail.as_deref(), Some("1 row fewer (less than 1 %)"));
    // Their sum does not fit an i64.
    source.table("orders").rows = Some(Rows { count: i64::MAX, exact: true });
    let gone = changed(|shop| drop(shop.schemas.remove("public")));
    let detail = compare(&source, &gone, MEANS).remove(0).detail.expect("a detail");
    assert_eq!(detail, "18446744073709551644 rows in 5 tables, and 3 sequences");
    count(i64::MIN, false)(&mut target);
    assert_eq!(rows(&source, &target).len(), 2, "whatever is in it");
}

#[test]
fn rows_changed_with_the_same_count_are_reported() {
    let other = |shop: &mut Snapshot| shop.table("users").checksum = Some(Checksum { algorithm: 1, value: "x".into() });
    check(other, "error checksum public.users", "error checksum public.users");
    let keys = |shop: &mut Snapshot| {
        shop.scope.checksum = false;
        shop.table("users").checksum = None;
        shop.table("users").key_range = Some(KeyRange { first: "1".into(), last: "121".into() });
    };
    let rows = "error key_range public.users | info scope shop";
    check(keys, rows, rows);
}

#[test]
fn key_range_of_another_type_is_not_compared() {
    let mut source = shop();
    source.table("users").checksum = None;
    let mut target = source.clone();
    target.column("users", "id").data_type = "numeric".into();
    target.table("users").key_range = Some(KeyRange { first: "1.0".into(), last: "120.0".into() });
    assert_eq!(rows(&source, &target), ["error column_type public.users.id"]);
}

#[test]
fn rows_that_could_not_be_read_are_reported() {
    let unread = |shop: &mut Snapshot| {
        let users = shop.table("users");
        (users.rows, users.checksum, users.key_range) = (None, None, None);
        users.unread = Some("no SELECT privilege".into());
    };
    check(unread, "error rows_unknown public.users", "warning rows_unknown public.users");
    assert_eq!(values_and_detail(unread), ["100", "", "not read in the target: no SELECT privilege"]);
    assert_eq!(rows(&changed(unread), &changed(unread)), ["warning rows_unknown public.users"]);
    let unhashed = |shop: &mut Snapshot| {
        shop.table("users").checksum = None;
        shop.table("users").unread = Some("no checksum: no SELECT privilege on email".into());
    };
    check(unhashed, "warning rows_unknown public.users", "warning rows_unknown public.users");
    let emptied = |shop: &mut Snapshot| shop.table("users").rows = Some(Rows { count: 0, exact: true });
    assert_eq!(rows(&changed(emptied), &changed(unread)), ["warning rows_unknown public.users"]);
    assert_eq!(rows(&changed(unhashed), &changed(unhashed)), ["warning rows_unknown public.users"]);
    // The difference of the keys is known.
    let moved = changed(|shop| {
        unhashed(shop);
        shop.table("users").key_range = Some(KeyRange { first: "1".into(), last: "121".into() });
    });
    assert_eq!(rows(&shop(), &moved), ["error key_range public.users"]);
}

#[test]
fn tables_never_analyzed_are_one_row_among_estimates() {
    let mut source = shop();
    source.scope = Scope { schema: None, exact: false, checksum: false };
    let mut target = source.clone();
    for table in ["users", "orders"].map(str::to_owned) {
        target.table(&table).rows = None;
        target.table(&table).unread = Some("it has never been analyzed".into());
    }
    assert_eq!(rows(&source, &target), ["warning rows_unknown shop"]);
    assert_eq!(rows(&target, &source), ["warning rows_unknown shop"]);
    assert_eq!(rows(&target, &target), Vec::<String>::new());
}
