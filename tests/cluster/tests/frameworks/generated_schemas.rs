//! Schemas as Doctrine, Hibernate and EF Core generate them, with ids allocated as these do: how
//! each sequence is linked, that it is healthy while they write and behind after a restore, and
//! that none collides once it is repaired.

use crate::id_allocation::{Allocator, Drawing};
use crate::mappers::{DOCTRINE, EF_CORE, EF_CORE_NAMED, Emitted, HIBERNATE_5, HIBERNATE_6};
use anyhow::{Context, Result, ensure};
use cluster::{AuditRow, Server, audit, report, resync, state_of};
use postgres::Client;
use postgres::error::SqlState;

impl Emitted {
    /// Inserts rows as a newly started process of the application, without a partly used block.
    fn work(&self, client: &mut Client, rows: usize) -> Result<(), postgres::Error> {
        let mut allocators: Vec<Allocator> = Vec::new();
        for _ in 0..rows {
            for (sequence, drawing, statement) in self.inserts {
                let known = allocators.iter().position(|allocator| allocator.is_of(sequence));
                let index = known.unwrap_or_else(|| {
                    allocators.push(Allocator::new(sequence, *drawing));
                    allocators.len() - 1
                });
                let id = allocators[index].next(client)?;
                client.execute(&statement.replace("$1", &id.to_string()), &[])?;
            }
        }
        Ok(())
    }

    fn rows_of<'a>(rows: &'a [AuditRow], sequence: &str) -> Vec<&'a AuditRow> {
        rows.iter().filter(|row| row.sequence.as_deref() == Some(sequence)).collect()
    }

    /// Checks that each sequence is linked as expected, and healthy.
    fn is_healthy(&self, client: &mut Client) -> Result<()> {
        let rows = audit(client, "seq_audit()")?;
        for (sequence, kind, columns) in self.links {
            let own = Self::rows_of(&rows, sequence);
            ensure!(
                !own.is_empty() && own.iter().all(|row| row.kind.as_deref() == Some(*kind)),
                "{sequence}: {own:#?}"
            );
            if *kind == "none" {
                names_only(own[0], columns, false)?;
                continue;
            }
            let mut found: Vec<String> = own.iter().filter_map(|row| column(row)).collect();
            found.sort();
            ensure!(found == *columns && own.iter().all(|row| row.status == "ok"), "{sequence}: {own:#?}");
        }
        self.assert(client)?;
        let warned = "SELECT count(*) FROM flightcheck() WHERE check_name ~ '^sequence'";
        ensure!(client.query_one(warned, &[])?.get::<_, i64>(0) == 0, "flightcheck warns");
        Ok(())
    }

    /// Checks that each sequence is reported after a restore that forgets the sequences.
    fn is_behind(&self, client: &mut Client) -> Result<Vec<AuditRow>> {
        let rows = audit(client, "seq_audit()")?;
        for (sequence, kind, columns) in self.links {
            let own = Self::rows_of(&rows, sequence);
            match *kind {
                "none" => names_only(own[0], columns, true)?,
                _ => ensure!(own.iter().all(|row| row.status == "behind"), "{sequence}: {own:#?}"),
            }
        }
        Ok(rows)
    }

    /// Checks that seq_assert passes, unless no sequence is linked.
    fn assert(&self, client: &mut Client) -> Result<()> {
        match client.batch_execute("SELECT seq_assert()") {
            Err(error) if self.linked() == 0 => {
                let message = error.as_db_error().map(|error| error.message());
                ensure!(message == Some("no sequence could be judged"), "{message:?}");
                Ok(())
            }
            other => Ok(other?),
        }
    }

    fn linked(&self) -> usize {
        self.links.iter().filter(|(_, kind, _)| *kind != "none").count()
    }
}

fn column(row: &AuditRow) -> Option<String> {
    Some(format!("{}.{}", row.table.as_deref()?, row.column.as_deref()?))
}

