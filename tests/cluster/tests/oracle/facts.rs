//! Reads a case's state from the server: names as it prints them, sequences' states, ids, and the
//! results of inserts.

use crate::cases::Fed;
use crate::model::{Outlook, Sequence};
use cluster::{identifier, literal};
use postgres::{Error, Transaction};

/// The most inserts that are tried.
pub const TRIES: i128 = 41;

/// A fed column and its current state.
#[derive(Clone)]
pub struct Facts {
    pub fed: Fed,
    /// The names of table and sequence as regclass prints them.
    pub table: String,
    pub sequence_name: String,
    /// Whether a logged table draws from an unlogged sequence.
    pub loses_position: bool,
    pub sequence: Sequence,
    /// How many values a session draws at a time.
    pub cache: i128,
    /// The integers in the column.
    pub ids: Vec<i128>,
    /// Whether the column has fractions, infinities, or values beyond bigint.
    pub has_odd_ids: bool,
}

impl Facts {
    pub fn read(transaction: &mut Transaction, fed: &Fed) -> Result<Self, Error> {
        let names = transaction.query_one(
            &format!(
                "SELECT t.oid::regclass::text, s.oid::regclass::text, s.relpersistence = 'u' AND t.relpersistence = 'p', q.seqcache \
                 FROM pg_class t, pg_class s, pg_sequence q \
                 WHERE t.oid = {}::regclass AND s.oid = {} AND q.seqrelid = s.oid",
                literal(&fed.table),
                fed.sequence
            ),
            &[],
        )?;
        let sequence_name: String = names.get(1);
        let sequence = read_sequence(transaction, &sequence_name)?;
        let column = identifier(&fed.column);
        let query = format!("SELECT {column}::text FROM {} WHERE {column} IS NOT NULL", fed.rows);
        let (mut ids, mut has_odd_ids) = (Vec::new(), false);
        for row in transaction.query(&query, &[])? {
            match row.get::<_, String>(0).parse::<i128>() {
                Ok(id) => {
                    has_odd_ids |= i64::try_from(id).is_err();
                    ids.push(id);
                }
                Err(_) => has_odd_ids = true,
            }
        }
        let (table, loses_position, cache) = (names.get(0), names.get(2), names.get::<_, i64>(3).into());
        Ok(Self { fed: fed.clone(), table, sequence_name, loses_position, sequence, cache, ids, has_odd_ids })
    }

    /// Merges the ids of inheriting columns into those of the column in whose row they are
    /// reported.
    pub fn merge_inherited(all: &[Self]) -> Vec<Self> {
        let (inheriting, mut rows): (Vec<_>, Vec<_>) =
            all.iter().cloned().partition(|facts| facts.fed.reported_with.is_some());
        for child in inheriting {
            for head in rows.iter_mut().filter(|head| child.fed.reported_with.as_ref() == Some(&head.fed.table)) {
                head.ids.extend(&child.ids);
                head.has_odd_ids |= child.has_odd_ids;
                head.loses_position |= child.loses_position;
            }
        }
        rows
    }

    /// Returns how many ids on either side of a value belong to its block.
    pub fn block_radius(&self) -> i128 {
        if self.fed.in_blocks { self.sequence.increment.abs() - 1 } else { 0 }
    }

    pub fn outlook(&self) -> Outlook {
        self.sequence.outlook(self.fed.id_type, &self.ids, self.block_radius())
    }

