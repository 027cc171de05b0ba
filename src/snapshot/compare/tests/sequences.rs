//! Tests differences of sequences.

use super::*;

fn next(value: Option<i64>) -> impl Fn(&mut Snapshot) + Copy {
    move |shop| shop.sequence("invoice_no").next_value = value
}

#[test]
fn sequence_moved_is_reported() {
    check(next(Some(40)), "error sequence_back public.invoice_no", "info sequence_ahead public.invoice_no");
    let [source, target, detail] = values_and_detail(next(Some(40)));
    assert_eq!([source.as_str(), target.as_str()], ["50", "40"]);
    assert!(detail.starts_with("10 behind: it will generate values again; to advance it, run seq_resync("), "{detail}");
    // No position is carried over to a sequence that starts over.
    let cycles = |shop: &mut Snapshot| {
        next(Some(40))(shop);
        shop.sequence("invoice_no").cycle = true;
    };
    let rows = compare(&shop(), &changed(cycles), MEANS);
    assert!(
        rows.iter().all(|row| !row.detail.as_deref().is_some_and(|detail| detail.contains("seq_resync"))),
        "{rows:?}"
    );
    // An exhausted sequence is the furthest ahead.
    check(next(None), "error sequence_ahead public.invoice_no", "error sequence_back public.invoice_no");
    assert_eq!(values_and_detail(next(None))[1], "none left");
}

#[test]
fn sequence_descending_is_the_mirror_image() {
    let down = |next: Option<i64>| {
        let mut shop = shop();
        *shop.sequence("invoice_no") =
            Sequence { increment: -1, min: -100, max: -1, next_value: next, ..sequence(0, None) };
        shop
    };
    assert_eq!(rows(&down(Some(-50)), &down(Some(-40))), ["error sequence_back public.invoice_no"]);
    assert_eq!(rows(&down(Some(-50)), &down(Some(-51))), ["info sequence_ahead public.invoice_no"]);
    assert_eq!(rows(&down(None), &down(Some(-100))), ["error sequence_back public.invoice_no"]);
    assert_eq!(rows(&down(Some(-100)), &down(None)), ["error sequence_ahead public.invoice_no"]);
}

#[test]
fn sequence_missing_or_extra_is_reported() {
    let lose = |shop: &mut Snapshot| drop(shop.public().sequences.remove("invoice_no"));
    check(lose, "error sequence_missing public.invoice_no", "info sequence_extra public.invoice_no");
    assert_eq!(values_and_detail(lose), ["next value 50", "", ""]);
}

#[test]
fn sequence_missing_covers_the_default() {
    let cascade = |shop: &mut Snapshot| {
        shop.public().sequences.remove("users_id_seq");
        shop.column("users", "id").default = None;
    };
    check(cascade, "error sequence_missing public.users_id_seq", "warning column_changed public.users.id");
    assert_eq!(values_and_detail(cascade)[2], "with it: the default of public.users.id");
    let no_identity = |shop: &mut Snapshot| {
        shop.public().sequences.remove("orders_id_seq");
        shop.column("orders", "id").identity = None;
    };
    check(no_identity, "warning column_changed public.orders.id", "warning column_changed public.orders.id");
    // Other changes are reported.
    let nullable = |shop: &mut Snapshot| {
        cascade(shop);
        shop.column("users", "id").not_null = false;
    };
    let both = ["error sequence_missing public.users_id_seq", "warning column_changed public.users.id"];
    assert_eq!(rows(&shop(), &changed(nullable)), both);
}

#[test]
fn sequence_definition_changed_is_reported() {
    type Change = fn(&mut Sequence);
    let changes: [(Change, &str, &str); 5] = [
        (|sequence| sequence.data_type = "integer".into(), "bigint", "integer"),
        (|sequence| sequence.min = 0, "MINVALUE 1", "MINVALUE 0"),
        (|sequence| sequence.cycle = true, "NO CYCLE", "CYCLE"),
        (|sequence| sequence.increment = -1, "INCREMENT 1", "INCREMENT -1"),
        (|sequence| sequence.owned_by = Some(name("public", "users")), "OWNED BY NONE", "OWNED BY public.users"),
    ];
    let row = "warning sequence_changed public.invoice_no";
    for (change, source, target) in changes {
        check(|shop| change(shop.sequence("invoice_no")), row, row);
        assert_eq!(values_and_detail(|shop| change(shop.sequence("invoice_no"))), [source, target, ""]);
    }
    let row = "warning sequence_changed public.invoice_no";
    check(|shop| shop.sequence("invoice_no").start = 7, row, row);
}

