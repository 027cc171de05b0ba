//! Compares the rows of `seq_resync` with what it did, and what it did with its documentation.

use crate::facts::Facts;
use crate::model::{Outlook, Sequence};
use crate::verdict::reason;
use cluster::ResyncRow;

/// Whether a resync passed all ids.
pub enum Reached {
    All,
    NotAll,
}

/// A sequence's columns before and after its resync.
pub struct Resynced<'a> {
    pub row: &'a ResyncRow,
    pub before: Vec<&'a Facts>,
    pub after: Vec<&'a Facts>,
    pub margin: i128,
    /// How many ids on either side of a value belong to its block.
    pub block_radius: i128,
    /// How many values the resync draws at a time, 1 if it sets the sequence.
    pub draws_at_once: i128,
}

impl Resynced<'_> {
    /// Returns how far the resync went, or what is wrong.
    pub fn check(&self, seen: &mut Vec<String>) -> Result<Reached, String> {
        let (row, old, new) = (self.row, self.old(), self.after[0].sequence);
        let reason = if row.outcome == "skipped" { reason(row.detail.as_deref()) } else { String::new() };
        seen.push(format!("resync: {} {reason}", row.outcome));
        if old.ahead(raw_next(&new)) < old.ahead(raw_next(&old)) {
            return Err(format!("moved backwards from {old:?} to {new:?}"));
        }
        if row.outcome != "advanced" && new != old {
            return Err(format!("{row:?} moved it from {old:?} to {new:?}"));
        }
        match row.outcome.as_str() {
            "skipped" if self.may_be_skipped() => Ok(Reached::NotAll),
            "skipped" => Err(format!("{row:?}, but it could have been moved ({old:?})")),
            "unchanged" if self.is_behind() => Err(format!("{row:?}, but it is behind ({old:?})")),
            "unchanged" => Ok(Reached::All),
            "advanced" => self.check_advance(seen),
            other => Err(format!("unexpected outcome {other}")),
        }
    }

    fn check_advance(&self, seen: &mut Vec<String>) -> Result<Reached, String> {
        let (row, old, new) = (self.row, self.old(), self.after[0].sequence);
        let (Some(from), Some(to)) = (old.next(), new.next()) else {
            return Err(format!("{row:?} from {old:?} to {new:?}: no value is left"));
        };
        if [row.old_next, row.new_next].map(|next| next.map(i128::from)) != [Some(from), Some(to)] {
            return Err(format!("{row:?}, but it went from {from} to {to}"));
        }
        if (to - from) % old.increment != 0 {
            return Err(format!("{row:?}: out of phase"));
        }
        if self.after.iter().filter(is_exhausted).count() > self.before.iter().filter(is_exhausted).count() {
            return Err(format!("{row:?} exhausted it ({old:?})"));
        }
        let (passed, left): (Vec<_>, Vec<_>) =
            self.ids_within_limit().into_iter().partition(|&id| old.ahead(id) < old.ahead(to));
        let needed = old.beyond(from, &passed, self.margin + self.block_radius);
        let excess = old.ahead(to) - old.ahead(needed);
        if excess < 0 || excess >= self.draws_at_once * old.increment.abs() {
            let expected = needed;
            return Err(format!("{row:?}: expected {expected} ({old:?}, {passed:?} passed, {left:?} left)"));
        }
        let Some(&first) = left.first() else {
            return Ok(Reached::All);
        };
        if !self.are_outliers(&left, &passed, from) {
            return Err(format!("{row:?}: {left:?} left from {first} on ({old:?})"));
        }
        seen.push("resync: outliers not passed".to_owned());
        Ok(Reached::NotAll)
    }

    /// Whether there is a reason not to move the sequence.
    fn may_be_skipped(&self) -> bool {
        let old = self.old();
        let Some(from) = old.next() else { return true };
        if self.before.iter().all(|facts| is_exhausted(&facts)) || old.cycle && self.is_behind() {
            return true;
        }
        let ids = self.ids_within_limit();
        let limit = old.ahead(self.limit());
        if old.ahead(old.beyond(from, &ids, self.margin + self.block_radius)) > limit {
            // No value is left beyond the furthest id.
            return true;
        }
        if self.draws_at_once > 1 {
            // The last draw may leave no value, or pass an id that is to be left behind.
            let landing = old.ahead(old.beyond(from, &ids, self.margin + self.block_radius));
            let excess = self.draws_at_once * old.increment.abs();
            if landing + excess > limit || row_is_about_draws(self.row) {
                return true;
            }
        }
        if self.before.iter().flat_map(|facts| &facts.ids).any(|&id| old.ahead(id) > limit) {
            // A wider column has ids beyond the range of a narrower one.
            return true;
        }
        (1..=ids.len().min(8)).any(|count| {
            let (others, outliers) = ids.split_at(ids.len() - count);
            self.are_outliers(outliers, others, from)
        })
    }

    /// Whether `ids` are so far from all others and from the sequence's position that passing them
    /// would skip more than half of its remaining values.
    fn are_outliers(&self, ids: &[i128], others: &[i128], from: i128) -> bool {
        let old = self.old();
        let reached = old.ahead(from) - 1;
        let drawn = old.ahead(from) - old.increment.abs();
        let nearest = others.last().map_or(reached, |&id| old.ahead(id).max(drawn - self.margin - self.block_radius));
        let left = old.ahead(self.limit()) - reached;
        ids.len() <= 8 && 2 * (old.ahead(ids[0]) - nearest) > left
    }

    fn is_behind(&self) -> bool {
        self.before.iter().any(|facts| matches!(facts.outlook(), Outlook::Behind(_)))
    }

    fn old(&self) -> Sequence {
        self.before[0].sequence
    }

    /// Returns the last value that fits into every column that is not exhausted.
    fn limit(&self) -> i128 {
        let old = self.old();
        let limits = self.before.iter().filter(|facts| !is_exhausted(facts)).map(|facts| old.limit(facts.fed.id_type));
        limits.min_by_key(|&limit| old.ahead(limit)).unwrap_or_else(|| old.bound())
    }

    /// Returns the distinct ids of all columns up to the limit, in the sequence's direction.
    fn ids_within_limit(&self) -> Vec<i128> {
        let (old, limit) = (self.old(), self.limit());
        let reach = old.next().map_or(old.ahead(limit), |next| old.reach(next, limit, self.block_radius));
        let mut ids: Vec<_> = self.before.iter().flat_map(|facts| &facts.ids).copied().collect();
        ids.retain(|&id| old.ahead(id) <= reach);
        ids.sort_by_key(|&id| old.ahead(id));
        ids.dedup();
        ids
    }
}

fn row_is_about_draws(row: &ResyncRow) -> bool {
    row.detail.as_deref().is_some_and(|detail| detail.starts_with("drawing values"))
}

fn is_exhausted(facts: &&&Facts) -> bool {
    facts.outlook() == Outlook::Exhausted
}

fn raw_next(sequence: &Sequence) -> i128 {
    sequence.last + if sequence.called { sequence.increment } else { 0 }
}
