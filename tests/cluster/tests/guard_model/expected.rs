//! Compares what the server said at the end of a transaction with what it has to say.

use crate::sequence::Position;
use crate::shapes::{TARGETS, UNITS};
use crate::spoken::Said;
use crate::transaction::{Mode, Transaction, Verdict};
use crate::world::World;

pub struct Expected {
    pub verdicts: Vec<Verdict>,
    positions: Vec<Position>,
    pub mode: Mode,
}

impl Expected {
    pub fn at_the_end_of(transaction: &Transaction, world: &World) -> Self {
        Self {
            verdicts: world.verdicts(transaction),
            positions: TARGETS.iter().map(|target| world.position(transaction, target.unit)).collect(),
            mode: transaction.work.mode,
        }
    }

    fn any(&self, verdict: Verdict) -> bool {
        self.verdicts.contains(&verdict)
    }

    /// What is wrong with a judgement that names these tables.
    pub fn wrong_in<'a>(&self, tables: impl IntoIterator<Item = &'a str>) -> Option<String> {
        let mut named = vec![0; TARGETS.len()];
        for table in tables {
            match TARGETS.iter().position(|target| table == target.name) {
                Some(number) => named[number] += 1,
                None => return Some(format!("{table} is named")),
            }
        }
        let mut targets = TARGETS.iter().zip(&self.verdicts).zip(named);
        targets.find_map(|((target, verdict), times)| {
            let is_right = match verdict {
                Verdict::Warn => times == 1,
                Verdict::Silent => times == 0,
                Verdict::Undefined => times <= 1,
            };
            (!is_right).then(|| format!("{} is named {times} times, and is to be: {verdict:?}", target.name))
        })
    }

    /// What is wrong with what the server said.
    pub fn wrong_with(&self, said: &Said) -> Option<String> {
        if let Some(error) = &said.error {
            let named = self.verdicts.iter().zip(&TARGETS).find(|(_, target)| error.names(target.name));
            return match named {
                Some((Verdict::Warn | Verdict::Undefined, _)) if self.mode == Mode::Error && said.told.is_empty() => {
                    None
                }
                _ => Some(format!("the transaction ended with {error:?} beside {:?}", said.told)),
            };
        }
        if self.mode == Mode::Error {
            return match (self.any(Verdict::Warn), said.told.first()) {
                (true, _) => Some(format!("no error, and {:?}", said.told)),
                (false, Some(told)) => Some(format!("instead of an error: {told:?}")),
                (false, None) => None,
            };
        }
        let tables = said.told.iter().map(|told| told.table.as_str());
        self.wrong_in(tables).or_else(|| said.told.iter().find_map(|told| self.wrong_words(told)))
    }

    fn wrong_words(&self, told: &crate::spoken::Told) -> Option<String> {
        let number = TARGETS.iter().position(|target| target.name == told.table)?;
        let unit = &UNITS[TARGETS[number].unit];
        let next = unit.rule.next(self.positions[number])?;
        let is_right = told.sequence == unit.sequence
            && told.state == "55000"
            && told.detail.contains(&format!("hands out {next} next"))
            && told.hint == format!("Run: SELECT * FROM public.seq_resync_table('public.{}');", told.table);
        (!is_right).then(|| format!("next is {next}: {told:?}"))
    }
}
