//! Maintenance mode against real writers: pools, long transactions, sessions in their start,
//! crashes, and roles with few privileges.

mod crash;
mod ending;
mod fixture;
mod hostile;
mod interrupted;
mod pooler;
mod privileges;
mod restore;
mod writers;
