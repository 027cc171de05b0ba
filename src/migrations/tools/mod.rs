//! Lists the migration tools whose tables are known. Each tool that has states to judge has a file
//! of its own; `version_only` has the tools that only record which migrations have been applied.

mod atlas;
mod bun;
mod ef_core;
mod evolve;
mod flyway;
mod gitlab;
mod golang_migrate;
mod goose;
mod knex;
mod liquibase;
#[cfg(test)]
mod newer_tests;
mod pgroll;
mod prisma;
mod rails;
mod sqlx;
#[cfg(test)]
mod tests;
mod version_only;
mod yoyo;
mod zitadel;

use super::found::Judge;
use super::layout::Layout;
use super::tool_tables::ToolTables;
use super::verdict::Verdict;

/// Clause for an attempt or a lock that is less than a minute old.
const MAY_BE_RUNNING: &str = "recent enough that a migration may still be running";
/// Clause for a lock that is only a flag.
const HAS_NO_HOLDER: &str = "the lock row has neither a holder nor a time";

pub static JUDGES: [Judge; 18] = [
    judge(prisma::LAYOUTS, prisma::judge),
    judge(flyway::LAYOUTS, flyway::judge),
    judge(liquibase::LAYOUTS, liquibase::judge),
    judge(golang_migrate::LAYOUTS, golang_migrate::judge),
    Judge { revise: Some(knex::drop_others), ..judge(knex::LAYOUTS, knex::judge) },
    Judge { revise: Some(rails::tell_from_dbmate), ..judge(rails::LAYOUTS, rails::judge) },
    judge(sqlx::LAYOUTS, sqlx::judge),
    judge(goose::LAYOUTS, goose::judge),
    judge(ef_core::LAYOUTS, ef_core::judge),
    judge(evolve::LAYOUTS, evolve::judge),
    judge(bun::LAYOUTS, bun::judge),
    judge(yoyo::LAYOUTS, yoyo::judge),
    judge(atlas::LAYOUTS, atlas::judge),
    judge(pgroll::LAYOUTS, pgroll::judge),
    judge(gitlab::LAYOUTS, gitlab::judge),
    judge(zitadel::LAYOUTS, zitadel::judge),
    judge(version_only::LAYOUTS, version_only::judge),
    judge(version_only::HEADS, version_only::judge_heads),
];

const fn judge(layouts: &'static [Layout], judge: fn(&ToolTables) -> Verdict) -> Judge {
    Judge { layouts, judge, revise: None }
}

/// Returns the layouts of all tools, each with its judge.
pub fn layouts() -> impl Iterator<Item = (&'static Judge, &'static Layout)> {
    JUDGES.iter().flat_map(|judge| judge.layouts.iter().map(move |layout| (judge, layout)))
}
