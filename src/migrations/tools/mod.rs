//! The tools whose tables are known: one file for each that has states to judge, `applied` for those that only record what
//! has been applied.

mod applied;
mod bun;
mod ef_core;
mod evolve;
mod flyway;
mod golang_migrate;
mod goose;
pub mod knex;
mod liquibase;
mod prisma;
pub mod rails;
mod sqlx;
#[cfg(test)]
mod tests;
mod yoyo;

use super::layout::Layout;
use super::scene::Scene;
use super::verdict::Verdict;

/// A tool's tables and what they mean.
#[derive(Debug)]
pub struct Judge {
    pub layouts: &'static [Layout],
    pub judge: fn(&Scene) -> Verdict,
}

pub static JUDGES: [Judge; 14] = [
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
    Judge { layouts: applied::LAYOUTS, judge: applied::judge },
    Judge { layouts: applied::HEADS, judge: applied::judge_heads },
];

/// The layouts of all tools, each with its judge.
pub fn layouts() -> impl Iterator<Item = (&'static Judge, &'static Layout)> {
    JUDGES.iter().flat_map(|judge| judge.layouts.iter().map(move |layout| (judge, layout)))
}
