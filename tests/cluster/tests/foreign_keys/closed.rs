//! Owners' functions that run while a query over their tables is planned.

use crate::evil::DATABASE;
use anyhow::Result;
use cluster::Server;

/// The function of an index runs while the query is planned, and audits in turn.
#[test]
fn an_audit_within_an_audit_ends() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database(DATABASE)?;
    client.batch_execute(
        "CREATE FUNCTION once(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';
         CREATE FUNCTION audits(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
         CREATE TABLE a_parent (id int PRIMARY KEY); CREATE TABLE a (id int REFERENCES a_parent); CREATE INDEX ON a ((once(id)));
         CREATE TABLE b_parent (id int PRIMARY KEY); CREATE TABLE b (id int REFERENCES b_parent); CREATE INDEX ON b ((id + audits(1)));
         CREATE SCHEMA closed; CREATE TABLE closed.c_parent (id int PRIMARY KEY); CREATE TABLE closed.c (id int REFERENCES closed.c_parent);
         GRANT SELECT ON a, a_parent TO PUBLIC;
         CREATE OR REPLACE FUNCTION audits(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
         BEGIN
             IF current_setting('app.depth', true) IS DISTINCT FROM '1' THEN
                 PERFORM set_config('app.depth', '1', true);
                 RETURN count(*) FROM public.fk_audit();
             END IF;
             RETURN 1;
         END $$",
    )?;
    let mut client = server.connect(DATABASE)?;
    let statuses = "SELECT string_agg(status, ' ') FROM fk_audit()";
    assert_eq!(client.query_one(statuses, &[])?.get::<_, String>(0), "ok ok ok");
    Ok(())
}
