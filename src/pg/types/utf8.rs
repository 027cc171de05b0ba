//! Converts text from the database's encoding to UTF-8, for hashes that have to be the same in
//! databases of any encoding.

use pgrx::pg_sys::{self, Oid};
use std::ffi::{CStr, c_int};

/// How many bytes one byte may become (MAX_CONVERSION_GROWTH of mb/pg_wchar.h).
const GROWTH: usize = 4;
/// How many bytes are converted in one call.
const PIECE: usize = 64 * 1024;

/// The conversion from the database's encoding.
#[derive(Clone, Copy, Debug)]
pub struct ToUtf8 {
    procedure: Oid,
    encoding: c_int,
}

impl ToUtf8 {
    /// Returns the conversion; `None` if there is nothing to convert (UTF8), or no conversion
    /// exists (SQL_ASCII and MULE_INTERNAL).
    pub fn of_database() -> Option<ToUtf8> {
        let (utf8, ascii) = (pg_sys::pg_enc::PG_UTF8 as c_int, pg_sys::pg_enc::PG_SQL_ASCII as c_int);
        // SAFETY: a plain read of backend state, and a look-up in the system cache.
        let (encoding, procedure) = unsafe {
            let encoding = pg_sys::GetDatabaseEncoding();
            if encoding == utf8 || encoding == ascii {
                return None;
            }
            (encoding, pg_sys::FindDefaultConversionProc(encoding, utf8))
        };
        (procedure != pg_sys::InvalidOid).then_some(ToUtf8 { procedure, encoding })
    }

    /// Converts the text; `None` if a character is not in Unicode.
    pub fn convert(&self, mut text: &[u8]) -> Option<Vec<u8>> {
        let mut converted = Vec::with_capacity(text.len() + text.len() / 2);
        let mut piece = vec![0; text.len().min(PIECE) * GROWTH + 1];
        while !text.is_empty() {
            let taken = self.convert_piece(&text[..text.len().min(PIECE)], &mut piece);
            if taken == 0 {
                return None;
            }
            // The output ends with a NUL, which a text never contains.
            converted.extend_from_slice(CStr::from_bytes_until_nul(&piece).ok()?.to_bytes());
            text = &text[taken..];
        }
        Some(converted)
    }

    /// Returns how many bytes it has converted: fewer than given if they end within a character.
    fn convert_piece(&self, text: &[u8], piece: &mut [u8]) -> usize {
        let utf8 = pg_sys::pg_enc::PG_UTF8 as c_int;
        // SAFETY: reads and writes at most the given lengths, and does not write to the text; it
        // reports errors by the number that it returns.
        let taken = unsafe {
            pg_sys::pg_do_encoding_conversion_buf(
                self.procedure,
                self.encoding,
                utf8,
                text.as_ptr().cast_mut(),
                text.len() as c_int,
                piece.as_mut_ptr(),
                piece.len() as c_int,
                true,
            )
        };
        usize::try_from(taken).unwrap_or(0)
    }
}
