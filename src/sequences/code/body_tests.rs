use super::*;
use proptest::prelude::*;

fn draws(source: &str) -> Vec<(Name, Destination, bool)> {
    let body = plpgsql(source).unwrap();
    body.draws.into_iter().map(|draw| (draw.sequence, draw.destination, draw.is_plain)).collect()
}

fn into_id(is_plain: bool) -> Vec<(Name, Destination, bool)> {
    vec![(text("s"), Destination::Column("id".to_owned()), is_plain)]
}

fn text(name: &str) -> Name {
    Name::Text(name.to_owned())
}

#[test]
fn body_of_a_trigger_that_fills_a_column() {
    for statement in [
        "NEW.id := nextval('s');",
        "new.id = nextval('s');",
        "NEW.id := coalesce(NEW.id, nextval('s'));",
        "NEW.id := COALESCE(NULLIF(NEW.id, 0), pg_catalog.nextval('s'::regclass)::int);",
        "IF NEW.id IS NULL THEN NEW.id := nextval('s'); END IF;",
        "IF NEW.id IS NULL OR NEW.id = 0 THEN SELECT nextval('s') INTO NEW.id; END IF;",
        "SELECT nextval('s') INTO STRICT NEW.id FROM dual;",
        "SELECT INTO NEW.id nextval('s');",
        "SELECT coalesce(NEW.id, nextval('s')) AS id INTO NEW.id;",
        "NEW.id := CASE WHEN NEW.id IS NULL THEN nextval('s') ELSE NEW.id END;",
        "NEW.\"id\" := (CAST(nextval('s') AS bigint));",
    ] {
        assert_eq!(draws(&format!("BEGIN {statement} RETURN NEW; END")), into_id(true), "{statement}");
    }
}

#[test]
fn body_value_is_followed_through_a_variable() {
    for body in [
        "DECLARE v bigint; BEGIN SELECT nextval('s') INTO v; NEW.id := v; RETURN NEW; END",
        "DECLARE v bigint := nextval('s'); BEGIN NEW.id := coalesce(NEW.id, v); RETURN NEW; END;",
        "DECLARE v t.id%TYPE; BEGIN IF NEW.id IS NULL THEN v := nextval('s'); NEW.id := v; END IF; RETURN NEW; END",
    ] {
        assert_eq!(draws(body), into_id(true), "{body}");
    }
    let returned = "DECLARE v bigint; BEGIN v := nextval('s'); RETURN v; END";
    assert_eq!(draws(returned), [(text("s"), Destination::Caller, true)]);
}

#[test]
fn body_value_that_is_changed_is_not_plain() {
    for body in [
        "BEGIN NEW.id := nextval('s') * 10; RETURN NEW; END",
        "BEGIN NEW.id := nextval('s'); NEW.id := NEW.id + 1; RETURN NEW; END",
        "BEGIN LOOP NEW.id := nextval('s'); EXIT WHEN NOT EXISTS (SELECT FROM t WHERE id = NEW.id); END LOOP; RETURN NEW; END",
        "DECLARE v bigint := nextval('s'); BEGIN v := v + 1; NEW.id := v; RETURN NEW; END",
        "DECLARE v bigint := nextval('s'); BEGIN NEW.id := 'A' || v; RETURN NEW; END",
    ] {
        assert_eq!(draws(body), into_id(false), "{body}");
    }
    assert_eq!(draws("BEGIN RETURN nextval('s') + 1; END"), [(text("s"), Destination::Caller, false)]);
    let either = "BEGIN IF a THEN RETURN nextval('s'); END IF; RETURN 0; END";
    assert_eq!(draws(either), [(text("s"), Destination::Caller, false)]);
}

#[test]
fn body_value_with_another_destination_or_computed_name() {
    let unknown = |name| vec![(name, Destination::Unknown, false)];
    assert_eq!(draws("BEGIN PERFORM nextval('s'); NEW.id := currval('s'); RETURN NEW; END"), unknown(text("s")));
    assert_eq!(draws("BEGIN INSERT INTO t VALUES (nextval('s')); END"), [(text("s"), Destination::Elsewhere, false)]);
    assert_eq!(draws("BEGIN NEW.id := nextval(TG_TABLE_NAME || '_seq'); RETURN NEW; END")[0].0, Name::Computed);
    assert_eq!(draws("BEGIN NEW.id := nextval(TG_ARGV[0]); RETURN NEW; END")[0].0, Name::Argument(0));
    assert_eq!(draws("BEGIN /* NEW.id := nextval('s'); */ NEW.note := 'nextval(''s'')'; RETURN NEW; END"), []);
}

#[test]
fn body_with_several_columns_and_sequences() {
    let found = draws("BEGIN NEW.id := nextval('s'); NEW.number := nextval('t'); RETURN NEW; END");
    assert_eq!(found[0], into_id(true)[0]);
    assert_eq!(found[1], (text("t"), Destination::Column("number".to_owned()), true));
}

#[test]
fn body_of_an_sql_function_returns_its_only_select() {
    let draws = |source| sql(source).unwrap().draws;
    let plain = vec![Draw { sequence: text("s"), destination: Destination::Caller, is_plain: true }];
    for source in
        ["SELECT nextval('s')", "select pg_catalog.nextval('s'::regclass)::integer AS id;", " SELECT (nextval('s')) ;"]
    {
        assert_eq!(draws(source), plain, "{source}");
    }
    for source in ["SELECT 10 * nextval('s')", "SELECT nextval('s'); SELECT 1", "SELECT nextval('s') FROM t"] {
        assert!(draws(source).iter().all(|draw| !draw.is_plain), "{source}");
    }
    assert_eq!(draws("SELECT 1"), []);
}

#[test]
fn body_with_dynamic_sql_is_opaque() {
    assert!(plpgsql("BEGIN EXECUTE 'SELECT nextval(1)' INTO NEW.id; RETURN NEW; END").unwrap().is_dynamic);
    assert!(plpgsql("BEGIN INSERT INTO ids DEFAULT VALUES RETURNING id INTO v; RETURN v; END").unwrap().is_dynamic);
    let body = sql("SELECT extract(epoch FROM now())::bigint + app.shift()").unwrap();
    assert!(!body.is_dynamic && body.called.contains("shift") && !body.called.contains("epoch"));
    assert_eq!(plpgsql("BEGIN RETURN 'open"), None);
}

proptest! {
    #[test]
    fn body_of_any_text_is_read(source in "(BEGIN |END|;|NEW\\.id|:=| |nextval\\('s'\\)|coalesce\\(|\\)|case |when |then |else |end |select |into |v|,|return |loop |is null){0,25}") {
        plpgsql(&source);
        sql(&source);
    }
}
