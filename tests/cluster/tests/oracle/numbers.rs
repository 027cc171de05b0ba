//! Random sequences, their positions, and ids near the boundary cases.

use fastrand::Rng;

/// The type of a column that holds ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdType {
    Int2,
    Int4,
    Int8,
    Numeric,
    /// numeric(digits, 0)
    Digits(u32),
}

impl IdType {
    pub const INTEGERS: [Self; 3] = [Self::Int2, Self::Int4, Self::Int8];

    pub fn any(random: &mut Rng) -> Self {
        match random.u8(..10) {
            0 => Self::Numeric,
            1 => Self::Digits(random.u32(2..25)),
            2 => Self::Int2,
            3..=5 => Self::Int4,
            _ => Self::Int8,
        }
    }

    pub fn sql(self) -> String {
        match self {
            Self::Int2 => "smallint".to_owned(),
            Self::Int4 => "integer".to_owned(),
            Self::Int8 => "bigint".to_owned(),
            Self::Numeric => "numeric".to_owned(),
            Self::Digits(digits) => format!("numeric({digits},0)"),
        }
    }

    /// Returns the smallest and the largest integer of the type.
    pub fn range(self) -> (i128, i128) {
        match self {
            Self::Int2 => (i16::MIN.into(), i16::MAX.into()),
            Self::Int4 => (i32::MIN.into(), i32::MAX.into()),
            Self::Int8 => (i64::MIN.into(), i64::MAX.into()),
            Self::Numeric => (-(10_i128.pow(35)), 10_i128.pow(35)),
            Self::Digits(digits) => (1 - 10_i128.pow(digits), 10_i128.pow(digits) - 1),
        }
    }
}

/// A sequence's parameters and its position.
#[derive(Clone, Debug)]
pub struct Numbers {
    data_type: IdType,
    pub increment: i64,
    min: i64,
    max: i64,
    start: i64,
    cycle: bool,
    cache: i64,
    last: i64,
    called: bool,
}

impl Numbers {
    /// Returns a sequence of one of the three integer types.
    pub fn random(random: &mut Rng, data_type: IdType) -> Self {
        let (lowest, highest) = data_type.range();
        let (lowest, highest) = (lowest as i64, highest as i64);
        let increment = increment(random);
        let (min, max) = match random.u8(..10) {
            0..=4 if increment > 0 => (1, highest),
            0..=4 => (lowest, -1),
            5 => (lowest, highest),
            6 => window(random, 0, lowest, highest),
            7 => window(random, lowest, lowest, highest),
            8 => window(random, highest, lowest, highest),
            _ => {
                let anchor = random.i64(lowest..highest);
                window(random, anchor, lowest, highest)
            }
        };
        let first = if increment > 0 { min } else { max };
        let mut numbers = Self {
            data_type,
            increment,
            min,
            max,
            start: first,
            cycle: random.u8(..8) == 0,
            cache: if random.u8(..6) == 0 { random.i64(2..40) } else { 1 },
            last: first,
            called: random.bool(),
        };
        if random.u8(..4) == 0 {
            numbers.start = random.i64(min..=max);
        }
        numbers.last = numbers.position(random);
        numbers
    }

    fn position(&self, random: &mut Rng) -> i64 {
        let (increment, steps) = (i128::from(self.increment), random.i128(0..50));
        let position = match random.u8(..6) {
            0 => self.start.into(),
            1 | 2 => i128::from(self.start) + increment * steps,
            3 | 4 if self.increment > 0 => i128::from(self.max) - increment * steps,
            3 | 4 => i128::from(self.min) - increment * steps,
            _ => random.i64(self.min..=self.max).into(),
        };
        position.clamp(self.min.into(), self.max.into()) as i64
    }

    /// Returns the options for CREATE SEQUENCE or an identity column.
    pub fn options(&self) -> String {
        format!(
            "INCREMENT BY {} MINVALUE {} MAXVALUE {} START WITH {} CACHE {} {}",
            self.increment,
            self.min,
            self.max,
            self.start,
            self.cache,
            if self.cycle { "CYCLE" } else { "NO CYCLE" }
        )
    }

    pub fn data_type(&self) -> String {
        self.data_type.sql()
    }

    /// Returns the second and third argument of setval.
    pub fn state(&self) -> String {
        format!("{}, {}", self.last, self.called)
    }

    /// Returns the next value, even beyond the bounds.
    pub fn next(&self) -> i128 {
        i128::from(self.last) + if self.called { self.increment.into() } else { 0 }
    }

    fn bound(&self) -> i128 {
        if self.increment > 0 { self.max.into() } else { self.min.into() }
    }

    /// Returns ids for a column that this sequence feeds, as SQL constants.
    pub fn ids(&self, random: &mut Rng, id_type: IdType) -> Vec<String> {
        let (next, increment, bound) = (self.next(), i128::from(self.increment), self.bound());
        let mut ids = Vec::new();
        for _ in 0..random.u8(..4) {
            let ahead = [0, 1, 2, 3, 7, 20, 38, 39, 40, 41, 60][random.usize(..11)];
            match random.u8(..12) {
                // Values that the sequence has already generated.
                0..=2 => ids.extend((1..=random.i128(1..12)).map(|step| next - step * increment)),
                3 | 4 => ids.extend((0..random.i128(1..12)).map(|step| next + (step + ahead) * increment)),
                5 | 6 => ids.push(next + ahead * increment),
                7 => ids.extend([1, -1].map(|off| next + ahead * increment + off)),
                8 => ids.extend([bound, bound - increment, bound + increment, bound - 2 * increment]),
                9 => ids.push(next + (bound - next) / 100 * random.i128(1..100)),
                10 => {
                    ids.extend((0..random.i128(1..12)).map(|step| next + (bound - next) / 100 * 95 + step * increment))
                }
                _ => {
                    let (lowest, highest) = id_type.range();
                    ids.extend([lowest + random.i128(0..4), highest - random.i128(0..4)]);
                }
            }
        }
        let (lowest, highest) = id_type.range();
        let mut ids: Vec<_> = ids.iter().filter(|id| (lowest..=highest).contains(*id)).map(i128::to_string).collect();
        if id_type == IdType::Numeric && random.bool() {
            let odd = ["'NaN'", "'Infinity'", "'-Infinity'", "0.5", "1e40", "-1e40"];
            ids.push(odd[random.usize(..odd.len())].to_owned());
            ids.push(format!("{}.5", next));
        }
        random.shuffle(&mut ids);
        ids
    }
}

fn increment(random: &mut Rng) -> i64 {
    let usual = [1, 1, 1, 1, 1, 1, 2, 3, 10, -1, -1, -7];
    let huge = [i64::MAX, i64::MIN, i64::MAX / 2, i64::MIN / 3, i32::MAX.into(), i32::MIN.into(), 1000, -1000];
    if random.u8(..8) == 0 { huge[random.usize(..huge.len())] } else { usual[random.usize(..usual.len())] }
}

/// Returns a small range at or around `anchor`.
fn window(random: &mut Rng, anchor: i64, lowest: i64, highest: i64) -> (i64, i64) {
    let (below, above) = (random.i64(0..300), random.i64(1..300));
    let min = anchor.saturating_sub(below).clamp(lowest, highest - 1);
    (min, anchor.saturating_add(above).clamp(min + 1, highest))
}
