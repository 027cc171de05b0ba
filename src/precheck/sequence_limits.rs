//! The rules for the options of sequences (init_params in commands/sequence.c).

use crate::pg::parser::tree::SequenceOptions;

/// A sequence's limits, and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The largest value of its type.
    pub type_limit: i64,
    pub increment: i64,
    pub min: i64,
    pub max: i64,
    pub start: i64,
    pub last: i64,
    /// What nextval returns next, if that is known.
    pub next: Option<i64>,
}

/// Returns the sequence with the options, or why the server refuses them. `old` is `None` for a new
/// sequence.
pub fn refusal(options: &SequenceOptions, old: Option<&Position>) -> Result<Position, String> {
    let type_limit = match options.type_name.as_deref().map(|name| name.rsplit('.').next().unwrap_or(name)) {
        None => old.map_or(i64::MAX, |old| old.type_limit),
        Some("int2") => i16::MAX.into(),
        Some("int4") => i32::MAX.into(),
        Some("int8") => i64::MAX,
        Some(_) => return Err("sequence type must be smallint, integer, or bigint".to_owned()),
    };
    let number = |text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => {
            text.parse::<i64>().map(Some).map_err(|_| format!("value \"{text}\" is out of range for type bigint"))
        }
    };
    let is_retyped = options.type_name.is_some();
    let resets_max = old.is_some_and(|old| is_retyped && old.max == old.type_limit);
    let resets_min = old.is_some_and(|old| is_retyped && old.min == -old.type_limit - 1);
    let increment = number(&options.increment)?.unwrap_or_else(|| old.map_or(1, |old| old.increment));
    if increment == 0 {
        return Err("INCREMENT must not be zero".to_owned());
    }
    let max = match (&options.max, old) {
        (Some(Some(text)), _) => number(&Some(text.clone()))?.unwrap_or_default(),
        (None, Some(old)) if !resets_max => old.max,
        _ if increment > 0 || resets_max => type_limit,
        _ => -1,
    };
    let min = match (&options.min, old) {
        (Some(Some(text)), _) => number(&Some(text.clone()))?.unwrap_or_default(),
        (None, Some(old)) if !resets_min => old.min,
        _ if increment < 0 || resets_min => -type_limit - 1,
        _ => 1,
    };
    let in_type = |value: i64| value <= type_limit && value >= -type_limit - 1;
    if !in_type(max) {
        return Err(format!("MAXVALUE ({max}) is out of range for the sequence's data type"));
    }
    if !in_type(min) {
        return Err(format!("MINVALUE ({min}) is out of range for the sequence's data type"));
    }
    if min >= max {
        return Err(format!("MINVALUE ({min}) must be less than MAXVALUE ({max})"));
    }
    let first = if increment > 0 { min } else { max };
    let start = number(&options.start)?.unwrap_or_else(|| old.map_or(first, |old| old.start));
    within("START", start, min, max)?;
    let last = match &options.restart {
        Some(value) => number(value)?.unwrap_or(start),
        None => old.map_or(start, |old| old.last),
    };
    within("RESTART", last, min, max)?;
    if let Some(cache) = number(&options.cache)?.filter(|cache| *cache <= 0) {
        return Err(format!("CACHE ({cache}) must be greater than zero"));
    }
    let next = match (&options.restart, old) {
        (None, Some(old)) if old.increment == increment => old.next,
        (None, Some(_)) => None,
        _ => Some(last),
    };
    Ok(Position { type_limit, increment, min, max, start, last, next })
}

fn within(what: &str, value: i64, min: i64, max: i64) -> Result<(), String> {
    if value < min {
        return Err(format!("{what} value ({value}) cannot be less than MINVALUE ({min})"));
    }
    if value > max {
        return Err(format!("{what} value ({value}) cannot be greater than MAXVALUE ({max})"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn sequence_limits_of_new_sequences() {
        let plain = refusal(&SequenceOptions::default(), None);
        assert_eq!(plain.map(|position| (position.min, position.max, position.last)), Ok((1, i64::MAX, 1)));
        let down = SequenceOptions { increment: some("-1"), type_name: some("pg_catalog.int2"), ..Default::default() };
        let position = refusal(&down, None);
        assert_eq!(position.map(|position| (position.min, position.max, position.last)), Ok((-32768, -1, -1)));
        let crossed = SequenceOptions { min: Some(some("10")), max: Some(some("5")), ..Default::default() };
        assert_eq!(refusal(&crossed, None), Err("MINVALUE (10) must be less than MAXVALUE (5)".to_owned()));
        let typed = SequenceOptions { type_name: some("text"), ..Default::default() };
        assert!(refusal(&typed, None).is_err());
        let zero = SequenceOptions { cache: some("0"), ..Default::default() };
        assert_eq!(refusal(&zero, None), Err("CACHE (0) must be greater than zero".to_owned()));
    }

    #[test]
    fn sequence_limits_of_altered_sequences_keep_the_position() {
        let max = i64::from(i32::MAX);
        let old = Position { type_limit: max, increment: 1, min: 1, max, start: 1, last: 1002, next: Some(1003) };
        let low = SequenceOptions { max: Some(some("5")), ..Default::default() };
        let reason = "RESTART value (1002) cannot be greater than MAXVALUE (5)".to_owned();
        assert_eq!(refusal(&low, Some(&old)), Err(reason));
        let restart = SequenceOptions { restart: Some(some("0")), ..Default::default() };
        assert!(refusal(&restart, Some(&old)).is_err());
        let again = SequenceOptions { restart: Some(None), ..Default::default() };
        assert_eq!(refusal(&again, Some(&old)), Ok(Position { last: 1, next: Some(1), ..old }));
        let wide = SequenceOptions { type_name: some("int8"), ..Default::default() };
        assert_eq!(refusal(&wide, Some(&old)), Ok(Position { type_limit: i64::MAX, max: i64::MAX, ..old }));
    }
}
