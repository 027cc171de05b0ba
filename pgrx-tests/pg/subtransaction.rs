//! Errors of one object, and locks that do not outlive their use.

#[pgrx::pg_schema]
mod tests {
    use crate::error::Error;
    use crate::pg::relation::{LockMode, Relation};
    use crate::pg::subtransaction::{attempt, discard};
    use crate::pgrx_tests::{oid, one, run};
    use pgrx::prelude::*;

    #[pg_test]
    fn attempt_turns_an_error_into_a_fault_and_undoes_the_work() {
        run("CREATE TABLE t (id int PRIMARY KEY)");
        let error = attempt(|| {
            run("INSERT INTO t VALUES (1)");
            let relation = Relation::open(pgrx::pg_sys::Oid::from(2), LockMode::AccessShare);
            Ok(relation.kind())
        })
        .expect_err("there is no relation 2");
        assert_eq!(error.sqlstate, PgSqlErrorCode::ERRCODE_INTERNAL_ERROR);
        assert_eq!(one::<i64>("SELECT count(*) FROM t"), 0);
        run("INSERT INTO t VALUES (1)");
        attempt(|| Ok(Spi::run("INSERT INTO t VALUES (2)")?)).unwrap();
        assert_eq!(one::<i64>("SELECT count(*) FROM t"), 2, "the transaction goes on, and work that succeeds is kept");
    }

    #[pg_test]
    fn attempt_keeps_sqlstate_detail_and_hint() {
        let raise = "DO $$ BEGIN RAISE 'wrong' USING ERRCODE = '22023', DETAIL = 'Why.', HINT = 'What.'; END $$";
        let error = attempt(|| Ok(Spi::run(raise)?)).expect_err("raised");
        assert_eq!(error.sqlstate, PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE);
        assert_eq!(error.message, "wrong");
        assert_eq!((error.detail.as_deref(), error.hint.as_deref()), (Some("Why."), Some("What.")));
    }

    #[pg_test]
    fn attempt_undoes_what_fails_by_itself() {
        run("CREATE TABLE t (id int)");
        let refused: Result<(), Error> = attempt(|| {
            run("INSERT INTO t VALUES (1)");
            Err(Error::null_argument("x"))
        });
        assert!(refused.is_err());
        assert_eq!(one::<i64>("SELECT count(*) FROM t"), 0);
    }

    #[pg_test]
    fn attempt_lets_a_cancel_request_through() {
        let cancel = || attempt(|| Ok(Spi::run("SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(10)")?)).is_ok();
        let is_let_through = PgTryBuilder::new(|| {
            cancel();
            false
        })
        .catch_when(PgSqlErrorCode::ERRCODE_QUERY_CANCELED, |_| true)
        .execute();
        assert!(is_let_through);
    }

    #[pg_test]
    fn discard_gives_back_the_locks_of_sql() {
        let locked =
            "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'pg_largeobject'::regclass";
        let read = || Spi::connect(|client| Ok(client.select("SELECT FROM pg_largeobject", None, &[])?.len()));
        assert_eq!(discard(read).unwrap(), 0);
        assert_eq!(one::<i64>(locked), 0);
        attempt(read).unwrap();
        assert_eq!(one::<i64>(locked), 1, "what discard is there to avoid");
    }

    #[pg_test]
    fn relations_are_closed_with_their_lock() {
        let locked =
            "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'pg_largeobject'::regclass";
        let relation = Relation::open(oid("pg_largeobject"), LockMode::AccessShare);
        assert_eq!(one::<i64>(locked), 1);
        drop(relation);
        assert_eq!(one::<i64>(locked), 0);
        assert!(Relation::try_open(pgrx::pg_sys::Oid::from(2), LockMode::AccessShare).is_none());
    }
}
