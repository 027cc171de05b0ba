//! What goes wrong around an audit: wrong arguments, objects that vanish, broken pages, locks held by others,
//! and transactions of every kind.

mod arguments;
mod broken_pages;
mod concurrent_ddl;
mod dropped_meanwhile;
mod transactions;
