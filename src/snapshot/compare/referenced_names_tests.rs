use super::*;
use proptest::prelude::*;

#[test]
fn names_of_a_foreign_key() {
    let (table, columns) =
        reference("FOREIGN KEY (a, b) REFERENCES \"my.schema\".\"say \"\"hi\"\"\"(id, \"Other Id\") ON DELETE CASCADE")
            .expect("one");
    assert_eq!(table, RelationName { schema: "my.schema".into(), name: "say \"hi\"".into() });
    assert_eq!(columns, ["id", "Other Id"]);
    assert_eq!(reference("CHECK ((x = 'REFERENCES public.t(id)'::text))"), None);
}

#[test]
fn names_of_a_default() {
    let named = |schema: &str, name: &str| Some(RelationName { schema: schema.into(), name: name.into() });
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
fn names_of_unique_columns() {
    let columns = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    assert_eq!(unique_columns("PRIMARY KEY (a, \"B b\") INCLUDE (c)"), columns(&["a", "B b"]));
    assert_eq!(unique_columns("USING btree (a, \"B b\" DESC)"), columns(&["a", "B b"]));
    for more in
        ["USING btree (lower(a))", "USING btree (a) WHERE (b > 0)", "UNIQUE NULLS NOT DISTINCT (a)", "CHECK ((a > 0))"]
    {
        assert_eq!(unique_columns(more), None, "{more}");
    }
}

proptest! {
    #[test]
    fn names_of_any_text_are_read(text in "[a-z (){}\\[\\]'\":.,E\\\\=é\\-]{0,40}", lead in "(nextval|REFERENCES |)") {
        let text = format!("{lead}{text}");
        names(&text);
        sequence(&text);
        reference(&text);
        unique_columns(&text);
    }
}

#[test]
fn referenced_names_split_clauses() {
    let domain = "numeric(10,2) DEFAULT app.f(1, 2) NOT NULL CONSTRAINT d_check CHECK ((NOT (VALUE > (0)::numeric)))";
    let kept: Vec<String> = clauses(domain).iter().map(|clause| clause.replace(' ', "")).collect();
    assert_eq!(
        kept,
        ["numeric(10,2)", "DEFAULTapp.f(1,2)", "NOTNULL", "CONSTRAINTd_checkCHECK((NOT(VALUE>(0)::numeric)))"]
    );
    let kept: Vec<String> =
        clauses("(a numeric(10,2), b app.mood)").iter().map(|clause| clause.replace(' ', "")).collect();
    assert_eq!(kept, ["anumeric(10,2)", "bapp.mood"]);
    assert_eq!(own_name("function app.f(integer, app.mood)").as_deref(), Some("f"));
    assert_eq!(own_name("type app.\"my mood\"").as_deref(), Some("my mood"));
}
