use super::super::examples::{Nothing, examples, no_server, parsed};
use super::super::surroundings::HistoryTable;
use super::*;
use proptest::prelude::*;

fn here(database: &str, schemas: &[&str], relations: &[(&str, &str)]) -> Surroundings {
    Surroundings {
        database: database.into(),
        is_here: true,
        schemas: schemas.iter().map(|name| (*name).into()).collect(),
        relations: relations.iter().map(|(schema, name)| ((*schema).into(), (*name).into())).collect(),
        history_tables: Vec::new(),
    }
}

fn elsewhere(database: &str) -> Surroundings {
    Surroundings { is_here: false, ..here(database, &["public"], &[]) }
}

/// Tool and evidence.
fn name_for(surroundings: &Surroundings, key: &str, application_name: Option<&str>) -> [String; 2] {
    let naming = Naming::new(parsed(), surroundings, &Known, no_server);
    let named = naming.name(key.parse().expect("a key"), application_name);
    let tool = named.tool.map(|entry| entry.name().to_owned());
    [tool, named.evidence].map(Option::unwrap_or_default)
}

fn name(surroundings: &Surroundings, key: &str) -> [String; 2] {
    name_for(surroundings, key, None)
}

fn wants_history_tables(surroundings: &Surroundings, key: &str) -> bool {
    let naming = Naming::new(parsed(), surroundings, &Known, no_server);
    naming.wants_history_tables(key.parse().expect("a key"))
}

fn sqlx(database: &str) -> i64 {
    i64::from(crc32fast::hash(database.as_bytes())) * 1_026_731_422
}

/// One table and one role.
struct Known;

impl Objects for Known {
    fn relation(&self, oid: u32) -> Option<String> {
        (oid == 16_384).then(|| "app.events".into())
    }
    fn role(&self, oid: u32) -> Option<String> {
        (oid == 16_400).then(|| "alice".into())
    }
    fn database(&self, _: u32) -> Option<String> {
        None
    }
}

#[test]
fn worked_keys_are_named() {
    for example in examples() {
        if !example.needs_server() {
            example.assert_named(no_server);
        }
    }
}

#[test]
fn a_large_constant_is_enough() {
    let shop = here("shop", &["public"], &[]);
    for surroundings in [&shop, &elsewhere("shop")] {
        let [tool, evidence] = name(surroundings, "72707369");
        assert_eq!(tool, "Prisma Migrate");
        assert_eq!(evidence, "72707369 is the key of Prisma Migrate (constant)");
    }
}

#[test]
fn a_formula_says_how_it_came_to_the_key() {
    let shop = here("shop", &["public", "app"], &[]);
    let sqlx = sqlx("shop");
    let [tool, evidence] = name(&shop, &sqlx.to_string());
    assert_eq!(tool, "sqlx");
    assert_eq!(evidence, "sqlx's key for database \"shop\": 1026731422 × crc32('shop')");
    let [tool, evidence] = name(&shop, "77431436970681");
    assert_eq!(tool, "Flyway");
    let expected = "Flyway's key for \"app\".\"flyway_schema_history\": \
                    77431708279161 + hashCode('\"app\".\"flyway_schema_history\"')";
    assert_eq!(evidence, expected);
}

#[test]
fn names_stay_in_their_quotes() {
    let hostile = here("shop", &["a\"b\n; c"], &[("a\"b\n; c", "authentik_core_user")]);
    let [_, evidence] = name(&hostile, "1000");
    let expected = "1000 is a key of authentik; its \"authentik_core_user\" is in schema U&\"a\"\"b\\000A; c\"";
    assert_eq!(evidence, expected);
    let [_, evidence] = name(&here("o'x", &["public"], &[]), &sqlx("o'x").to_string());
    assert_eq!(evidence, "sqlx's key for database \"o'x\": 1026731422 × crc32('o''x')");
}

#[test]
fn a_formula_over_another_databases_name_says_nothing_here() {
    let sqlx = sqlx("shop").to_string();
    assert_eq!(name(&here("other", &["public"], &[]), &sqlx), ["", ""]);
    assert_eq!(name(&elsewhere("shop"), &sqlx)[0], "sqlx");
}

#[test]
fn a_small_constant_needs_the_tools_tables() {
    let bare = here("shop", &["public"], &[]);
    let [tool, evidence] = name(&bare, "1000");
    assert_eq!(tool, "");
    assert_eq!(evidence, "could be authentik (migrations): none of its tables is in this database");
    let tables = here("shop", &["public"], &[("public", "authentik_core_user")]);
    let [tool, evidence] = name(&tables, "1000");
    assert_eq!(tool, "authentik");
    assert_eq!(evidence, "1000 is a key of authentik; its \"authentik_core_user\" is in schema \"public\"");
}

