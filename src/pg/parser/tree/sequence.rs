//! Converts the options of sequences.

use super::reading::{option, strings, text};
use crate::pg::list::pointers;
use pgrx::pg_sys::{DefElem, List};

/// The options of CREATE and ALTER SEQUENCE, as their texts. `Some(None)` is NO MINVALUE, NO
/// MAXVALUE, or RESTART without a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SequenceOptions {
    pub type_name: Option<String>,
    pub increment: Option<String>,
    pub min: Option<Option<String>>,
    pub max: Option<Option<String>>,
    pub start: Option<String>,
    pub restart: Option<Option<String>>,
    pub cache: Option<String>,
    pub owned_by: Option<Vec<String>>,
    /// SET GENERATED, as in pg_attribute.attidentity.
    pub generated: Option<u8>,
}

/// # Safety
/// `options` must be a list of DefElems of a raw parse tree or null.
pub(super) unsafe fn sequence_options(options: *mut List) -> SequenceOptions {
    // SAFETY: the caller guarantees the list; OWNED BY has a list of names.
    unsafe {
        let owner = pointers::<DefElem>(options).find(|element| text(element.defname).as_deref() == Some("owned_by"));
        SequenceOptions {
            type_name: option(options, "as").flatten(),
            increment: option(options, "increment").flatten(),
            min: option(options, "minvalue"),
            max: option(options, "maxvalue"),
            start: option(options, "start").flatten(),
            restart: option(options, "restart"),
            cache: option(options, "cache").flatten(),
            owned_by: owner.map(|owner| strings(owner.arg.cast())),
            generated: option(options, "generated").flatten().and_then(|letter| letter.parse().ok()),
        }
    }
}
