//! `migration_precheck()`: what it says of a script, compared with what happens; whose code it
//! runs, what it leaves, bad input, and what it costs.

mod bad_input;
mod findings;
mod interrupted;
mod linter;
mod locks;
mod locks_awaited;
mod locks_not_null;
mod locks_told;
mod names;
mod nothing_left;
mod oracle;
mod oracle_alter;
mod oracle_case;
mod oracle_kinds;
mod oracle_left;
mod oracle_objects;
mod oracle_parts;
mod oracle_rows;
mod oracle_rule;
mod oracle_schema;
mod oracle_session;
mod oracle_values;
mod oracle_writer;
mod owners;
mod refused;
mod safer;
mod safer_cases;
mod safer_measure;
mod scale;
mod state;
mod tool_tables;