#[test]
fn all_tables_of_a_group_have_to_be_in_one_schema() {
    let dag = |schema, other| {
        here("air", &["public", "old"], &[(schema, "dag"), (other, "task_instance"), (other, "alembic_version")])
    };
    assert_eq!(name(&dag("public", "old"), "1")[0], "");
    let [tool, evidence] = name(&dag("old", "old"), "1");
    assert_eq!(tool, "Airflow");
    let expected = "1 is a key of Airflow (migrations, db init and db reset); \
                    its \"alembic_version\", \"dag\" and \"task_instance\" are in schema \"old\"";
    assert_eq!(evidence, expected);
    // A schema that the catalogue names is meant.
    assert_eq!(name(&here("tf", &["x"], &[("x", "states")]), "-1")[0], "");
    let terraform = here("tf", &["x"], &[("terraform_remote_state", "states")]);
    assert_eq!(name(&terraform, "-1")[0], "Terraform or OpenTofu");
    assert_eq!(name(&terraform, "3")[0], "Terraform or OpenTofu");
}

#[test]
fn candidates_that_cannot_be_told_apart() {
    let [tool, evidence] = name(&elsewhere("shop"), "1");
    assert_eq!(tool, "");
    let expected = "could be Airflow (migrations, db init and db reset), graph-node (migrations), \
                    SpiceDB (garbage collection), Coder (deployment setup): \
                    their tables cannot be seen from here";
    assert_eq!(evidence, expected);
    let both = here(
        "x",
        &["public"],
        &[("public", "instance_change_history"), ("public", "workflow_entity"), ("public", "execution_entity")],
    );
    let [tool, evidence] = name(&both, "1001");
    assert_eq!(tool, "");
    let expected = "could be Bytebase (pending scheduler), n8n (auth roles sync): \
                    the tables of each are here, and the number alone does not tell";
    assert_eq!(evidence, expected);
}

#[test]
fn more_candidates_than_are_worth_reading() {
    let claimants: Vec<Claimant> =
        parsed().entries().filter_map(|entry| Some(Claimant::new(entry, entry.lock.keys.first()?))).take(40).collect();
    let listed: Vec<&Claimant> = claimants.iter().collect();
    let text = evidence::candidates(&listed, Seen::NotHere).expect("some");
    let more: usize = text
        .rsplit(" and ")
        .next()
        .and_then(|rest| rest.split(' ').next())
        .and_then(|n| n.parse().ok())
        .expect("a count");
    assert_eq!(text.matches("), ").count(), 4);
    assert!(
        more > 10 && text.ends_with(&format!(" and {more} more: none of their tables is in this database")),
        "{text}"
    );
}

#[test]
fn an_application_name_decides() {
    let bare = here("shop", &["public"], &[]);
    let [tool, evidence] = name_for(&bare, "4006", Some("wolverine-advisory-lock:shop"));
    assert_eq!(tool, "Wolverine");
    assert_eq!(evidence, "4006 is a key of Wolverine; application_name is \"wolverine-advisory-lock:shop\"");
    assert_eq!(name_for(&elsewhere("shop"), "4006", Some("wolverine-advisory-lock:shop"))[0], "Wolverine");
    assert_eq!(name_for(&bare, "4006", Some("psql"))[0], "");
    assert_eq!(name_for(&bare, "4006", Some(""))[0], "");
    // The tool's own name on a key that is none of its says nothing.
    assert_eq!(name_for(&bare, "4007", Some("wolverine-advisory-lock:shop"))[0], "");
}

#[test]
fn an_oid_alone_says_nothing() {
    let bare = here("shop", &["public"], &[]);
    assert_eq!(name(&bare, "16400"), ["", ""]);
    let [tool, evidence] = name_for(&bare, "16400", Some("Terraform provider"));
    assert_eq!(tool, "terraform-provider-postgresql");
    let expected = "terraform-provider-postgresql locks by OID, and 16400 is that of role alice; \
                    application_name is \"Terraform provider\"";
    assert_eq!(evidence, expected);
}

