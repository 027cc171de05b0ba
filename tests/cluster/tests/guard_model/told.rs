//! What a session has been told: the same is not told again.

use crate::sequence::Rule;
use crate::shapes::{TARGETS, UNITS};
use crate::spoken;
use crate::transaction::{Key, Transaction, Verdict};
use crate::world::World;
use std::collections::BTreeMap;

/// Where sequence and rows were when it was told.
#[derive(Clone, Copy, Debug)]
struct News {
    next: i64,
    furthest: i64,
}

/// By the table at the top, and by which of those that had its name.
#[derive(Default)]
pub struct Told(BTreeMap<(&'static str, Key), News>);

impl Told {
    /// Takes note of what the server has said.
    pub fn note(&mut self, said: &spoken::Told, transaction: &Transaction, world_made: &[Key]) {
        let Some(target) = TARGETS.iter().find(|target| target.top() == said.table) else { return };
        let made = transaction.work.units[target.unit].made.unwrap_or(world_made[target.unit]);
        let number = |before: &str| {
            let (_, rest) = said.detail.split_once(before)?;
            rest.split(|letter: char| !(letter.is_ascii_digit() || letter == '-')).next()?.parse().ok()
        };
        let furthest = number(" to id ");
        if let (Some(next), Some(furthest)) = (number("hands out "), furthest) {
            self.0.insert((target.top(), made), News { next, furthest });
        }
    }

    /// What has to be said of a target that something would have to be said of if nothing had been said before.
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
