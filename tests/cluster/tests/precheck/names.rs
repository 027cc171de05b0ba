//! Hostile names, same-named temporary tables, row security, and roles without privileges.

use crate::findings::{precheck, worst};
use anyhow::{Context, Result};
use cluster::{Server, identifier, report};

/// Names of tables and columns.
fn names() -> Vec<String> {
    let long = "ä".repeat(31);
    let plain = [
        "a\"; DROP TABLE victim; --",
        "a'); DROP TABLE victim; --",
        "$$ $a$",
        "back\\slash",
        "new\nline",
        "tab\tand space ",
        "%s %1$I {} {0}",
        "select",
        "SELECT * FROM",
        "a.b.c",
        "\u{202e}abc",
        "日本語",
        "/* a",
        "-- a",
        ":a :'b' :\"c\"",
        "pg_flightcheck relation 0",
        "converted",
        "violations",
        "numbered",
        "v",
        "value",
        "new",
        "k1",
        " AS result",
    ];
    plain.iter().map(|name| (*name).to_owned()).chain([long]).collect()
}

#[test]
fn precheck_of_hostile_names_asks_the_right_rows() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("names")?;
    client.batch_execute("CREATE TABLE victim (); CREATE ROLE app")?;
    for (index, name) in names().iter().enumerate() {
        let other = identifier(&names()[(index + 7) % names().len()]);
        let quoted = identifier(name);
        let text = name.clone();
        let schema = identifier(&if name.starts_with("pg_") { format!("x{name}") } else { name.clone() });
        client
            .batch_execute(&format!(
                "CREATE SCHEMA {schema}; SET search_path = {schema};
                 CREATE TABLE {quoted} ({quoted} int, {other} text, id int PRIMARY KEY);
                 INSERT INTO {quoted} VALUES (1, 'a', 1), (1, 'b', 2), (NULL, repeat('c', 90), 3)"
            ))
            .with_context(|| text.clone())?;
        let script = format!(
            "ALTER TABLE {quoted} ADD UNIQUE ({quoted});
             ALTER TABLE {quoted} ALTER {quoted} SET NOT NULL;
             ALTER TABLE {schema}.{quoted} ADD CHECK ({quoted} > 1);
             ALTER TABLE {quoted} ADD CHECK ({quoted}.{quoted} > 1 AND length({other}) > 0);
             ALTER TABLE {quoted} ALTER {other} TYPE varchar(80);
             ALTER TABLE {quoted} ADD FOREIGN KEY ({quoted}) REFERENCES {quoted} (id);
             INSERT INTO {quoted} VALUES (1, 'x', 1);
             CREATE UNIQUE INDEX {other} ON {quoted} (left({other}, 0)) WHERE {quoted} = 1;
             ALTER TABLE {quoted} RENAME COLUMN {other} TO other;
             ALTER TABLE {quoted} ADD CHECK (other < 'b')"
        );
        let findings = precheck(&mut client, &script, "").with_context(|| name.clone())?;
        let mut failed: Vec<i32> =
            findings.iter().filter(|one| one.severity == "error").filter_map(|one| one.statement).collect();
        failed.dedup();
        // The foreign key is satisfied.
        assert_eq!(failed, [1, 2, 3, 4, 5, 7, 8, 10], "{name}: {findings:#?}");
    }
    let tables: i64 = client.query_one("SELECT count(*) FROM pg_class WHERE relname = 'victim'", &[])?.get(0);
    assert_eq!(tables, 1);
    report!("{} names of schemas, tables and columns", names().len());
    Ok(())
}

#[test]
fn precheck_judges_the_table_that_the_name_leads_to() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("paths")?;
    client.batch_execute(
        "CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1);
         CREATE SCHEMA other; CREATE TABLE other.t (a int); INSERT INTO other.t VALUES (NULL);
         CREATE TEMPORARY TABLE t (b int); INSERT INTO t VALUES (5), (5), (5)",
    )?;
    let mut errors = |script: &str| -> Result<Vec<String>> {
        let found = precheck(&mut client, script, "")?;
        Ok(found.into_iter().filter(|one| one.severity == "error").map(|one| one.detail).collect())
    };
    let starts = |found: &[String], with: &[&str]| {
        found.len() == with.len() && found.iter().zip(with).all(|(one, with)| one.contains(with))
    };
    let found = errors("ALTER TABLE t ADD UNIQUE (b); ALTER TABLE t ADD UNIQUE (a)")?;
    assert!(starts(&found, &["1 key occurs more than once, such as 5", "column a"]), "{found:?}");
    let found = errors("ALTER TABLE public.t ADD UNIQUE (a); ALTER TABLE other.t ALTER a SET NOT NULL")?;
    assert!(starts(&found, &["such as 1", "1 row has NULL"]), "{found:?}");
    let found = errors(
        "DROP TABLE t; ALTER TABLE t ADD UNIQUE (a); SET search_path = other; ALTER TABLE t ADD UNIQUE (a); ALTER TABLE t ALTER a SET NOT NULL",
    )?;
    assert!(starts(&found, &["such as 1", "1 row has NULL"]), "{found:?}");
    let found = errors(
        "SET search_path = public, pg_temp; ALTER TABLE t ADD UNIQUE (a); SELECT b FROM pg_temp.t; SELECT b FROM t",
    )?;
    assert!(starts(&found, &["such as 1", "column \"b\" does not exist"]), "{found:?}");
    let found =
        errors("SET search_path = ''; SELECT a FROM other.t; INSERT INTO public.t VALUES (1); CREATE TABLE u ()")?;
    assert!(starts(&found, &["no schema"]), "{found:?}");
    Ok(())
}

