//! Random next steps of a session.

use crate::change::{Call, Change, Draw, How};
use crate::shapes::{NESTING, TARGETS, UNITS};
use crate::transaction::{Mode, Transaction};
use crate::trial::Trial;
use crate::world::{Block, World};
use fastrand::Rng;

#[derive(Clone, Debug)]
pub enum Step {
    Begin,
    Savepoint(usize),
    RollbackTo(usize),
    Release(usize),
    Commit,
    Rollback,
    Prepare(String),
    CommitPrepared(String),
    RollbackPrepared(String),
    Set { local: bool, mode: Mode },
    DiscardAll,
    Reconnect,
    Fail,
    Look,
    Change(Change, Option<Block>),
}

impl Step {
    pub fn random(world: &World, session: usize, random: &mut Rng, names: &mut u64) -> Self {
        match &world.sessions[session].transaction {
            None => Self::when_idle(world, session, random),
            Some(transaction) if transaction.aborted => Self::when_aborted(world, session, transaction, random),
            Some(transaction) => Self::in_transaction(world, session, transaction, random, names),
        }
    }

    fn when_idle(world: &World, session: usize, random: &mut Rng) -> Self {
        let prepared = world.prepared.keys().nth(random.usize(..=world.prepared.len())).cloned();
        match (random.u8(..100), prepared) {
            (0..10, Some(name)) => Self::CommitPrepared(name),
            (10..15, Some(name)) => Self::RollbackPrepared(name),
            (0..57, _) => Self::Begin,
            (57..60, _) => Self::Set { local: false, mode: random_mode(random) },
            (60..62, _) => Self::DiscardAll,
            (62..63, _) if random.u8(..8) == 0 => Self::Reconnect,
            (63..65, _) => Self::Fail,
            (65..67, _) => Self::Look,
            _ => Self::change(world, session, random),
        }
    }

    fn in_transaction(
        world: &World,
        session: usize,
        transaction: &Transaction,
        random: &mut Rng,
        names: &mut u64,
    ) -> Self {
        let depth = transaction.savepoints.len();
        match random.u8(..100) {
            0..9 if depth < 4 => Self::Savepoint(depth),
            9..15 if depth > 0 => Self::RollbackTo(random.usize(..depth)),
            15..20 if depth > 0 => Self::Release(random.usize(..depth)),
            20..31 => Self::Commit,
            31..34 => Self::Rollback,
            34..37 => {
                *names += 1;
                Self::Prepare(format!("prepared {names}"))
            }
            37..40 => Self::Set { local: true, mode: random_mode(random) },
            40..42 => Self::Fail,
            _ => Self::change(world, session, random),
        }
    }

    fn when_aborted(world: &World, session: usize, transaction: &Transaction, random: &mut Rng) -> Self {
        let depth = transaction.savepoints.len();
        match random.u8(..10) {
            0..6 if depth > 0 => Self::RollbackTo(random.usize(..depth)),
            6..7 => Self::change(world, session, random),
            7..8 => Self::Commit,
            _ => Self::Rollback,
        }
    }

    fn change(world: &World, session: usize, random: &mut Rng) -> Self {
        let trial = world.trial(session);
        let block = (random.u8(..8) == 0).then(|| Block { fails: random.bool() });
        let change = match random_change(&trial, random) {
            Change::Supply { target, ids, how: How::Copy | How::Prepared } if block.is_some() => {
                Change::Supply { target, ids, how: How::Columns }
            }
            Change::Supply { target, ids, how: How::Copy } if !can_copy(world, session, &trial, target) => {
                Change::Supply { target, ids, how: How::NoColumns }
            }
            Change::Draw { target, count, draw: Draw::Copy }
                if block.is_some() || !can_copy(world, session, &trial, target) =>
            {
                Change::Draw { target, count, draw: Draw::Values }
            }
            change => change,
        };
        Self::Change(change, block)
    }

