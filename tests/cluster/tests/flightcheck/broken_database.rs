//! A database in which every check has a finding, whatever the session's settings and privileges.

use crate::finding::{Finding, flightcheck};
use crate::versioned_collation::VersionedCollation;
use anyhow::Result;
use cluster::Server;
use postgres::Client;

const BROKEN: &str = include_str!("broken.sql");

/// Creates a database with a finding of every check that needs no second session. `app` owns most
/// of it.
pub fn create(server: &Server, database: &str) -> Result<Client> {
    let mut postgres = server.connect("postgres")?;
    postgres.batch_execute("DO $$ BEGIN CREATE ROLE app LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")?;
    let mut client = server.database(database)?;
    client.batch_execute(
        &BROKEN.replace("{collation}", VersionedCollation::of(server)?.map_or("ucs_basic", |sorting| sorting.ready)),
    )?;
    Ok(client)
}

/// Returns the expected findings by check_name, in the order of the rows.
pub fn expected(server: &Server) -> Result<Vec<&'static str>> {
    let has_versions = VersionedCollation::of(server)?.is_some();
    Ok(FOUND.into_iter().filter(|check| has_versions || *check != "collation_version").collect())
}

const FOUND: [&str; 12] = [
    "migration_failed",
    "sequence_behind",
    "foreign_key_violated",
    "foreign_key_not_validated",
    "trigger_disabled",
    "constraint_not_valid",
    "index_invalid",
    "primary_key_missing",
    "wrong_owner",
    "never_analyzed",
    "collation_version",
    "sequence_owned_elsewhere",
];

/// Returns the check_names of the findings, each once, in their order.
pub fn checks(findings: &[Finding]) -> Vec<&str> {
    let mut checks: Vec<_> = findings.iter().map(|finding| finding.check.as_str()).collect();
    checks.dedup();
    checks
}

/// Returns the columns that do not depend on the time.
pub fn essence(findings: &[Finding]) -> Vec<(&str, &str, &str, Option<&str>)> {
    findings
        .iter()
        .map(|finding| {
            (finding.severity.as_str(), finding.check.as_str(), finding.object.as_str(), finding.fix.as_deref())
        })
        .collect()
}

#[test]
fn broken_database_has_finding_of_every_check() -> Result<()> {
    let server = Server::start(&["autovacuum_naptime = '1h'"])?;
    let mut client = create(&server, "broken")?;
    let found = flightcheck(&mut client, "'s', deep => true")?;
    assert_eq!(checks(&found), expected(&server)?, "{found:#?}");
    let severities: Vec<_> = found.iter().map(|finding| finding.severity.as_str()).collect();
    assert!(
        severities.is_sorted_by_key(|severity| ["error", "warning", "info"].iter().position(|known| known == severity))
    );
    // Without a schema, there are no further findings.
    assert_eq!(essence(&flightcheck(&mut client, "deep => true")?), essence(&found));
    Ok(())
}
