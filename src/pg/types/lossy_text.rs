//! Reads text that may be in another encoding than the database's. pg_stat_activity shows
//! statements of all databases, and the names of roles and databases have the encoding of the
//! database in which they were given.

use crate::pg::encoded_text::is_utf8;
use crate::pg::memory;
use crate::pg::varlena::detoasted;
use pgrx::datum::UnboxDatum;
use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::{FromDatum, IntoDatum};

/// A text, as far as it can be shown in this database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawText {
    pub text: String,
    /// Whether nothing had to be replaced.
    pub is_exact: bool,
}

impl RawText {
    /// Replaces bytes that are not UTF-8 by question marks; in a database with another encoding
    /// than UTF8, all bytes that are not ASCII. The usual U+FFFD exists only in Unicode's
    /// encodings, so it would make the whole report fail for other clients.
    fn of(bytes: &[u8]) -> RawText {
        memory::make_room_for(bytes.len(), 4);
        let text = match is_utf8() {
            true => String::from_utf8_lossy(bytes).replace(char::REPLACEMENT_CHARACTER, "?"),
            false => bytes.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '?' }).collect(),
        };
        let is_exact = text.as_bytes() == bytes;
        RawText { text, is_exact }
    }
}

impl FromDatum for RawText {
    unsafe fn from_polymorphic_datum(datum: Datum, is_null: bool, _type_oid: Oid) -> Option<RawText> {
        if is_null {
            return None;
        }
        // SAFETY: a text that is not null.
        Some(RawText::of(unsafe { detoasted(datum) }))
    }
}

// SAFETY: the result is a copy of the datum.
unsafe impl UnboxDatum for RawText {
    type As<'src> = RawText;

    unsafe fn unbox<'src>(datum: pgrx::datum::Datum<'src>) -> RawText
    where
        Self: 'src,
    {
        let empty = RawText { text: String::new(), is_exact: true };
        // SAFETY: the caller guarantees a text that is not null.
        unsafe { RawText::from_datum(datum.sans_lifetime(), false) }.unwrap_or(empty)
    }
}

impl IntoDatum for RawText {
    fn into_datum(self) -> Option<Datum> {
        self.text.into_datum()
    }

    fn type_oid() -> Oid {
        pg_sys::TEXTOID
    }
}
