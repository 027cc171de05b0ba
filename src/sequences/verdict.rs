//! What a sequence's position and a column's ids mean together: pure, no server.

use crate::ids::position::{Definition, IdRange, Run, Span, State};

/// As in the column `status` of seq_audit, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    Behind,
    Exhausted,
    NearLimit,
    Unlogged,
    Unused,
    Unlinked,
    Unknown,
    Ok,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Behind => "behind",
            Status::Exhausted => "exhausted",
            Status::NearLimit => "near_limit",
            Status::Unlogged => "unlogged",
            Status::Unused => "unused",
            Status::Unlinked => "unlinked",
            Status::Unknown => "unknown",
            Status::Ok => "ok",
        }
    }
}

/// From here on a sequence is near its limit, in hundredths of a percent.
const NEAR_LIMIT: u16 = 9_000;

/// What was found in the column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The furthest id that the run passes, exactly or not.
    pub furthest_in_run: Option<i64>,
    /// The first id that the run meets exactly.
    pub first_collision: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub status: Status,
    pub next_value: Option<i64>,
    pub behind_by: Option<i64>,
    /// `None` for a sequence that starts over instead of ending.
    pub inserts_left: Option<i64>,
    pub used_basis_points: u16,
}

/// Judges by arithmetic alone: behind, exhausted, near its limit or ok.
///
/// `span` is what a value stands for; `inserts_left` then counts draws.
pub fn judge(definition: &Definition, span: Span, state: State, column: IdRange, found: Found) -> Verdict {
    let used_basis_points = definition.used_basis_points(state, column);
    let verdict = |status, next_value, behind_by, inserts_left| Verdict {
        status,
        next_value,
        behind_by,
        inserts_left,
        used_basis_points,
    };
    let Some(run) = definition.run(state, column).map(|run| run.spanning(span)) else {
        return verdict(Status::Exhausted, definition.next(state), Some(0), Some(0));
    };
    if let Some(collision) = found.first_collision {
        let furthest = found.furthest_in_run.unwrap_or(collision);
        let behind_by = Some(run.values_up_to(furthest));
        return verdict(Status::Behind, Some(run.first), behind_by, Some(run.values_before(collision)));
    }
    if definition.wraps(column) {
        return verdict(Status::Ok, Some(run.first), Some(0), None);
    }
    let status = if used_basis_points >= NEAR_LIMIT { Status::NearLimit } else { Status::Ok };
    verdict(status, Some(run.first), Some(0), Some(run.len()))
}

/// Where to move a sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Nothing to pass.
    Stay,
    /// Pass `furthest`; the `left_behind` ones stand apart and are not worth the range before them.
    Pass { furthest: i64, left_behind: Vec<i64> },
    /// All there is stands apart.
    OnlyOutliers(Vec<i64>),
    /// Beyond `furthest`, with the margin, no value is left up to `limit`: the run's end, or an id that stands apart.
    NothingBeyond { furthest: i64, limit: i64 },
}

/// How many ids beyond a wide gap still count as standing apart.
pub const MOST_OUTLIERS: usize = 8;

/// Decides where to go, given the furthest different ids up to the bound of the `longest` run, those before it included.
///
/// A sequence may feed columns of different width: `longest` is its run in the widest, `common` in the narrowest, and it
/// must keep a value for all. `must_pass` says whether an id stands in the way that is met exactly: without one, and
/// without a margin to keep, the sequence stays.
pub fn target(longest: &Run, common: &Run, tail: &[i64], must_pass: bool, margin: i64) -> Target {
    if !must_pass && margin == 0 {
        return Target::Stay;
    }
    let (outliers, furthest) = longest.outliers(tail, MOST_OUTLIERS, margin);
    let stay = || match outliers {
        [] => Target::Stay,
        _ => Target::OnlyOutliers(outliers.to_vec()),
    };
    let Some(furthest) = furthest else { return stay() };
    let nearest = outliers.last().copied();
    match common.beyond(furthest, margin) {
        None => Target::NothingBeyond { furthest, limit: common.bound },
        Some(next) if next == common.first => stay(),
        Some(next) => match nearest {
            // It would jump in among the ids that were to be left alone.
            Some(limit) if common.gets_to(next, limit) => Target::NothingBeyond { furthest, limit },
            _ => Target::Pass { furthest, left_behind: outliers.to_vec() },
        },
    }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