#[test]
fn a_pair_with_a_namespace() {
    let bare = here("shop", &["public"], &[]);
    let [tool, evidence] = name(&bare, "16185446,-2147467264");
    assert_eq!(tool, "pg_repack");
    let expected =
        "16185446 is the first number of pg_repack's keys, the second stands for table app.events (OID 16384)";
    assert_eq!(evidence, expected);
    let [_, evidence] = name(&bare, "1734705784,-5");
    let expected = "1734705784 is the first number of pg_partman's keys (partition_data_proc), \
                    the second, -5, is hashtext of the parent table";
    assert_eq!(evidence, expected);
    assert!(name(&bare, "2686470616")[1].ends_with("the key of Atlas (constant: migrate apply, migrate set)"));
    // OIDs mean something in their own database alone; and those beyond 2^31 come back, too.
    let [tool, evidence] = name(&elsewhere("shop"), "16185446,-2147467264");
    assert_eq!(tool, "pg_repack");
    assert!(evidence.ends_with("the second stands for the table with OID 16384"), "{evidence}");
    assert!(name(&bare, "16185446,2147483647")[1].ends_with("OID 4294967295"));
    assert_eq!(name(&bare, "16185447,-2147467264")[0], "");
}

#[test]
fn a_pair_is_no_bigint() {
    let pulp = here("pulp", &["public"], &[("public", "core_task"), ("public", "core_repositoryversion")]);
    let [tool, evidence] = name(&pulp, "0,42");
    assert_eq!(tool, "Pulp");
    assert!(evidence.starts_with("0,42 is a key of Pulp (schedule); its"), "{evidence}");
    assert_eq!(name(&pulp, "42")[0], "");
    assert_eq!(name(&pulp, "0,43")[0], "");
}

#[test]
fn any_number_of_a_job_queues() {
    let que = here("shop", &["public"], &[("public", "que_jobs")]);
    let [tool, evidence] = name(&que, "4711");
    assert_eq!(tool, "");
    assert_eq!(evidence, "could be Que (the job in work): its tables are here, but the number alone does not tell");
    // Even next to one tool that the number is a constant of.
    let both = here("shop", &["public"], &[("public", "que_jobs"), ("public", "authentik_core_user")]);
    assert_eq!(name(&both, "1000")[0], "");
    assert_eq!(name(&both, "72707369")[0], "Prisma Migrate");
}

#[test]
fn a_library_within_an_application() {
    let key = "-8525285245963000605";
    assert_eq!(name(&here("shop", &["public"], &[]), key)[0], "postgres-migrations");
    assert_eq!(name(&elsewhere("shop"), key)[0], "postgres-migrations");
    let storage = here("shop", &["storage"], &[("storage", "objects"), ("storage", "migrations")]);
    let [tool, evidence] = name(&storage, key);
    assert_eq!(tool, "Supabase Storage");
    assert!(evidence.ends_with("its \"migrations\" and \"objects\" are in schema \"storage\""), "{evidence}");
    let rails = "7024499378292010545";
    let gitlab = here(
        "gitlabhq_production",
        &["public"],
        &[("public", "application_settings"), ("public", "merge_request_diffs")],
    );
    let [tool, evidence] = name(&gitlab, rails);
    assert_eq!(tool, "Rails (ActiveRecord)");
    assert!(evidence.contains("GitLab's \"application_settings\" and \"merge_request_diffs\" are"), "{evidence}");
}

#[test]
fn extensions_own_locks() {
    let bare = here("shop", &["public"], &[]);
    let [tool, evidence] = name(&bare, "1000:0:29749");
    assert_eq!(tool, "TimescaleDB");
    assert_eq!(evidence, "objsubid 29749 is one of TimescaleDB's, job id 1000");
    assert_eq!(name(&bare, "0:102008:5")[0], "");
    let citus = here("shop", &["public"], &[("pg_catalog", "pg_dist_node")]);
    let [tool, evidence] = name(&citus, "1:102008:5");
    assert_eq!(tool, "Citus");
    let expected = "objsubid 5 is one of Citus's (shard), shard id 4295069304; \
                    its \"pg_dist_node\" is in schema \"pg_catalog\"";
    assert_eq!(evidence, expected);
    assert_eq!(name(&citus, "0:7:10")[0], "Citus");
    let failover = here("shop", &["public"], &[("pgautofailover", "formation")]);
    assert_eq!(name(&failover, "0:7:10")[0], "pg_auto_failover");
    assert_eq!(name(&bare, "0:7:99"), ["", ""]);
}

#[test]
fn elixir_modules_follow_the_database() {
    for database in ["my_app", "my_app_dev", "my_app_prod", "my-app_test"] {
        assert_eq!(name(&here(database, &["public"], &[]), "41811489")[0], "Ecto", "{database}");
    }
    let [_, evidence] = name(&here("my_app_dev", &["tenant_a"], &[]), "17122987");
    let expected = "Ecto's key for MyApp.Repo with prefix \"tenant_a\": phash2({ecto,\"tenant_a\",MyApp.Repo})";
    assert_eq!(evidence, expected);
}

