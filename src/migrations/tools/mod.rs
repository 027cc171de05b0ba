//! The tools whose tables are known: one file for each that has states to judge, `applied` for those that only record what
//! has been applied.

mod applied;
mod bun;
mod ef_core;
mod evolve;
mod flyway;
mod golang_migrate;
mod goose;
mod knex;
mod liquibase;
mod prisma;
pub mod rails;
mod sqlx;
mod yoyo;

use super::layout::Layout;

/// The layouts of all tools.
pub fn layouts() -> impl Iterator<Item = &'static Layout> {
    let tools: [&'static [Layout]; 13] = [
        prisma::LAYOUTS,
        flyway::LAYOUTS,
        liquibase::LAYOUTS,
        golang_migrate::LAYOUTS,
        knex::LAYOUTS,
        rails::LAYOUTS,
        sqlx::LAYOUTS,
        goose::LAYOUTS,
        ef_core::LAYOUTS,
        evolve::LAYOUTS,
        bun::LAYOUTS,
        yoyo::LAYOUTS,
        applied::LAYOUTS,
    ];
    tools.into_iter().flatten()
}
