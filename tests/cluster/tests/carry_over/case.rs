//! A random sequence in both databases, and where it has to go.

use crate::Row;
use anyhow::Result;
use fastrand::Rng;
use postgres::Client;

/// How many values are drawn from the target to see whether one comes again.
const DRAWN: i32 = 80;

/// One side's sequence.
#[derive(Clone, Debug)]
pub struct Side {
    increment: i64,
    min: i64,
    max: i64,
    start: i64,
    cache: i64,
    cycle: bool,
    /// The position before the resync.
    last_value: i64,
    is_called: bool,
}

#[derive(Clone, Debug)]
pub struct Case {
    pub number: u64,
    /// Whether a column draws from it.
    is_fed: bool,
    /// The largest id that the target's column can hold.
    column: &'static str,
    source: Side,
    /// `None` if the target does not have it.
    target: Option<Side>,
    draws: i32,
    /// Whether cached values are lost, as with a session that ends.
    discards: bool,
    /// Every how many values has a row.
    row_every: usize,
    /// Rows of the target's own: how far from the source's next value.
    own: Vec<i64>,
    drawn: Vec<i64>,
    ids: Vec<i64>,
}

impl Side {
    fn sql(&self, name: &str) -> String {
        let Side { increment, min, max, start, cache, .. } = self;
        let cycle = if self.cycle { "CYCLE" } else { "" };
        format!(
            "CREATE SEQUENCE {name} INCREMENT {increment} MINVALUE {min} MAXVALUE {max} START {start} CACHE {cache} {cycle};"
        )
    }

    fn read(&mut self, client: &mut Client, name: &str) -> Result<()> {
        let row = client.query_one(&format!("SELECT last_value, is_called FROM {name}"), &[])?;
        (self.last_value, self.is_called) = (row.get(0), row.get(1));
        Ok(())
    }

    fn direction(&self) -> i64 {
        self.increment.signum()
    }

    /// Returns the value that comes next, which may lie beyond the bound.
    fn next(&self) -> i64 {
        if self.is_called { self.last_value + self.increment } else { self.last_value }
    }

    fn has(&self, value: i64) -> bool {
        (self.min..=self.max).contains(&value)
    }

    /// Returns the values that are left, up to `low` and `high`.
    fn walk(&self, low: i64, high: i64) -> Vec<i64> {
        let next = self.next();
        let values = std::iter::successors(Some(next), |value| Some(value + self.increment));
        values.take_while(|value| self.has(*value) && (low..=high).contains(value)).take(3_000).collect()
    }
}

impl Case {
    pub fn random(random: &mut Rng, number: u64) -> Case {
        let increment = *random.choice(&[1, 1, 1, 1, -1, -1, 2, 5, -3, 10]).unwrap_or(&1);
        let (low, high) = *random.choice(&[(-60, 60), (1, 40), (-9, 900), (-2_000, 2_000)]).unwrap_or(&(1, 40));
        let start = if increment > 0 { random.i64(low..low + 20) } else { random.i64(high - 20..=high) };
        let source = Side {
            increment,
            min: low,
            max: high,
            start,
            cache: if random.u8(..6) == 0 { 7 } else { 1 },
            cycle: random.u8(..20) == 0,
            last_value: 0,
            is_called: false,
        };
        let mut target = source.clone();
        match random.u8(..10) {
            0 => target.increment = *random.choice(&[1, -1, 2, -10]).unwrap_or(&1),
            1 if increment > 0 => target.max = high + random.i64(0..40),
            2 if increment > 0 => target.max = (high - random.i64(0..20)).max(start),
            3 if increment < 0 => target.min = low - random.i64(0..40),
            4 => target.cache = 20,
            5 => target.cycle = !target.cycle,
            6 => target.start = (start + random.i64(-5..30) * source.direction()).clamp(target.min, target.max),
            _ => {}
        }
        let own = (0..random.usize(..4)).map(|_| random.i64(-12..12)).collect();
        Case {
            number,
            is_fed: random.u8(..4) > 0,
            column: random.choice(&["bigint", "integer", "smallint", "numeric(2)"]).unwrap_or(&"bigint"),
            source,
            target: (random.u8(..15) > 0).then_some(target),
            draws: if random.u8(..8) == 0 { 0 } else { random.i32(1..60) },
            discards: random.bool(),
            row_every: random.usize(1..5),
            own: if random.u8(..3) == 0 { own } else { Vec::new() },
            drawn: Vec::new(),
            ids: Vec::new(),
        }
    }

    pub fn sequence(&self) -> String {
        format!("s{}", self.number)
    }

    /// Returns the ids that the column holds besides the sequence's bounds.
    fn holds(&self) -> (i64, i64) {
        match (self.is_fed, self.column) {
            (true, "numeric(2)") => (-99, 99),
            _ => (i64::from(i16::MIN), i64::from(i16::MAX)),
        }
    }