/// Keys of unlikely names are no evidence once there are so many that a number would match by chance.
#[test]
fn among_many_schemas_the_likely_ones_count() {
    let many: Vec<String> = (0..10_000).map(|number| format!("tenant_{number}")).collect();
    let mut schemas: Vec<&str> = many.iter().map(String::as_str).collect();
    schemas.push("tenant_a");
    let [tool, evidence] = name(&here("my_app_dev", &schemas, &[]), "17122987");
    assert_eq!(tool, "");
    assert!(
        evidence.starts_with("could be Ecto (migrations, with migration_lock: :pg_advisory_lock): none"),
        "{evidence}"
    );
    let with_table = here("my_app_dev", &schemas, &[("tenant_a", "schema_migrations")]);
    assert_eq!(name(&with_table, "17122987")[0], "Ecto");
    // 64 bits are enough for any number of schemas.
    assert_eq!(name(&here("x", &["app"], &[]), "77431436970681")[0], "Flyway");
}

#[test]
fn history_tables_that_were_found() {
    let mut custom = here("shop", &["app"], &[]);
    let key = (77_431_708_279_161_i64
        + i64::from(
            "\"app\".\"versions\""
                .encode_utf16()
                .fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit))),
        ))
    .to_string();
    let [tool, evidence] = name(&custom, &key);
    assert_eq!(tool, "Flyway");
    assert!(
        evidence.ends_with("is a number that Flyway uses for a history table that is not among those found"),
        "{evidence}"
    );
    assert!(wants_history_tables(&custom, &key));
    custom.history_tables.push(HistoryTable { tool: "Flyway".into(), schema: "app".into(), table: "versions".into() });
    assert!(name(&custom, &key)[1].starts_with("Flyway's key for \"app\".\"versions\": "));
    assert!(!wants_history_tables(&custom, &key));
}

#[test]
fn a_history_table_is_a_sign() {
    let mut shop = here("shop", &["app"], &[]);
    assert_eq!(name(&shop, "12345")[0], "");
    shop.history_tables.push(HistoryTable { tool: "Evolve".into(), schema: "app".into(), table: "changelog".into() });
    let [tool, evidence] = name(&shop, "12345");
    assert_eq!(tool, "Evolve");
    assert_eq!(evidence, "12345 is a key of Evolve; its \"changelog\" is in schema \"app\"");
    assert!(!wants_history_tables(&shop, "12345"));
}

#[test]
fn when_history_tables_are_worth_a_search() {
    let shop = here("shop", &["public"], &[]);
    // golang-migrate's and others' 32 bits.
    assert!(wants_history_tables(&shop, "3000000001"));
    assert!(!wants_history_tables(&elsewhere("shop"), "3000000001"));
    assert!(!wants_history_tables(&shop, "999999"));
    // liquibase-sessionlock's pairs of hashes.
    assert!(wants_history_tables(&shop, "755096828,-977423767"));
    assert!(!wants_history_tables(&shop, "755096828,3"));
    // Evolve's constant, which many others use.
    assert!(wants_history_tables(&shop, "12345"));
    assert!(!wants_history_tables(&shop, "12346"));
    // A name that is known by other evidence stands.
    assert!(!wants_history_tables(&shop, "72707369"));
    assert!(!wants_history_tables(&shop, "9000000000000000001"));
    assert!(!wants_history_tables(&shop, "1000:0:29749"));
}

#[test]
fn a_pair_that_spells_a_name() {
    let shop = here("shop", &["public"], &[]);
    let [tool, evidence] = name(&shop, "-605591812,2061500415");
    assert_eq!(tool, "");
    assert_eq!(evidence, "could be DistributedLock.Postgres: the pair spells \"mylock\" in 7-bit ASCII");
}

proptest! {
    #[test]
    fn naming_takes_any_key_and_any_names(
        (classid, objid, objsubid) in any::<(u32, u32, u16)>(), database in ".{0,20}", schema in ".{0,20}", table in ".{0,20}"
    ) {
        let mut surroundings = here(&database, &[&schema], &[(&schema, &table)]);
        surroundings.history_tables.push(HistoryTable { tool: "Flyway".into(), schema, table });
        let naming = Naming::new(parsed(), &surroundings, &Nothing, no_server);
        for objsubid in [1, 2, objsubid] {
            let key = LockKey::from_pg_locks(classid, objid, objsubid);
            let named = naming.name(key, Some(&database));
            prop_assert!(named.tool.is_none() || named.evidence.is_some());
            naming.wants_history_tables(key);
        }
    }
}
