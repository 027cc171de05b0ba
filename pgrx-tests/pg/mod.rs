mod advance;
mod index_probe;
mod subtransaction;
