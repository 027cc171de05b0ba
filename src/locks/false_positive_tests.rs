//! Checks that arbitrary numbers are not attributed to a tool.

use super::database_context::DatabaseContext;
use super::examples::{NoObjects, no_server, parsed};
use super::key::LockKey;
use super::naming::Naming;

fn database(schemas: &[&str]) -> DatabaseContext {
    let schemas = schemas.iter().map(|name| (*name).into()).collect();
    DatabaseContext { database: "shop_dev".into(), is_here: true, schemas, ..DatabaseContext::default() }
}

fn random_keys(seed: u64) -> impl Iterator<Item = LockKey> {
    // SplitMix64
    let mut state = seed;
    let mut next = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    (0..10_000_u32).flat_map(move |round| {
        let (one, other) = (next(), next());
        let small = |bits: u32| (one & ((1 << bits) - 1)).cast_signed();
        let halves = |value: u64| ((value >> 32) as i32, value as i32);
        let (first, second) = halves(other);
        let small_halves = halves(other & 0xffff_0000_ffff);
        [
            LockKey::Bigint(one.cast_signed()),
            LockKey::Bigint(small(32)),
            LockKey::Bigint(small(27)),
            LockKey::Bigint(small(16)),
            LockKey::Bigint(-small(31)),
            LockKey::Bigint(round.into()),
            LockKey::Pair(first, second),
            LockKey::Pair(small_halves.0, small_halves.1),
            LockKey::Pair(first, 0),
        ]
    })
}

fn named_by_chance(database_context: &DatabaseContext) -> Vec<String> {
    let naming = Naming::new(parsed(), database_context, &NoObjects, no_server);
    let named = random_keys(1).filter_map(|key| {
        let named = naming.name(key, Some("psql"));
        named.tool.map(|entry| format!("{key} {}: {:?}", entry.name(), named.evidence))
    });
    named.collect()
}

#[test]
fn no_number_is_named_by_chance() {
    assert_eq!(named_by_chance(&database(&["public", "app"])), Vec::<String>::new());
    assert_eq!(named_by_chance(&DatabaseContext { is_here: false, ..database(&["public"]) }), Vec::<String>::new());
}

#[test]
fn no_number_is_named_by_chance_among_many_schemas() {
    let many: Vec<String> = (0..10_000).map(|number| format!("tenant_{number}")).collect();
    let schemas: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(named_by_chance(&database(&schemas)), Vec::<String>::new());
}
