use super::super::examples::no_server;
use super::*;

fn formula(json: &str) -> Formula {
    serde_json::from_str(json).expect("a formula")
}

fn value(json: &str, inputs: Inputs) -> Option<i128> {
    formula(json).value(&inputs, no_server)
}

#[test]
fn braces_without_input_are_literal() {
    let inputs = Inputs { schema: "s", database: "{schema}", ..Inputs::default() };
    for (text, filled) in
        [("{x}{schema}}", "{x}s}"), ("{{schema}", "{s"), ("{database}", "{schema}"), ("ü{", "ü{"), ("", "")]
    {
        assert_eq!(Template::from(text.to_owned()).filled(&inputs), filled);
    }
    assert!(Template::from("a{table}".to_owned()).asks_for(Input::Table));
    assert!(!Template::from("a{tables}".to_owned()).asks_for(Input::Table));
}

#[test]
fn steps_are_applied_in_order() {
    let crc = i128::from(crc32fast::hash(b"x"));
    let json = |then: &str| format!(r#"{{"hash": "crc32", "of": "x", "then": [{then}]}}"#);
    let cases = [
        (r#"{"multiply": 3}, {"add": -1}"#, crc * 3 - 1),
        (r#"{"add": -1}, {"multiply": 3}"#, (crc - 1) * 3),
        (r#"{"modulo": 1000}"#, crc % 1000),
        (r#"{"and": 255}"#, crc & 255),
        (r#"{"signed": 32}"#, (crc as u32).cast_signed().into()),
    ];
    for (then, expected) in cases {
        assert_eq!(value(&json(then), Inputs::default()), Some(expected), "{then}");
        let (least, greatest) = formula(&json(then)).bounds();
        assert!((least..=greatest).contains(&expected), "{then}");
    }
}

#[test]
fn javascript_prints_zeros_after_the_digits_of_a_double() {
    assert_eq!(Step::JavascriptNumber.apply(-4_204_401_312_443_020_283), Some(-4_204_401_312_443_020_300));
    assert_eq!(Step::JavascriptNumber.apply(12), Some(12));
}

#[test]
fn values_counts_possible_numbers() {
    let values = |json: &str| formula(json).values();
    assert_eq!(values(r#"{"hash": "crc32", "of": ""}"#), 1 << 32);
    assert_eq!(values(r#"{"hash": "crc32", "of": "", "then": [{"multiply": 2053462845}]}"#), 1 << 32);
    assert_eq!(values(r#"{"hash": "crc32", "of": "", "then": [{"and": 2147483647}]}"#), 1 << 31);
    assert_eq!(values(r#"{"hash": "sha1-le64", "of": "", "then": [{"signed": 64}]}"#), 1 << 64);
    assert_eq!(values(r#"{"hash": "phash2", "of": []}"#), 1 << 27);
}

#[test]
fn tuple_is_hashed_only_by_phash2() {
    assert_eq!(value(r#"{"hash": "crc32", "of": [{"atom": "x"}]}"#, Inputs::default()), None);
    assert_eq!(value(r#"{"hash": "phash2", "of": "x"}"#, Inputs::default()), None);
}

#[test]
fn describe_uses_the_usual_notation() {
    let inputs = Inputs { database: "shop", schema: "app", table: "t", repo: "Elixir.Shop.Repo", ..Inputs::default() };
    let cases = [
        (r#"{"hash": "crc32", "of": "{database}", "then": [{"multiply": 1026731422}]}"#, "1026731422 * crc32('shop')"),
        (
            r#"{"hash": "crc32", "of": "{schema}\u0000{table}", "then": [{"multiply": 5}, {"modulo": 7}]}"#,
            "(5 * crc32(E'app\\0t')) mod 7",
        ),
        (r#"{"hash": "java-hash-code", "of": "\"{table}\"", "then": [{"add": 9}]}"#, "9 + hashCode('\"t\"')"),
        (
            r#"{"hash": "phash2", "of": [{"atom": "ecto"}, {"binary": "{schema}"}, {"atom": "{repo}"}]}"#,
            "phash2({ecto,\"app\",Shop.Repo})",
        ),
    ];
    for (json, expected) in cases {
        assert_eq!(formula(json).describe(&inputs), expected);
    }
}

#[test]
fn module_is_quoted_as_in_elixir() {
    let cases = [("Elixir.Shop.Repo", "Shop.Repo"), ("nil", "nil"), ("Elixir.A\"B.Repo", ":\"Elixir.A\"\"B.Repo\"")];
    for (atom, spelled) in cases {
        assert_eq!(module(atom), spelled);
    }
}
