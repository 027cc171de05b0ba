//! Reads jsonb as it is stored (utils/jsonb.h), since converting it to text would take longer than
//! everything else. A container consists of a header, an entry for each of its values, and the
//! values, which may be containers themselves. Numbers are in the machine's byte order.

use super::{HASHED, LONG, RowBytes, Tag};
use std::borrow::Cow;
use xxhash_rust::xxh3::xxh3_64;

/// Containers that are nested more deeply are not read: the reader might run out of stack.
const DEEPEST: usize = 1000;

const COUNT: u32 = 0x0fff_ffff;
const IS_SCALAR: u32 = 0x1000_0000;
const IS_OBJECT: u32 = 0x2000_0000;

const LENGTH: u32 = 0x0fff_ffff;
const KIND: u32 = 0x7000_0000;
/// The length is replaced by the offset of the value's end.
const HAS_OFFSET: u32 = 0x8000_0000;

const STRING: u32 = 0x0000_0000;
const NUMERIC: u32 = 0x1000_0000;
const FALSE: u32 = 0x2000_0000;
const TRUE: u32 = 0x3000_0000;
const NULL: u32 = 0x4000_0000;
const CONTAINER: u32 = 0x5000_0000;

/// Converts text from the database's encoding to UTF-8; `None` if it already is UTF-8.
type ToUtf8<'a> = Option<&'a dyn Fn(&[u8]) -> Option<Vec<u8>>>;

impl RowBytes {
    /// Adds a jsonb, given without its length. Returns `false`, and adds nothing, if it cannot be
    /// read.
    pub fn jsonb(&mut self, stored: &[u8], to_utf8: ToUtf8<'_>) -> bool {
        let start = self.0.len();
        let is_read = Reader { row: self, to_utf8 }.container(stored, 0).is_some();
        if !is_read {
            self.0.truncate(start);
        } else if self.0.len() - start >= LONG {
            let (length, hash) = ((self.0.len() - start) as u64, xxh3_64(&self.0[start..]));
            self.0.truncate(start + 1);
            self.0[start] |= HASHED;
            self.0.extend_from_slice(&length.to_le_bytes());
            self.0.extend_from_slice(&hash.to_le_bytes());
        }
        is_read
    }
}

struct Reader<'a> {
    row: &'a mut RowBytes,
    to_utf8: ToUtf8<'a>,
}

impl Reader<'_> {
    fn container(&mut self, stored: &[u8], depth: usize) -> Option<()> {
        let (header, rest) = word(stored)?;
        let count = header & COUNT;
        let (tag, entries) = match header {
            _ if depth > DEEPEST => return None,
            _ if header & IS_OBJECT != 0 => (Tag::Object, count as usize * 2),
            _ if header & IS_SCALAR != 0 => (Tag::Scalar, count as usize),
            _ => (Tag::Array, count as usize),
        };
        let [a, b, c, d] = count.to_le_bytes();
        self.row.0.extend_from_slice(&[tag as u8, a, b, c, d]);
        let (entries, contents) = rest.split_at_checked(entries * 4)?;
        let mut values = Values { entries, contents, end: 0 };
        if tag == Tag::Object && self.to_utf8.is_some() {
            return self.sorted(values.collect::<Option<Vec<Value>>>()?, depth);
        }
        values.try_for_each(|value| self.value(value?, depth))
    }

    /// Adds an object's keys, then its values, in the order that they have in a UTF8 database,
    /// which sorts keys by length, then by bytes.
    fn sorted(&mut self, all: Vec<Value>, depth: usize) -> Option<()> {
        let (keys, values) = all.split_at(all.len() / 2);
        let mut pairs: Vec<_> = keys.iter().map(|key| self.utf8(key.content)).zip(values).collect();
        pairs.sort_by(|(one, _), (other, _)| (one.len(), one).cmp(&(other.len(), other)));
        pairs.iter().for_each(|(key, _)| self.row.text(key));
        pairs.iter().try_for_each(|(_, value)| self.value(**value, depth))
    }

    fn value(&mut self, value: Value, depth: usize) -> Option<()> {
        match value.kind {
            STRING => {
                let text = self.utf8(value.content);
                self.row.text(&text);
            }
            NUMERIC => self.row.numeric(numeric(value.aligned()?)?),
            FALSE => self.row.0.push(Tag::False as u8),
            TRUE => self.row.0.push(Tag::True as u8),
            NULL => self.row.null(),
            CONTAINER => return self.container(value.aligned()?, depth + 1),
            _ => return None,
        }
        Some(())
    }

    fn utf8<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        match self.to_utf8 {
            Some(convert) if !text.is_ascii() => convert(text).map_or(Cow::Borrowed(text), Cow::Owned),
            _ => Cow::Borrowed(text),
        }
    }
}

#[derive(Clone, Copy)]
struct Value<'a> {
    kind: u32,
    content: &'a [u8],
    /// The bytes before the content, if that has to begin at a multiple of four.
    padding: usize,
}

impl<'a> Value<'a> {
    fn aligned(&self) -> Option<&'a [u8]> {
        self.content.get(self.padding..)
    }
}

/// The values of a container, an object's keys before its values; `None` for a value that is not
/// within the container's bounds.
struct Values<'a> {
    entries: &'a [u8],
    contents: &'a [u8],
    end: usize,
}

impl<'a> Iterator for Values<'a> {
    type Item = Option<Value<'a>>;

    fn next(&mut self) -> Option<Option<Value<'a>>> {
        let (entry, entries) = word(self.entries)?;
        let (start, length) = (self.end, (entry & LENGTH) as usize);
        self.entries = entries;
        self.end = if entry & HAS_OFFSET != 0 { length } else { start + length };
        let content = self.contents.get(start..self.end);
        Some(content.map(|content| Value { kind: entry & KIND, content, padding: start.next_multiple_of(4) - start }))
    }
}

/// Returns a numeric without its length, which is a word, as in any value of variable length that
/// is not compressed.
fn numeric(value: &[u8]) -> Option<&[u8]> {
    let (length, numeric) = word(value)?;
    let expected = value.len() as u32;
    let is_plain = length == if cfg!(target_endian = "big") { expected } else { expected << 2 };
    is_plain.then_some(numeric)
}

fn word(bytes: &[u8]) -> Option<(u32, &[u8])> {
    bytes.split_first_chunk().map(|(word, rest)| (u32::from_ne_bytes(*word), rest))
}
