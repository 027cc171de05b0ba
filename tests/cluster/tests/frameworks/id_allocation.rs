//! How mappers allocate ids from a sequence, according to their source code.

use postgres::Client;
use postgres::Error;

#[derive(Clone, Copy, Debug)]
pub enum Drawing {
    /// One value for each row, fetched by the mapper or by the column's default.
    Single,
    /// Hibernate's pooled optimizer: a value is the last of a block, except for the very first,
    /// which is a block of one.
    Pooled(i64),
    /// Doctrine's allocationSize and EF Core's HiLo: a value is the first of a block.
    Low(i64),
}

/// The state that one process of an application keeps for a sequence.
#[derive(Debug)]
pub struct Allocator {
    sequence: &'static str,
    drawing: Drawing,
    /// The ids that are left of the current block.
    left: std::ops::RangeInclusive<i64>,
}

impl Allocator {
    pub fn new(sequence: &'static str, drawing: Drawing) -> Self {
        #[expect(clippy::reversed_empty_ranges, reason = "nothing is left")]
        Self { sequence, drawing, left: 1..=0 }
    }

    pub fn is_of(&self, sequence: &str) -> bool {
        self.sequence == sequence
    }

    pub fn next(&mut self, client: &mut Client) -> Result<i64, Error> {
        if let Some(id) = self.left.next() {
            return Ok(id);
        }
        let value: i64 = client.query_one("SELECT nextval($1::text::regclass)", &[&self.sequence])?.get(0);
        self.left = match self.drawing {
            Drawing::Single => value..=value,
            Drawing::Pooled(_) if value == 1 => value..=value,
            Drawing::Pooled(size) => value - size + 1..=value,
            Drawing::Low(size) => value..=value + size - 1,
        };
        self.next(client)
    }
}