#[test]
fn precheck_without_sight_of_the_rows_is_unknown() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("rls")?;
    client.batch_execute(
        "CREATE ROLE keeper LOGIN; CREATE ROLE reader LOGIN; CREATE ROLE nobody LOGIN; GRANT CREATE ON SCHEMA public TO keeper;
         SET ROLE keeper; CREATE TABLE hidden (id int PRIMARY KEY, secret int);
         INSERT INTO hidden VALUES (1, 42), (2, 42), (3, NULL); ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
         CREATE POLICY none ON hidden USING (false); CREATE TABLE forced (LIKE hidden); INSERT INTO forced SELECT * FROM hidden;
         ALTER TABLE forced ENABLE ROW LEVEL SECURITY; ALTER TABLE forced FORCE ROW LEVEL SECURITY;
         CREATE TABLE partly (id int PRIMARY KEY, secret int); INSERT INTO partly SELECT * FROM hidden;
         CREATE TABLE holds (id int); INSERT INTO holds VALUES (42);
         GRANT SELECT ON hidden, forced TO reader; GRANT SELECT (id) ON partly TO reader; RESET ROLE;
         GRANT keeper TO reader",
    )?;
    client.batch_execute("REVOKE keeper FROM reader")?;
    let script = |table: &str| {
        format!(
            "ALTER TABLE {table} ADD UNIQUE (secret); ALTER TABLE {table} ALTER secret SET NOT NULL; ALTER TABLE {table} ADD CHECK (secret <> 42)"
        )
    };
    // Superusers and owners see the rows of a table that does not force row security.
    for (role, table, expected) in [
        ("postgres", "hidden", "error"),
        ("postgres", "forced", "error"),
        ("keeper", "hidden", "error"),
        ("keeper", "forced", "unknown"),
        ("keeper", "partly", "error"),
    ] {
        let findings = precheck(&mut server.connect_as(role, "rls")?, &script(table), "")?;
        assert_eq!(worst(&findings), expected, "{role} {table}: {findings:#?}");
    }
    // Nothing that the role cannot see is told, whatever the script asks.
    let asks = |table: &str| {
        [
            script(table),
            format!("CREATE TABLE own (s int); ALTER TABLE own ADD FOREIGN KEY (s) REFERENCES {table} (secret)"),
            format!("CREATE UNIQUE INDEX ON {table} (secret)"),
            format!("UPDATE {table} SET id = secret / 0"),
            format!("INSERT INTO {table} VALUES (9, 42)"),
            format!("ALTER TABLE {table} ALTER secret TYPE text USING (1 / (secret - 42))::text"),
            format!("DROP TABLE {table}"),
            format!("TRUNCATE {table}; DELETE FROM {table}"),
            format!("CREATE TABLE mine AS SELECT * FROM {table}; ALTER TABLE mine ADD UNIQUE (secret)"),
        ]
    };
    for role in ["reader", "nobody"] {
        let mut session = server.connect_as(role, "rls")?;
        for table in ["hidden", "forced", "partly"] {
            for script in asks(table) {
                for finding in precheck(&mut session, &script, "")? {
                    let tells = ["42", "division", "2 rows", "3 rows", "such as"]
                        .iter()
                        .any(|text| finding.detail.contains(text));
                    assert!(!tells, "{role}: {script}: {finding:?}");
                }
            }
        }
    }
    // As a role whose rows the caller may see.
    let findings = precheck(&mut client, &script("hidden"), ", as_role => 'reader'")?;
    assert!(findings.iter().any(|one| one.check == "owner"), "{findings:#?}");
    report!("rows that row security or privileges hide are neither counted nor shown");
    Ok(())
}
