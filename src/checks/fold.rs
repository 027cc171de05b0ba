//! Folds many findings of one kind into one row: after a bad restore, a thousand tables may have
//! one each, which would hide everything else.

use super::finding::Finding;
use super::target::Target;
use crate::error::Error;
use crate::pg::extension;
use crate::report::do_block::block;
use crate::report::one_line::one_line;
use crate::report::quoting::literal;
use crate::report::wording::list;
use std::collections::HashMap;

/// More findings than this are folded into one row.
const MANY: usize = 10;

/// Returns the kind of object that the findings of a check are about, in the plural, and whether
/// their fixes may run in a loop; `None` for checks that have few findings or fold their own.
fn kind(check_name: &str) -> Option<(&'static str, bool)> {
    Some(match check_name {
        // The fixes rewrite tables: one pasted line must not rewrite all of them.
        "sequence_exhausted" | "sequence_near_limit" => ("sequences", false),
        "sequence_behind"
        | "sequence_unlogged"
        | "sequence_unlinked"
        | "sequence_unknown"
        | "sequence_forbidden"
        | "sequence_owned_elsewhere" => ("sequences", true),
        "sequence_default_missing" | "identity_sequence_missing" | "identity_second_sequence" => ("columns", true),
        "foreign_key_violated"
        | "foreign_key_triggers_off"
        | "foreign_key_not_validated"
        | "foreign_key_not_enforced"
        | "foreign_key_unknown"
        | "foreign_key_default" => ("foreign keys", true),
        "trigger_disabled" | "trigger_replica_only" => ("triggers", true),
        "rule_disabled" | "rule_replica_only" => ("rules", true),
        "constraint_not_valid" | "constraint_not_enforced" => ("constraints", true),
        "stale_statistics" => ("tables", true),
        "replica_identity_missing" | "table_not_published" | "table_not_subscribed" => ("tables", false),
        "schema_forbidden" => ("schemas", true),
        "view_forbidden" | "view_unpopulated" => ("views", true),
        "function_forbidden" | "function_broken" | "function_unknown" => ("functions", true),
        // CREATE INDEX CONCURRENTLY cannot run in a block.
        "index_invalid" => ("indexes", false),
        "primary_key_missing" => ("tables", false),
        "migration_failed" | "migration_locked" | "migration_unknown" => ("migration histories", false),
        "owner_unclear" => ("schemas", false),
        _ => return None,
    })
}

/// Folds findings with the same detail first, then the remaining ones of one check.
pub fn fold(findings: Vec<Finding>, target: &Target<'_>) -> Result<Vec<Finding>, Error> {
    let mut rows: Vec<Row> = findings.into_iter().map(Row::One).collect();
    for same_words in [true, false] {
        rows = fold_once(rows, same_words, target)?;
    }
    Ok(rows.into_iter().map(Row::into_finding).collect())
}

enum Row {
    One(Finding),
    Folded(Finding),
}

impl Row {
    fn into_finding(self) -> Finding {
        match self {
            Row::One(finding) | Row::Folded(finding) => finding,
        }
    }
}

fn fold_once(rows: Vec<Row>, same_words: bool, target: &Target<'_>) -> Result<Vec<Row>, Error> {
    let key = |finding: &Finding| {
        let words = if same_words { finding.detail.clone() } else { String::new() };
        (finding.severity, finding.check_name, words)
    };
    let mut groups: HashMap<_, Vec<Finding>> = HashMap::new();
    for row in &rows {
        if let Row::One(finding) = row
            && kind(finding.check_name).is_some()
        {
            groups.entry(key(finding)).or_default().push(finding.clone());
        }
    }
    let mut folded = Vec::new();
    for row in rows {
        let Row::One(finding) = row else {
            folded.push(row);
            continue;
        };
        match (groups.get_mut(&key(&finding)), kind(finding.check_name)) {
            (Some(group), Some((plural, may_loop))) if is_many(group.len()) => {
                let fix = may_loop.then(|| fix_of_all(target, group, None)).transpose()?.flatten();
                folded.push(Row::Folded(together(plural, group, fix)));
                // The other findings of the group are part of this row.
                group.clear();
            }
            (Some(group), _) if group.is_empty() => {}
            _ => folded.push(Row::One(finding)),
        }
    }
    Ok(folded)
}

