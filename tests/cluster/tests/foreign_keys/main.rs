//! Foreign keys: for random pairs of tables, compares the extension's results with what the server
//! does.
//!
//! `FLIGHTCHECK_FK_CASES` sets the number of cases and `FLIGHTCHECK_FK_SEED` selects them.

mod arguments;
mod case;
mod constraint;
mod fixes;
mod hostile_owner;
mod judge;
mod kinds;
mod locks;
mod long_audits;
mod missing_triggers;
mod names;
mod oracle;
mod other_owners;
mod precheck;
mod privileges;
mod reference_result;
mod rows;
mod run;
mod sessions;
mod shapes;
mod sides;
mod special_cases;
mod statements;
mod swapped_tables;
mod tables;
mod unevaluable_expressions;
