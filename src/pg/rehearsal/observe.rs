//! Observes which relations a statement locks, scans and rewrites.

use super::locks::{self, Held, Modes};
use super::observed::{Lock, Observed, Relation, Scan};
use super::relation_before::{self, Before, Described};
use crate::pg::memory_context::Context;
use crate::pg::names::{QualifiedName, quote_identifier, relation_kind};
use pgrx::pg_sys::{self, Oid};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Remembers what earlier statements did, so that each statement is charged with its own.
pub struct Observer {
    held: Held,
    /// Kinds of the relations that were locked so far.
    kinds: HashMap<Oid, u8>,
    /// Relations that the script has created.
    created: HashSet<Oid>,
    /// Whether the script has several transactions. A lock that an earlier one has acquired is
    /// still held here, but not in the real run.
    has_transactions: bool,
    /// How often the other relations were locked so far, by mode; only if there are several
    /// transactions.
    times: HashMap<(Oid, Modes), i64>,
    /// The modes that the current one of several transactions has acquired.
    transaction: HashMap<Oid, Modes>,
    tables: Vec<Oid>,
    /// How often each table was scanned so far, and how many rows were read.
    scans: HashMap<Oid, (i64, i64)>,
}

/// The state before a statement.
pub struct BeforeStatement(Before);

impl BeforeStatement {
    pub fn take() -> BeforeStatement {
        BeforeStatement(Before::take())
    }
}

type Descriptions = HashMap<Oid, Option<Described>>;

impl Observer {
    /// Starts with the locks that the session holds, and with the counts of these tables.
    pub fn new(tables: Vec<Oid>, has_transactions: bool) -> Observer {
        let mut observer = Observer {
            held: Held::read(),
            kinds: HashMap::new(),
            created: HashSet::new(),
            has_transactions,
            times: HashMap::new(),
            transaction: HashMap::new(),
            tables,
            scans: HashMap::new(),
        };
        observer.acquired();
        observer.skip_scans();
        observer
    }

    /// To be called at the start of each transaction.
    pub fn begin(&mut self) {
        self.transaction.clear();
    }

    /// Returns what the statement has done. To be called in its subtransaction.
    pub fn statement(&mut self, before: &BeforeStatement) -> Observed {
        // Names and counts are copied into the current context.
        Context::new(c"pg_flightcheck observation").within(|| self.observe(&before.0))
    }

    fn observe(&mut self, before: &Before) -> Observed {
        let mut described = Descriptions::new();
        let new = self.held.refresh();
        for (oid, ..) in &new {
            let relation = described.entry(*oid).or_insert_with(|| before.relation(*oid));
            if relation.is_none() {
                self.created.insert(*oid);
            }
            if let Some(kind) = relation.as_ref().map(|relation| relation.kind).or_else(|| relation_kind(*oid)) {
                self.kinds.insert(*oid, kind);
            }
        }
        let new = if self.has_transactions { self.new_in_transaction() } else { new };
        let mut locks = BTreeMap::new();
        for (oid, earlier, now) in new {
            let relation = described.entry(oid).or_insert_with(|| before.relation(oid));
            let lock = relation.as_ref().and_then(|relation| added(before, relation, now, earlier));
            locks.extend(lock.map(|lock| (lock.to_string(), lock)));
        }
        Observed {
            locks: locks.into_values().collect(),
            scanned: self.scanned(before, &mut described),
            rewritten: rewritten(before),
        }
    }

    /// Returns the relations that were locked since the last call, with the modes that the
    /// transaction had acquired before and has acquired now.
    fn new_in_transaction(&mut self) -> Vec<(Oid, Modes, Modes)> {
        let acquired = self.acquired();
        let merged = acquired.into_iter().map(|(oid, modes)| {
            let held = self.transaction.entry(oid).or_default();
            let earlier = *held;
            *held |= modes;
            (oid, earlier, *held)
        });
        merged.collect()
    }

    /// Returns the relations that were locked since the last call, and the modes.
    fn acquired(&mut self) -> HashMap<Oid, Modes> {
        let mut acquired = HashMap::new();
        if !self.has_transactions {
            return acquired;
        }
        for (oid, modes) in self.held.relations().filter(|(oid, _)| !self.created.contains(oid)) {
            for (mode, now) in locks::times(oid, modes) {
                if now > self.times.insert((oid, mode), now).unwrap_or(0) {
                    *acquired.entry(oid).or_default() |= mode;
                }
            }
        }
        acquired
    }

    /// To be called after a rollback: the locks that it released may be acquired again, and the
    /// scans that were rolled back remain counted.
    pub fn after_rollback(&mut self) {
        self.held.refresh();
        self.times.clear();
        self.acquired();
        self.skip_scans();
    }

