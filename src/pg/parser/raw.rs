//! Parses statements with the server's grammar.

use super::SyntaxError;
use super::syntax::check;
use crate::pg::list::pointers;
use crate::pg::memory_context::Context;
use pgrx::pg_sys::{self, RawStmt};
use std::ffi::{CStr, CString};

/// The parse trees of a text, in a memory context of their own.
pub struct Parsed {
    context: Context,
    text: CString,
    list: *mut pg_sys::List,
}

/// Parses the text.
///
/// Errors: 42601 and others that the grammar raises; 54001 or 53200 if it is nested too deeply.
pub fn parse(text: &CStr) -> Result<Parsed, SyntaxError> {
    let context = Context::new(c"pg_flightcheck parse tree");
    let text = text.to_owned();
    let list = check(&text, || {
        context.within(|| {
            // SAFETY: a C string, which `Parsed` keeps with the trees.
            unsafe { pg_sys::raw_parser(text.as_ptr(), pg_sys::RawParseMode::RAW_PARSE_DEFAULT) }
        })
    })?;
    Ok(Parsed { context, text, list })
}

impl Parsed {
    pub fn text(&self) -> &CStr {
        &self.text
    }

    /// How many statements the text has.
    pub fn count(&self) -> usize {
        self.raw().count()
    }

    /// Returns the command tag of the first statement, such as `ALTER TABLE`.
    pub fn command(&self) -> Option<String> {
        let statement = self.raw().next()?;
        // SAFETY: a statement's parse tree; the tag's name is static.
        unsafe {
            let tag = pg_sys::CreateCommandTag(statement.stmt);
            Some(CStr::from_ptr(pg_sys::GetCommandTagName(tag)).to_string_lossy().into_owned())
        }
    }

    /// Returns the statements. Their nodes live as long as `self`.
    pub(in crate::pg) fn raw(&self) -> impl Iterator<Item = &RawStmt> {
        // SAFETY: raw_parser returns a list of RawStmt, which lives in `context`.
        unsafe { pointers::<RawStmt>(self.list) }
    }

    /// The context of the trees.
    pub(in crate::pg) fn context(&self) -> &Context {
        &self.context
    }
}
