use super::*;
use proptest::prelude::*;

fn ascending(max: i64) -> Definition {
    Definition { increment: 1, min: 1, max, cache: 1, cycle: false }
}

fn called(last_value: i64) -> State {
    State { last_value, is_called: true }
}

fn fresh(last_value: i64) -> State {
    State { last_value, is_called: false }
}

#[test]
fn next_honours_is_called() {
    assert_eq!(ascending(10).next(fresh(1)), Some(1));
    assert_eq!(ascending(10).next(called(1)), Some(2));
    assert_eq!(ascending(10).next(fresh(10)), Some(10));
    assert_eq!(ascending(10).next(called(10)), None);
}

#[test]
fn next_wraps_only_with_cycle() {
    let up = Definition { cycle: true, ..ascending(10) };
    assert_eq!(up.next(called(10)), Some(1));
    let down = Definition { increment: -3, min: -10, max: -1, cache: 1, cycle: true };
    assert_eq!(down.next(called(-10)), Some(-1));
    assert_eq!(down.next(called(-8)), Some(-1));
    assert_eq!(down.next(called(-7)), Some(-10));
}

#[test]
fn a_cycle_wraps_only_into_what_the_column_holds() {
    let up = Definition { cycle: true, ..ascending(10) };
    assert!(up.wraps(IdRange { low: 1, high: 10 }));
    assert!(!up.wraps(IdRange { low: 1, high: 9 }), "it ends first");
    assert!(!up.wraps(IdRange { low: 4, high: 10 }), "its first value is refused");
    let down = Definition { increment: -3, min: -10, max: -1, cache: 1, cycle: true };
    assert!(down.wraps(IdRange { low: -10, high: -1 }));
    assert!(!down.wraps(IdRange { low: -10, high: -2 }) && !down.wraps(IdRange { low: -9, high: -1 }));
}

#[test]
fn extremes_do_not_overflow() {
    let up = Definition { increment: i64::MAX, min: i64::MIN, max: i64::MAX, cache: 1, cycle: false };
    assert_eq!(up.next(called(1)), None);
    assert_eq!(up.next(called(i64::MIN)), Some(-1));
    let run = up.run(fresh(i64::MIN), IdRange::BIGINT).unwrap();
    assert_eq!(run.len(), 3, "the minimum, -1, the maximum - 1");
    assert!(run.hits(-1) && run.hits(i64::MAX - 1) && !run.hits(0));
    assert_eq!(run.beyond(-1, 0), Some(i64::MAX - 1));
    assert_eq!(run.beyond(i64::MAX, i64::MAX), None);

    let down = Definition { increment: i64::MIN, min: i64::MIN, max: -1, cache: 1, cycle: false };
    assert_eq!(down.next(called(-1)), None);
    let whole = Definition { min: i64::MIN, ..ascending(i64::MAX) };
    assert_eq!(whole.run(fresh(i64::MIN), IdRange::BIGINT).unwrap().len(), i64::MAX, "2^64 saturates");
    assert_eq!(whole.used_basis_points(fresh(0), IdRange::BIGINT), 5_000);
}

#[test]
fn column_type_ends_the_run() {
    let bigint = ascending(i64::MAX);
    assert_eq!(bigint.run(called(i32::MAX.into()), IdRange::INTEGER), None);
    let run = bigint.run(called(i64::from(i32::MAX) - 46), IdRange::INTEGER).unwrap();
    assert_eq!((run.len(), run.bound), (46, i32::MAX.into()));
    assert_eq!(bigint.used_basis_points(called(i64::from(i32::MAX) - 46), IdRange::INTEGER), 9_999);
    assert_eq!(bigint.used_basis_points(called(i32::MAX.into()), IdRange::INTEGER), 10_000);
}

#[test]
fn used_share_counts_what_is_gone() {
    assert_eq!(ascending(10).used_basis_points(fresh(1), IdRange::BIGINT), 0);
    assert_eq!(ascending(10).used_basis_points(called(9), IdRange::BIGINT), 9_000);
    let down = Definition { increment: -1, min: -10, max: -1, cache: 1, cycle: false };
    assert_eq!(down.used_basis_points(called(-9), IdRange::BIGINT), 9_000);
}