    fn table(&self) -> String {
        let (number, sequence, column) = (self.number, self.sequence(), self.column);
        if !self.is_fed {
            return String::new();
        }
        format!("CREATE TABLE t{number} (id {column} DEFAULT nextval('{sequence}'), n int);")
    }

    pub fn make_source(&mut self, client: &mut Client) -> Result<()> {
        let name = self.sequence();
        client.batch_execute(&format!("{}{}", self.source.sql(&name), self.table()))?;
        self.drawn = client.query_one(&format!("SELECT draw('{name}', {})", self.draws), &[])?.get(0);
        if self.discards {
            client.batch_execute("DISCARD SEQUENCES")?;
        }
        self.source.read(client, &name)
    }

    pub fn make_target(&mut self, client: &mut Client) -> Result<()> {
        let (name, (low, high)) = (self.sequence(), self.holds());
        let Some(mut target) = self.target.clone() else { return Ok(()) };
        client.batch_execute(&format!("{}{}", target.sql(&name), self.table()))?;
        target.read(client, &name)?;
        self.target = Some(target);
        if self.is_fed {
            let own = self.own.iter().map(|from| self.source.next() + from);
            let copied = self.drawn.iter().step_by(self.row_every).copied();
            self.ids = copied.chain(own).filter(|id| (low..=high).contains(id)).collect();
            client.execute(&format!("INSERT INTO t{} (id) SELECT unnest($1::bigint[])", self.number), &[&self.ids])?;
        }
        Ok(())
    }

    /// Returns the value from which on the target generates nothing that the source generated and
    /// no id that is used; `None` if it has none.
    fn expected(&self, target: &Side) -> Option<i64> {
        let (low, high) = self.holds();
        let direction = target.direction();
        let values = target.walk(low, high);
        let is_past_source = |value: &i64| {
            let bound = if direction > 0 { self.source.max } else { self.source.min };
            let is_exhausted = !self.source.has(self.source.next());
            if is_exhausted { (value - bound) * direction > 0 } else { (value - self.source.next()) * direction >= 0 }
        };
        let from: Vec<i64> = values.into_iter().skip_while(|value| !is_past_source(value)).collect();
        let last = *from.last()?;
        if !from.iter().any(|value| self.ids.contains(value)) {
            return from.first().copied();
        }
        // Ids between the values are passed together with those that are hit.
        let bound = if direction > 0 { high.min(target.max).max(last) } else { low.max(target.min).min(last) };
        let ids = self.ids.iter().filter(|id| (bound - **id) * direction >= 0);
        let furthest = ids.map(|id| id * direction).max()? * direction;
        from.into_iter().find(|value| (value - furthest) * direction > 0)
    }

    /// Draws from the target, and returns what is wrong with the row and the values; `None` if
    /// nothing is.
    pub fn verdict(&self, client: &mut Client, row: Option<&Row>) -> Result<Option<&'static str>> {
        let Some(target) = &self.target else { return Ok(row.map(|_| "row of a missing sequence")) };
        let mut now = target.clone();
        now.read(client, &self.sequence())?;
        if (now.next() - target.next()) * target.direction() < 0 {
            return Ok(Some("moved back"));
        }
        let can_compare = self.source.increment == target.increment && !self.source.cycle && !target.cycle;
        let drawn: Vec<i64> =
            client.query_one("SELECT draw($1::text::regclass, $2)", &[&self.sequence(), &DRAWN])?.get(0);
        let Some(row) = row else {
            return Ok(drawn.iter().any(|value| self.drawn.contains(value)).then_some("drawn again"));
        };
        let is_skipped = row.outcome == "skipped";
        if is_skipped && now.next() != target.next() {
            return Ok(Some("skipped, but moved"));
        }
        if !can_compare {
            let is_said = row.detail.contains("CYCLE") || row.detail.contains("increment");
            let is_equal = self.source.next() == target.next();
            let is_wrong = self.source.increment != target.increment && !is_skipped;
            return Ok((is_wrong || is_skipped && !is_said || !is_skipped && !is_equal).then_some("not comparable"));
        }
        if is_skipped {
            return Ok(match self.expected(target) {
                Some(_) => Some("skipped without need"),
                None if row.detail.is_empty() => Some("no reason"),
                None => None,
            });
        }
        if drawn.iter().any(|value| self.drawn.contains(value)) {
            return Ok(Some("drawn again"));
        }
        if row.new_next != Some(now.next()) {
            return Ok(Some("another position than the row's"));
        }
        if row.detail.contains("not passed") {
            return Ok(None);
        }
        if drawn.iter().any(|value| self.ids.contains(value)) {
            return Ok(Some("used id"));
        }
        Ok((self.expected(target) != Some(now.next())).then_some("another position"))
    }
}
