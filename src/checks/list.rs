//! Lists the checks, with the names of their findings and how much they cost.

use super::finding::Finding;
use super::target::Target;
use super::{
    advisory_locks, collations, constraints, foreign_keys, function_bodies, function_privileges, guard, indexes,
    lost_defaults, migrations, owners, primary_keys, publications, replication_limits, replication_role,
    schema_changes, schema_privileges, sequence_ownership, sequence_privileges, sequences, statistics, subscriptions,
    triggers, views,
};
use crate::error::Error;

/// A check of `flightcheck`.
pub struct Check {
    pub name: &'static str,
    pub run: fn(&Target<'_>) -> Result<Vec<Finding>, Error>,
    pub cost: Cost,
    /// The check_names of its findings.
    pub finds: &'static [&'static str],
    /// Those of the findings that only reading the tables' rows gives, as `deep` does.
    pub finds_in_rows: &'static [&'static str],
}

/// How much a check costs on a database with many tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// Can run every minute: on 1,000 tables, all of these together take about twice as long as
    /// seq_audit, tens of milliseconds in a session that has already called the function.
    Low,
    High,
}

const fn low(
    name: &'static str,
    run: fn(&Target<'_>) -> Result<Vec<Finding>, Error>,
    finds: &'static [&'static str],
) -> Check {
    Check { name, run, cost: Cost::Low, finds, finds_in_rows: &[] }
}

const fn high(
    name: &'static str,
    run: fn(&Target<'_>) -> Result<Vec<Finding>, Error>,
    finds: &'static [&'static str],
) -> Check {
    Check { cost: Cost::High, ..low(name, run, finds) }
}

/// The checks, in the order of their rows within one severity. Checks for blocked sessions come
/// first, since the sessions may no longer be blocked once the other checks have waited for locks.
pub static CHECKS: &[Check] = &[
    low("schema_changes", schema_changes::check, &["schema_change_blocked"]),
    low(
        "advisory_locks",
        advisory_locks::check,
        &["advisory_lock_orphan", "advisory_lock_self_blocked", "advisory_lock_prepared", "advisory_lock_idle"],
    ),
    low("migrations", migrations::check, &["migration_failed", "migration_locked", "migration_unknown"]),
    low(
        "sequences",
        sequences::check,
        &[
            "sequence_behind",
            "sequence_exhausted",
            "sequence_near_limit",
            "sequence_unlogged",
            "sequence_unlinked",
            "sequence_unknown",
        ],
    ),
    Check {
        finds_in_rows: &["foreign_key_violated", "foreign_key_default", "foreign_key_unknown"],
        ..high(
            "foreign_keys",
            foreign_keys::check,
            &["foreign_key_triggers_off", "foreign_key_not_validated", "foreign_key_not_enforced"],
        )
    },
    low("replication_role", replication_role::check, &["enforcement_off"]),
    low("subscriptions", subscriptions::check, &["subscription_not_ready", "table_not_subscribed"]),
    high("publications", publications::check, &["replica_identity_missing", "table_not_published"]),
    low("replication_limits", replication_limits::check, &["not_replicated"]),
    low(
        "triggers",
        triggers::check,
        &["trigger_disabled", "trigger_replica_only", "rule_disabled", "rule_replica_only"],
    ),
    low("constraints", constraints::check, &["constraint_not_valid", "constraint_not_enforced"]),
    low("indexes", indexes::check, &["index_invalid"]),
    high("primary_keys", primary_keys::check, &["primary_key_missing"]),
    high(
        "identity",
        sequence_ownership::check,
        &["identity_sequence_missing", "identity_second_sequence", "sequence_owned_elsewhere"],
    ),
    high("schema_privileges", schema_privileges::check, &["schema_forbidden"]),
    high("views", views::check, &["view_forbidden", "view_unpopulated"]),
    high("function_privileges", function_privileges::check, &["function_forbidden"]),
    high("function_bodies", function_bodies::check, &["function_broken", "function_unknown"]),
    high("sequence_privileges", sequence_privileges::check, &["sequence_forbidden"]),
    low("lost_defaults", lost_defaults::check, &["sequence_default_missing"]),
    high("owners", owners::check, &["wrong_owner", "owner_unclear"]),
    high("statistics", statistics::check, &["never_analyzed", "stale_statistics"]),
    high("collations", collations::check, &["collation_version"]),
    high("guard", guard::check, &["guard_off", "guard_disarmed"]),
];

#[cfg(test)]
mod tests {
    use super::super::finding::CHECK_FAILED;
    use std::collections::BTreeSet;

    /// Words in the checks' code that look like a check_name.
    const OTHER_WORDS: &[&str] = &["foreign_key", "left_out", "seq_guard_enable", "session_replication_role"];

    fn is_like_a_name(word: &str) -> bool {
        let is_part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
        word.contains('_') && word.split('_').all(is_part)
    }

    /// Returns the texts between quotation marks, from a file without tests and comments.
    fn words(code: &str) -> BTreeSet<String> {
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        let code: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        code.split('"').filter(|word| is_like_a_name(word)).map(str::to_owned).collect()
    }

    /// Returns the names in `CHECKS`. Reads them from this file: the static refers to the checks'
    /// functions, and these to the server, which a unit test is not linked with.
    fn listed_names() -> Vec<&'static str> {
        let code = include_str!("list.rs").split("#[cfg(test)]").next().unwrap_or_default();
        // What follows the outer bracket has no end before the next one begins.
        let lists = code.split("&[").skip(1).filter_map(|rest| rest.split_once(']'));
        lists.flat_map(|(list, _)| list.split('"').skip(1).step_by(2)).collect()
    }

    #[test]
    fn every_check_name_is_listed() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/checks");
        let files = std::fs::read_dir(folder).expect("the checks' folder");
        let paths =
            files.map(|file| file.expect("a file").path()).filter(|path| path.is_file() && !path.ends_with("list.rs"));
        let found: BTreeSet<String> =
            paths.flat_map(|path| words(&std::fs::read_to_string(path).expect("code"))).collect();
        let listed: Vec<&str> = listed_names().into_iter().chain([CHECK_FAILED]).collect();
        assert!(listed.len() > 30, "{listed:?}");
        let unlisted: Vec<_> = found
            .iter()
            .filter(|word| !listed.contains(&word.as_str()) && !OTHER_WORDS.contains(&word.as_str()))
            .collect();
        assert!(unlisted.is_empty(), "neither in CHECKS nor in OTHER_WORDS: {unlisted:?}");
        let unused: Vec<_> = listed.iter().chain(OTHER_WORDS).filter(|name| !found.contains(**name)).collect();
        assert!(unused.is_empty(), "no check has these: {unused:?}");
        let distinct: BTreeSet<_> = listed.iter().collect();
        assert_eq!(distinct.len(), listed.len(), "a name is listed twice");
    }
}
