//! Judges a sequence's position against a column's ids. Pure.

use crate::ids::position::{Definition, IdRange, Run, Span, State};

/// The column `status` of seq_audit, worst first.
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

/// The used share, in hundredths of a percent, from which on a sequence is near its limit.
const NEAR_LIMIT: u16 = 9_000;

/// The ids that were found in the column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The furthest id that the run passes, whether or not a value stands for it.
    pub furthest_in_run: Option<i64>,
    /// The first id that a value of the run stands for.
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

/// Judges the position: behind, exhausted, near its limit or ok.
///
/// `span` holds the ids that a value stands for; `inserts_left` then counts draws.
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

/// The position to move a sequence to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// There is nothing to pass.
    Stay,
    /// Pass `furthest`; the ids `left_behind` are outliers that are not worth the range before
    /// them.
    Pass { furthest: i64, left_behind: Vec<i64> },
    /// All ids are outliers.
    OnlyOutliers(Vec<i64>),
    /// No value is left between `furthest`, with the margin, and `limit`: the run's end or an
    /// outlier.
    NothingBeyond { furthest: i64, limit: i64 },
}

/// The maximum number of ids beyond a wide gap that still count as outliers.
pub const MOST_OUTLIERS: usize = 8;

/// Decides where to move a sequence, given the furthest different ids up to the bound of the
/// `longest` run, including those before it.
///
/// A sequence may feed columns of different width: `longest` is its run in the widest, `common` in
/// the narrowest, and it must keep a value for all of them. `must_pass` says whether a value stands
/// for one of the ids: if not, and without a margin to keep, the sequence stays.
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
            // The sequence would move in among the outliers, which were to be left behind.
            Some(limit) if common.gets_to(next, limit) => Target::NothingBeyond { furthest, limit },
            _ => Target::Pass { furthest, left_behind: outliers.to_vec() },
        },
    }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
