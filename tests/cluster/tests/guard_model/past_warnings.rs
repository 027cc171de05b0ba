//! The warnings that a session has received: they are not repeated.

use crate::sequence::Rule;
use crate::server_session;
use crate::shapes::{TARGETS, UNITS};
use crate::transaction::{Key, Transaction, Verdict};
use crate::world::World;
use std::collections::BTreeMap;

/// The positions of the sequence and the rows at the time of a warning.
#[derive(Clone, Copy, Debug)]
struct Warned {
    next: i64,
    furthest: i64,
}

/// By root table, and by which table had that name.
#[derive(Default)]
pub struct PastWarnings(BTreeMap<(&'static str, Key), Warned>);

impl PastWarnings {
    /// Records a warning of the server.
    pub fn note(&mut self, said: &server_session::Warning, transaction: &Transaction, world_made: &[Key]) {
        let Some(target) = TARGETS.iter().find(|target| target.top() == said.table) else { return };
        let made = transaction.work.units[target.unit].made.unwrap_or(world_made[target.unit]);
        let number = |before: &str| {
            let (_, rest) = said.detail.split_once(before)?;
            rest.split(|letter: char| !(letter.is_ascii_digit() || letter == '-')).next()?.parse().ok()
        };
        let furthest = number(" to id ");
        if let (Some(next), Some(furthest)) = (number("hands out "), furthest) {
            self.0.insert((target.top(), made), Warned { next, furthest });
        }
    }

    /// Returns the verdict for a target that requires a warning, given the earlier warnings.
    pub fn settle(&self, target: usize, transaction: &Transaction, world: &World) -> Verdict {
        let unit = TARGETS[target].unit;
        let Some(told) = self.0.get(&(TARGETS[target].top(), world.made(transaction, unit))) else {
            return Verdict::Warn;
        };
        let rule = &UNITS[unit].rule;
        let Some(next) = rule.next(world.position(transaction, unit)) else { return Verdict::Undefined };
        let is_before = |one: i64, other: i64| if rule.increment > 0 { one < other } else { one > other };
        let work = &transaction.work;
        let is_set = work.units[unit].is_set;
        if is_before(told.furthest, next) || is_before(next, told.next) || (is_set && next != told.next) {
            return Verdict::Warn;
        }
        if work.has_set_some && next != told.next {
            return Verdict::Undefined;
        }
        let rows = world.visible(transaction, unit).chain(world.in_progress(unit));
        let has_grown =
            rows.into_iter().any(|row| reach(rule, next, row.id) >= 10 * reach(rule, told.next, told.furthest));
        if has_grown { Verdict::Undefined } else { Verdict::Silent }
    }
}

fn reach(rule: &Rule, next: i64, id: i64) -> i64 {
    let ahead = if rule.increment > 0 { id - next } else { next - id };
    ahead.max(0) + 1
}