/// Whether this many findings are folded into one row.
pub fn is_many(count: usize) -> bool {
    count > MANY
}

/// Returns one row for all of the findings.
pub fn together(plural: &str, findings: &[Finding], fix: Option<String>) -> Finding {
    let first = &findings[0];
    let objects: Vec<&str> = findings.iter().map(|finding| finding.object.as_str()).collect();
    let is_same = findings.iter().all(|finding| finding.detail == first.detail);
    let of_first = if is_same { "" } else { "the first: " };
    let rest = match (&fix, findings.iter().any(|finding| finding.fix.is_some())) {
        (Some(_), _) => {
            "; the fix runs each one's fix in a separate transaction, so it cannot run in a transaction block"
        }
        (None, true) => "; flightcheck(fold => false) has the fix of each",
        (None, false) => "",
    };
    Finding {
        severity: first.severity,
        check_name: first.check_name,
        object: format!("{} {plural}", findings.len()),
        // The first one's detail comes last, since it may end with a statement.
        detail: format!("{}{rest}; {of_first}{}", list("", &objects).trim_start(), first.detail),
        fix,
    }
}

/// Returns a statement that runs the fixes of a check, each in a separate transaction, or `None` if
/// no finding has a fix. The statement continues after a fix that fails, and fails at the end. If
/// `object` is given, it runs only the fixes of objects that begin with this text.
pub fn fix_of_all(target: &Target<'_>, findings: &[Finding], object: Option<&str>) -> Result<Option<String>, Error> {
    let Some(first) = findings.iter().find(|finding| finding.fix.is_some()) else { return Ok(None) };
    let mut arguments = Vec::from_iter(target.schema.map(literal));
    arguments.extend(target.owner_name.map(|name| format!("expected_owner => {}", literal(name))));
    if target.is_deep && first.check_name.starts_with("foreign_key") {
        arguments.push("deep => true".to_owned());
    }
    arguments.push("fold => false".to_owned());
    let only = object.map(|object| format!(" AND pg_catalog.starts_with(c.object, {})", literal(object)));
    let body = format!(
        "FOR f IN SELECT {}c.fix FROM {}.flightcheck({}) c \
         WHERE c.check_name OPERATOR(pg_catalog.=) {} AND c.severity OPERATOR(pg_catalog.=) {}{} AND c.fix IS NOT NULL \
         LOOP BEGIN EXECUTE f; EXCEPTION WHEN OTHERS THEN e := SQLERRM; RAISE WARNING '% (%)', e, f; END; COMMIT; END LOOP; \
         IF e IS NOT NULL THEN RAISE 'not all could be repaired: %', e; END IF;",
        // One call arms all tables of a schema.
        if first.check_name == "guard_disarmed" { "DISTINCT " } else { "" },
        extension::quoted_schema()?,
        arguments.join(", "),
        literal(first.check_name),
        literal(first.severity.as_str()),
        only.unwrap_or_default()
    );
    Ok(Some(one_line(block("f text; e text;", &body))))
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    fn index(name: &str) -> Finding {
        Finding {
            severity: Severity::Warning,
            check_name: "index_invalid",
            object: format!("index {name}"),
            detail: format!("if it is no longer needed: DROP INDEX {name};"),
            fix: Some(format!("REINDEX INDEX {name};")),
        }
    }

    #[test]
    fn folded_detail_ends_with_the_statement_of_the_first() {
        let row = together("indexes", &[index("a"), index("b")], None);
        assert_eq!(
            row.detail,
            "index a and index b; flightcheck(fold => false) has the fix of each; the first: if it is no longer needed: \
             DROP INDEX a;"
        );
    }
}
