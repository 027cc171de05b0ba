//! Renders durations. Pure.

const SECOND: i64 = 1_000_000;

/// Returns a duration in at most two units: `59 s`, `3 min 20 s`, `2 d 4 h`.
pub fn in_words(microseconds: i64) -> String {
    let seconds = (microseconds / SECOND).max(0);
    let units = [("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)];
    let Some(index) = units.iter().position(|(_, length)| seconds >= *length) else { return "under 1 s".to_owned() };
    let (name, length) = units[index];
    let whole = format!("{} {name}", seconds / length);
    match units.get(index + 1) {
        Some((next, part)) if seconds % length >= *part => format!("{whole} {} {next}", seconds % length / part),
        _ => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_units_are_enough() {
        let cases = [
            (0, "under 1 s"),
            (59, "59 s"),
            (60, "1 min"),
            (200, "3 min 20 s"),
            (3600, "1 h"),
            (3659, "1 h"),
            (3660, "1 h 1 min"),
            (187_200, "2 d 4 h"),
        ];
        for (seconds, words) in cases {
            assert_eq!(in_words(seconds * SECOND), words);
        }
        assert_eq!(in_words(-5), "under 1 s");
        assert_eq!(in_words(999_999), "under 1 s");
        assert_eq!(in_words(i64::MAX), "106751991 d 4 h");
    }
}
