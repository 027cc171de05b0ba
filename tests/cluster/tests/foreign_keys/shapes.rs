//! Draws a case: the columns of the key, the tables of its two sides, and the changes made to it.

use crate::case::{Case, Column, Draw, Standing, Wanted};
use crate::constraint::{options, standing, switch, unfit_index, unique_index};
use crate::kinds::{KINDS, Kind, Needs, UNFIT};
use crate::sides::{one_table, two_tables};
use cluster::identifier;
use fastrand::Rng;

/// Features that not every server has.
#[derive(Clone, Copy)]
pub struct Abilities {
    pub major: u32,
    pub citext: bool,
    pub icu: bool,
}

impl Abilities {
    fn has(self, kind: &Kind) -> bool {
        match kind.needs {
            Needs::Nothing => true,
            Needs::Citext => self.citext,
            Needs::Icu => self.icu,
        }
    }
}

/// The test that a case is created for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The constraint can be created.
    Audit,
    /// The constraint may be impossible and has no options.
    Precheck,
}

/// Creates case `number`. The same number and the same state of `random` create the same case.
pub fn random_case(random: &mut Rng, number: u64, abilities: Abilities, purpose: Purpose) -> Case {
    let mut draw = Draw::new(random, number);
    let d = &mut draw;
    let itself = d.one_in(7, "self-reference");
    let columns = columns(d, abilities, itself, purpose);
    let mut sides = if itself { one_table(d, &columns) } else { two_tables(d, &columns) };
    let index = match purpose == Purpose::Precheck && d.one_in(7, "no such key") {
        true => unfit_index(d, &sides.parent, &columns),
        false => unique_index(d, &sides.parent, &columns),
    };
    sides.sql += &index.sql;
    let rows = sides.rows(d, &columns, index.null_keys);

    let full =
        purpose == Purpose::Audit && (columns.len() > 1 && d.one_in(3, "match full") || d.one_in(12, "match full"));
    let options = options(d, &columns, full);
    let standing = standing(d, abilities, sides.child_is_partitioned);
    let rows_first = standing == Standing::NotValid && d.one_in(2, "rows first");
    let wanted = [Wanted::AsTheyAre, Wanted::NoOrphans, Wanted::NoOrphans, Wanted::OnlyOrphans][d.random.usize(..4)];
    let spoil = match d.one_in(3, "parents deleted") {
        true => format!("DELETE FROM {} WHERE row_no % 3 = 0;\n", sides.parent),
        false => String::new(),
    };
    let switch = if standing == Standing::NotEnforced { String::new() } else { switch(d, &sides) };
    let triggers_off = d.traits.contains(&"triggers_off");
    let schema = d.schema.clone();
    Case {
        constraint: d.name(),
        tables: format!("CREATE SCHEMA {};\n{}", identifier(&schema), sides.sql),
        schema,
        child: sides.child,
        parent: sides.parent,
        writable: sides.writable,
        child_is_partitioned: sides.child_is_partitioned,
        refers_to_itself: itself,
        columns,
        standing,
        wanted,
        rows,
        options,
        rows_first,
        by_disabling: d.one_in(3, "triggers disabled for loading"),
        spoil,
        switch,
        triggers_off,
        traits: draw.traits,
    }
}

fn columns(d: &mut Draw, abilities: Abilities, itself: bool, purpose: Purpose) -> Vec<Column> {
    let same_names = !itself && d.one_in(4, "same names");
    let count = [1, 1, 1, 2, 2, 3, 4][d.random.usize(..7)];
    let mut columns = Vec::new();
    for _ in 0..count {
        let kind = loop {
            let unfit = purpose == Purpose::Precheck && d.one_in(16, "unfit types");
            let kinds: &'static [Kind] = if unfit { UNFIT } else { KINDS };
            let kind = &kinds[d.random.usize(..kinds.len())];
            if abilities.has(kind) {
                break kind;
            }
        };
        let child = d.name();
        let generated = d.one_in(14, "generated child");
        columns.push(Column {
            parent: if same_names { child.clone() } else { d.name() },
            child,
            kind,
            nullable: kind.child != "kinds.word" && d.random.u32(..5) > 0,
            generated,
            parent_generated: !itself && d.one_in(25, "generated parent"),
        });
    }
    columns
}
