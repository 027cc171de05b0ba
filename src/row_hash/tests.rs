//! Checks that rows that differ in a value have different bytes and hashes, and that the hashes of
//! the current algorithm do not change.

use super::*;
use proptest::prelude::*;

/// A value that can be added to a row.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Null,
    Whole(i64),
    Float(u64),
    Time(i64),
    TimeWithZone(i64, i32),
    Interval(i32, i32, i64),
    Uuid([u8; 16]),
    Text(Vec<u8>),
    Bytes(Vec<u8>),
}

fn add(row: &mut RowBytes, value: &Value) {
    match value {
        Value::Null => row.null(),
        Value::Whole(value) => row.whole(*value),
        Value::Float(bits) => row.float(f64::from_bits(*bits)),
        Value::Time(units) => row.time(*units),
        Value::TimeWithZone(time, zone) => row.time_with_zone(*time, *zone),
        Value::Interval(months, days, time) => row.interval(*months, *days, *time),
        Value::Uuid(value) => row.uuid(value),
        Value::Text(text) => row.text(text),
        Value::Bytes(value) => row.bytes(value),
    }
}

fn row(values: &[Value]) -> RowBytes {
    let mut row = RowBytes::default();
    values.iter().for_each(|value| add(&mut row, value));
    row
}

/// Short contents, and contents of about the length from which a hash represents them.
fn content() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(0..3u8, 0..4),
        (LONG - 2..LONG + 3, 0..3u8).prop_map(|(length, byte)| vec![byte; length])
    ]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        (-2..3i64).prop_map(Value::Whole),
        (-2..3i64).prop_map(|value| Value::Float((value as f64).to_bits())),
        (-2..3i64).prop_map(Value::Time),
        (-1..2i64, -1..2i32).prop_map(|(time, zone)| Value::TimeWithZone(time, zone)),
        (0..2i32, 0..2i32, 0..2i64).prop_map(|(months, days, time)| Value::Interval(months, days, time)),
        (0..2u8).prop_map(|byte| Value::Uuid([byte; 16])),
        content().prop_map(Value::Text),
        content().prop_map(Value::Bytes),
    ]
}

proptest! {
    /// Uses few different values, so that equal ones, and ones with equal beginnings, are frequent.
    #[test]
    fn row_bytes_differ_exactly_if_values_differ(
        one in prop::collection::vec(value(), 0..4),
        other in prop::collection::vec(value(), 0..4),
    ) {
        let (one_row, other_row) = (row(&one), row(&other));
        prop_assert_eq!(one == other, one_row.0 == other_row.0);
        prop_assert_eq!(one == other, one_row.hash() == other_row.hash());
    }

    #[test]
    fn row_hash_changes_with_any_bit(
        values in prop::collection::vec(value(), 0..4),
        mut text in prop::collection::vec(any::<u8>(), 1..3000),
        bit in any::<prop::sample::Index>(),
    ) {
        let hash = |text: &[u8]| {
            let mut row = row(&values);
            row.text(text);
            row.hash()
        };
        let before = hash(&text);
        let bit = bit.index(text.len() * 8);
        text[bit / 8] ^= 1 << (bit % 8);
        prop_assert_ne!(hash(&text), before);
    }

    /// Numerics with any stored bytes must not panic.
    #[test]
    fn numeric_of_any_bytes_does_not_panic(stored in prop::collection::vec(any::<u8>(), 0..12)) {
        RowBytes::default().numeric(&stored);
    }

    /// A jsonb that cannot be read must add nothing. Headers of small containers are frequent.
    #[test]
    fn jsonb_that_is_unreadable_adds_nothing(
        words in prop::collection::vec((0..8u32, prop::sample::select(vec![0, 0, 1 << 2, 0x10, 0x20, 0x40, 0x50, 0x80, 0x90])), 0..12),
        rest in prop::collection::vec(any::<u8>(), 0..12),
        converts in any::<bool>(),
    ) {
        let words = words.iter().flat_map(|(low, high)| (low | high << 24).to_ne_bytes());
        let stored: Vec<u8> = words.chain(rest).collect();
        let convert = |text: &[u8]| text.len().is_multiple_of(2).then(|| text.to_vec());
        let mut row = row(&[Value::Whole(1)]);
        let before = row.0.len();
        let is_read = row.jsonb(&stored, converts.then_some(&convert as _));
        prop_assert_eq!(is_read, row.0.len() > before);
    }
}

fn numeric(words: &[u16]) -> Vec<u8> {
    let mut row = RowBytes::default();
    row.numeric(&words.iter().flat_map(|word| word.to_ne_bytes()).collect::<Vec<u8>>());
    row.0
}

#[test]
fn numeric_bytes_do_not_depend_on_header_size() {
    // -12.345: two places of base 10000 and weight 0; -0.0001: weight -1.
    assert_eq!(numeric(&[0x8000 | 0x2000 | 3 << 7, 12, 3450]), numeric(&[0x4000 | 3, 0, 12, 3450]));
    assert_eq!(numeric(&[0x8000 | 0x2000 | 4 << 7 | 0x40 | 0x3f, 1]), numeric(&[0x4000 | 4, 0xffff, 1]));
    assert_eq!(numeric(&[0x8000 | 40, 7]), numeric(&[0, 40, 7]));
}

#[test]
fn numeric_bytes_cover_each_part() {
    let numerics = [
        numeric(&[0x8000, 12]),
        numeric(&[0x8000, 13]),
        numeric(&[0x8000, 12, 1]),
        numeric(&[0x8000 | 1, 12]),
        numeric(&[0x8000 | 1 << 7, 12]),
        numeric(&[0x8000 | 0x2000, 12]),
        numeric(&[0x8000]),
        numeric(&[0x8000 | 2 << 7]),
        numeric(&[0xc000]),
        numeric(&[0xd000]),
        numeric(&[0xf000]),
    ];
    for (index, one) in numerics.iter().enumerate() {
        assert!(!numerics[..index].contains(one), "{index}");
    }
}

#[test]
fn float_hash_of_nans_is_equal_and_of_zeros_differs() {
    let float = |value: f64| row(&[Value::Float(value.to_bits())]).hash();
    assert_eq!(float(f64::NAN), float(f64::from_bits(0xfff8_0000_0000_0001)));
    assert_ne!(float(-0.0), float(0.0));
}

/// A change of these values requires a new `ALGORITHM`: snapshots with hashes are kept in files for
/// years.
#[test]
fn row_hash_agrees_with_golden_values() {
    assert_eq!(ALGORITHM, 1);
    let values = [
        Value::Null,
        Value::Whole(-7),
        Value::Float(1.5f64.to_bits()),
        Value::Time(86_400_000_000),
        Value::TimeWithZone(1, -3600),
        Value::Interval(1, 2, 3),
        Value::Uuid(*b"0123456789abcdef"),
        Value::Text("zażółć".into()),
        Value::Bytes(vec![0, 255]),
        Value::Text(vec![b'x'; LONG]),
    ];
    let hashes: Vec<i64> = values.iter().map(|value| row(std::slice::from_ref(value)).hash()).collect();
    let golden = [
        -4302098779834749733,
        2604395823259449901,
        3891802775173123907,
        -6485509434041775073,
        -5377387698341635967,
        379760115541422008,
        -7046930982872696965,
        4787961289192934393,
        2362964860028680486,
        1543698445189870487,
    ];
    assert_eq!(hashes, golden);
    assert_eq!(row(&values).hash(), -5011317523721009795);
}
