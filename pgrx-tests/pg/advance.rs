//! Tests that a sequence is advanced on its page if its state is the expected one.

#[pgrx::pg_schema]
mod tests {
    use crate::ids::position::State;
    use crate::pg::advance_sequence::{Advance, advance};
    use crate::pg::sequence_page::read_definition;
    use crate::pgrx_tests::{locks_on_user_relations, oid, one, run};
    use pgrx::prelude::*;

    #[pg_test]
    fn advance_sets_the_next_value() {
        // This covers a sequence that is new in the transaction. A temporary one would be set by
        // setval.
        run("CREATE SEQUENCE s");
        let (_, definition) = read_definition(oid("s")).expect("a sequence");
        let from = State { last_value: 1, is_called: false };
        let to = State { last_value: 41, is_called: true };
        let moved = advance(oid("s"), &definition, |state| (state == from).then_some(41)).unwrap();
        assert_eq!(moved, Advance::Moved { from, to });
        assert_eq!(one::<i64>("SELECT nextval('s')"), 42);
        assert_eq!(advance(oid("s"), &definition, |_| None).unwrap(), Advance::Unchanged);
        assert_eq!(one::<i64>("SELECT nextval('s')"), 43);
    }

    #[pg_test]
    fn advance_of_altered_sequence_is_rejected() {
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
    fn advance_requires_update_privilege() {
        run("CREATE SEQUENCE s");
        let sequence = oid("s");
        let (_, definition) = read_definition(sequence).expect("a sequence");
        run("CREATE ROLE flightcheck_unprivileged");
        run("GRANT USAGE, SELECT ON SEQUENCE s TO flightcheck_unprivileged");
        run("SET LOCAL ROLE flightcheck_unprivileged");
        let error = advance(sequence, &definition, |_| Some(41)).expect_err("no privilege");
        assert_eq!(error.sqlstate, PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE);
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
