use super::super::examples::SOURCE;
use super::super::tools_source::catalogue;
use super::*;
use std::fs;
use std::path::Path;

/// If ACCEPT=1 is set, as `make docs` does, writes the files instead.
#[test]
fn generated_files_are_up_to_date() {
    let files = [("src/locks/tools.json", catalogue(SOURCE)), ("docs/advisory-locks.md", documentation(SOURCE))];
    for (name, generated) in files {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        let generated = generated.expect(name);
        if std::env::var("ACCEPT").is_ok_and(|accept| accept == "1") {
            fs::write(&path, &generated).expect(name);
        }
        let is_current = fs::read_to_string(&path).is_ok_and(|current| current == generated);
        assert!(is_current, "{name} is not up to date with docs/advisory-locks.json: run make docs");
    }
}

#[test]
fn unknown_field_is_an_error() {
    let source = |field: &str| {
        format!(r#"[{{"name": "x", "locks": [{{"lock": "l", "purpose": "jobs", "sources": ["s"]{field}}}]}}]"#)
    };
    assert!(documentation(&source("")).is_ok());
    assert!(documentation(&source(r#", "realease": "r""#)).is_err());
    assert!(documentation(&source(r#", "keys": [{"key": "1", "form": {}}]"#)).is_err());
}

#[test]
fn markup_is_escaped() {
    assert_eq!(escaped("a_b __c <d> e|f *"), r"a_b \_\_c \<d> e\|f \*");
    assert_eq!(code("'a' | b"), r"`'a' \| b`");
}