#[test]
fn sequence_position_follows_a_changed_increment() {
    // It continues from 49 in larger steps.
    let tens = |shop: &mut Snapshot| {
        let sequence = shop.sequence("invoice_no");
        (sequence.increment, sequence.next_value) = (10, Some(59));
    };
    let row = "warning sequence_changed public.invoice_no";
    check(tens, row, row);
    let ended = |shop: &mut Snapshot| {
        let sequence = shop.sequence("invoice_no");
        (sequence.max, sequence.next_value) = (49, None);
    };
    check(ended, "error sequence_changed public.invoice_no", row);
    let back = |shop: &mut Snapshot| {
        tens(shop);
        shop.sequence("invoice_no").next_value = Some(40);
    };
    let both = ["error sequence_back public.invoice_no", "warning sequence_changed public.invoice_no"];
    assert_eq!(rows(&shop(), &changed(back)), both);
}

#[test]
fn sequence_that_cycles_may_have_wrapped_around() {
    let cycling = |value: i64| {
        let mut shop = shop();
        shop.sequence("invoice_no").cycle = true;
        next(Some(value))(&mut shop);
        shop
    };
    assert_eq!(rows(&cycling(50), &cycling(2)), ["warning sequence_back public.invoice_no"]);
}

#[test]
fn sequence_owner_and_unread_are_reported() {
    let row = "warning sequence_owner public.invoice_no";
    check(|shop| shop.sequence("invoice_no").owner = "postgres".into(), row, row);
    let unread = |shop: &mut Snapshot| {
        let sequence = shop.sequence("invoice_no");
        (sequence.next_value, sequence.unread) = (None, Some("no privilege".into()));
    };
    check(unread, "warning sequence_unknown public.invoice_no", "warning sequence_unknown public.invoice_no");
    assert_eq!(rows(&changed(unread), &changed(unread)), ["warning sequence_unknown public.invoice_no"]);
}

#[test]
fn sequence_positions_do_not_overflow() {
    let far = |value: i64, increment: i64| {
        let mut shop = shop();
        let sequence = shop.sequence("invoice_no");
        (sequence.min, sequence.increment, sequence.next_value) = (i64::MIN, increment, Some(value));
        shop
    };
    assert_eq!(rows(&far(i64::MAX, 1), &far(i64::MIN, 1)), ["error sequence_back public.invoice_no"]);
    assert_eq!(rows(&far(i64::MIN, i64::MIN), &far(i64::MAX, i64::MIN)), ["error sequence_back public.invoice_no"]);
}

#[test]
fn sequence_renamed_is_a_changed_default() {
    let rename = |shop: &mut Snapshot| {
        let sequence = shop.public().sequences.remove("users_id_seq").expect("it");
        shop.public().sequences.insert("ids".into(), sequence);
        shop.column("users", "id").default = Some("nextval('public.ids'::regclass)".into());
    };
    check(rename, "warning column_changed public.users.id", "warning column_changed public.users.id");
    assert_eq!(values_and_detail(rename)[2], "with it: sequence public.users_id_seq, sequence public.ids");
    // A new sequence in its place starts from the beginning.
    let renew = |shop: &mut Snapshot| {
        rename(shop);
        shop.sequence("ids").next_value = Some(1);
    };
    assert_eq!(
        rows(&shop(), &changed(renew)),
        ["error sequence_back public.ids", "warning column_changed public.users.id"]
    );
    // A sequence without an owner does not succeed another one.
    let shared = |shop: &mut Snapshot| {
        shop.sequence("users_id_seq").owned_by = None;
        shop.column("users", "id").default = Some("nextval('public.invoice_no'::regclass)".into());
    };
    assert_eq!(
        rows(&shop(), &changed(shared)),
        ["warning column_changed public.users.id", "warning sequence_changed public.users_id_seq"]
    );
}

#[test]
fn sequence_on_a_standby_may_be_ahead() {
    let mut standby = shop();
    standby.identity.in_recovery = true;
    next(Some(82))(&mut standby);
    assert_eq!(rows(&standby, &shop()), ["info identity shop", "info sequence_back public.invoice_no"]);
    next(Some(83))(&mut standby);
    assert_eq!(rows(&standby, &shop()), ["error sequence_back public.invoice_no", "info identity shop"]);
}