    fn skip_scans(&mut self) {
        Context::new(c"pg_flightcheck observation").within(|| {
            let tables = self.tables.iter().chain(self.kinds.keys());
            self.scans = tables.filter_map(|oid| Some((*oid, counts(*oid)?))).collect();
        });
    }

    fn scanned(&mut self, before: &Before, described: &mut Descriptions) -> Option<Vec<Scan>> {
        // SAFETY: a plain read of a setting.
        if !unsafe { pg_sys::pgstat_track_counts } {
            return None;
        }
        let mut found = BTreeMap::new();
        for (oid, _) in self.held.relations() {
            if !matches!(self.kinds.get(&oid), Some(&(pg_sys::RELKIND_RELATION | pg_sys::RELKIND_MATVIEW))) {
                continue;
            }
            let Some(now) = counts(oid) else { continue };
            let earlier = self.scans.insert(oid, now).unwrap_or_default();
            if now.0 > earlier.0
                && let Some(relation) = described.entry(oid).or_insert_with(|| before.relation(oid))
            {
                let scan = Scan { relation: named(before, relation), rows: now.1 - earlier.1 };
                found.insert(scan.to_string(), scan);
            }
        }
        Some(found.into_values().collect())
    }
}

/// Returns how often this transaction has scanned the table, and how many rows it has read.
fn counts(table: Oid) -> Option<(i64, i64)> {
    // SAFETY: returns null, or an entry of this session; since 16 a copy in the current context.
    unsafe {
        let status = pg_sys::find_tabstat_entry(table).as_ref()?;
        #[cfg(not(since_16))]
        return Some((status.t_counts.t_numscans, status.t_counts.t_tuples_returned));
        #[cfg(since_16)]
        return Some((status.counts.numscans, status.counts.tuples_returned));
    }
}

fn named(before: &Before, relation: &Described) -> Relation {
    let name = match before.schema(relation.schema) {
        Some(schema) => QualifiedName { schema, name: relation.name.clone() }.quoted(),
        None => quote_identifier(&relation.name),
    };
    Relation { oid: relation.oid, name }
}

/// Returns the lock if it is of interest. Every plan locks the indexes of its tables, and every
/// nextval its sequence: for these, only modes count that keep others from changing them.
fn added(before: &Before, relation: &Described, modes: Modes, earlier: Modes) -> Option<Lock> {
    let (mode, mode_name) = locks::strongest(modes)?;
    if locks::strongest(earlier).is_some_and(|(earlier, _)| earlier >= mode) {
        return None;
    }
    let least = match relation.kind {
        pg_sys::RELKIND_INDEX | pg_sys::RELKIND_PARTITIONED_INDEX | pg_sys::RELKIND_SEQUENCE => {
            pg_sys::ShareUpdateExclusiveLock as i32
        }
        pg_sys::RELKIND_TOASTVALUE => return None,
        _ => pg_sys::AccessShareLock as i32,
    };
    (mode >= least).then(|| Lock { mode, mode_name, relation: named(before, relation) })
}

/// Returns the relations that existed before the statement and have a file that it created, and
/// those whose place a new relation of the same name has taken.
fn rewritten(before: &Before) -> Vec<Relation> {
    let mut found = BTreeMap::new();
    for (tablespace, file) in new_files() {
        let Some((now, now_name)) = relation_before::with_file(tablespace, file) else { continue };
        if now.kind == pg_sys::RELKIND_TOASTVALUE || now.schema.to_u32() == pg_sys::PG_TOAST_NAMESPACE {
            continue;
        }
        let then = before.relation(now.oid).or_else(|| before.relation_named(&now_name, now.schema));
        if let Some(then) = then.filter(|then| then.file != now.file) {
            let relation = named(before, &then);
            found.insert(relation.name.clone(), relation);
        }
    }
    found.into_values().collect()
}

/// Returns the files, with their tablespaces as pg_class has them, that the current subtransaction
/// has created.
fn new_files() -> Vec<(Oid, u32)> {
    let mut files = std::ptr::null_mut();
    // SAFETY: the server returns the number of files in a palloc'd array, and sets it to null if
    // there are none.
    unsafe {
        let count = usize::try_from(pg_sys::smgrGetPendingDeletes(false, &mut files)).unwrap_or(0);
        if files.is_null() {
            return Vec::new();
        }
        let found = std::slice::from_raw_parts(files, count).iter().map(|file| {
            #[cfg(not(since_16))]
            let (tablespace, number) = (file.spcNode, file.relNode);
            #[cfg(since_16)]
            let (tablespace, number) = (file.spcOid, file.relNumber);
            let is_default = tablespace == pg_sys::MyDatabaseTableSpace;
            (if is_default { pg_sys::InvalidOid } else { tablespace }, u32::from(number))
        });
        let found = found.collect();
        pg_sys::pfree(files.cast());
        found
    }
}