/// Checks that the sequence is not linked, and that the row names exactly these columns.
fn names_only(row: &AuditRow, candidates: &[&str], is_beyond: bool) -> Result<()> {
    let detail = row.detail.as_deref().unwrap_or_default();
    let labels: Vec<String> = candidates.iter().map(|candidate| format!("{candidate} (ids up to ")).collect();
    ensure!(row.status == "unlinked" && labels.iter().all(|label| detail.contains(label)), "{row:#?}");
    ensure!(detail.matches("(ids up to ").count() == candidates.len(), "{row:#?}");
    ensure!(detail.contains("ids reach beyond the next value") == (is_beyond && !candidates.is_empty()), "{row:#?}");
    Ok(())
}

fn emitted(case: &Emitted) -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database(case.name)?;
    client.batch_execute(case.schema)?;
    for _ in 0..2 {
        case.work(&mut client, 30)?;
        case.is_healthy(&mut client)?;
    }

    for (sequence, _, _) in case.links {
        client.execute("SELECT setval($1::text::regclass, 1, false)", &[sequence])?;
    }
    let rows = case.is_behind(&mut client)?;
    if case.linked() > 0 {
        assert_eq!(state_of(client.batch_execute("SELECT seq_assert()")), SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE);
    }
    assert_eq!(state_of(case.work(&mut client, 1)), SqlState::UNIQUE_VIOLATION);

    // An unambiguous candidate is linked by the fix; otherwise a person decides, with the furthest
    // id from the row.
    for row in rows.iter().filter(|row| row.status == "unlinked") {
        let sequence = row.sequence.as_deref().context("a sequence")?;
        match (&row.fix, row.max_id) {
            (Some(fix), _) => client.batch_execute(fix)?,
            (None, furthest) => {
                let furthest = furthest.unwrap_or(1000);
                client.execute("SELECT setval($1::text::regclass, $2)", &[&sequence, &furthest])?;
            }
        }
    }
    resync(&mut client, "seq_resync()")?;
    case.assert(&mut client)?;
    for _ in 0..2 {
        case.work(&mut client, 60)?;
    }
    report!(
        "{}: {} of {} sequences linked, healthy while written to, behind when restored, repaired",
        case.name,
        case.linked(),
        case.links.len()
    );
    Ok(())
}

#[test]
fn doctrine_is_linked_and_repaired() -> Result<()> {
    emitted(&DOCTRINE)
}

#[test]
fn hibernate_5_is_reported_and_repaired() -> Result<()> {
    emitted(&HIBERNATE_5)
}

#[test]
fn hibernate_6_is_linked_and_repaired() -> Result<()> {
    emitted(&HIBERNATE_6)
}

#[test]
fn ef_core_is_reported_and_repaired() -> Result<()> {
    emitted(&EF_CORE)
}

#[test]
fn ef_core_with_sequence_per_entity_is_repaired() -> Result<()> {
    emitted(&EF_CORE_NAMED)
}

/// With an allocationSize, Doctrine uses a value for the ids that start with it. The catalogs look
/// the same for Hibernate, which uses a value for the ids up to it. The audit explains which of
/// them would collide, and its fix harms neither.
#[test]
fn doctrine_and_hibernate_blocks_differ_only_in_detail() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = server.database("doctrine_blocks")?;
    client.batch_execute(
        "CREATE SEQUENCE shipment_seq INCREMENT BY 20 MINVALUE 1 START 1;
         CREATE TABLE shipment (id BIGINT NOT NULL, weight INT NOT NULL, PRIMARY KEY(id))",
    )?;
    let case = Emitted {
        name: "doctrine_blocks",
        schema: "",
        inserts: &[("shipment_seq", Drawing::Low(20), "INSERT INTO shipment VALUES ($1, 1000000)")],
        links: &[("shipment_seq", "by_name", &["shipment.id"])],
    };
    case.work(&mut client, 30)?;
    let rows = audit(&mut client, "seq_audit()")?;
    let detail = rows[0].detail.as_deref().unwrap_or_default();
    assert!(detail.contains("not in an application that uses the ids after it"), "{rows:#?}");
    client.batch_execute(rows[0].fix.as_deref().context("a fix")?)?;
    case.is_healthy(&mut client)?;
    Ok(case.work(&mut client, 60)?)
}
