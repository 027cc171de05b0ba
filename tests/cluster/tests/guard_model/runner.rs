//! Executes steps in the model and on the server, and compares the results.

use crate::change::{Call, Change};
use crate::expected::Expected;
use crate::naive::Naive;
use crate::past_warnings::PastWarnings;
use crate::sequence::Position;
use crate::server_session::{Response, ServerSession};
use crate::shapes::{TARGETS, UNITS};
use crate::steps::Step;
use crate::transaction::{Mode, Transaction, Verdict};
use crate::trial::State;
use crate::world::{Tried, World};
use anyhow::Result;
use cluster::Server;
use postgres::Client;
use std::collections::BTreeMap;

/// How often something was seen.
pub type Counts = BTreeMap<&'static str, u64>;

pub struct Runner<'a> {
    server: &'a Server,
    database: String,
    pub world: World,
    sessions: Vec<ServerSession>,
    pub seen: Counts,
    pub naive: Naive,
    /// All statements and responses since the tables were created.
    pub log: Vec<String>,
}

/// How the server's behavior differs from the model's.
pub type Wrong = Option<String>;

impl<'a> Runner<'a> {
    pub fn new(server: &'a Server, database: String, sessions: usize) -> Result<Self> {
        let world = World::new(sessions);
        let sessions = (0..sessions).map(|_| ServerSession::connect(server, &database)).collect::<Result<_>>()?;
        let (seen, naive, log) = (Counts::new(), Naive::default(), Vec::new());
        Ok(Self { server, database, world, sessions, seen, naive, log })
    }

    /// Recreates all tables. No session may be in a transaction.
    pub fn renew(&mut self) -> Result<()> {
        let mut sql = String::new();
        for (unit, state) in UNITS.iter().zip(&self.world.committed) {
            if state.exists {
                sql.push_str(unit.drop);
                sql.push(';');
            }
            sql.push_str(unit.create);
            sql.push(';');
        }
        self.server.connect(&self.database)?.batch_execute(&sql)?;
        let modes: Vec<_> = self.world.sessions.iter().map(|session| session.mode).collect();
        // Warnings about the old tables do not count for the new ones.
        self.world = World::new(modes.len());
        for (session, mode) in self.world.sessions.iter_mut().zip(modes) {
            session.mode = mode;
        }
        self.log.clear();
        Ok(())
    }

    /// Executes a step, unless it would have to wait for another session.
    pub fn take(&mut self, number: usize, step: &Step) -> Result<Wrong> {
        if let Step::Change(change, block) = step {
            let Some(tried) = self.world.try_out(number, change, *block) else { return Ok(None) };
            return self.change(number, step, change, tried);
        }
        if matches!(step, Step::Commit | Step::Prepare(_)) {
            return self.end(number, step, None);
        }
        if matches!(step, Step::Reconnect) {
            self.sessions[number] = ServerSession::connect(self.server, &self.database)?;
            self.world.sessions[number].mode = Mode::Warn;
            self.world.sessions[number].told = PastWarnings::default();
        }
        let said = self.say(number, step)?;
        let expected = matches!(step, Step::Fail).then_some("22012");
        let wrong = wrong_within(&said, expected);
        let session = &mut self.world.sessions[number];
        match (step, &mut session.transaction) {
            (Step::Begin, transaction) => *transaction = Some(Transaction::new(session.mode)),
            (Step::Rollback, transaction) => *transaction = None,
            (Step::Savepoint(_), Some(open)) => open.savepoints.push(open.work.clone()),
            (Step::RollbackTo(depth), Some(open)) => open.rollback_to(*depth),
            (Step::Release(depth), Some(open)) => open.savepoints.truncate(*depth),
            (Step::Set { mode, .. }, Some(open)) => open.work.mode = *mode,
            (Step::Set { mode, .. }, None) => session.mode = *mode,
            (Step::Fail, Some(open)) => open.aborted = true,
            (Step::DiscardAll, _) => {
                session.mode = Mode::Warn;
                self.sessions[number].forget();
            }
            (Step::CommitPrepared(name), _) => {
                let transaction = self.world.prepared.remove(name);
                transaction.into_iter().for_each(|transaction| self.world.commit(transaction));
            }
            (Step::RollbackPrepared(name), _) => drop(self.world.prepared.remove(name)),
            _ => {}
        }
        Ok(wrong)
    }

    fn change(&mut self, number: usize, step: &Step, change: &Change, tried: Tried) -> Result<Wrong> {
        let (result, caught) = (tried.result, tried.caught);
        // A block that raises an error itself has executed the change first.
        let has_run = result.is_ok() && caught.is_none_or(|state| state == "P0001");
        let is_alone = self.world.sessions[number].transaction.is_none();
        self.world.adopt(number, tried);
        if is_alone && result.is_ok() {
            let wrong = self.end(number, step, caught)?;
            return Ok(if has_run { wrong.or(self.learn(number, change)?) } else { wrong });
        }
        let said = self.say(number, step)?;
        if is_alone {
            self.world.sessions[number].transaction = None;
        }
        let wrong = wrong_within(&said, result.err()).or(wrongly_caught(&said, caught));
        Ok(if has_run { wrong.or(self.learn(number, change)?) } else { wrong })
    }

