//! Tests that errors are confined to one object, and that locks are released after use.

#[pgrx::pg_schema]
mod tests {
    use crate::error::Error;
    use crate::pg::relation::{LockMode, Relation};
    use crate::pg::subtransaction::{attempt, discard};
    use crate::pgrx_tests::{oid, one, run};
    use pgrx::prelude::*;

    #[pg_test]
    fn attempt_returns_error_and_undoes_work() {
        run("CREATE TABLE t (id int PRIMARY KEY)");
        let error = attempt(|| {
            run("INSERT INTO t VALUES (1)");
            let relation = Relation::open(pgrx::pg_sys::Oid::from(2), LockMode::AccessShare);
            Ok(relation.kind())
        })
        .expect_err("relation 2 does not exist");
        assert_eq!(error.sqlstate, PgSqlErrorCode::ERRCODE_INTERNAL_ERROR);
        assert_eq!(one::<i64>("SELECT count(*) FROM t"), 0);
        run("INSERT INTO t VALUES (1)");
        attempt(|| Ok(Spi::run("INSERT INTO t VALUES (2)")?)).unwrap();
        assert_eq!(
            one::<i64>("SELECT count(*) FROM t"),
            2,
            "the transaction should continue, and keep the work that succeeded"
        );
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
    fn attempt_with_returned_error_is_rolled_back() {
        run("CREATE TABLE t (id int)");
        let result: Result<(), Error> = attempt(|| {
            run("INSERT INTO t VALUES (1)");
            Err(Error::null_argument("x"))
        });
        assert!(result.is_err());
        assert_eq!(one::<i64>("SELECT count(*) FROM t"), 0);
    }

    #[pg_test]
    fn attempt_does_not_catch_query_canceled() {
        let cancel = || attempt(|| Ok(Spi::run("SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(10)")?)).is_ok();
        let is_reraised = PgTryBuilder::new(|| {
            cancel();
            false
        })
        .catch_when(PgSqlErrorCode::ERRCODE_QUERY_CANCELED, |_| true)
        .execute();
        assert!(is_reraised);
    }

    #[pg_test]
    fn discard_releases_locks_of_spi_queries() {
        let locked =
            "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'pg_largeobject'::regclass";
        let read = || Spi::connect(|client| Ok(client.select("SELECT FROM pg_largeobject", None, &[])?.len()));
        assert_eq!(discard(read).unwrap(), 0);
        assert_eq!(one::<i64>(locked), 0);
        attempt(read).unwrap();
        assert_eq!(one::<i64>(locked), 1, "attempt should keep the lock that discard releases");
    }

    #[pg_test]
    fn relation_drop_releases_its_lock() {
        let locked =
            "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'pg_largeobject'::regclass";
        let relation = Relation::open(oid("pg_largeobject"), LockMode::AccessShare);
        assert_eq!(one::<i64>(locked), 1);
        drop(relation);
        assert_eq!(one::<i64>(locked), 0);
        assert!(Relation::try_open(pgrx::pg_sys::Oid::from(2), LockMode::AccessShare).is_none());
    }
}
