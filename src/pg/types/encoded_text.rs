//! Converts text between the database's encoding and Rust without loss.
//!
//! In a database that is not UTF8, each byte becomes the character with the same number. None of
//! the server's encodings uses ASCII bytes within other characters, so what looks like ASCII here
//! is ASCII in the database.

use super::sql_types::{argument, result, sql_type};
use super::utf8::ToUtf8;
use super::varlena::detoasted;
use crate::error::Error;
use crate::pg::memory;
use pgrx::callconv::{Arg, ArgAbi, BoxRet, FcInfo};
use pgrx::datum::Datum;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::pg_sys::{self, Oid};
use pgrx::pgrx_sql_entity_graph::metadata::{
    ArgumentError, ReturnsError, ReturnsRef, SqlMappingRef, SqlTranslatable, TypeOrigin,
};
use pgrx::{FromDatum, IntoDatum, PgLogLevel, PgSqlErrorCode};
use std::borrow::Cow;
use std::ffi::{CStr, CString, c_int};

/// A text as an argument or a result of a SQL function.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ServerText(pub String);

sql_type!(ServerText, "text");
argument!(ServerText);
result!(ServerText);

/// Converts text from the database's encoding. In a UTF8 database, bytes that are not UTF-8 become
/// question marks: the names of roles and databases have the encoding of the database in which they
/// were given. Raises 53200 if there is no memory for a long text.
pub fn decode(bytes: &[u8]) -> String {
    // In a database that is not UTF8, each byte becomes up to two, in a string that grows by
    // doubling.
    memory::make_room_for(bytes.len(), 4);
    match is_utf8() {
        true => String::from_utf8_lossy(bytes).replace(char::REPLACEMENT_CHARACTER, "?"),
        false => bytes.iter().copied().map(char::from).collect(),
    }
}

/// Converts text to the database's encoding.
pub fn encode(text: &str) -> Cow<'_, [u8]> {
    match is_utf8() {
        true => Cow::Borrowed(text.as_bytes()),
        false => Cow::Owned(text.chars().map(|character| u8::try_from(character).unwrap_or(b'?')).collect()),
    }
}

/// Does what `encode` does, for a C string; `None` if the text has a zero byte.
pub fn encode_c(text: &str) -> Option<CString> {
    CString::new(encode(text)).ok()
}

/// Returns the text as an error message can show it: in a database that is not UTF8, other
/// characters than ASCII become question marks.
pub fn printable(text: String) -> String {
    match is_utf8() || text.is_ascii() {
        true => text,
        false => text.chars().map(|character| if character.is_ascii() { character } else { '?' }).collect(),
    }
}

/// Does the same for the texts of an error, which go to the client in the database's encoding.
pub fn printable_error(mut error: Error) -> Error {
    error.message = printable(error.message);
    error.detail = error.detail.map(printable);
    error
}

/// Returns the text in UTF-8, for a hash that is the same in databases of any encoding; in the
/// database's encoding if it is not in Unicode.
pub fn utf8_bytes(text: &str) -> Cow<'_, [u8]> {
    let bytes = encode(text);
    match ToUtf8::of_database().filter(|_| !text.is_ascii()).and_then(|conversion| conversion.convert(&bytes)) {
        Some(converted) => Cow::Owned(converted),
        None => bytes,
    }
}

/// Whether the database's encoding is UTF8.
pub fn is_utf8() -> bool {
    // SAFETY: a plain read of backend state.
    unsafe { pg_sys::GetDatabaseEncoding() == pg_sys::pg_enc::PG_UTF8 as i32 }
}

unsafe extern "C" {
    // Declared in common/hashfn.h, which pgrx does not bind.
    fn hash_bytes(key: *const u8, length: c_int) -> u32;
}

/// Returns `hashtext(text)` of a text in the database's encoding, under any deterministic
/// collation.
pub fn hashtext(text: &[u8]) -> i32 {
    let length = c_int::try_from(text.len()).unwrap_or(c_int::MAX);
    // SAFETY: reads `length` bytes, which the slice has.
    unsafe { hash_bytes(text.as_ptr(), length) }.cast_signed()
}

impl FromDatum for ServerText {
    unsafe fn from_polymorphic_datum(datum: pg_sys::Datum, is_null: bool, _type_oid: Oid) -> Option<ServerText> {
        // SAFETY: a text that is not null.
        (!is_null).then(|| unsafe { ServerText::read(datum) })
    }
}

impl ServerText {
    /// # Safety
    /// `datum` must be of type text.
    unsafe fn read(datum: pg_sys::Datum) -> ServerText {
        // SAFETY: the caller guarantees the type; the bytes are copied.
        ServerText(decode(unsafe { detoasted(datum) }))
    }
}

impl IntoDatum for ServerText {
    fn into_datum(self) -> Option<pg_sys::Datum> {
        // SAFETY: copies this many bytes into a palloc'd text.
        unsafe {
            let bytes = encode(&self.0);
            let text = pg_sys::cstring_to_text_with_len(bytes.as_ptr().cast(), i32::try_from(bytes.len()).ok()?);
            Some(pg_sys::Datum::from(text))
        }
    }

    fn type_oid() -> Oid {
        pg_sys::TEXTOID
    }
}

// SAFETY: the result is a copy of the datum.
unsafe impl pgrx::datum::UnboxDatum for ServerText {
    type As<'src> = ServerText;

    unsafe fn unbox<'src>(datum: Datum<'src>) -> ServerText
    where
        Self: 'src,
    {
        // SAFETY: the caller guarantees a text that is not null.
        unsafe { ServerText::read(datum.sans_lifetime()) }
    }
}

/// The maximum length of the text of a jsonb, in bytes: the server itself does not create larger
/// jsonb objects. A snapshot takes about half a kilobyte for each table and 150 bytes for each
/// column.
const LONGEST: usize = 256 << 20;

/// Returns 54000 for anything longer than `LONGEST`.
fn refuse_long(length: usize) -> Result<(), Error> {
    if length <= LONGEST {
        return Ok(());
    }
    let message = format!("jsonb argument is longer than {} MB", LONGEST >> 20);
    Err(Error::new(PgSqlErrorCode::ERRCODE_PROGRAM_LIMIT_EXCEEDED, message)
        .hint("Take a snapshot for each schema: SELECT db_snapshot('public');"))
}

/// A jsonb argument as the server writes it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Json(pub String);

sql_type!(Json, "jsonb", argument);
argument!(Json);

impl Json {
    /// Raises 54000 if it is longer than `LONGEST`, 53200 if there is no memory for it.
    ///
    /// # Safety
    /// `datum` must be of type jsonb.
    unsafe fn read(datum: pg_sys::Datum) -> Json {
        // SAFETY: the caller guarantees the type; jsonb_out detoasts it and returns a palloc'd C
        // string.
        let read = || unsafe {
            // Checked before the value is fetched and decompressed.
            refuse_long(pg_sys::toast_raw_datum_size(datum))?;
            let text = pgrx::direct_function_call_as_datum(pg_sys::jsonb_out, &[Some(datum)]);
            let Some(text) = text else { return Ok(Json(String::new())) };
            let text = text.cast_mut_ptr::<std::ffi::c_char>();
            let bytes = CStr::from_ptr(text).to_bytes();
            refuse_long(bytes.len())?;
            let json = Json(decode(bytes));
            pg_sys::pfree(text.cast());
            Ok(json)
        };
        memory::within(read).unwrap_or_else(|error: Error| {
            ErrorReport::from(error).report(PgLogLevel::ERROR);
            Json(String::new())
        })
    }
}
