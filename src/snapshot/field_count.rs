//! Counts the fields of a JSON document: how a snapshot that has lost one is detected, whichever it
//! is. Pure.

use std::io::{self, Write};

/// Counts the keys in the JSON that is written to it.
#[derive(Default)]
pub struct FieldCount {
    pub fields: usize,
    is_in_text: bool,
    is_escaped: bool,
}

impl FieldCount {
    pub fn of(json: &str) -> usize {
        let mut count = FieldCount::default();
        count.add(json.as_bytes());
        count.fields
    }

    fn add(&mut self, json: &[u8]) {
        for byte in json {
            match (self.is_in_text, byte) {
                (true, _) if self.is_escaped => self.is_escaped = false,
                (true, b'\\') => self.is_escaped = true,
                (_, b'"') => self.is_in_text = !self.is_in_text,
                (false, b':') => self.fields += 1,
                _ => {}
            }
        }
    }
}

impl Write for FieldCount {
    fn write(&mut self, json: &[u8]) -> io::Result<usize> {
        self.add(json);
        Ok(json.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::FieldCount;

    #[test]
    fn field_count_ignores_text() {
        for (json, fields) in [
            ("[]", 0),
            ("{\"a\": {\"b\": 1}, \"c\": [{\"\": null}]}", 4),
            ("{\"a:b\": \"c: \\\" d: \\\\\", \"e\\\\\": \":\"}", 2),
        ] {
            assert_eq!(FieldCount::of(json), fields, "{json}");
        }
    }
}
