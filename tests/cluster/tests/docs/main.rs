//! The documentation, compared with the extension.

mod reference;
