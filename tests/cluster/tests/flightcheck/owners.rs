//! Objects of every kind that have the wrong owner, and the statements that transfer them.

use crate::finding::{Finding, flightcheck, of_check, run_fixes};
use anyhow::Result;
use cluster::{Server, report, state_of};
use postgres::Client;

/// Creates objects of every kind in the schema `{s}`, a quoted name; they belong to the role that
/// runs it.
pub const EVERY_KIND: &str = r#"
    CREATE TABLE {s}.t (id serial PRIMARY KEY, k text);
    CREATE TABLE {s}.i (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
    CREATE TABLE {s}.root (id int PRIMARY KEY) PARTITION BY RANGE (id);
    CREATE TABLE {s}.leaf PARTITION OF {s}.root FOR VALUES FROM (1) TO (2);
    CREATE VIEW {s}.v AS SELECT * FROM {s}.t;
    CREATE MATERIALIZED VIEW {s}.m AS SELECT * FROM {s}.t;
    CREATE SEQUENCE {s}.free;
    CREATE TYPE {s}.e AS ENUM ('a'); CREATE TYPE {s}.c AS (a int); CREATE DOMAIN {s}.d AS int;
    CREATE TYPE {s}.r AS RANGE (SUBTYPE = float4);
    CREATE FUNCTION {s}.f(a int, b {s}.e DEFAULT 'a', VARIADIC c text[] DEFAULT '{}') RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION {s}.f(a {s}.e[], OUT b int, OUT c text) LANGUAGE sql AS 'SELECT 1, ''''::text';
    CREATE PROCEDURE {s}.p(a {s}.d, OUT b int) LANGUAGE sql AS 'SELECT 1';
    CREATE AGGREGATE {s}.agg(int) (SFUNC = int4pl, STYPE = int);
    CREATE AGGREGATE {s}.agg0(*) (SFUNC = int8inc, STYPE = int8, INITCOND = '0');
    CREATE OPERATOR {s}.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
    CREATE OPERATOR {s}.!! (RIGHTARG = int, FUNCTION = int4um);
    CREATE COLLATION {s}.col FROM "C";
    CREATE CONVERSION {s}.conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
    CREATE TEXT SEARCH DICTIONARY {s}.dic (TEMPLATE = simple);
    CREATE TEXT SEARCH CONFIGURATION {s}.cfg (COPY = simple);
    CREATE STATISTICS {s}.st ON id, k FROM {s}.t;
"#;

/// The same for objects that only a superuser can create. Requires a server for foreign tables.
pub const OF_SUPERUSERS: &str = "
    CREATE OPERATOR CLASS {s}.oc FOR TYPE int USING btree AS STORAGE int;
    CREATE AGGREGATE {s}.pct(float8 ORDER BY anyelement)
        (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);
    CREATE FOREIGN TABLE {s}.ft (a int) SERVER elsewhere;
    ALTER OPERATOR CLASS {s}.oc USING btree OWNER TO {o}; ALTER OPERATOR FAMILY {s}.oc USING btree OWNER TO {o};
    ALTER AGGREGATE {s}.pct(float8 ORDER BY anyelement) OWNER TO {o}; ALTER FOREIGN TABLE {s}.ft OWNER TO {o};
";

/// How many of these have an owner that does not follow another object's.
pub const OBJECTS: usize = 27;

const ROLES: &str = "CREATE ROLE app LOGIN; CREATE ROLE stray LOGIN; CREATE ROLE deploy LOGIN IN ROLE app, stray;
    CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER elsewhere FOREIGN DATA WRAPPER nowhere";

/// Creates a schema with an object of every kind in it, all owned by `stray`.
pub fn create_strays(server: &Server, client: &mut Client, schema: &str) -> Result<()> {
    let database: String = client.query_one("SELECT current_database()", &[])?.get(0);
    let sql = |text: &str| text.replace("{s}", schema).replace("{o}", "stray");
    client.batch_execute(&sql("CREATE SCHEMA {s} AUTHORIZATION {o}"))?;
    server.connect_as("stray", &database)?.batch_execute(&sql(EVERY_KIND))?;
    client.batch_execute(&sql(OF_SUPERUSERS))?;
    Ok(())
}

fn wrong_owners(client: &mut Client, arguments: &str) -> Result<Vec<Finding>> {
    of_check(client, arguments, "wrong_owner")
}

/// Both a superuser and a member of both owners can run the fixes.
#[test]
fn owner_fix_transfers_every_kind_of_object() -> Result<()> {
    let server = Server::start(&[])?;
    for fixer in ["postgres", "deploy"] {
        let database = format!("of_{fixer}");
        let mut client = server.database(&database)?;
        if fixer == "postgres" {
            client.batch_execute(ROLES)?;
        } else {
            client.batch_execute(ROLES.split_once("deploy LOGIN IN ROLE app, stray;").map_or("", |(_, rest)| rest))?;
            client.batch_execute(&format!("GRANT CREATE ON DATABASE {database} TO deploy"))?;
        }
        create_strays(&server, &mut client, "s")?;
        assert_eq!(wrong_owners(&mut client, "'s', 'stray'")?.len(), 0);
        assert_eq!(wrong_owners(&mut client, "'s'")?.len(), 0);
        let found = wrong_owners(&mut client, "'s', 'app'")?;
        assert_eq!(found.len(), OBJECTS + 1, "{found:#?}");
        assert!(found.iter().all(|finding| finding.severity == "error"), "{found:#?}");
        assert_eq!(found[0].object, "schema s");
        let table = found.iter().find(|finding| finding.object == "table s.t").expect("the table");
        assert!(table.says("fails with \"must be owner of table\""), "{table:?}");
        // Checks that it does.
        let mut app = server.connect_as("app", &database)?;
        client.batch_execute("GRANT USAGE ON SCHEMA s TO app")?;
        assert_eq!(state_of(app.batch_execute("ALTER TABLE s.t ADD c int")).code(), "42501");
        run_fixes(&mut server.connect_as(fixer, &database)?, &found)?;
        assert_eq!(wrong_owners(&mut client, "'s', 'app'")?.len(), 0);
        assert_eq!(wrong_owners(&mut client, "'s'")?.len(), 0);
        app.batch_execute("ALTER TABLE s.t ADD c int")?;
        // Dependent objects have the new owner too, except for multirange types, which the server
        // forgets.
        let left = "SELECT count(*) FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid
             WHERE r.rolname = 'stray' AND d.deptype = 'o' AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
               AND NOT EXISTS (SELECT FROM pg_range WHERE rngmultitypid = d.objid)";
        assert_eq!(client.query_one(left, &[])?.get::<_, i64>(0), 0);
        report!("{} objects transferred by {fixer} in the order printed", found.len());
    }
    Ok(())
}

/// Without expected_owner, the owner of most objects in a schema is taken as the right one.
#[test]
fn owner_is_inferred_from_majority() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("app")?;
    client.batch_execute(ROLES)?;
    client.batch_execute(
        "CREATE SCHEMA s; SET ROLE app; RESET ROLE; GRANT ALL ON SCHEMA s TO app; CREATE SCHEMA few AUTHORIZATION app;
         CREATE TABLE few.mine (); CREATE TABLE few.theirs (); ALTER TABLE few.theirs OWNER TO app",
    )?;
    client.batch_execute("CREATE TABLE s.a (); CREATE TABLE s.b (); CREATE SEQUENCE s.c; CREATE VIEW s.v AS SELECT 1; CREATE FUNCTION s.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE FUNCTION s.g() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'")?;
    client.batch_execute("ALTER TABLE s.a OWNER TO app; CREATE TYPE s.x AS ENUM (); ALTER TYPE s.x OWNER TO app; CREATE TYPE s.y AS ENUM (); ALTER TYPE s.y OWNER TO app")?;
    // One table of two and a sequence are not a majority, however many types there are.
    let found = wrong_owners(&mut client, "")?;
    let seen: Vec<_> = found.iter().map(|finding| (finding.check.as_str(), finding.object.as_str())).collect();
    assert_eq!(seen, [], "{found:#?}");
    // Most belong to a superuser, as after a restore by one; the application's own may be the right
    // ones.
    let found = flightcheck(&mut client, "")?;
    let seen: Vec<_> =
        found.iter().map(|row| (row.severity.as_str(), row.check.as_str(), row.object.as_str())).collect();
    assert_eq!(seen, [("warning", "owner_unclear", "schema s")], "{found:#?}");
    assert!(found[0].fix.is_none() && found[0].says("postgres (5, a superuser) and app (3)"), "{found:#?}");
    assert!(found[0].says("public.flightcheck('s', expected_owner => 'app')"), "{found:#?}");
    client.batch_execute("ALTER TABLE s.b OWNER TO app; ALTER SEQUENCE s.c OWNER TO app")?;
    let found = wrong_owners(&mut client, "")?;
    let seen: Vec<_> = found.iter().map(|finding| (finding.severity.as_str(), finding.object.as_str())).collect();
    assert_eq!(seen, [("warning", "function s.f()"), ("info", "schema s")], "{found:#?}");
    assert!(found[0].says("which owns most tables of this schema"), "{found:#?}");
    // A role that may create tables could make itself the majority.
    assert!(
        found.iter().all(|finding| finding.fix.is_none() && finding.says("to get a fix, pass expected_owner")),
        "{found:#?}"
    );
    // The database's owner is known. Views and SECURITY DEFINER functions keep their owner.
    client.batch_execute("ALTER DATABASE app OWNER TO app")?;
    let found = wrong_owners(&mut client, "")?;
    run_fixes(&mut client, &found)?;
    assert_eq!(wrong_owners(&mut client, "")?.len(), 0);
    Ok(())
}

/// A superuser's migration does not fail, and a tie has no majority.
#[test]
fn owner_is_not_inferred_from_superuser_majority() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("app")?;
    client.batch_execute(ROLES)?;
    client.batch_execute(
        "GRANT ALL ON SCHEMA public TO app; SET ROLE app; CREATE TABLE a1 (id int PRIMARY KEY); CREATE TABLE a2 (id int PRIMARY KEY); RESET ROLE;
         CREATE TABLE b1 (id int PRIMARY KEY); CREATE TABLE b2 (id int PRIMARY KEY)",
    )?;
    let only = |client: &mut Client| -> Result<Finding> {
        let mut found = flightcheck(client, "'public'")?;
        assert_eq!(found.len(), 1, "{found:#?}");
        Ok(found.remove(0))
    };
    let tie = only(&mut client)?;
    assert_eq!(
        (tie.check.as_str(), tie.object.as_str(), &tie.fix),
        ("owner_unclear", "schema public", &None),
        "{tie:#?}"
    );
    assert!(tie.says("app (2) and postgres (2, a superuser)") && tie.says("expected_owner => 'app'"), "{tie:#?}");
    client.batch_execute("CREATE TABLE b3 (id int PRIMARY KEY)")?;
    let majority = only(&mut client)?;
    assert_eq!((majority.check.as_str(), &majority.fix), ("owner_unclear", &None), "{majority:#?}");
    assert!(majority.says("postgres (3, a superuser) and app (2)") && !majority.says("fails"), "{majority:#?}");
    // The named role must own all objects; the detail mentions a failure only if it cannot alter an
    // object.
    let found = wrong_owners(&mut client, "'public', 'postgres'")?;
    assert!(found.len() == 2 && found.iter().all(|finding| !finding.says("fails")), "{found:#?}");
    client.batch_execute("GRANT app TO stray")?;
    let found = wrong_owners(&mut client, "'public', 'stray'")?;
    let fails = |finding: &&Finding| finding.says("fails with \"must be owner of table\"");
    assert_eq!(found.iter().filter(fails).count(), 3, "{found:#?}");
    let found = wrong_owners(&mut client, "'public', 'app'")?;
    run_fixes(&mut client, &found)?;
    assert!(flightcheck(&mut client, "")?.is_empty());
    Ok(())
}

/// A schema with the right owner may still lack privileges for the new owner of its objects.
#[test]
fn owner_of_schema_public_stays() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("app")?;
    client.batch_execute(ROLES)?;
    client.batch_execute("CREATE SCHEMA empty")?;
    client.batch_execute("CREATE TEMP TABLE mine (id serial)")?;
    // An empty schema is for its owner to create in; public is for all roles.
    let found = wrong_owners(&mut client, "expected_owner => 'app'")?;
    assert_eq!(found.iter().map(|finding| finding.object.as_str()).collect::<Vec<_>>(), ["schema empty"], "{found:#?}");
    run_fixes(&mut client, &found)?;

    client.batch_execute("CREATE TABLE t (id serial PRIMARY KEY); CREATE SCHEMA tools; CREATE TABLE tools.t ()")?;
    let found = wrong_owners(&mut client, "expected_owner => 'app'")?;
    let seen: Vec<_> = found.iter().filter_map(|finding| finding.fix.as_deref()).collect();
    let expected = [
        "GRANT CREATE ON SCHEMA public TO app;",
        "ALTER TABLE public.t OWNER TO app;",
        "ALTER SCHEMA tools OWNER TO app;",
        "ALTER TABLE tools.t OWNER TO app;",
    ];
    assert_eq!(seen, expected, "{found:#?}");
    client.batch_execute("GRANT stray TO app; ALTER DATABASE app OWNER TO deploy; ALTER TABLE t OWNER TO deploy; ALTER TABLE tools.t OWNER TO deploy")?;
    client.batch_execute("ALTER SCHEMA tools OWNER TO deploy")?;
    // Without the privilege, the owner could not be changed; the database's owner may grant it.
    run_fixes(&mut server.connect_as("deploy", "app")?, &found)?;
    assert_eq!(wrong_owners(&mut client, "expected_owner => 'app'")?.len(), 0);
    let all = flightcheck(&mut client, "'public', 'app'")?;
    assert!(all.is_empty(), "{all:#?}");
    Ok(())
}

/// A schema that contains only an extension belongs to the extension's owner.
#[test]
fn owner_of_extension_schema_is_not_reported() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("app")?;
    client.batch_execute("CREATE ROLE app; CREATE SCHEMA tools")?;
    if client.batch_execute("CREATE EXTENSION pg_trgm SCHEMA tools").is_err() {
        report!("not tested: no pg_trgm");
        return Ok(());
    }
    assert_eq!(wrong_owners(&mut client, "expected_owner => 'app'")?.len(), 0);
    assert_eq!(wrong_owners(&mut client, "'tools', 'app'")?.len(), 0);
    client.batch_execute("CREATE TABLE tools.t ()")?;
    let found = wrong_owners(&mut client, "expected_owner => 'app'")?;
    let seen: Vec<_> = found.iter().map(|finding| finding.object.as_str()).collect();
    assert_eq!(seen, ["schema tools", "table tools.t"], "{found:#?}");
    Ok(())
}
