//! Converts column values to ids.

use crate::pg::names;
use pgrx::pg_sys;

/// A type with values that can be compared with a sequence's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdType {
    Smallint,
    Integer,
    Bigint,
    Numeric,
    /// A number as text, exactly as a cast writes it. Any other text is not an id.
    Text,
    /// The number at the end of a text.
    TrailingDigits,
}

impl IdType {
    /// Returns the type of a column, or the type underlying its domain, with the modifier that
    /// applies; `None` for any other type.
    pub fn of(type_oid: pg_sys::Oid, modifier: i32) -> Option<(IdType, i32)> {
        let (base, modifier) = match type_oid {
            pg_sys::INT2OID | pg_sys::INT4OID | pg_sys::INT8OID => (type_oid, -1),
            _ => names::base_type(type_oid, modifier),
        };
        let id_type = match base {
            pg_sys::INT2OID => IdType::Smallint,
            pg_sys::INT4OID => IdType::Integer,
            pg_sys::INT8OID => IdType::Bigint,
            pg_sys::NUMERICOID => IdType::Numeric,
            pg_sys::TEXTOID | pg_sys::VARCHAROID => IdType::Text,
            _ => return None,
        };
        Some((id_type, modifier))
    }

    /// Returns the value as an id.
    ///
    /// # Safety
    /// `datum` must be a value of this type, not null, and what it points to must stay valid until
    /// this returns.
    pub(in crate::pg) unsafe fn id(self, datum: pg_sys::Datum) -> Option<i64> {
        match self {
            IdType::Smallint => Some(i64::from(datum.value() as i16)),
            IdType::Integer => Some(i64::from(datum.value() as i32)),
            IdType::Bigint => Some(datum.value() as i64),
            // SAFETY: the caller guarantees a numeric.
            IdType::Numeric => unsafe { numeric_to_id(datum) },
            // SAFETY: the caller guarantees a text or varchar.
            IdType::Text => unsafe { text(datum) }.and_then(|text| number_as_text(&text)),
            // SAFETY: the caller guarantees a text or varchar.
            IdType::TrailingDigits => unsafe { text(datum) }.and_then(|text| trailing_number(&text)),
        }
    }
}

/// # Safety
/// `datum` must be a text or varchar.
unsafe fn text(datum: pg_sys::Datum) -> Option<String> {
    // SAFETY: the caller guarantees the type; the text is copied, and a detoasted copy is freed.
    unsafe {
        let original = datum.cast_mut_ptr::<pg_sys::varlena>();
        let plain = pg_sys::pg_detoast_datum_packed(original);
        let text = pgrx::text_to_rust_str(plain).ok().map(str::to_owned);
        if plain != original {
            pg_sys::pfree(plain.cast());
        }
        text
    }
}

/// Returns the number if the text is exactly what a cast makes of it.
fn number_as_text(text: &str) -> Option<i64> {
    text.parse::<i64>().ok().filter(|id| id.to_string() == text)
}

/// Returns the number that the digits at the end of the text form, if it ends with digits.
fn trailing_number(text: &str) -> Option<i64> {
    let rest = text.trim_end_matches(|c: char| c.is_ascii_digit());
    text[rest.len()..].parse().ok()
}

/// # Safety
/// `datum` must be a numeric.
unsafe fn numeric_to_id(datum: pg_sys::Datum) -> Option<i64> {
    // SAFETY: a numeric is a varlena; numeric_out returns a palloc'd C string; what is allocated
    // here is freed here.
    unsafe {
        let original = datum.cast_mut_ptr::<pg_sys::varlena>();
        let plain = pg_sys::pg_detoast_datum(original);
        let text = pgrx::direct_function_call_as_datum(pg_sys::numeric_out, &[Some(pg_sys::Datum::from(plain))])?;
        let text = text.cast_mut_ptr::<std::ffi::c_char>();
        let id = std::ffi::CStr::from_ptr(text).to_str().ok().and_then(crate::ids::search::whole_number);
        pg_sys::pfree(text.cast());
        if plain != original {
            pg_sys::pfree(plain.cast());
        }
        id
    }
}