#[test]
fn numeric_precision_bounds_the_column() {
    assert_eq!(IdRange::numeric(5, 0), IdRange { low: -99_999, high: 99_999 });
    assert_eq!(IdRange::numeric(5, 2), IdRange { low: -999, high: 999 });
    assert_eq!(IdRange::numeric(2, 3), IdRange { low: 0, high: 0 });
    assert_eq!(IdRange::numeric(38, 0), IdRange::BIGINT);
}

#[test]
fn a_lone_id_is_told_from_the_rest() {
    let run = ascending(i32::MAX.into()).run(called(1), IdRange::INTEGER).unwrap();
    let end = i64::from(i32::MAX);
    assert_eq!(run.outliers(&[end, 5_000, 4_999], 8, 0), (&[end][..], Some(5_000)));
    assert_eq!(run.outliers(&[end, end - 1, 5_000], 8, 0), (&[end, end - 1][..], Some(5_000)));
    assert_eq!(run.outliers(&[end, end - 1, 5_000], 1, 0), (&[][..], Some(end)));
    assert_eq!(run.outliers(&[end], 8, 0), (&[end][..], None));
    assert_eq!(run.outliers(&[5_000, 4_999], 8, 0), (&[][..], Some(5_000)));
    assert_eq!(run.outliers(&[], 8, 0), (&[][..], None));
}

#[test]
fn what_stood_apart_still_does_after_the_margin_was_kept() {
    let run = ascending(107).run(fresh(7), IdRange::BIGINT).unwrap();
    assert_eq!(run.outliers(&[58, 3], 8, 10), (&[58][..], Some(3)));
    let next = run.beyond(3, 10).unwrap();
    let run = ascending(107).run(fresh(next), IdRange::BIGINT).unwrap();
    assert_eq!((next, run.outliers(&[58, 3], 8, 10)), (14, (&[58][..], Some(3))));
}

/// With an increment of 10 the run may end up nine ids beyond the one that it has passed.
#[test]
fn what_stood_apart_still_does_after_the_others_were_passed() {
    let definition = Definition { increment: 10, ..ascending(817) };
    let tail = [789, 759, 749];
    let run = definition.run(called(749), IdRange::BIGINT).unwrap();
    assert_eq!(run.outliers(&tail, 8, 0), (&[789][..], Some(759)));
    let next = run.beyond(759, 0).unwrap();
    let run = definition.run(fresh(next), IdRange::BIGINT).unwrap();
    assert_eq!((next, run.outliers(&tail, 8, 0)), (769, (&[789][..], Some(759))));
}

/// Generates cases that are small enough to enumerate: the formulas must agree with counting.
fn small_case() -> impl Strategy<Value = (Definition, State, IdRange, i64, i64)> {
    (-40_i64..40, 0_i64..60, -9_i64..=9, any::<bool>(), any::<bool>(), any::<u8>(), (-60_i64..60, 0_i64..90))
        .prop_filter("an increment of 0 is refused", |case| case.2 != 0)
        .prop_flat_map(|(min, width, increment, cycle, is_called, at, (low, span))| {
            let definition = Definition { increment, min, max: min + width, cache: 1, cycle };
            let state = State { last_value: min + i64::from(at) % (width + 1), is_called };
            (Just(definition), Just(state), Just(IdRange { low, high: low + span }), -70_i64..70, 0_i64..20)
        })
}

/// Returns the run's values by brute force: asks nextval again and again.
fn values(definition: Definition, state: State, column: IdRange) -> Vec<i64> {
    let mut values = Vec::new();
    let once = Definition { cycle: false, ..definition };
    let mut next = definition.next(state);
    while let Some(value) = next.filter(|value| column.contains(*value)) {
        values.push(value);
        next = once.next(called(value));
    }
    values
}

/// Returns the ids that a value stands for.
fn stood_for(value: i64, increment: i64, span: Span) -> std::ops::RangeInclusive<i64> {
    if increment > 0 { value - span.back..=value + span.ahead } else { value - span.ahead..=value + span.back }
}