    /// Executes the step that ends the transaction, and compares the response.
    fn end(&mut self, number: usize, step: &Step, caught: Option<State>) -> Result<Wrong> {
        let said = self.say(number, step)?;
        let Some(transaction) = self.world.sessions[number].transaction.take() else { return Ok(None) };
        if transaction.aborted {
            return Ok(wrong_within(&said, None));
        }
        let expected = Expected::at_end_of(&transaction, &self.world, number);
        self.count(&transaction, &expected, &said);
        self.naive.judge(&transaction, &expected, &self.world);
        let wrong = expected.wrong_with(&said).or(wrongly_caught(&said, caught));
        let made: Vec<_> = self.world.committed.iter().map(|unit| unit.made).collect();
        let told = &mut self.world.sessions[number].told;
        said.told.iter().for_each(|said| told.note(said, &transaction, &made));
        match step {
            _ if said.error.is_some() => {}
            Step::Prepare(name) => drop(self.world.prepared.insert(name.clone(), transaction)),
            _ => self.world.commit(transaction),
        }
        Ok(wrong)
    }

    fn count(&mut self, transaction: &Transaction, expected: &Expected, said: &Response) {
        *self.seen.entry("transactions").or_default() += 1;
        for (number, verdict) in expected.verdicts.iter().enumerate() {
            let what = match verdict {
                Verdict::Warn if expected.mode == Mode::Error => "tables that require an error",
                Verdict::Warn | Verdict::Tell => "tables that require a warning, unless repeated",
                Verdict::Undefined => "tables with undefined result",
                Verdict::Silent if transaction.once_supplied.contains(&number) => "tables with ids supplied, silent",
                Verdict::Silent if transaction.work.named[number].touched => "tables with ids drawn, silent",
                Verdict::Silent => continue,
            };
            *self.seen.entry(what).or_default() += 1;
        }
        *self.seen.entry("warnings").or_default() += said.told.len() as u64;
    }

    /// Reads the position to which a resync has advanced the sequence: past every row that the
    /// session sees.
    fn learn(&mut self, number: usize, change: &Change) -> Result<Wrong> {
        let &Change::Resync { target } = change else { return Ok(None) };
        let unit = TARGETS[target].unit;
        let query = format!("SELECT last_value, is_called FROM {}", UNITS[unit].sequence);
        let row = self.sessions[number].client().query_one(&query, &[])?;
        let trial = self.world.trial(number);
        let position = Position { last: row.get(0), called: row.get(1) };
        let rule = UNITS[unit].rule;
        let is_behind = trial.visible(unit).any(|(_, row)| rule.will_hand_out(position, row.id));
        let file = trial.file(unit);
        self.world.files[file] = position;
        // A bounded sequence may have no value beyond the rows.
        Ok((is_behind && rule.max == i64::MAX).then(|| format!("after a resync: {position:?}")))
    }

    /// Returns a session for queries.
    pub fn client(&mut self) -> &mut Client {
        self.sessions[0].client()
    }

    fn say(&mut self, number: usize, step: &Step) -> Result<Response> {
        let call = step.call();
        let sql = match &call {
            Call::Simple(sql) => sql.clone(),
            Call::InBlock(sql, fails) => format!("SELECT attempt($sql${sql}$sql$, {fails})"),
            Call::Prepared(sql, id) => format!("{sql} [{id}]"),
            Call::Copy(sql, lines) => format!("{sql} [{}]", lines.replace('\n', "; ")),
        };
        self.log.push(format!("{number}: {sql}"));
        let said = self.sessions[number].say(&call)?;
        if let Some(error) = &said.error {
            self.log.push(format!("{number}:    -- {} {}", error.state, error.message));
        }
        self.log.extend(said.told.iter().map(|told| format!("{number}:    -- {told:?}")));
        Ok(said)
    }
}

/// Describes what is wrong with the error that a block has caught.
fn wrongly_caught(said: &Response, expected: Option<State>) -> Wrong {
    let is_wrong = said.error.is_none() && said.caught.as_deref() != expected;
    is_wrong.then(|| format!("caught {:?} instead of {expected:?}", said.caught))
}

/// Describes what is wrong with a response within a transaction, or at the end of one that fails.
fn wrong_within(said: &Response, expected: Option<&str>) -> Wrong {
    let state = said.error.as_ref().map(|error| error.state.as_str());
    if state != expected {
        return Some(format!("{:?} instead of {expected:?}", said.error));
    }
    said.told.first().map(|told| format!("unexpected {told:?}"))
}
