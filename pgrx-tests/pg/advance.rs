//! Compare-and-advance on the sequence's page.

#[pgrx::pg_schema]
mod tests {
    use crate::ids::position::State;
    use crate::pg::advance_sequence::{Advance, advance};
    use crate::pg::sequence_page::read_definition;
    use crate::pgrx_tests::{locks_on_user_relations, oid, one, run};
    use pgrx::prelude::*;

    #[pg_test]
    fn advance_sets_what_nextval_goes_on_from() {
        // Committed sequences are the ordinary case; a test's own are new in its transaction. A temporary one that was
        // made in it is written through setval.
        run("CREATE SEQUENCE s");
        let (_, definition) = read_definition(oid("s")).expect("a sequence");
        let from = State { last_value: 1, is_called: false };
        let to = State { last_value: 41, is_called: true };
        let moved = advance(oid("s"), &definition, |state| (state == from).then_some(41)).unwrap();
        assert_eq!(moved, Advance::Moved { from, to });
        assert_eq!(one::<i64>("SELECT nextval('s')"), 42);
        assert_eq!(advance(oid("s"), &definition, |_| None).unwrap(), Advance::Left);
        assert_eq!(one::<i64>("SELECT nextval('s')"), 43);
    }

    #[pg_test]
    fn advance_refuses_what_is_not_what_it_was() {
        run("CREATE SEQUENCE s");
        let (_, definition) = read_definition(oid("s")).expect("a sequence");
        run("ALTER SEQUENCE s INCREMENT 5");
        assert_eq!(advance(oid("s"), &definition, |_| Some(41)).unwrap(), Advance::Redefined);
        assert_eq!(one::<i64>("SELECT nextval('s')"), 1);
        run("CREATE TABLE t (id int)");
        assert!(advance(oid("t"), &definition, |_| Some(41)).is_err(), "a table");
        run("DROP SEQUENCE s");
        assert!(advance(pgrx::pg_sys::Oid::from(1), &definition, |_| Some(41)).is_err(), "nothing");
    }

    #[pg_test]
    fn advance_needs_update_on_the_sequence() {
        run("CREATE SEQUENCE s");
        let sequence = oid("s");
        let (_, definition) = read_definition(sequence).expect("a sequence");
        run("CREATE ROLE flightcheck_nobody");
        run("GRANT USAGE, SELECT ON SEQUENCE s TO flightcheck_nobody");
        run("SET LOCAL ROLE flightcheck_nobody");
        let refused = advance(sequence, &definition, |_| Some(41)).expect_err("no privilege");
        assert_eq!(refused.sqlstate, PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE);
        run("RESET ROLE");
    }

    #[pg_test]
    fn advance_keeps_no_lock() {
        let before = locks_on_user_relations();
        run("CREATE SEQUENCE s");
        let (_, definition) = read_definition(oid("s")).expect("a sequence");
        advance(oid("s"), &definition, |_| None).unwrap();
        assert_eq!(locks_on_user_relations(), before);
    }
}
