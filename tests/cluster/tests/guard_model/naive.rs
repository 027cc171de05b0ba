//! Rules that are simpler than the guard's. The model must detect that they are wrong.

use crate::expected::Expected;
use crate::shapes::{TARGETS, UNITS};
use crate::transaction::{Mode, Transaction};
use crate::world::World;
use std::collections::BTreeMap;

/// Whether a target must be named at the end of a transaction.
type Rule = fn(&Transaction, usize, &World) -> bool;

const RULES: [(&str, Rule); 4] = [
    ("tables with supplied ids", |transaction, target, _| transaction.once_supplied.contains(&target)),
    ("tables with supplied ids that were not rolled back", |transaction, target, _| {
        transaction.work.named[target].supplied
    }),
    ("tables with supplied ids and max(id) not below the next value", |transaction, target, world| {
        transaction.once_supplied.contains(&target) && is_behind(transaction, target, world)
    }),
    ("tables with inserted rows and max(id) not below the next value", |transaction, target, world| {
        transaction.work.named[target].touched && is_behind(transaction, target, world)
    }),
];

fn is_behind(transaction: &Transaction, target: usize, world: &World) -> bool {
    let (unit, work) = (TARGETS[target].unit, &transaction.work.units[TARGETS[target].unit]);
    let rule = UNITS[unit].rule;
    let others = world.committed[unit].rows.iter().filter(|(key, _)| !work.deleted.contains(key));
    let ids = others.chain(&work.inserted).filter(|(_, row)| TARGETS[target].has(row.part)).map(|(_, row)| row.id);
    let furthest = ids.map(|id| id * rule.increment.signum()).max();
    let next = rule.next(world.position(transaction, unit)).map(|next| next * rule.increment.signum());
    furthest.zip(next).is_some_and(|(furthest, next)| next <= furthest)
}

/// How often each rule was wrong.
#[derive(Default)]
pub struct Naive {
    pub judged: u64,
    pub wrong: BTreeMap<&'static str, u64>,
}

impl Naive {
    pub fn judge(&mut self, transaction: &Transaction, expected: &Expected, world: &World) {
        if expected.mode != Mode::Warn {
            return;
        }
        self.judged += 1;
        for (name, rule) in RULES {
            let named = (0..TARGETS.len()).filter(|&target| rule(transaction, target, world));
            let wrong = expected.wrong_in(named.map(|target| TARGETS[target].top()));
            *self.wrong.entry(name).or_default() += u64::from(wrong.is_some());
        }
    }
}
