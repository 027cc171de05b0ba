//! The server is killed while the procedures run: the state is never unknown.

use crate::fixture::{DATABASE, is_read_only, settings, start, state, write};
use anyhow::{Result, ensure};
use cluster::{Ending, report, sized};
use postgres::Client;
use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::Duration;

#[test]
fn killed_server_has_a_state_that_new_sessions_share() -> Result<()> {
    let rounds = sized("FLIGHTCHECK_MAINTENANCE_CRASHES", 6, 40);
    // A commit returns when it is on disk, so that killing processes loses none.
    let (mut server, mut client) = start(&[])?;
    client.batch_execute("INSERT INTO written SELECT 'before' FROM generate_series(1, 1000)")?;
    let mut random = fastrand::Rng::new();
    let mut states: BTreeMap<String, u32> = BTreeMap::new();
    for round in 0..rounds {
        // A session from before, which begin has to end.
        let idle = server.connect(DATABASE)?;
        let ends = round % 2 == 1;
        if ends {
            client.batch_execute("CALL maintenance_begin()")?;
        }
        let call = if ends { "CALL maintenance_end()" } else { "CALL maintenance_begin('killed')" };
        let caller = std::thread::spawn(move || {
            let mut client = client;
            let _ = client.batch_execute(call);
        });
        sleep(Duration::from_micros(random.u64(..if ends { 300_000 } else { 60_000 })));
        server.end(Ending::Killed)?;
        let _ = caller.join();
        drop(idle);
        server.resume()?;
        client = server.connect(DATABASE)?;
        let found = state(&server)?;
        let is_on = is_read_only(&mut client)?;
        ensure!(is_on == matches!(found.as_str(), "draining" | "on"), "round {round}: {found}, read-only: {is_on}");
        ensure!(!matches!(found.as_str(), "reset" | "read_only" | "unknown"), "round {round}: {found}");
        recover(&mut client, &found)?;
        ensure!(state(&server)? == "off", "round {round}: not off");
        ensure!(settings(&mut client)?.is_empty(), "round {round}: a setting is left");
        write(&mut server.connect(DATABASE)?, "after")?;
        // The session that has ended it writes as well.
        write(&mut client, "after")?;
        *states.entry(found).or_default() += 1;
    }
    report!("{rounds} servers killed within the procedures left these states: {states:?}");
    Ok(())
}

/// Does what `fix` of maintenance_status says, until it is off.
fn recover(client: &mut Client, state: &str) -> Result<()> {
    match state {
        "draining" | "on" | "ending" => {}
        _ => return Ok(()),
    }
    let fix: String = client.query_one("SELECT fix FROM maintenance_status() LIMIT 1", &[])?.get(0);
    client.batch_execute(&fix)?;
    if state == "draining" {
        let fix: String = client.query_one("SELECT fix FROM maintenance_status() LIMIT 1", &[])?.get(0);
        client.batch_execute(&fix)?;
    }
    Ok(())
}
