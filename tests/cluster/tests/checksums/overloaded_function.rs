//! Another role's function of the same name gets no rows and yields no checksum.

use anyhow::Result;
use cluster::Server;

#[test]
fn overloaded_function_is_not_called() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("overloaded")?;
    client.batch_execute(
        "CREATE TABLE secret (id int PRIMARY KEY, pin int); INSERT INTO secret VALUES (1, 4711), (2, 1234); CREATE TABLE other (t text);
         CREATE ROLE attacker LOGIN; GRANT CREATE ON SCHEMA public TO attacker",
    )?;
    let query = "SELECT t #>> '{rows,count}', t #>> '{checksum,value}', t ->> 'unread'
        FROM (SELECT db_snapshot(checksum => true) #> ARRAY['schemas', 'public', 'tables', $1] AS t) s";
    let mut snapshot = |table: &str| -> Result<(Option<String>, Option<String>, Option<String>)> {
        let row = client.query_one(query, &[&table])?;
        Ok((row.get(0), row.get(1), row.get(2)))
    };
    let (secret, other) = (snapshot("secret")?, snapshot("other")?);
    assert!(secret.1.is_some() && secret.2.is_none(), "{secret:?}");
    let mut attacker = server.connect_as("attacker", "overloaded")?;
    // Advisory locks are visible to all, and outlive the subtransaction.
    attacker.batch_execute(
        "CREATE FUNCTION public.db_row_hash(int, int) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS
         $$ BEGIN PERFORM pg_advisory_lock(666, $2); RETURN 0; END $$",
    )?;
    let (count, checksum, unread) = snapshot("secret")?;
    let unread = unread.unwrap_or_default();
    assert_eq!((count, checksum), (Some("2".to_owned()), None), "{unread}");
    assert!(unread.contains("DROP FUNCTION public.db_row_hash(integer,integer)"), "{unread}");
    let locks: i64 = attacker.query_one("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", &[])?.get(0);
    assert_eq!(locks, 0, "the function got rows");
    assert_eq!(snapshot("other")?, other);
    // The statement in the reason fixes it.
    server.connect("overloaded")?.batch_execute("DROP FUNCTION public.db_row_hash(integer,integer)")?;
    assert_eq!(snapshot("secret")?, secret);
    Ok(())
}
