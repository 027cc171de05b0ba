//! What can go wrong around an audit: invalid arguments, dropped objects, damaged pages, locks of
//! other sessions, and transactions of every kind.

mod arguments;
mod broken_pages;
mod concurrent_ddl;
mod concurrent_drop;
mod transactions;
mod versions;
