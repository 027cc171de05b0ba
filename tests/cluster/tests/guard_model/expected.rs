//! Compares the server's response at the end of a transaction with the expected one.

use crate::sequence::Position;
use crate::server_session::Response;
use crate::shapes::{TARGETS, UNITS};
use crate::transaction::{Mode, Transaction, Verdict};
use crate::world::World;
use std::collections::BTreeMap;

pub struct Expected {
    pub verdicts: Vec<Verdict>,
    /// The required warnings, given the earlier ones of the session.
    warnings: Vec<Verdict>,
    positions: Vec<Position>,
    pub mode: Mode,
}

impl Expected {
    pub fn at_end_of(transaction: &Transaction, world: &World, session: usize) -> Self {
        let verdicts = world.verdicts(transaction);
        let told = &world.sessions[session].told;
        let warnings = verdicts.iter().enumerate().map(|(target, verdict)| match verdict {
            Verdict::Warn | Verdict::Tell => told.settle(target, transaction, world),
            verdict => *verdict,
        });
        Self {
            warnings: warnings.collect(),
            positions: TARGETS.iter().map(|target| world.position(transaction, target.unit)).collect(),
            mode: transaction.work.mode,
            verdicts,
        }
    }

    /// Describes what is wrong with warnings that name these tables.
    pub fn wrong_in<'a>(&self, tables: impl IntoIterator<Item = &'a str>) -> Option<String> {
        let mut named: BTreeMap<&str, usize> = BTreeMap::new();
        for table in tables {
            match TARGETS.iter().any(|target| table == target.top()) {
                true => *named.entry(table).or_default() += 1,
                false => return Some(format!("{table} is named")),
            }
        }
        TARGETS.iter().find_map(|target| {
            let times = named.get(target.top()).copied().unwrap_or(0);
            let same = TARGETS.iter().zip(&self.warnings).filter(|(other, _)| other.top() == target.top());
            let verdicts: Vec<Verdict> = same.map(|(_, verdict)| *verdict).collect();
            let is_right = match times {
                0 => !verdicts.contains(&Verdict::Warn),
                // The rows of one partition may be ten times as far ahead as those of another.
                times => times <= verdicts.len() && verdicts.iter().any(|verdict| *verdict != Verdict::Silent),
            };
            (!is_right).then(|| format!("{} is named {times} times instead of: {verdicts:?}", target.top()))
        })
    }

    /// Describes what is wrong with the server's response.
    pub fn wrong_with(&self, said: &Response) -> Option<String> {
        if let Some(error) = &said.error {
            let mut named = self.verdicts.iter().zip(&TARGETS).filter(|(_, target)| error.names(target.top()));
            let is_right = self.mode == Mode::Error
                && named.any(|(verdict, _)| matches!(verdict, Verdict::Warn | Verdict::Undefined))
                && said.told.iter().all(|told| self.may_be_told(&told.table));
            return (!is_right).then(|| format!("the transaction ended with {error:?} and {:?}", said.told));
        }
        if self.mode == Mode::Error && self.verdicts.contains(&Verdict::Warn) {
            return Some(format!("no error, and {:?}", said.told));
        }
        let tables = said.told.iter().map(|told| told.table.as_str());
        self.wrong_in(tables).or_else(|| said.told.iter().find_map(|told| self.wrong_words(told)))
    }

    /// Whether a warning about a table may precede an error about another one.
    fn may_be_told(&self, table: &str) -> bool {
        let mut same = TARGETS.iter().zip(&self.verdicts).filter(|(target, _)| target.top() == table);
        same.any(|(_, verdict)| matches!(verdict, Verdict::Tell | Verdict::Undefined))
    }

    fn wrong_words(&self, told: &crate::server_session::Warning) -> Option<String> {
        let number = TARGETS.iter().position(|target| target.top() == told.table)?;
        let unit = &UNITS[TARGETS[number].unit];
        let next = unit.rule.next(self.positions[number])?;
        let is_right = told.sequence == unit.sequence
            && told.state == "55000"
            && told.detail.contains(&format!("hands out {next} next"))
            && told.hint == format!("Run: SELECT * FROM public.seq_resync_table('public.{}');", told.table);
        (!is_right).then(|| format!("next is {next}: {told:?}"))
    }
}
