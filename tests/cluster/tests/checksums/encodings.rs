//! The same characters in databases with different encodings yield the same checksums.

use crate::{checksum, text};
use anyhow::Result;
use cluster::{Server, report};
use postgres::Client;

/// Inserts names, values and labels with characters of the encoding, and a jsonb whose keys are
/// sorted by their length in bytes. The values of the last rows are longer than what is converted
/// at a time, and characters of two and three bytes lie across each border.
fn fill(client: &mut Client, letters: &str) -> Result<()> {
    let letter: String = letters.chars().take(1).collect();
    client.batch_execute(&format!(
        "CREATE TYPE mood AS ENUM ('sad', '{letters}'); CREATE TABLE t (id int, v text, fixed char(20), n name, tags text[], m mood, j jsonb, k json);
         INSERT INTO t VALUES (1, '{letters}', '{letters}', '{letters}', ARRAY['a', '{letters}'], '{letters}',
             jsonb_build_object('{letters}', '{letters}', '{letter}', 1, 'ab', 2, 'abc', 3), json_build_object('{letters}', 1)), (2, 'ascii', 'ascii', 'ascii', '{{}}', 'sad', '1', '2');
         INSERT INTO t (id, v) SELECT i, repeat('x', i) || repeat('{letters}', 50000) FROM generate_series(3, 8) i"
    ))?;
    Ok(())
}

const COLUMNS: &str = "fixed, id, j, k, m, n, tags, v";

fn create(server: &Server, name: &str, encoding: &str) -> Result<Client> {
    let create = format!("CREATE DATABASE {name} ENCODING {encoding} LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
    server.connect("postgres")?.batch_execute(&create)?;
    let mut client = server.connect(name)?;
    client.batch_execute("CREATE EXTENSION pg_flightcheck")?;
    Ok(client)
}

#[test]
fn checksum_is_equal_in_all_encodings() -> Result<()> {
    let server = Server::start(&[])?;
    let cases = [
        ("LATIN1", "\u{e9}\u{fc}\u{df}"),
        ("LATIN2", "\u{142}\u{17c}\u{11b}"),
        ("WIN1251", "\u{436}\u{44f}"),
        ("EUC_JP", "\u{65e5}\u{672c}\u{ff76}\u{4e02}"),
        ("EUC_KR", "\u{d55c}\u{ae00}"),
        ("SQL_ASCII", "\u{e9}\u{65e5}"),
    ];
    for (number, (encoding, letters)) in cases.into_iter().enumerate() {
        let mut here = create(&server, &format!("here_{number}"), encoding)?;
        let mut utf8 = create(&server, &format!("utf8_{number}"), "UTF8")?;
        fill(&mut here, letters)?;
        fill(&mut utf8, letters)?;
        assert_eq!(checksum(&mut here, COLUMNS, "t")?, checksum(&mut utf8, COLUMNS, "t")?, "{encoding}");
        // Hashed as it is stored, the row differs, if only by the padding of char(20).
        let naive = "SELECT sum(hashtextextended(t::text, 0))::text FROM t";
        assert_ne!(text(&mut here, naive)?, text(&mut utf8, naive)?, "{encoding}: the naive checksum passes as well");
    }
    report!("a row of eight types hashes in UTF8 as in {}", cases.map(|(encoding, _)| encoding).join(", "));
    Ok(())
}

/// Characters that do not exist in Unicode cause no error and have different hashes.
#[test]
fn checksum_of_text_without_unicode_equivalent() -> Result<()> {
    let server = Server::start(&[])?;
    let mut client = create(&server, "japanese", "EUC_JP")?;
    let value = |hex: &str| format!("convert_from(decode('{hex}', 'hex'), 'EUC_JP')");
    client.query_one(&format!("SELECT {}", value("f5a1")), &[]).expect_err("the character exists in Unicode");
    let mut hashes: Vec<String> = Vec::new();
    for hex in ["f5a1", "f5a2", "61f5a1", "f5a161", "61", "c6fcf5a1", "c6fc"] {
        hashes.push(text(&mut client, &format!("SELECT db_row_hash({})::text", value(hex)))?);
    }
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), 7);
    Ok(())
}
