//! Compares the rows of `seq_audit` with the reference result.

use crate::facts::Facts;
use crate::model::Outlook;
use cluster::AuditRow;

/// Describes what is wrong with the row of a column, if anything.
pub fn check(facts: &Facts, rows: &[AuditRow], seen: &mut Vec<String>) -> Option<String> {
    let (table, column) = (Some(&facts.table), Some(&facts.fed.column));
    let mut mine = rows.iter().filter(|row| row.table.as_ref() == table && row.column.as_ref() == column);
    let Some(row) = mine.next() else {
        return Some("no row".to_owned());
    };
    if mine.next().is_some() {
        return Some("more than one row".to_owned());
    }
    let reason = if row.status == "unknown" { reason(row.detail.as_deref()) } else { String::new() };
    seen.push(format!("audit: {} {reason}", row.status));
    if row.status == "unknown" && facts.fed.may_be_unknown {
        return None;
    }
    let wrong = wrong_in(facts, row);
    (!wrong.is_empty()).then(|| format!("{} wrong for {:?} in {row:?}", wrong.join(", "), facts.outlook()))
}

/// Returns the names of the row's columns with a wrong value.
fn wrong_in(facts: &Facts, row: &AuditRow) -> Vec<&'static str> {
    let Facts { sequence, ids, .. } = facts;
    let mut wrong = Vec::new();
    let mut expect = |name, is_right: bool| {
        if !is_right {
            wrong.push(name);
        }
    };
    let saturated = |number: i128| Some(number.min(i64::MAX.into()) as i64);
    let is_near = row.used_pct.is_some_and(|used| used >= 90.0);
    let status = row.status.as_str();
    match facts.outlook() {
        Outlook::Exhausted => {
            expect("status", status == "exhausted");
            expect("inserts_left", row.inserts_left == Some(0));
        }
        Outlook::Behind(left) => {
            expect("status", status == "behind");
            expect("inserts_left", row.inserts_left == saturated(left));
        }
        Outlook::Free(run) => {
            // A sequence with CYCLE is never near its limit.
            let expected = match (is_near && !sequence.cycle, facts.loses_position) {
                (true, _) => "near_limit",
                (_, true) => "unlogged",
                _ => "ok",
            };
            expect("status", status == expected);
            // A sequence with CYCLE ends only at the limit of the column's type.
            let ends = !sequence.cycle || sequence.bound() != sequence.limit(facts.fed.id_type);
            let is_right = row.inserts_left == saturated(run) && ends;
            expect("inserts_left", is_right || (sequence.cycle && row.inserts_left.is_none()));
        }
    }
    if let (Some(next), false) = (sequence.next(), facts.outlook() == Outlook::Exhausted) {
        expect("next_value", row.next_value.map(i128::from) == Some(next));
        let limit = sequence.reach(next, sequence.limit(facts.fed.id_type), facts.block_radius());
        let reachable: Vec<_> = ids.iter().copied().filter(|&id| sequence.ahead(id) <= limit).collect();
        let steps = (sequence.beyond(next, &reachable, facts.block_radius()) - next) / sequence.increment;
        let steps = steps.min(sequence.run(next, facts.fed.id_type));
        let is_behind = matches!(facts.outlook(), Outlook::Behind(_));
        expect("behind_by", row.behind_by == if is_behind { saturated(steps) } else { Some(0) });
    }
    if !facts.has_odd_ids {
        expect("max_id", row.max_id.map(i128::from) == sequence.furthest(ids));
    }
    expect("used_pct", row.used_pct.is_none_or(|used| (0.0..=100.0).contains(&used)));
    expect("sequence_name", row.sequence.as_ref() == Some(&facts.sequence_name));
    wrong
}

/// Returns the first words of a detail, up to a name or a number, so that equal reasons can be
/// counted.
pub fn reason(detail: Option<&str>) -> String {
    let detail = detail.unwrap_or("without a reason");
    let end = detail.find(|c: char| c.is_ascii_digit() || "\"-:;,.".contains(c)).unwrap_or(detail.len());
    detail[..end].trim_end().to_owned()
}
