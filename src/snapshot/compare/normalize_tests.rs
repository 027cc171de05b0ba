use super::*;
use proptest::prelude::*;

#[test]
fn normalize_removes_differences_of_dump_and_restore() {
    let same = [
        (
            "CHECK (((s)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])))",
            "CHECK (((s)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text])))",
        ),
        ("CHECK ((x > 0))", "CHECK (x  >\n0)"),
        ("CHECK (((s)::text <> ''::text))", "CHECK ((s <> ''::text))"),
        (
            "CHECK ((((id >= 1) AND (id <= 10)) AND (NOT (id = 5))))",
            "CHECK (((id >= 1) AND (id <= 10) AND (NOT (id = 5))))",
        ),
        ("((((a > 0) OR (b > 0)) OR (c > 0)) OR f((d OR e)))", "((a > 0) OR (b > 0) OR (c > 0) OR f((d OR e)))"),
        ("'a'::character varying(20)", "'a'::text"),
        ("('now'::text)::timestamp(3) with time zone", "'now'::timestamp without time zone"),
        ("((1 + 2))::bigint", "(1 + 2)"),
        ("((a)::boolean AND (b)::boolean)", "(a AND b)"),
        ("CHECK ((NOT (f(a))::boolean))", "CHECK ((NOT f((a))))"),
        ("'{}'::public.\"my mood\"[]", "'{}'::text"),
        ("(lower((s)::text) = 'a'::text)", "((lower(s)) = 'a')"),
    ];
    for (one, other) in same {
        assert!(is_same(one, other), "{} and {}", normalized(one), normalized(other));
    }
}

#[test]
fn normalize_keeps_different_meanings() {
    let different = [
        ("CHECK ((x > 0))", "CHECK ((x >= 0))"),
        ("CHECK ((x > 0))", "CHECK ((x > 1))"),
        ("CHECK (((a OR b) AND c))", "CHECK ((a OR (b AND c)))"),
        ("CHECK (((a AND b) OR c))", "CHECK ((a AND b AND c))"),
        ("(f(a AND b) AND c)", "(f(a) AND b AND c)"),
        ("((NOT (a AND b)) AND c)", "((NOT a) AND b AND c)"),
        ("'a(b)'::text", "'ab'::text"),
        ("'a  b'::text", "'a b'::text"),
        ("'a'::text", "'A'::text"),
        ("'it''s::text'::text", "'it''s'::text"),
        ("E'\\\\''x'::text", "E'\\\\x'::text"),
        ("(\"a b\" > 0)", "(\"a  b\" > 0)"),
        ("(\"a\" > 0)", "(\"A\" > 0)"),
        ("f(a, b)", "f(a)"),
        ("now()", "now"),
        ("(a)[1]", "(a)[2]"),
        ("UNIQUE (a, b)", "UNIQUE (b, a)"),
        ("FOREIGN KEY (a) REFERENCES public.t(id)", "FOREIGN KEY (a) REFERENCES public.t(id) ON DELETE CASCADE"),
        ("CHECK ((x > 0))", "CHECK ((x > 0)) NOT VALID"),
    ];
    for (one, other) in different {
        assert!(!is_same(one, other), "{} and {}", normalized(one), normalized(other));
    }
}

#[test]
fn normalize_reads_any_nesting() {
    let deep = format!("{}x{}", "(".repeat(1_000_000), ")".repeat(1_000_000));
    assert_eq!(normalized(&deep), "x");
}

proptest! {
    #[test]
    fn normalize_reads_any_text_to_its_end(text in "[a-z (){}\\[\\]'\":.,E\\\\=é\\-]{0,40}") {
        let read: usize = tokens(&text).iter().map(|token| token.text.len()).sum();
        let blank: usize = text.chars().filter(|c| c.is_whitespace()).map(char::len_utf8).sum();
        prop_assert!(read <= text.len() && read + blank >= text.len());
        let spaced = format!(" {text} ");
        let is_closed = !text.contains(['\'', '"']);
        prop_assert!(!is_closed || is_same(&text, &spaced));
        is_same_uniqueness(&text, &spaced);
    }
}

#[test]
fn uniqueness_ignores_storage_and_order() {
    let key = "USING btree (a, lower(b))";
    for same in [
        "USING btree (a text_pattern_ops, lower(b) DESC)",
        "USING btree (a, lower(b)) INCLUDE (c)",
        "USING btree (a, lower(b)) WITH (fillfactor='50')",
    ] {
        assert!(is_same_uniqueness(key, same), "{same}");
    }
    for other in [
        "USING btree (a, b)",
        "USING btree (lower(b), a)",
        "USING btree (a COLLATE \"C\", lower(b))",
        "USING btree (a, lower(b)) NULLS NOT DISTINCT",
        "USING btree (a, lower(b)) WHERE (c > 0)",
    ] {
        assert!(!is_same_uniqueness(key, other), "{other}");
    }
}
