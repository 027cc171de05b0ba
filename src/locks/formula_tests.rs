use super::super::examples::no_server;
use super::*;

fn formula(json: &str) -> Formula {
    serde_json::from_str(json).expect("a formula")
}

fn value(json: &str, inputs: Inputs) -> Option<i128> {
    formula(json).value(&inputs, no_server)
}

#[test]
fn braces_that_name_no_input_are_text() {
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
fn steps_in_their_order() {
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
fn javascript_prints_zeros_behind_a_doubles_digits() {
    assert_eq!(Step::JavascriptNumber.apply(-4_204_401_312_443_020_283), Some(-4_204_401_312_443_020_300));
    assert_eq!(Step::JavascriptNumber.apply(12), Some(12));
}

#[test]
fn how_many_values() {
    let values = |json: &str| formula(json).values();
    assert_eq!(values(r#"{"hash": "crc32", "of": ""}"#), 1 << 32);
    assert_eq!(values(r#"{"hash": "crc32", "of": "", "then": [{"multiply": 2053462845}]}"#), 1 << 32);
    assert_eq!(values(r#"{"hash": "crc32", "of": "", "then": [{"and": 2147483647}]}"#), 1 << 31);
    assert_eq!(values(r#"{"hash": "sha1-le64", "of": "", "then": [{"signed": 64}]}"#), 1 << 64);
    assert_eq!(values(r#"{"hash": "phash2", "of": []}"#), 1 << 27);
}

#[test]
fn only_erlang_hashes_tuples() {
    assert_eq!(value(r#"{"hash": "crc32", "of": [{"atom": "x"}]}"#, Inputs::default()), None);
    assert_eq!(value(r#"{"hash": "phash2", "of": "x"}"#, Inputs::default()), None);
}

#[test]
fn as_a_person_would_write_it() {
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
fn modules_as_elixir_has_them() {
    let cases = [("Elixir.Shop.Repo", "Shop.Repo"), ("nil", "nil"), ("Elixir.A\"B.Repo", ":\"Elixir.A\"\"B.Repo\"")];
    for (atom, spelled) in cases {
        assert_eq!(module(atom), spelled);
    }
}
