use super::super::database_context::HistoryTable;
use super::super::examples::{NoObjects, examples, no_server, parsed};
use super::*;
use proptest::prelude::*;

pub fn here(database: &str, schemas: &[&str], relations: &[(&str, &str)]) -> DatabaseContext {
    DatabaseContext {
        database: database.into(),
        is_here: true,
        schemas: schemas.iter().map(|name| (*name).into()).collect(),
        relations: relations.iter().map(|(schema, name)| ((*schema).into(), (*name).into())).collect(),
        history_tables: Vec::new(),
    }
}

pub fn elsewhere(database: &str) -> DatabaseContext {
    DatabaseContext { is_here: false, ..here(database, &["public"], &[]) }
}

/// Returns the tool and the evidence.
fn name_for(database_context: &DatabaseContext, key: &str, application_name: Option<&str>) -> [String; 2] {
    let naming = Naming::new(parsed(), database_context, &Known, no_server);
    let named = naming.name(key.parse().expect("a key"), application_name);
    let tool = named.tool.map(|entry| entry.name().to_owned());
    [tool, named.evidence].map(Option::unwrap_or_default)
}

pub fn name(database_context: &DatabaseContext, key: &str) -> [String; 2] {
    name_for(database_context, key, None)
}

/// Catalogs with one table and one role.
pub struct Known;

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
fn large_constant_is_sufficient_evidence() {
    let shop = here("shop", &["public"], &[]);
    for database_context in [&shop, &elsewhere("shop")] {
        let [tool, evidence] = name(database_context, "72707369");
        assert_eq!(tool, "Prisma Migrate");
        assert_eq!(evidence, "72707369 is the key of Prisma Migrate (constant)");
    }
}

