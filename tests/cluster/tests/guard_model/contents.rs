//! The guard is compared with the model; the model is compared with the server's tables.

use crate::runner::{Runner, Wrong};
use crate::shapes::UNITS;
use anyhow::Result;
use postgres::SimpleQueryMessage;

impl Runner<'_> {
    /// Compares all rows and sequences. No session may be in a transaction.
    pub fn compare_contents(&mut self) -> Result<Wrong> {
        let mut queries = Vec::new();
        let mut expected = Vec::new();
        for (unit, state) in UNITS.iter().zip(&self.world.committed).filter(|(_, state)| state.exists) {
            let sequence = unit.sequence;
            queries.push(format!("SELECT '{sequence}', last_value, is_called FROM {sequence}"));
            let position = self.world.files[state.file];
            expected.push(line(sequence, position.last, position.called));
            for name in unit.parts {
                queries.push(format!("SELECT '{name}', id, true FROM ONLY {name}"));
            }
            expected.extend(state.rows.values().map(|row| line(unit.parts[row.part], row.id, true)));
        }
        let messages = self.client().simple_query(&queries.join(" UNION ALL "))?;
        let mut found: Vec<_> = messages
            .iter()
            .filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some((0..3).filter_map(|column| row.get(column)).collect::<Vec<_>>()),
                _ => None,
            })
            .map(|columns| columns.join(" "))
            .collect();
        found.sort();
        expected.sort();
        let only_in = |these: &[String], those: &[String]| -> Vec<_> {
            these.iter().filter(|line| !those.contains(line)).cloned().collect()
        };
        let (surplus, missing) = (only_in(&found, &expected), only_in(&expected, &found));
        Ok((found != expected).then(|| format!("the model is wrong: found {surplus:?} instead of {missing:?}")))
    }
}

fn line(name: &str, number: i64, is_called: bool) -> String {
    format!("{name} {number} {}", if is_called { "t" } else { "f" })
}
