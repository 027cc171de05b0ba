//! Compares which databases the two snapshots are of, and the arguments that they were taken with.

use super::difference::Kind;
use super::report::{DifferenceRow, Object, Report};
use super::sides::{CommonSchemas, counts_rows};
use crate::report::severity::Severity;
use crate::snapshot::model::{Identity, Scope, Snapshot};

pub fn compare<'a>(source: &'a Snapshot, target: &'a Snapshot, report: &mut Report<'a>) {
    let database = Object::Named(&target.identity.database);
    if let Some((severity, detail)) = identity_difference(&source.identity, &target.identity) {
        let row = DifferenceRow::new(severity, Kind::Identity, database).detail(detail);
        report.add(row.values(identity_words(&source.identity), identity_words(&target.identity)));
    }
    if let Some((severity, detail)) = scope_difference(source, target) {
        let row = DifferenceRow::new(severity, Kind::Scope, database).detail(detail);
        report.add(row.values(scope_words(&source.scope, report), scope_words(&target.scope, report)));
    }
}

fn identity_difference(source: &Identity, target: &Identity) -> Option<(Severity, String)> {
    let is_same_cluster = source.system_identifier == target.system_identifier;
    let is_same = is_same_cluster && source.database_oid == target.database_oid;
    let mut clauses = Vec::new();
    if !is_same_cluster {
        clauses.push("another cluster: expected after a move, otherwise this is the wrong database".to_owned());
    } else if !is_same {
        let other = "another database of the same cluster: expected of a copy, otherwise this is the wrong database";
        clauses.push(other.to_owned());
    } else if source.database != target.database {
        clauses.push("the same database, renamed".to_owned());
    }
    if is_same {
        clauses.extend(physical_copy(source, target).map(str::to_owned));
    }
    for (what, source, target) in [
        ("server version", &source.server_version, &target.server_version),
        ("encoding", &source.encoding, &target.encoding),
    ] {
        clauses.extend((source != target).then(|| format!("{what} {source}, then {target}")));
    }
    let severity = if is_same { Severity::Info } else { Severity::Warning };
    (!clauses.is_empty()).then(|| (severity, clauses.join("; ")))
}

fn physical_copy(source: &Identity, target: &Identity) -> Option<&'static str> {
    match (source.in_recovery, target.in_recovery) {
        (false, true) => Some("a standby, or a backup that is being restored, not the primary"),
        (true, false) => {
            Some("the source was a standby; the target accepts writes: it is the primary, or was promoted since")
        }
        _ if source.timeline != target.timeline => {
            Some("another timeline: a physical copy, or the same database after a restore or a promotion")
        }
        _ => None,
    }
}

/// Returns, for instance, `app (15.4) of cluster 7311…, timeline 2`.
fn identity_words(identity: &Identity) -> String {
    let recovery = if identity.in_recovery { ", in recovery" } else { "" };
    format!(
        "{} ({}) of cluster {}, timeline {}{recovery}",
        identity.database, identity.server_version, identity.system_identifier, identity.timeline
    )
}

fn scope_difference(source: &Snapshot, target: &Snapshot) -> Option<(Severity, String)> {
    let algorithms = [source, target].map(algorithm);
    let (source, target) = (&source.scope, &target.scope);
    let mut clauses = Vec::new();
    let mut severity = Severity::Info;
    if CommonSchemas::of(source, target) == CommonSchemas::None {
        severity = Severity::Warning;
        clauses.push("the snapshots have no schema in common: no object was compared");
    } else if source.schema != target.schema {
        clauses.push("only the schema that both cover is compared");
    }
    if counts_rows(source) != counts_rows(target) {
        clauses.push("counts are compared with estimates, which shows only large differences");
    }
    if source.checksum != target.checksum {
        clauses.push("only one has checksums, so rows that changed in place are not detected");
    }
    if let [Some(before), Some(after)] = algorithms
        && before != after
    {
        clauses.push("the checksums use different algorithms, so rows that changed in place are not detected");
    }
    (!clauses.is_empty()).then(|| (severity, clauses.join("; ")))
}

/// Returns the algorithm of the checksums, if there are any; all of a snapshot have the same one.
fn algorithm(snapshot: &Snapshot) -> Option<u32> {
    let mut tables = snapshot.schemas.values().flat_map(|schema| schema.tables.values());
    tables.find_map(|table| Some(table.checksum.as_ref()?.algorithm))
}

/// Returns, for instance, `schema app, exact, without checksums`.
fn scope_words(scope: &Scope, report: &Report<'_>) -> String {
    let schemas =
        scope.schema.as_ref().map_or("all schemas".to_owned(), |name| format!("schema {}", report.quoted(name)));
    let rows = if counts_rows(scope) { "exact" } else { "estimated" };
    let checksums = if scope.checksum { "with" } else { "without" };
    format!("{schemas}, {rows}, {checksums} checksums")
}