#[test]
fn small_constant_needs_the_tools_tables() {
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
fn tables_of_a_group_must_be_in_one_schema() {
    let dag = |schema, other| {
        here("air", &["public", "old"], &[(schema, "dag"), (other, "task_instance"), (other, "alembic_version")])
    };
    assert_eq!(name(&dag("public", "old"), "1")[0], "");
    let [tool, evidence] = name(&dag("old", "old"), "1");
    assert_eq!(tool, "Airflow");
    let expected = "1 is a key of Airflow (migrations, db init and db reset); \
                    its \"alembic_version\", \"dag\" and \"task_instance\" are in schema \"old\"";
    assert_eq!(evidence, expected);
    // If the catalogue names a schema, the relation must be in it.
    assert_eq!(name(&here("tf", &["x"], &[("x", "states")]), "-1")[0], "");
    let terraform = here("tf", &["x"], &[("terraform_remote_state", "states")]);
    assert_eq!(name(&terraform, "-1")[0], "Terraform or OpenTofu");
    assert_eq!(name(&terraform, "3")[0], "Terraform or OpenTofu");
}

#[test]
fn ambiguous_key_lists_the_candidates() {
    let [tool, evidence] = name(&elsewhere("shop"), "1");
    assert_eq!(tool, "");
    let expected = "could be Airflow (migrations, db init and db reset), graph-node (migrations), \
                    SpiceDB (garbage collection) or Coder (deployment setup): \
                    their tables are not visible from this database";
    assert_eq!(evidence, expected);
    let both = here(
        "x",
        &["public"],
        &[("public", "instance_change_history"), ("public", "workflow_entity"), ("public", "execution_entity")],
    );
    let [tool, evidence] = name(&both, "1001");
    assert_eq!(tool, "");
    let expected = "could be Bytebase (pending scheduler) or n8n (auth roles sync): \
                    each has tables in this database, and the number does not identify one of them";
    assert_eq!(evidence, expected);
}

#[test]
fn many_candidates_are_counted() {
    let candidates: Vec<Candidate> =
        parsed().entries().filter_map(|entry| Some(Candidate::new(entry, entry.lock.keys.first()?))).take(40).collect();
    let listed: Vec<&Candidate> = candidates.iter().collect();
    let text = evidence::possible_tools(&listed, Seen::NotHere).expect("some");
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
fn application_name_decides() {
    let bare = here("shop", &["public"], &[]);
    let [tool, evidence] = name_for(&bare, "4006", Some("wolverine-advisory-lock:shop"));
    assert_eq!(tool, "Wolverine");
    assert_eq!(evidence, "4006 is a key of Wolverine; application_name is \"wolverine-advisory-lock:shop\"");
    assert_eq!(name_for(&elsewhere("shop"), "4006", Some("wolverine-advisory-lock:shop"))[0], "Wolverine");
    assert_eq!(name_for(&bare, "4006", Some("psql"))[0], "");
    assert_eq!(name_for(&bare, "4006", Some(""))[0], "");
    // The tool's application_name on a key that is not the tool's is not evidence.
    assert_eq!(name_for(&bare, "4007", Some("wolverine-advisory-lock:shop"))[0], "");
}

#[test]
fn oid_alone_is_not_evidence() {
    let bare = here("shop", &["public"], &[]);
    assert_eq!(name(&bare, "16400"), ["", ""]);
    let [tool, evidence] = name_for(&bare, "16400", Some("Terraform provider"));
    assert_eq!(tool, "terraform-provider-postgresql");
    let expected = "terraform-provider-postgresql locks by OID, and 16400 is that of role alice; \
                    application_name is \"Terraform provider\"";
    assert_eq!(evidence, expected);
}

#[test]
fn pair_with_a_fixed_number() {
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
    // OIDs are meaningful only in their own database. OIDs beyond 2^31 are decoded as well.
    let [tool, evidence] = name(&elsewhere("shop"), "16185446,-2147467264");
    assert_eq!(tool, "pg_repack");
    assert!(evidence.ends_with("the second stands for the table with OID 16384"), "{evidence}");
    assert!(name(&bare, "16185446,2147483647")[1].ends_with("OID 4294967295"));
    assert_eq!(name(&bare, "16185447,-2147467264")[0], "");
}

#[test]
fn pair_is_not_a_bigint() {
    let pulp = here("pulp", &["public"], &[("public", "core_task"), ("public", "core_repositoryversion")]);
    let [tool, evidence] = name(&pulp, "0,42");
    assert_eq!(tool, "Pulp");
    assert!(evidence.starts_with("0,42 is a key of Pulp (schedule); its"), "{evidence}");
    assert_eq!(name(&pulp, "42")[0], "");
    assert_eq!(name(&pulp, "0,43")[0], "");
}

#[test]
fn number_of_a_job_queue_is_only_a_candidate() {
    let que = here("shop", &["public"], &[("public", "que_jobs")]);
    let [tool, evidence] = name(&que, "4711");
    assert_eq!(tool, "");
    assert_eq!(
        evidence,
        "could be Que (the job that is running): its tables are in this database, but the number does not identify it"
    );
    // The same applies if the number is a constant of one other tool.
    let both = here("shop", &["public"], &[("public", "que_jobs"), ("public", "authentik_core_user")]);
    assert_eq!(name(&both, "1000")[0], "");
    assert_eq!(name(&both, "72707369")[0], "Prisma Migrate");
}

#[test]
fn library_embedded_in_an_application() {
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
fn locks_of_extensions() {
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
fn pair_that_decodes_to_a_name() {
    let shop = here("shop", &["public"], &[]);
    let [tool, evidence] = name(&shop, "-605591812,2061500415");
    assert_eq!(tool, "");
    assert_eq!(evidence, "could be DistributedLock.Postgres: the pair spells \"mylock\" in 7-bit ASCII");
}

proptest! {
    #[test]
    fn naming_takes_any_key_and_any_names(
        (classid, objid, objsubid) in any::<(u32, u32, u16)>(),
        [database, schema, table] in [".{0,20}", ".{0,20}", ".{0,20}"],
    ) {
        let mut database_context = here(&database, &[&schema], &[(&schema, &table)]);
        database_context.history_tables.push(HistoryTable { tool: "Flyway".into(), schema, table });
        let naming = Naming::new(parsed(), &database_context, &NoObjects, no_server);
        for objsubid in [1, 2, objsubid] {
            let key = LockKey::from_pg_locks(classid, objid, objsubid);
            let named = naming.name(key, Some(&database));
            prop_assert!(named.tool.is_none() || named.evidence.is_some());
            naming.wants_history_tables(key);
        }
    }
}
