//! The tools whose tables are known: one file for each that has states to judge, `applied` for those that only record what
//! has been applied.

mod atlas;
mod bun;
mod ef_core;
mod evolve;
mod flyway;
mod gitlab;
mod golang_migrate;
mod goose;
pub mod knex;
mod liquibase;
#[cfg(test)]
mod newer_tests;
mod pgroll;
mod prisma;
pub mod rails;
mod sqlx;
#[cfg(test)]
mod tests;
mod version_only;
mod yoyo;
mod zitadel;

use super::layout::Layout;
use super::tool_tables::Scene;
use super::verdict::Verdict;

/// A tool's tables and what they mean.
#[derive(Debug)]
pub struct Judge {
    pub layouts: &'static [Layout],
    pub judge: fn(&Scene) -> Verdict,
}

pub static JUDGES: [Judge; 18] = [
    Judge { layouts: prisma::LAYOUTS, judge: prisma::judge },
    Judge { layouts: flyway::LAYOUTS, judge: flyway::judge },
    Judge { layouts: liquibase::LAYOUTS, judge: liquibase::judge },
    Judge { layouts: golang_migrate::LAYOUTS, judge: golang_migrate::judge },
    Judge { layouts: knex::LAYOUTS, judge: knex::judge },
    Judge { layouts: rails::LAYOUTS, judge: rails::judge },
    Judge { layouts: sqlx::LAYOUTS, judge: sqlx::judge },
    Judge { layouts: goose::LAYOUTS, judge: goose::judge },
    Judge { layouts: ef_core::LAYOUTS, judge: ef_core::judge },
    Judge { layouts: evolve::LAYOUTS, judge: evolve::judge },
    Judge { layouts: bun::LAYOUTS, judge: bun::judge },
    Judge { layouts: yoyo::LAYOUTS, judge: yoyo::judge },
    Judge { layouts: atlas::LAYOUTS, judge: atlas::judge },
    Judge { layouts: pgroll::LAYOUTS, judge: pgroll::judge },
    Judge { layouts: gitlab::LAYOUTS, judge: gitlab::judge },
    Judge { layouts: zitadel::LAYOUTS, judge: zitadel::judge },
    Judge { layouts: version_only::LAYOUTS, judge: version_only::judge },
    Judge { layouts: version_only::HEADS, judge: version_only::judge_heads },
];

/// The layouts of all tools, each with its judge.
pub fn layouts() -> impl Iterator<Item = (&'static Judge, &'static Layout)> {
    JUDGES.iter().flat_map(|judge| judge.layouts.iter().map(move |layout| (judge, layout)))
}
