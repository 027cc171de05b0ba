use super::super::database_context::HistoryTable;
use super::super::examples::{no_server, parsed};
use super::*;

/// Returns the names that a tool's n-th computed key is tried with, in order, each with whether a
/// match is strong.
fn tried(tool: &str, nth: usize, database_context: &DatabaseContext) -> Vec<(String, bool)> {
    let entries = parsed().entries().filter(|entry| entry.name() == tool);
    let mut keys = entries.flat_map(|entry| entry.lock.keys.iter().map(move |key| (entry, key)));
    let (entry, key) = keys.nth(nth).expect("a key");
    let presence = Presence::new(database_context);
    let computed = Computed::new(entry, key, database_context, &presence, no_server);
    let places = computed.attempts.iter();
    places
        .map(|place| {
            let inputs = computed.inputs(place);
            let found = value(key, &inputs, no_server).and_then(|made| computed.find(made)).expect("itself");
            let Inputs { schema, table, name, repo, each, .. } = inputs;
            (format!("{schema}|{table}|{name}|{repo}|{each}"), found.is_strong)
        })
        .collect()
}

fn names(tool: &str, nth: usize, database_context: &DatabaseContext) -> Vec<String> {
    tried(tool, nth, database_context).into_iter().map(|(names, _)| names).collect()
}

fn shop() -> DatabaseContext {
    DatabaseContext {
        database: "shop_dev".into(),
        is_here: true,
        schemas: vec!["app".into(), "public".into()],
        ..DatabaseContext::default()
    }
}

#[test]
fn schemas_and_tables() {
    let mut shop = shop();
    let usual = |schema: &str| ["flyway_schema_history", "schema_version"].map(|table| format!("{schema}|{table}|||"));
    assert_eq!(names("Flyway", 0, &shop), [usual("public"), usual("app")].concat());
    // Schemas that contain the tool's table come first, and so does the table that was found.
    shop.schemas.push("old".into());
    shop.relations.push(("old".into(), "flyway_schema_history".into()));
    assert_eq!(names("Flyway", 0, &shop), [usual("public"), usual("old"), usual("app")].concat());
    let found = |tool: &str| HistoryTable { tool: tool.into(), schema: "s".into(), table: "t".into() };
    shop.history_tables = vec![found("Other"), found("Flyway")];
    let tried = names("Flyway", 0, &shop);
    assert_eq!((tried[0].as_str(), tried.len()), ("s|t|||", 7));
}

#[test]
fn schemas_without_tables() {
    assert_eq!(names("Atlas", 3, &shop()), ["public||||", "app||||"]);
    // The schema that the catalogue names comes first, whether it exists or not, with every
    // alternative; the others have only the first alternative.
    let boss = names("pg-boss", 0, &shop());
    assert_eq!(boss.len(), 9 + 2);
    assert_eq!(boss[..2], ["pgboss||||", "pgboss||||create-queue"]);
    assert_eq!(boss[9..], ["app||||", "public||||"]);
    let mut with_tables = shop();
    with_tables.relations =
        ["job", "schedule", "subscription", "version"].map(|name| ("app".into(), name.into())).into();
    assert_eq!(names("pg-boss", 0, &with_tables).len(), 9 + 9 + 1);
}

#[test]
fn tables_without_schemas() {
    let mut shop = shop();
    assert_eq!(names("lakeFS", 0, &shop), ["|kv|||"]);
    shop.history_tables.push(HistoryTable { tool: "lakeFS".into(), schema: "s".into(), table: "t".into() });
    assert_eq!(names("lakeFS", 0, &shop), ["|t|||", "|kv|||"]);
}

#[test]
fn names_chosen_by_the_application() {
    assert_eq!(names("django-pglock", 0, &shop()), ["||shop_dev||", "||public||", "||app||"]);
}

#[test]
fn modules() {
    assert_eq!(names("Ecto", 0, &shop()), ["|||Elixir.Shop.Repo|", "|||Elixir.ShopDev.Repo|"]);
    assert_eq!(names("Ecto", 1, &shop()).len(), 4);
    assert_eq!(repos("_dev"), ["Elixir..Repo", "Elixir.Dev.Repo"]);
}

#[test]
fn unlikely_name_is_strong_if_few_are_tried() {
    let mut shop = shop();
    assert!(tried("Ecto", 1, &shop).iter().all(|(_, is_strong)| *is_strong));
    // The formula has 2^27 values, for which 134 names are too many.
    shop.schemas = (0..70).map(|number| format!("s{number}")).collect();
    let tried = tried("Ecto", 1, &shop);
    assert_eq!(tried.iter().filter(|(_, is_strong)| *is_strong).count(), 2);
    assert!(tried[0].1 && tried[1].1);
}
