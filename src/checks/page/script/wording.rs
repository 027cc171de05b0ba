//! Words the numbers of statements, and durations. Pure.

use crate::report::duration::in_words;
use std::time::Duration;

/// More numbers than this are counted.
const MOST: usize = 8;

/// Returns `statement 3`, or `statements 3, 5 and 7`.
pub fn numbers(numbers: &[i32]) -> String {
    let shown: Vec<String> = numbers.iter().take(MOST).map(i32::to_string).collect();
    match (shown.as_slice(), numbers.len() - shown.len()) {
        ([], _) => "no statement".to_owned(),
        ([one], 0) => format!("statement {one}"),
        ([first @ .., last], 0) => format!("statements {} and {last}", first.join(", ")),
        (shown, more) => format!("statements {} and {more} more", shown.join(", ")),
    }
}

/// Returns `statement 3`, or `statements 3 to 5`.
pub fn span(from: i32, to: i32) -> String {
    if from == to { format!("statement {from}") } else { format!("statements {from} to {to}") }
}

/// Returns a duration with two or three digits: `0.3 ms`, `12 ms`, `1.2 s`, `3 min 20 s`.
pub fn time(duration: Duration) -> String {
    let milliseconds = duration.as_secs_f64() * 1000.0;
    if milliseconds < 9.95 {
        format!("{milliseconds:.1} ms")
    } else if milliseconds < 999.5 {
        format!("{milliseconds:.0} ms")
    } else if milliseconds < 59_950.0 {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        in_words(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_listed_or_counted() {
        assert_eq!(numbers(&[3]), "statement 3");
        assert_eq!(numbers(&[3, 5, 7]), "statements 3, 5 and 7");
        assert_eq!(numbers(&(1..=10).collect::<Vec<_>>()), "statements 1, 2, 3, 4, 5, 6, 7, 8 and 2 more");
        assert_eq!((span(3, 3), span(3, 5)), ("statement 3".to_owned(), "statements 3 to 5".to_owned()));
    }

    #[test]
    fn durations_have_few_digits() {
        let cases =
            [(300, "0.3 ms"), (12_400, "12 ms"), (999_600, "1.0 s"), (1_234_000, "1.2 s"), (200_000_000, "3 min 20 s")];
        for (microseconds, words) in cases {
            assert_eq!(time(Duration::from_micros(microseconds)), words);
        }
    }
}
