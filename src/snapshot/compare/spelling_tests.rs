use super::*;
use proptest::prelude::*;

#[test]
fn what_dump_and_restore_spell_otherwise() {
    let same = [
        (
            "CHECK (((s)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])))",
            "CHECK (((s)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text])))",
        ),
        ("CHECK ((x > 0))", "CHECK (x  >\n0)"),
        ("CHECK (((s)::text <> ''::text))", "CHECK ((s <> ''::text))"),
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
fn what_means_something_else() {
    let different = [
        ("CHECK ((x > 0))", "CHECK ((x >= 0))"),
        ("CHECK ((x > 0))", "CHECK ((x > 1))"),
        ("CHECK (((a OR b) AND c))", "CHECK ((a OR (b AND c)))"),
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
fn what_a_foreign_key_refers_to() {
    let (table, columns) =
        reference("FOREIGN KEY (a, b) REFERENCES \"my.schema\".\"say \"\"hi\"\"\"(id, \"Other Id\") ON DELETE CASCADE")
            .expect("one");
    assert_eq!(table, Name { schema: "my.schema".into(), name: "say \"hi\"".into() });
    assert_eq!(columns, ["id", "Other Id"]);
    assert_eq!(reference("CHECK ((x = 'REFERENCES public.t(id)'::text))"), None);
}

#[test]
fn what_a_default_draws_from() {
    let named = |schema: &str, name: &str| Some(Name { schema: schema.into(), name: name.into() });
    assert_eq!(sequence("nextval('public.t_id_seq'::regclass)"), named("public", "t_id_seq"));
    assert_eq!(sequence("(100 + nextval('public.\"it''s. One\"'::regclass))"), named("public", "it's. One"));
    assert_eq!(sequence("nextval(E'public.\"back\\\\slash\"'::regclass)"), named("public", "back\\slash"));
    assert_eq!(sequence("'nextval(x)'::text"), None);
    assert_eq!(sequence("now()"), None);
}

#[test]
fn names_in_definitions() {
    let found = names(
        "CREATE TRIGGER t AFTER UPDATE OF a ON s.tab WHEN ((old.\"B b\" IS DISTINCT FROM new.c)) EXECUTE FUNCTION s.f('d')",
    );
    assert!(["a", "B b", "c", "tab"].iter().all(|name| found.contains(*name)), "{found:?}");
    assert!(!found.contains("d"), "in a literal");
}

#[test]
fn nesting_has_no_limit() {
    let deep = format!("{}x{}", "(".repeat(1_000_000), ")".repeat(1_000_000));
    assert_eq!(normalized(&deep), "x");
}

proptest! {
    #[test]
    fn anything_is_read_to_its_end(text in "[a-z (){}\\[\\]'\":.,E\\\\=é\\-]{0,40}") {
        let read: usize = tokens(&text).iter().map(|token| token.text.len()).sum();
        let blank: usize = text.chars().filter(|c| c.is_whitespace()).map(char::len_utf8).sum();
        prop_assert!(read <= text.len() && read + blank >= text.len());
        let spaced = format!(" {text} ");
        let is_closed = !text.contains(['\'', '"']);
        prop_assert!(!is_closed || is_same(&text, &spaced));
        normalized(&text);
        names(&text);
        sequence(&text);
        reference(&text);
    }
}
