//! `db_snapshot` and `db_compare`: what was carried over whole is no difference, what was damaged is one row, and nobody is held up,
//! shown what he may not see, or misled.

mod arguments;
mod bad_input;
mod beside;
mod consistent;
mod contents;
mod damages;
mod difference;
mod encodings;
mod evil;
mod fields;
mod identity;
mod majors;
mod permuted;
mod privileges;
mod random_table;
mod rich;
mod round_trips;
mod scale;
mod scope;
mod standby;
