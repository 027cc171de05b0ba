//! Tests differences of identity, scope, extensions and schemas.

use super::*;

#[test]
fn database_unchanged_has_no_rows() {
    assert_eq!(rows(&shop(), &shop()), Vec::<String>::new());
    // The time of a snapshot is not a difference.
    check(|shop| shop.taken_at = "2026-11-23T10:00:00.000000Z".into(), "", "");
}

#[test]
fn identity_of_another_database_is_reported() {
    let there = "warning identity shop";
    check(|shop| shop.identity.system_identifier = "7".into(), there, there);
    check(|shop| shop.identity.database_oid += 1, there, there);
    let [source, target, detail] = values_and_detail(|shop| {
        shop.identity =
            Identity { system_identifier: "7".into(), server_version: "18.1".into(), timeline: 3, ..identity() };
    });
    assert_eq!(source, "shop (15.4) of cluster 7311000000000000001, timeline 1");
    assert_eq!(target, "shop (18.1) of cluster 7, timeline 3");
    assert!(
        detail.starts_with("another cluster: ") && detail.ends_with("; server version 15.4, then 18.1"),
        "{detail}"
    );
}

#[test]
fn identity_of_the_same_database_may_change() {
    let row = "info identity shop";
    check(|shop| shop.identity.timeline = 2, row, row);
    check(|shop| shop.identity.in_recovery = true, row, row);
    check(|shop| shop.identity.server_version = "15.5".into(), row, row);
    check(|shop| shop.identity.encoding = "LATIN1".into(), row, row);
    check(|shop| shop.identity.database = "store".into(), "info identity store", row);
}

#[test]
fn scope_of_only_one_snapshot_is_not_compared() {
    let row = "info scope shop";
    check(
        |shop| {
            shop.scope.schema = Some("stats".into());
            shop.schemas.remove("public");
        },
        row,
        row,
    );
    check(
        |shop| {
            shop.scope.schema = Some("public".into());
            shop.schemas.remove("stats");
            shop.table("users").rows = Some(Rows { count: 1, exact: true });
        },
        "error rows_fewer public.users | info scope shop",
        "info scope shop | info rows_more public.users",
    );
    check(|shop| shop.scope.checksum = false, row, row);
    let algorithm = |shop: &mut Snapshot| {
        for table in shop.schemas.values_mut().flat_map(|schema| schema.tables.values_mut()) {
            table.checksum.iter_mut().for_each(|checksum| checksum.algorithm = 2);
        }
    };
    check(algorithm, row, row);
}

#[test]
fn scope_without_a_common_schema_is_reported() {
    let only = |schema: &str| {
        let mut shop = shop();
        shop.scope.schema = Some(schema.into());
        shop.schemas.retain(|name, _| name == schema);
        shop
    };
    assert_eq!(rows(&only("public"), &only("stats")), ["warning scope shop"]);
    assert_eq!(rows(&only("public"), &only("public")), Vec::<String>::new());
}

#[test]
fn extension_differences_are_reported() {
    let missing = "error extension_missing citext";
    check(|shop| shop.extensions.clear(), missing, "info extension_extra citext");
    let citext = extension;
    let row = "info extension_version citext";
    check(|shop| drop(shop.extensions.insert("citext".into(), citext("1.7", "public"))), row, row);
    let row = "warning extension_schema citext";
    check(|shop| drop(shop.extensions.insert("citext".into(), citext("1.6", "stats"))), row, row);
}

#[test]
fn schema_differences_are_reported() {
    check(|shop| drop(shop.schemas.remove("stats")), "error schema_missing stats", "info schema_extra stats");
    let [.., detail] = values_and_detail(|shop| drop(shop.schemas.remove("stats")));
    assert_eq!(detail, "7 rows in 2 tables, and no sequences");
    let row = "warning schema_owner public";
    check(|shop| shop.public().owner = "postgres".into(), row, row);
    // The row covers everything in the schema.
    check(|shop| drop(shop.schemas.remove("public")), "error schema_missing public", "info schema_extra public");
}

#[test]
fn schema_missing_covers_references_from_other_schemas() {
    let mut source = shop();
    source.schemas.get_mut("stats").expect("stats").tables.insert("log_3".into(), partition(5));
    let days = source.schemas.get_mut("stats").and_then(|stats| stats.tables.get_mut("days")).expect("days");
    let definition = "FOREIGN KEY (day) REFERENCES public.users(id)";
    days.constraints.insert("day_fk".into(), constraint(ConstraintKind::ForeignKey, definition));
    let mut target = shop();
    target.schemas.remove("public");
    assert_eq!(rows(&source, &target), ["error schema_missing public"]);
    let detail = compare(&source, &target, MEANS).remove(0).detail.expect("a detail");
    assert_eq!(
        detail,
        "1130 rows in 5 tables, and 3 sequences; with it: table stats.log_3, constraint stats.days: day_fk"
    );
}
