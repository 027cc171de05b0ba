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
        ("(x = (5)::numeric)", "(x = 5)"),
        ("(x = ('-5'::integer)::numeric)", "(x = '-5'::bigint)"),
        ("(x = ANY ((ARRAY[a, b])::bigint[]))", "(x = ANY (ARRAY[(a)::bigint, (b)::bigint]))"),
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
        ("((at)::date)", "((at))"),
        ("((at AT TIME ZONE 'UTC'::text))::date", "(at AT TIME ZONE 'UTC'::text)"),
        ("((lower(name))::character varying(3))", "(lower(name))"),
        ("((amount)::integer > 5)", "(amount > (5)::numeric)"),
        ("((now())::date)::text", "(now())::text"),
        ("((n)::numeric(10,2))::text", "((n)::numeric(10,4))::text"),
        ("((s)::date = (now())::date)", "((s)::timestamp without time zone = now())"),
        ("(f(5))::integer", "f(5)"),
        ("(a[1])::integer", "a[1]"),
        ("(CURRENT_DATE)::timestamp without time zone", "CURRENT_DATE"),
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
fn normalize_tells_names_and_casts_apart_from_the_rest() {
    assert!(is_same_but_for_casts("((a)::boolean AND (b)::boolean)", "(a AND b)"));
    assert!(is_same_but_for_casts("CHECK ((NOT (f(a))::boolean))", "CHECK ((NOT f((a))))"));
    assert!(!is_same_but_for_casts("((a)::integer > 5)", "(a > 6)"));
    assert!(is_renamed("USING btree (lower(a)) WHERE (b > 5)", "USING btree (lower(c)) WHERE (d > 5)"));
    assert!(is_renamed("CHECK (app.f(a))", "CHECK (app.g(a))"));
    assert!(!is_renamed("CHECK ((k > 5))", "CHECK ((k > 900))"));
    assert!(!is_renamed("CHECK ((k > 5))", "CHECK ((k >= 5))"));
    assert!(!is_renamed("CHECK ((k > 5))", "CHECK (((k > 5) AND l))"));
    assert!(!is_renamed("CHECK ((k = 'a'::text))", "CHECK ((k = 'b'::text))"));
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
