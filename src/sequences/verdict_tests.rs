use super::*;

const UP: Definition = Definition { increment: 1, min: 1, max: i64::MAX, cache: 1, cycle: false };

fn called(last_value: i64) -> State {
    State { last_value, is_called: true }
}

fn found(first_collision: i64, furthest_in_run: i64) -> Found {
    Found { furthest_in_run: Some(furthest_in_run), first_collision: Some(first_collision) }
}

#[test]
fn verdict_behind_counts_inserts_left_and_values_to_skip() {
    let verdict = judge(&UP, Span::SINGLE, called(10), IdRange::BIGINT, found(14, 40));
    assert_eq!(verdict.status, Status::Behind);
    assert_eq!((verdict.next_value, verdict.inserts_left, verdict.behind_by), (Some(11), Some(3), Some(30)));
}

#[test]
fn verdict_descending_is_the_mirror_image() {
    let down = Definition { increment: -1, min: i64::MIN, max: -1, cache: 1, cycle: false };
    let verdict = judge(&down, Span::SINGLE, called(-10), IdRange::BIGINT, found(-11, -40));
    assert_eq!((verdict.next_value, verdict.inserts_left, verdict.behind_by), (Some(-11), Some(0), Some(30)));
}

#[test]
fn verdict_behind_by_covers_ids_out_of_phase() {
    let tens = Definition { increment: 10, ..UP };
    let verdict = judge(&tens, Span::SINGLE, called(1), IdRange::BIGINT, found(21, 47));
    assert_eq!((verdict.inserts_left, verdict.behind_by), (Some(1), Some(4)), "11, 21, 31 and 41 are passed");
}

#[test]
fn verdict_exhausted_comes_first() {
    let verdict = judge(&UP, Span::SINGLE, called(i32::MAX.into()), IdRange::INTEGER, Found::default());
    assert_eq!((verdict.status, verdict.inserts_left), (Status::Exhausted, Some(0)));
    assert_eq!(verdict.next_value, Some(i64::from(i32::MAX) + 1), "the value exists but does not fit");
    let verdict = judge(&UP, Span::SINGLE, called(i64::MAX), IdRange::BIGINT, Found::default());
    assert_eq!((verdict.status, verdict.next_value), (Status::Exhausted, None));
}

#[test]
fn verdict_near_limit_considers_the_column_type() {
    let state = called(i64::from(i32::MAX) - 46);
    let verdict = judge(&UP, Span::SINGLE, state, IdRange::INTEGER, Found::default());
    assert_eq!((verdict.status, verdict.inserts_left), (Status::NearLimit, Some(46)));
    assert_eq!(judge(&UP, Span::SINGLE, state, IdRange::BIGINT, Found::default()).status, Status::Ok);
}

#[test]
fn verdict_cycle_has_no_limit_unless_the_column_ends_first() {
    let cycle = Definition { cycle: true, max: 100, ..UP };
    assert_eq!(judge(&cycle, Span::SINGLE, called(99), IdRange::BIGINT, Found::default()).inserts_left, None);
    let wide = Definition { cycle: true, ..UP };
    let verdict = judge(&wide, Span::SINGLE, called(i64::from(i32::MAX) - 1), IdRange::INTEGER, Found::default());
    assert_eq!((verdict.status, verdict.inserts_left), (Status::NearLimit, Some(1)));
}

#[test]
fn target_passes_all_except_outliers() {
    let end = i64::from(i32::MAX);
    let run = UP.run(called(1), IdRange::INTEGER).unwrap();
    assert_eq!(target(&run, &run, &[], false, 0), Target::Stay);
    assert_eq!(target(&run, &run, &[40, 39], true, 0), Target::Pass { furthest: 40, left_behind: vec![] });
    assert_eq!(target(&run, &run, &[40, 39], false, 0), Target::Stay, "out of phase: nothing in the way");
    assert_eq!(target(&run, &run, &[40, 39], false, 5), Target::Pass { furthest: 40, left_behind: vec![] });
    assert_eq!(target(&run, &run, &[end, 40], true, 0), Target::Pass { furthest: 40, left_behind: vec![end] });
    assert_eq!(
        target(&run, &run, &[1, 0], false, 5),
        Target::Pass { furthest: 1, left_behind: vec![] },
        "2 to 6 are kept free"
    );
    assert_eq!(target(&run, &run, &[-10], false, 5), Target::Stay);
    assert_eq!(target(&run, &run, &[end, 1], true, 0), Target::OnlyOutliers(vec![end]));
    assert_eq!(target(&run, &run, &[end], true, 0), Target::OnlyOutliers(vec![end]));
}

#[test]
fn target_never_leaves_a_sequence_without_a_value() {
    let run = UP.run(called(1), IdRange { low: 1, high: 10 }).unwrap();
    assert_eq!(
        target(&run, &run, &[10, 9, 8, 7, 6, 5, 4, 3, 2], true, 0),
        Target::NothingBeyond { furthest: 10, limit: 10 }
    );
    assert_eq!(target(&run, &run, &[7, 6, 5, 4], true, 3), Target::NothingBeyond { furthest: 7, limit: 10 });
    assert_eq!(target(&run, &run, &[7, 6, 5, 4], true, 2), Target::Pass { furthest: 7, left_behind: vec![] });
}

#[test]
fn target_keeps_a_value_for_the_narrowest_column() {
    let thousands = Definition { increment: 1000, ..UP };
    let longest = thousands.run(State { last_value: 1, is_called: false }, IdRange::INTEGER).unwrap();
    let common = thousands.run(State { last_value: 1, is_called: false }, IdRange::SMALLINT).unwrap();
    assert_eq!(
        target(&longest, &common, &[39_001, 38_001], true, 0),
        Target::NothingBeyond { furthest: 39_001, limit: 32_767 }
    );
    assert_eq!(target(&longest, &common, &[9_001], true, 0), Target::Pass { furthest: 9_001, left_behind: vec![] });
}

#[test]
fn target_margin_does_not_reach_outliers() {
    let run = UP.run(called(1), IdRange { low: 1, high: 16 }).unwrap();
    assert_eq!(target(&run, &run, &[16, 15, 14, 4, 1], true, 10), Target::NothingBeyond { furthest: 4, limit: 14 });
    let pass = Target::Pass { furthest: 4, left_behind: vec![16, 15, 14] };
    assert_eq!(target(&run, &run, &[16, 15, 14, 4, 1], true, 8), pass);
}

#[test]
fn verdict_of_blocks_counts_draws_until_a_used_id() {
    let tens = Definition { increment: 10, ..UP };
    let verdict = judge(&tens, tens.block(), called(1), IdRange::BIGINT, found(35, 47));
    assert_eq!(verdict.status, Status::Behind);
    assert_eq!((verdict.next_value, verdict.inserts_left, verdict.behind_by), (Some(11), Some(2), Some(5)));
    let run = tens.run(called(1), IdRange::BIGINT).unwrap().spanning(tens.block());
    let passed = Target::Pass { furthest: 47, left_behind: vec![] };
    assert_eq!((target(&run, &run, &[47], true, 0), run.beyond(47, 0)), (passed, Some(61)));
    let run = Run { first: 61, ..run };
    assert_eq!(target(&run, &run, &[47], false, 4), Target::Stay, "52 is the first id of its block");
    assert!(matches!(target(&run, &run, &[47], false, 5), Target::Pass { .. }));
}