#[test]
fn a_block_is_all_that_an_application_may_take_a_value_for() {
    let definition = Definition { increment: 50, ..ascending(i64::MAX) };
    assert_eq!(definition.block(), Span { back: 49, ahead: 49 });
    let run = definition.run(called(51), IdRange::BIGINT).unwrap().spanning(definition.block());
    assert_eq!((run.first, run.range().low), (101, 52));
    assert!(run.hits(52) && run.hits(150) && !run.hits(51));
    assert_eq!(run.values_before(151), 1, "only the second block reaches it");
    assert_eq!(run.beyond(5030, 0), Some(5101), "the first of whose block nothing is there");
    let down = Definition { increment: i64::MIN, min: i64::MIN, max: -1, cache: 1, cycle: false };
    assert_eq!(down.block(), Span { back: i64::MAX, ahead: i64::MAX });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn formulas_agree_with_counting((definition, state, column, id, margin) in small_case()) {
        let values = values(definition, state, column);
        let Some(run) = definition.run(state, column) else {
            prop_assert!(values.is_empty());
            prop_assert_eq!(definition.used_basis_points(state, column), 10_000);
            return Ok(());
        };
        prop_assert_eq!(run.len(), values.len() as i64);
        prop_assert_eq!(run.hits(id), values.contains(&id));
        if let Some(at) = values.iter().position(|value| *value == id) {
            prop_assert_eq!(run.values_before(id), at as i64);
            prop_assert_eq!(run.values_up_to(id), at as i64 + 1);
        }
        let past = |value: &i64| if run.is_ascending() { *value > id + margin } else { *value < id - margin };
        prop_assert_eq!(run.beyond(id, margin), values.iter().copied().find(past));
        prop_assert!(definition.used_basis_points(state, column) < 10_000);
    }

    #[test]
    fn blocks_agree_with_counting(
        (definition, state, column, id, margin) in small_case(), back in 0_i64..12, ahead in 0_i64..12,
    ) {
        let span = Span { back, ahead };
        let Some(run) = definition.run(state, column).map(|run| run.spanning(span)) else { return Ok(()) };
        let values = values(definition, state, column);
        let stands_for = |value: &i64| stood_for(*value, definition.increment, span).contains(&id);
        prop_assert_eq!(run.hits(id), values.iter().any(stands_for));
        if let Some(first) = values.iter().position(stands_for) {
            prop_assert!(run.range().contains(id) && run.reaches(id));
            prop_assert_eq!(run.values_before(id), first as i64);
            prop_assert_eq!(run.values_up_to(id), values.iter().rposition(stands_for).unwrap_or(0) as i64 + 1);
        } else {
            prop_assert!(!run.has_no_gaps() || !run.range().contains(id));
        }
        let is_beyond = |value: &i64| {
            let ids = stood_for(*value, definition.increment, span);
            if run.is_ascending() { *ids.start() > id + margin } else { *ids.end() < id - margin }
        };
        prop_assert_eq!(run.beyond(id, margin), values.iter().copied().find(is_beyond));
    }

    #[test]
    fn nothing_overflows(
        increment in any::<i64>().prop_filter("an increment of 0 is refused", |increment| *increment != 0),
        ends in any::<(i64, i64)>(), at in any::<(i64, bool)>(), column in any::<(i64, i64)>(),
        id in any::<i64>(), margin in 0..=i64::MAX, cycle in any::<bool>(),
    ) {
        let (min, max) = (ends.0.min(ends.1), ends.0.max(ends.1));
        let definition = Definition { increment, min, max, cache: 1, cycle };
        let state = State { last_value: at.0.clamp(min, max), is_called: at.1 };
        let column = IdRange { low: column.0.min(column.1), high: column.0.max(column.1) };
        definition.used_basis_points(state, column);
        if let Some(run) = definition.run(state, column).map(|run| run.spanning(definition.block())) {
            run.range_up_to_bound();
            run.hits(id);
            run.beyond(id, margin);
            run.outliers(&[id], 8, margin);
            if run.range().contains(id) {
                prop_assert!(run.values_before(id) <= run.values_up_to(id));
            }
        }
        if let Some(run) = definition.run(state, column) {
            prop_assert!(run.len() >= 1 && run.hits(run.first) && run.reaches(run.bound));
            if let Some(next) = run.beyond(id, margin) {
                prop_assert!(run.hits(next) && next != id);
            }
            run.outliers(&[id], 8, 0);
            if run.range().contains(id) {
                prop_assert!(run.values_before(id) <= run.values_up_to(id));
            }
        }
    }
}
