mod advance;
mod index_probe;
mod names;
mod subtransaction;
