//! A change applied to a copy of the model: its result, and the locks that it needs.

use crate::change::{Change, How};
use crate::sequence::Position;
use crate::shapes::{NESTED, NESTING, TARGETS, Target, UNITS};
use crate::transaction::{File, Hold, Key, Mode, Named, Origin, Row, Thing, Transaction, UnitWork};
use crate::world::UnitState;

pub type State = &'static str;

/// A transaction during a statement. The caller may adopt the result.
pub struct Trial<'a> {
    pub committed: &'a [UnitState],
    pub transaction: Transaction,
    pub files: Vec<Position>,
    pub last_key: Key,
    /// Locks that conflict with those of other transactions.
    pub needs: Vec<(Thing, Hold)>,
    /// Ids that were inserted, or attempted, into a unique index.
    pub put: Vec<(usize, usize, i64)>,
    /// Other transactions' rows that were updated or deleted.
    pub taken: Vec<Key>,
}

impl Trial<'_> {
    pub fn apply(&mut self, change: &Change) -> Result<(), State> {
        let unit = change.unit();
        self.need(unit, change);
        match (change, self.exists(unit)) {
            (Change::Create { .. }, true) => return Err("42P07"),
            (Change::Create { .. }, false) | (_, true) => {}
            (_, false) => return Err("42P01"),
        }
        match *change {
            Change::Supply { target, ref ids, how } => self.supply(target, ids, how)?,
            Change::Draw { target, count, .. } => {
                self.name(target);
                for _ in 0..count {
                    self.draw(target)?;
                }
            }
            Change::SetId { target, from, to } => self.set_id(target, from, to)?,
            Change::SetNote { target, id } => {
                for (key, row) in self.found(target, id) {
                    self.update(unit, key, row);
                }
            }
            Change::Delete { target, id } => {
                for (key, _) in self.found(target, id) {
                    self.take(unit, key);
                }
            }
            Change::Nest { id } => self.nest(id)?,
            Change::Truncate { restart, .. } => {
                self.clear(unit);
                if restart && UNITS[unit].owns_sequence {
                    self.put_sequence(unit, UNITS[unit].rule.start);
                }
            }
            Change::Setval { value, called, .. } => {
                let file = self.file(unit);
                self.files[file] = Position { last: value, called };
                self.note_set(unit);
            }
            Change::Restart { value, .. } => {
                self.put_sequence(unit, value);
                self.note_set(unit);
            }
            // The server determines the new position.
            Change::Resync { .. } => {}
            Change::Create { .. } => {
                self.put_sequence(unit, UNITS[unit].rule.start);
                self.last_key += 1;
                let made = Some(self.last_key);
                let work = self.work(unit);
                (work.exists, work.made, work.is_set) = (Some(true), made, false);
            }
            Change::Drop { .. } => {
                self.clear(unit);
                (self.work(unit).exists, self.work(unit).is_set) = (Some(false), false);
            }
        }
        Ok(())
    }

    fn need(&mut self, unit: usize, change: &Change) {
        use Hold::{Exclusive, Shared};
        let (tables, sequence) = (Thing::Tables(unit), Thing::Sequence(unit));
        match change {
            Change::Supply { how: How::WithDefault, .. } | Change::Draw { .. } => {
                self.lock(tables, Shared);
                self.use_sequence(unit);
            }
            Change::Supply { .. } | Change::SetId { .. } | Change::SetNote { .. } | Change::Delete { .. } => {
                self.lock(tables, Shared);
            }
            Change::Nest { .. } => {
                self.lock(tables, Shared);
                self.use_sequence(unit);
                self.lock(Thing::Tables(NESTED), Shared);
            }
            Change::Setval { .. } => {
                self.keep_tables(unit);
                self.use_sequence(unit);
            }
            Change::Resync { .. } => {
                self.needs.push((tables, Shared));
                // It releases its own lock. FROM does not, nor does the query for the position.
                self.use_sequence(unit);
            }
            Change::Restart { .. } => {
                self.keep_tables(unit);
                self.lock(sequence, Exclusive);
                self.use_sequence(unit);
            }
            Change::Truncate { restart, .. } => {
                self.lock(tables, Exclusive);
                if *restart && UNITS[unit].owns_sequence {
                    self.lock(sequence, Exclusive);
                    self.use_sequence(unit);
                }
            }
            Change::Create { .. } | Change::Drop { .. } => {
                self.lock(tables, Exclusive);
                self.lock(sequence, Exclusive);
            }
        }
    }

    fn lock(&mut self, thing: Thing, hold: Hold) {
        self.needs.push((thing, hold));
        let held = self.transaction.work.locks.entry(thing).or_insert(hold);
        *held = hold.max(*held);
    }

    /// Prevents exclusive locks on a table whose sequence was set: the guard would not wait for
    /// such a lock, but check the table at a later commit. (In the server, setting a sequence does
    /// not lock a table.)
    fn keep_tables(&mut self, unit: usize) {
        self.lock(Thing::Tables(unit), Hold::Shared);
    }

    /// Locks the sequence as nextval, setval and RESTART do: a rollback to a savepoint does not
    /// release it.
    fn use_sequence(&mut self, unit: usize) {
        self.needs.push((Thing::Sequence(unit), Hold::Shared));
        self.transaction.drawn.insert(Thing::Sequence(unit));
    }

    fn supply(&mut self, target: usize, ids: &[i64], how: How) -> Result<(), State> {
        if how == How::WithDefault {
            self.draw(target)?;
        }
        // COPY routes all rows before it inserts the first one.
        if how == How::Copy && ids.iter().any(|&id| TARGETS[target].route(id).is_none()) {
            return Err("23514");
        }
        // MERGE reads before it inserts.
        let is_there: Vec<_> = ids.iter().map(|&id| !self.found(target, id).is_empty()).collect();
        let mut rows: Vec<_> = ids.iter().copied().zip(is_there).collect();
        if how == How::Copy {
            // Nor does it insert in the order of its lines: it inserts partition by partition.
            let parts: Vec<_> = ids.iter().map(|&id| TARGETS[target].route(id)).collect();
            rows.sort_by_key(|&(id, _)| parts.iter().position(|&part| part == TARGETS[target].route(id)));
        }
        if how == How::Upsert && !UNITS[TARGETS[target].unit].is_unique {
            return Err("42P10");
        }
        let (mut supplied, first_own) = (0, self.last_key + 1);
        for (id, is_there) in rows {
            if how == How::Upsert && self.upsert(target, id, first_own)? {
                supplied += 1;
                continue;
            }
            if how == How::Merge && is_there {
                continue;
            }
            match self.insert(target, id, Origin::Supplied) {
                Err("23505") if how == How::IgnoreConflicts => {}
                inserted => {
                    inserted?;
                    supplied += 1;
                }
            }
        }
        self.note_supply(target, supplied);
        Ok(())
    }

    /// Updates the row with this id, if there is one. A command cannot update a row that it has
    /// inserted itself.
    fn upsert(&mut self, target: usize, id: i64, first_own: Key) -> Result<bool, State> {
        let unit = TARGETS[target].unit;
        let part = TARGETS[target].route(id).ok_or("23514")?;
        self.put.push((unit, part, id));
        let there = self.visible(unit).find(|(_, row)| row.part == part && row.id == id);
        let Some((key, row)) = there else { return Ok(false) };
        if key >= first_own {
            return Err("21000");
        }
        self.update(unit, key, row);
        Ok(true)
    }

    /// Replaces a row by a new version.
    fn update(&mut self, unit: usize, key: Key, row: Row) {
        let origin = if self.take(unit, key) { Origin::Touched } else { row.origin };
        self.add(unit, Row { origin, is_updated: true, ..row });
    }

    fn draw(&mut self, target: usize) -> Result<(), State> {
        let unit = TARGETS[target].unit;
        let file = self.file(unit);
        let id = UNITS[unit].rule.draw(&mut self.files[file]).ok_or("2200H")?;
        self.name(target);
        self.insert(target, id, Origin::Drawn)
    }

    fn set_id(&mut self, target: usize, from: i64, to: i64) -> Result<(), State> {
        let unit = TARGETS[target].unit;
        if UNITS[unit].is_always {
            return Err("428C9");
        }
        for (key, row) in self.found(target, from) {
            if from == to {
                self.update(unit, key, row);
                continue;
            }
            self.take(unit, key);
            let part = row.part;
            self.insert(target, to, Origin::Supplied)?;
            let key = self.last_key;
            let moved = self.work(unit).inserted.get_mut(&key);
            // A row that changes its partition is a new one there.
            moved.into_iter().for_each(|row| row.is_updated = row.part == part);
        }
        self.note_supply(target, 1);
        Ok(())
    }

    fn nest(&mut self, id: i64) -> Result<(), State> {
        let target_of = |unit| TARGETS.iter().position(|target| target.unit == unit).unwrap();
        self.draw(target_of(NESTING))?;
        if !self.exists(NESTED) {
            return Err("42P01");
        }
        let nested = target_of(NESTED);
        let directly = self.transaction.work.named[nested].directly;
        self.supply(nested, &[id], How::Columns)?;
        self.transaction.work.named[nested].directly = directly;
        Ok(())
    }

    /// Inserts a row into its part, unless the id exists there.
    fn insert(&mut self, target: usize, id: i64, origin: Origin) -> Result<(), State> {
        let unit = TARGETS[target].unit;
        let part = TARGETS[target].route(id).ok_or("23514")?;
        if UNITS[unit].is_unique {
            self.put.push((unit, part, id));
            if self.visible(unit).any(|(_, row)| row.part == part && row.id == id) {
                return Err("23505");
            }
        }
        self.add(unit, Row { part, id, origin, is_updated: false });
        Ok(())
    }

    fn add(&mut self, unit: usize, row: Row) {
        self.last_key += 1;
        let key = self.last_key;
        self.work(unit).inserted.insert(key, row);
    }

    /// Removes a row, and returns whether it was another transaction's.
    fn take(&mut self, unit: usize, key: Key) -> bool {
        let work = self.work(unit);
        let own = work.inserted.remove(&key);
        let is_foreign = own.is_none();
        work.gone.extend(own);
        if is_foreign {
            work.deleted.insert(key);
            self.taken.push(key);
        }
        is_foreign
    }

    fn note_supply(&mut self, target: usize, rows: usize) {
        let off = self.transaction.work.mode == Mode::Off;
        let named = self.name(target);
        named.supplied |= rows > 0;
        named.directly = true;
        named.unguarded |= off;
        self.transaction.once_supplied.insert(target);
    }

    fn note_set(&mut self, unit: usize) {
        if self.transaction.work.mode != Mode::Off {
            self.work(unit).is_set = true;
        }
    }

    fn name(&mut self, target: usize) -> &mut Named {
        let named = &mut self.transaction.work.named[target];
        named.touched = true;
        named
    }

    fn clear(&mut self, unit: usize) {
        let committed = self.committed[unit].rows.keys().copied();
        let work = &mut self.transaction.work.units[unit];
        work.inserted.clear();
        work.deleted.extend(committed);
    }

    fn put_sequence(&mut self, unit: usize, start: i64) {
        self.files.push(UNITS[unit].rule.restarted(start));
        let file = self.files.len() - 1;
        self.work(unit).file = Some(file);
    }

    fn work(&mut self, unit: usize) -> &mut UnitWork {
        &mut self.transaction.work.units[unit]
    }

    pub fn exists(&self, unit: usize) -> bool {
        self.transaction.work.units[unit].exists.unwrap_or(self.committed[unit].exists)
    }

    pub fn file(&self, unit: usize) -> File {
        self.transaction.work.units[unit].file.unwrap_or(self.committed[unit].file)
    }

    /// Returns the rows of a unit that are visible to the transaction.
    pub fn visible(&self, unit: usize) -> impl Iterator<Item = (Key, Row)> + '_ {
        let work = &self.transaction.work.units[unit];
        let others = self.committed[unit].rows.iter().filter(|(key, _)| !work.deleted.contains(key));
        others.chain(&work.inserted).map(|(key, row)| (*key, *row))
    }

    fn found(&self, target: usize, id: i64) -> Vec<(Key, Row)> {
        let Target { unit, .. } = TARGETS[target];
        self.visible(unit).filter(|(_, row)| TARGETS[target].has(row.part) && row.id == id).collect()
    }
}