    /// Inserts with the default until one fails, and undoes everything. Returns how many succeeded
    /// and the SQLSTATE.
    pub fn count_inserts(&self, transaction: &mut Transaction, times: i128) -> Result<(i128, Option<String>), Error> {
        // A sequence with CYCLE is checked up to its bound.
        let times = match self.outlook() {
            Outlook::Free(run) if self.sequence.cycle => times.min(run),
            _ => times,
        };
        if self.block_radius() > 0 {
            // As Hibernate's two optimizers do: the block ends or begins with the value.
            let ways = [(-self.block_radius(), 0), (0, self.block_radius())];
            let ways =
                ways.into_iter().map(|(from, to)| self.run_and_restore(transaction, &self.block_call(from, to, times)));
            let ways = ways.collect::<Result<Vec<_>, Error>>()?;
            return Ok(ways.into_iter().min_by_key(|(succeeded, _)| *succeeded).unwrap_or_default());
        }
        let column = identifier(&self.fed.column);
        let call = if self.fed.unique {
            format!("oracle.inserts({}, {times})", literal(&self.fed.insert))
        } else {
            let value = format!("$1::{}", self.fed.id_type.sql());
            let present = format!("SELECT EXISTS (SELECT FROM {} WHERE {column} = {value})", self.fed.rows);
            format!("oracle.draws({}, {}, {times})", literal(&self.sequence_name), literal(&present))
        };
        self.run_and_restore(transaction, &call)
    }

    /// Returns a call that draws like an application that uses each value for the ids from `from`
    /// before to `to` after it.
    fn block_call(&self, from: i128, to: i128, times: i128) -> String {
        const MAX_BLOCK: i128 = 1000;
        let column = identifier(&self.fed.column);
        let (from, to) = if self.sequence.increment > 0 { (from, to) } else { (-to, -from) };
        let (lowest, highest) = self.fed.id_type.range();
        let sequence = literal(&self.sequence_name);
        let table = &self.fed.table;
        if self.fed.unique && self.block_radius() <= MAX_BLOCK {
            // Ids outside the column's range are skipped.
            let insert = format!(
                "INSERT INTO {table} ({column}) SELECT g FROM generate_series(greatest($1 + {from}, {lowest}::numeric), \
                 least($1 + {to}, {highest}::numeric)) g"
            );
            return format!(
                "oracle.blocks({sequence}, {}, {}, {times})",
                literal(&insert),
                literal(&self.fed.id_type.sql())
            );
        }
        let present = format!(
            "SELECT EXISTS (SELECT FROM {} WHERE {column}::numeric BETWEEN $1 + {from}::numeric AND $1 + {to}::numeric \
             AND {column} = trunc({column}) AND $1::{} IS NOT NULL)",
            self.fed.rows,
            self.fed.id_type.sql()
        );
        format!("oracle.draws({sequence}, {}, {times})", literal(&present))
    }

    /// Runs the call and restores the sequence.
    fn run_and_restore(&self, transaction: &mut Transaction, call: &str) -> Result<(i128, Option<String>), Error> {
        let row = transaction.query_one(&format!("SELECT succeeded::bigint, state FROM {call}"), &[])?;
        let Sequence { last, called, .. } = self.sequence;
        transaction.batch_execute(&format!("SELECT setval({}, {last}, {called})", literal(&self.sequence_name)))?;
        Ok((row.get::<_, i64>(0).into(), row.get(1)))
    }

    /// Whether the inserts ended as the model predicts.
    pub fn agrees(&self, times: i128, (succeeded, state): &(i128, Option<String>)) -> bool {
        let out_of_values = matches!(state.as_deref(), Some("2200H" | "22003"));
        match self.outlook() {
            Outlook::Exhausted => *succeeded == 0 && out_of_values,
            Outlook::Behind(left) if left < times => *succeeded == left && state.as_deref() == Some("23505"),
            Outlook::Free(run) if run < times => *succeeded == run && (out_of_values || self.sequence.cycle),
            _ => state.is_none(),
        }
    }
}

pub fn read_sequence(transaction: &mut Transaction, name: &str) -> Result<Sequence, Error> {
    let query = format!(
        "SELECT seqincrement, seqmin, seqmax, seqcycle, last_value, is_called \
         FROM {name}, pg_sequence WHERE seqrelid = {}::regclass",
        literal(name)
    );
    let row = transaction.query_one(&query, &[])?;
    let number = |index| i128::from(row.get::<_, i64>(index));
    Ok(Sequence {
        increment: number(0),
        min: number(1),
        max: number(2),
        cycle: row.get(3),
        last: number(4),
        called: row.get(5),
    })
}