    pub fn call(&self) -> Call {
        Call::Simple(match self {
            Self::Begin => "BEGIN".to_owned(),
            Self::Savepoint(depth) => format!("SAVEPOINT s{depth}"),
            Self::RollbackTo(depth) => format!("ROLLBACK TO s{depth}"),
            Self::Release(depth) => format!("RELEASE s{depth}"),
            Self::Commit => "COMMIT".to_owned(),
            Self::Rollback => "ROLLBACK".to_owned(),
            Self::Prepare(name) => format!("PREPARE TRANSACTION '{name}'"),
            Self::CommitPrepared(name) => format!("COMMIT PREPARED '{name}'"),
            Self::RollbackPrepared(name) => format!("ROLLBACK PREPARED '{name}'"),
            Self::Set { local, mode } => {
                let mode = format!("{mode:?}").to_lowercase();
                format!("SET {}pg_flightcheck.guard = {mode}", if *local { "LOCAL " } else { "" })
            }
            Self::DiscardAll => "DISCARD ALL".to_owned(),
            Self::Reconnect | Self::Look => "SELECT 1".to_owned(),
            Self::Fail => "SELECT 1/0".to_owned(),
            Self::Change(change, None) => return change.call(),
            Self::Change(change, Some(block)) => match change.call() {
                Call::Simple(sql) => return Call::InBlock(sql, block.fails),
                _ => unreachable!("not in a block"),
            },
        })
    }
}

/// The driver loses track of the results if a COPY cannot begin, and misses an error after its end.
fn can_copy(world: &World, session: usize, trial: &Trial, target: usize) -> bool {
    let session = &world.sessions[session];
    trial.exists(TARGETS[target].unit) && (session.transaction.is_some() || session.mode != Mode::Error)
}

fn random_mode(random: &mut Rng) -> Mode {
    [Mode::Warn, Mode::Warn, Mode::Error, Mode::Off][random.usize(..4)]
}

fn random_change(trial: &Trial, random: &mut Rng) -> Change {
    let target = random.usize(..TARGETS.len());
    let unit = TARGETS[target].unit;
    if !trial.exists(unit) {
        // A session may have cached the sequence's name, in which case the error is a different
        // one.
        return if random.u8(..4) == 0 { supply(trial, target, random) } else { Change::Create { unit } };
    }
    let own: Vec<_> = trial.visible(unit).map(|(_, row)| row).filter(|row| TARGETS[target].has(row.part)).collect();
    let some_id = |random: &mut Rng| own.get(random.usize(..=own.len())).map(|row| row.id);
    match random.u8(..100) {
        0..18 => {
            let draw = Draw::ALL[random.usize(..Draw::ALL.len())];
            Change::Draw { target, count: if draw == Draw::Copy { 1 } else { random.usize(1..4) }, draw }
        }
        18..25 => match some_id(random) {
            Some(from) => Change::SetId { target, from, to: near(trial, unit, random) },
            None => supply(trial, target, random),
        },
        25..35 => some_id(random).map_or_else(|| supply(trial, target, random), |id| Change::SetNote { target, id }),
        35..44 => some_id(random).map_or_else(|| supply(trial, target, random), |id| Change::Delete { target, id }),
        44..47 => Change::Truncate { unit, restart: random.bool() },
        47..55 => {
            let furthest = own.iter().map(|row| row.id).max_by_key(|id| id * UNITS[unit].rule.increment.signum());
            let value = furthest.filter(|_| random.bool()).unwrap_or_else(|| near(trial, unit, random));
            let value = value.clamp(UNITS[unit].rule.min, UNITS[unit].rule.max);
            Change::Setval { unit, value, called: random.u8(..4) > 0 }
        }
        55..58 => {
            let value = near(trial, unit, random).clamp(UNITS[unit].rule.min, UNITS[unit].rule.max);
            Change::Restart { unit, value }
        }
        58..63 => Change::Resync { target },
        63..64 => Change::Drop { unit },
        64..65 => Change::Create { unit },
        _ if unit == NESTING => Change::Nest { id: near(trial, crate::shapes::NESTED, random) },
        _ => supply(trial, target, random),
    }
}

fn supply(trial: &Trial, target: usize, random: &mut Rng) -> Change {
    let how = How::ALL[random.usize(..How::ALL.len())];
    let count = if matches!(how, How::Prepared | How::Function) { 1 } else { random.usize(1..4) };
    let ids = (0..count).map(|_| near(trial, TARGETS[target].unit, random)).collect();
    Change::Supply { target, ids, how }
}

/// Returns an id near the next value: mostly ahead of it, sometimes out of phase.
fn near(trial: &Trial, unit: usize, random: &mut Rng) -> i64 {
    let rule = UNITS[unit].rule;
    let next = rule.next(trial.files[trial.file(unit)]).unwrap_or(rule.max);
    let id = next + rule.increment * random.i64(-4..10);
    if random.u8(..4) == 0 { id + random.i64(-2..3) } else { id }
}
