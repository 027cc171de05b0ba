//! Foreign keys: random pairs of tables, and for each of them what the extension says against what the server does.
//!
//! `FLIGHTCHECK_FK_CASES` sets how many cases are made and `FLIGHTCHECK_FK_SEED` which ones.

mod arguments;
mod case;
mod closed;
mod constraint;
mod evil;
mod fixes;
mod gaps;
mod judge;
mod kinds;
mod locks;
mod names;
mod oracle;
mod precheck;
mod privileges;
mod rows;
mod run;
mod running;
mod sessions;
mod shapes;
mod sides;
mod special;
mod sql;
mod strangers;
mod swapped;
mod tables;
mod truth;
