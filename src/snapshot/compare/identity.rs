//! Which databases the two are of, and whether they were taken alike.

use super::difference::Kind;
use super::report::{Object, Report, Row};
use super::sides::{Common, counts_rows};
use crate::report::severity::Severity;
use crate::snapshot::model::{Identity, Scope, Snapshot};

pub fn compare<'a>(source: &'a Snapshot, target: &'a Snapshot, report: &mut Report<'a>) {
    let database = Object::Named(&target.identity.database);
    if let Some((severity, detail)) = judged(&source.identity, &target.identity) {
        let row = Row::new(severity, Kind::Identity, database).detail(detail);
        report.add(row.values(described(&source.identity), described(&target.identity)));
    }
    if let Some((severity, detail)) = scope(source, target) {
        let row = Row::new(severity, Kind::Scope, database).detail(detail);
        report.add(row.values(asked(&source.scope, report), asked(&target.scope, report)));
    }
}

fn judged(source: &Identity, target: &Identity) -> Option<(Severity, String)> {
    let is_same_cluster = source.system_identifier == target.system_identifier;
    let is_same = is_same_cluster && source.database_oid == target.database_oid;
    let mut said = Vec::new();
    if !is_same_cluster {
        said.push(
            "another cluster: expected after a move, but after work in place this is the wrong database".to_owned(),
        );
    } else if !is_same {
        let other = "another database of the same cluster: expected of a copy, but after work in place this is the wrong database";
        said.push(other.to_owned());
    } else if source.database != target.database {
        said.push("the same database, renamed".to_owned());
    }
    if is_same {
        said.extend(physical_copy(source, target).map(str::to_owned));
    }
    for (what, source, target) in [
        ("server version", &source.server_version, &target.server_version),
        ("encoding", &source.encoding, &target.encoding),
    ] {
        said.extend((source != target).then(|| format!("{what} {source}, then {target}")));
    }
    let severity = if is_same { Severity::Info } else { Severity::Warning };
    (!said.is_empty()).then(|| (severity, said.join("; ")))
}

fn physical_copy(source: &Identity, target: &Identity) -> Option<&'static str> {
    match (source.in_recovery, target.in_recovery) {
        (false, true) => Some("a standby or a backup that is being restored, and not the primary"),
        (true, false) => Some("the source was a standby, and this one takes writes: the primary, or promoted since"),
        _ if source.timeline != target.timeline => {
            Some("another timeline: a physical copy, or the same after a restore or a promotion")
        }
        _ => None,
    }
}

/// `app (15.4) of cluster 7311…, timeline 2`
fn described(identity: &Identity) -> String {
    let recovery = if identity.in_recovery { ", in recovery" } else { "" };
    format!(
        "{} ({}) of cluster {}, timeline {}{recovery}",
        identity.database, identity.server_version, identity.system_identifier, identity.timeline
    )
}

fn scope(source: &Snapshot, target: &Snapshot) -> Option<(Severity, String)> {
    let algorithms = [source, target].map(algorithm);
    let (source, target) = (&source.scope, &target.scope);
    let mut said = Vec::new();
    let mut severity = Severity::Info;
    if Common::of(source, target) == Common::None {
        severity = Severity::Warning;
        said.push("no schema was asked for in both: no object was compared");
    } else if source.schema != target.schema {
        said.push("only the schema that both have is compared");
    }
    if counts_rows(source) != counts_rows(target) {
        said.push("counts are compared with estimates, which tells large differences only");
    }
    if source.checksum != target.checksum {
        said.push("only one has checksums, so rows that changed in place are not seen");
    }
    if let [Some(before), Some(after)] = algorithms
        && before != after
    {
        said.push("checksums are of different algorithms, so rows that changed in place are not seen");
    }
    (!said.is_empty()).then(|| (severity, said.join("; ")))
}

/// Of the checksums, if there are any: all of a snapshot are of one.
fn algorithm(snapshot: &Snapshot) -> Option<u32> {
    let mut tables = snapshot.schemas.values().flat_map(|schema| schema.tables.values());
    tables.find_map(|table| Some(table.checksum.as_ref()?.algorithm))
}

/// `schema app, exact, without checksums`
fn asked(scope: &Scope, report: &Report<'_>) -> String {
    let schemas =
        scope.schema.as_ref().map_or("all schemas".to_owned(), |name| format!("schema {}", report.quoted(name)));
    let rows = if counts_rows(scope) { "exact" } else { "estimated" };
    let checksums = if scope.checksum { "with" } else { "without" };
    format!("{schemas}, {rows}, {checksums} checksums")
}
