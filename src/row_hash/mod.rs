//! Encodes a row as bytes that are the same on each major version and platform, and hashes them.
//! Checksums are made of these hashes. Pure.
//!
//! A value is encoded as a tag and bytes. The tag determines how many bytes follow, or a length
//! precedes them. So rows that differ in a value differ in their bytes.

mod jsonb;

use xxhash_rust::xxh3::xxh3_64;

/// The version of the algorithm. Every change that gives the same rows another hash must raise it.
pub const ALGORITHM: u32 = 1;

/// From this length on, the value's own hash represents a text, bytea or jsonb, so that a row's
/// bytes stay short.
const LONG: usize = 1024;
/// How much memory is kept for the next row: a large jsonb may need more.
const KEPT: usize = 1024 * 1024;
/// Added to the tag of a value that is represented by its hash.
const HASHED: u8 = 0x80;
/// Represents a NaN, whatever its bits.
const NAN: u64 = 0x7ff8_0000_0000_0000;

/// The kind of a value. All integers have the same tag, so widening a column does not change its
/// hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Tag {
    Null = 0,
    Whole = 1,
    Float = 2,
    Time = 3,
    TimeWithZone = 4,
    Interval = 5,
    Uuid = 6,
    Numeric = 7,
    Text = 8,
    Bytes = 9,
    Object = 10,
    Array = 11,
    /// A jsonb that is neither an object nor an array.
    Scalar = 12,
    True = 13,
    False = 14,
}

/// The bytes of one row. The buffer is reused for the next row.
#[derive(Debug, Default)]
pub struct RowBytes(Vec<u8>);

impl RowBytes {
    pub fn clear(&mut self) {
        self.0.clear();
        self.0.shrink_to(KEPT);
    }

    pub fn hash(&self) -> i64 {
        xxh3_64(&self.0).cast_signed()
    }

    pub fn null(&mut self) {
        self.0.push(Tag::Null as u8);
    }

    pub fn whole(&mut self, value: i64) {
        self.eight(Tag::Whole, value.to_le_bytes());
    }

    /// -0 differs from 0, as the texts of both do.
    pub fn float(&mut self, value: f64) {
        let bits = if value.is_nan() { NAN } else { value.to_bits() };
        self.eight(Tag::Float, bits.to_le_bytes());
    }

    /// Adds a date or time as the number of its units since its epoch.
    pub fn time(&mut self, units: i64) {
        self.eight(Tag::Time, units.to_le_bytes());
    }

    pub fn time_with_zone(&mut self, microseconds: i64, zone: i32) {
        self.eight(Tag::TimeWithZone, microseconds.to_le_bytes());
        self.0.extend_from_slice(&zone.to_le_bytes());
    }

    /// Months, days and times are independent: a month does not equal any number of days, nor a day
    /// any number of hours.
    pub fn interval(&mut self, months: i32, days: i32, microseconds: i64) {
        self.eight(Tag::Interval, microseconds.to_le_bytes());
        self.0.extend_from_slice(&days.to_le_bytes());
        self.0.extend_from_slice(&months.to_le_bytes());
    }

    pub fn uuid(&mut self, value: &[u8; 16]) {
        self.0.push(Tag::Uuid as u8);
        self.0.extend_from_slice(value);
    }

    pub fn text(&mut self, utf8: &[u8]) {
        self.variable(Tag::Text, utf8);
    }

    pub fn bytes(&mut self, value: &[u8]) {
        self.variable(Tag::Bytes, value);
    }

    /// Adds a numeric as it is stored, without its length: sign, scale, weight and digits of base
    /// 10000 in the machine's byte order, with a header of two or four bytes (utils/adt/numeric.c).
    /// 1.0 differs from 1.00, as the texts of both do.
    pub fn numeric(&mut self, stored: &[u8]) {
        let Some((header, rest)) = stored.split_first_chunk() else { return self.variable(Tag::Numeric, stored) };
        let header = u16::from_ne_bytes(*header);
        let long = rest.split_first_chunk().map(|(weight, digits)| (u16::from_ne_bytes(*weight).cast_signed(), digits));
        let (sign, scale, weight, digits) = match (header & 0xc000, long) {
            // Infinities and NaN.
            (0xc000, _) => (header, 0, 0, rest),
            (0x8000, _) => {
                let weight = (header & 0x003f).cast_signed() - (header & 0x0040).cast_signed();
                ((header & 0x2000) << 1, (header & 0x1f80) >> 7, weight, rest)
            }
            (sign, Some((weight, digits))) => (sign, header & 0x3fff, weight, digits),
            (_, None) => return self.variable(Tag::Numeric, stored),
        };
        let (sign, scale, weight) = (sign.to_le_bytes(), scale.to_le_bytes(), weight.to_le_bytes());
        self.eight(Tag::Numeric, [sign[0], sign[1], scale[0], scale[1], weight[0], weight[1], 0, 0]);
        self.0.extend_from_slice(&(digits.len() as u32).to_le_bytes());
        let (digits, _) = digits.as_chunks();
        self.0.extend(digits.iter().flat_map(|digit| u16::from_ne_bytes(*digit).to_le_bytes()));
    }

    fn eight(&mut self, tag: Tag, value: [u8; 8]) {
        let [a, b, c, d, e, f, g, h] = value;
        self.0.extend_from_slice(&[tag as u8, a, b, c, d, e, f, g, h]);
    }

    fn variable(&mut self, tag: Tag, value: &[u8]) {
        if value.len() < LONG {
            let [low, high] = (value.len() as u16).to_le_bytes();
            self.0.extend_from_slice(&[tag as u8, low, high]);
            self.0.extend_from_slice(value);
        } else {
            self.hashed(tag, value);
        }
    }

    #[cold]
    fn hashed(&mut self, tag: Tag, value: &[u8]) {
        self.0.push(tag as u8 | HASHED);
        self.0.extend_from_slice(&(value.len() as u64).to_le_bytes());
        self.0.extend_from_slice(&xxh3_64(value).to_le_bytes());
    }
}

#[cfg(test)]
mod tests;
