//! Matches a key with one entry of the catalogue: whether the entry may have made it, and how
//! strong that evidence is.

use super::computed_keys::{Computed, Match};
use super::database_context::{DatabaseContext, Objects, Presence};
use super::formula::{Formula, Input};
use super::hash::Hashtext;
use super::key::LockKey;
use super::tool_key::{Constant, Key, PairKey, Part, Range};
use super::tools::{Entry, Lock};
use std::cell::OnceCell;

/// Numbers from here on are unlikely to be chosen by another program.
const LARGE: u64 = 1_000_000;

/// The size of the largest range of which a number, together with a tool's relations, is evidence.
const NARROW: i128 = 10_000;

/// How strong the evidence of a key by itself is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// One of very many numbers: counts only together with the tool's application_name.
    Loose,
    /// One of some numbers: counts together with one of the tool's relations, and is not mentioned
    /// without one.
    Narrow,
    /// A number that other programs may use: counts together with one of the tool's relations or
    /// its application_name.
    Shared,
    /// A number that no other program is likely to use.
    Own,
}

/// One or more keys of a catalogue entry, with the values computed for this database.
pub struct Candidate<'a> {
    pub entry: Entry<'a>,
    pub key: &'a Key,
    computed: OnceCell<Computed<'a>>,
}

/// What matching depends on.
pub struct Context<'a> {
    pub database_context: &'a DatabaseContext,
    pub presence: Presence<'a>,
    pub objects: &'a dyn Objects,
    pub hashtext: Hashtext,
}

impl<'a> Candidate<'a> {
    pub fn new(entry: Entry<'a>, key: &'a Key) -> Candidate<'a> {
        Candidate { entry, key, computed: OnceCell::new() }
    }

    pub fn tool(&self) -> &'a str {
        self.entry.name()
    }

    /// Returns which of the tool's locks the key is for.
    pub fn what(&self) -> &'a str {
        self.key.what().unwrap_or(&self.entry.lock.lock)
    }

    /// Returns the same as `what` if the tool has other locks; `None` if it has only this one.
    pub fn which(&self) -> Option<&'a str> {
        let what = |lock: &'a Lock, key: &'a Key| key.what().unwrap_or(&lock.lock);
        let mut all = self.entry.tool.locks.iter().flat_map(|lock| lock.keys.iter().map(move |key| what(lock, key)));
        all.any(|other| other != self.what()).then(|| self.what())
    }

    /// Returns how strongly the key matches; `None` if it does not.
    pub fn strength(&self, key: LockKey, context: &Context<'a>) -> Option<Strength> {
        match (self.key, key) {
            (Key::Constant(constant), _) => constant_strength(constant, key),
            (Key::Pair(pair), LockKey::Pair(one, other)) if pair.is_pattern() => pattern_strength(pair, [one, other]),
            (Key::Computed(_) | Key::Pair(_), _) => {
                let found = self.find(key, context)?;
                Some(if found.is_strong { Strength::Own } else { Strength::Shared })
            }
            (Key::Range(range), LockKey::Bigint(number)) => range_strength(range, number),
            (Key::Objects(_), LockKey::Bigint(number)) => {
                u32::try_from(number).is_ok_and(|oid| oid != 0).then_some(Strength::Loose)
            }
            (Key::Extension(extension), LockKey::Other { objsubid, .. }) if objsubid == extension.objsubid => {
                Some(if extension.namespace { Strength::Own } else { Strength::Shared })
            }
            _ => None,
        }
    }

    /// Returns the names that a computed key was made from.
    pub fn find(&self, key: LockKey, context: &Context<'a>) -> Option<Match<'_>> {
        self.can_make(key).then(|| self.computed(context))?.find(key)
    }

    /// Returns the schema and the table that the key was computed from, each `None` if the formula
    /// does not use it.
    pub fn subject(&self, key: LockKey, context: &Context<'a>) -> (Option<String>, Option<String>) {
        let Some(found) = self.find(key, context) else { return (None, None) };
        let input = |input, text: &str| self.key.asks_for(input).then(|| text.to_owned());
        (input(Input::Schema, found.inputs.schema), input(Input::Table, found.inputs.table))
    }

    /// Whether a history table that has not been searched for yet may explain the key.
    pub fn wants_history_table(&self, key: LockKey, context: &Context<'a>) -> bool {
        let is_hash = match key {
            LockKey::Bigint(number) => number.unsigned_abs() >= LARGE,
            LockKey::Pair(one, other) => is_large(one) && is_large(other),
            LockKey::Other { .. } => false,
        };
        match self.key {
            _ if !self.entry.tool.found_by_columns => false,
            Key::Constant(constant) => {
                constant.key == key && context.presence.history(self.entry.tool).next().is_none()
            }
            _ => {
                let is_possible = is_hash && self.key.asks_for(Input::Table) && self.can_make(key);
                is_possible && self.computed(context).find(key).is_none()
            }
        }
    }

    fn computed(&self, context: &Context<'a>) -> &Computed<'a> {
        self.computed.get_or_init(|| {
            Computed::new(self.entry, self.key, context.database_context, &context.presence, context.hashtext)
        })
    }

    /// Whether the key is within the bounds of the formulas, which is checked before any value is
    /// computed.
    fn can_make(&self, key: LockKey) -> bool {
        let within = |formula: &Formula, number: i128| {
            let (least, greatest) = formula.bounds();
            (least..=greatest).contains(&number)
        };
        match (self.key, key) {
            (Key::Computed(computed), LockKey::Bigint(number)) => within(&computed.formula, number.into()),
            (Key::Pair(pair), LockKey::Pair(one, other)) => {
                pair.pair.iter().zip([one, other]).all(|(part, number)| match part {
                    Part::Number(fixed) => *fixed == number,
                    Part::Formula(formula) => within(formula, number.into()),
                    Part::Any(_) | Part::Table(_) => false,
                })
            }
            _ => false,
        }
    }
}

fn constant_strength(constant: &Constant, key: LockKey) -> Option<Strength> {
    let strength = if key.is_distinctive() && !constant.common { Strength::Own } else { Strength::Shared };
    (constant.key == key).then_some(strength)
}

fn is_large(half: i32) -> bool {
    u64::from(half.unsigned_abs()) >= LARGE
}

/// Matches a pair of which one number is fixed and the other depends on what is locked.
fn pattern_strength(pair: &PairKey, halves: [i32; 2]) -> Option<Strength> {
    let mut strength = Strength::Loose;
    for (part, number) in pair.pair.iter().zip(halves) {
        strength = match part {
            Part::Number(fixed) if *fixed != number => return None,
            Part::Number(_) if is_large(number) => Strength::Own,
            Part::Number(_) => strength.max(Strength::Shared),
            _ => strength,
        };
    }
    Some(strength)
}

fn range_strength(range: &Range, number: i64) -> Option<Strength> {
    let width = i128::from(range.to) - i128::from(range.from) + 1;
    let strength = match range.namespace {
        true => Strength::Own,
        false if width <= NARROW => Strength::Narrow,
        false => Strength::Loose,
    };
    (range.from..=range.to).contains(&number).then_some(strength)
}
