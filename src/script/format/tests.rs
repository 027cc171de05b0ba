//! Tests of whole scripts.

use super::layout::Layout;
use super::recognize::{Asked, layout};
use super::section::How::{AsWritten, Statements, String as OneString, Transaction};
use super::section::{How, Section};
use super::table::TOOLS;

/// Lays out a script, and returns what of it runs, in one line.
fn read(mode: Option<&str>, text: &str) -> (Layout, String) {
    let layout = layout(Asked::parse(mode).unwrap(), text.as_bytes());
    let running = String::from_utf8(layout.mask(text.as_bytes())).unwrap();
    let is_sql = |line: &&str| !line.is_empty() && !line.starts_with("--");
    let running: Vec<&str> = running.lines().map(str::trim).filter(is_sql).collect();
    (layout, running.join(" "))
}

fn hows(layout: &Layout) -> Vec<How> {
    layout.sections.iter().map(|section| section.how).collect()
}

/// Returns the text between the boundaries.
fn parts(layout: &Layout, text: &str) -> Vec<String> {
    let masked = String::from_utf8(layout.mask(text.as_bytes())).unwrap();
    let mut starts = vec![0];
    starts.extend(layout.boundaries());
    starts.push(text.len());
    let part = |pair: &[usize]| masked[pair[0]..pair[1]].split_whitespace().collect::<Vec<_>>().join(" ");
    starts.windows(2).map(part).filter(|part| !part.is_empty()).collect()
}

#[test]
fn format_marks_tell_tool_and_what_runs() {
    for (tool, how, text) in [
        ("goose", Transaction, "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2;\n"),
        ("goose", OneString, "-- +goose NO TRANSACTION\n-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2;\n"),
        ("sql-migrate", Transaction, "-- +migrate Up\nSELECT 1;\n-- +migrate Down\nSELECT 2;\n"),
        ("sql-migrate", OneString, "-- +migrate Up notransaction\nSELECT 1;\n-- +migrate Down\nSELECT 2;\n"),
        ("dbmate", Transaction, "-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;\n"),
        ("dbmate", OneString, "-- migrate:up transaction:false\nSELECT 1;\n-- migrate:down\nSELECT 2;\n"),
        ("tern", Transaction, "SELECT 1;\n---- create above / drop below ----\nSELECT 2;\n"),
        ("tern", Statements, "---- tern: disable-tx ----\nSELECT 1;\n---- create above / drop below ----\nSELECT 2;\n"),
        ("node-pg-migrate", Transaction, "-- Down Migration\nSELECT 2;\n-- Up Migration\nSELECT 1;\n"),
        ("node-pg-migrate", Transaction, "-- Up Migration: a\nSELECT 1;\n-- Down Migration of a\nSELECT 2;\n"),
        ("goose", Transaction, "-- +goose up\nSELECT 1;\n-- +GOOSE\n-- +goose DOWN\nSELECT 2;\n"),
        ("play", Statements, "# --- !Ups\nSELECT 1;\n# --- !Downs\nSELECT 2;\n"),
        ("sqlx", OneString, "-- no-transaction\nSELECT 1;\n"),
        ("sqlx", OneString, "-- no-transaction because of a\nSELECT 1;\n"),
        ("atlas", Statements, "-- atlas:txmode none\n\nSELECT 1;\n"),
        ("graphile-migrate", OneString, "--! no-transaction\nSELECT 1;\n"),
        ("graphile-migrate", Transaction, "--! Previous: -\n--! Hash: sha1:0\n\nSELECT 1;\n"),
        ("refinery", Statements, "-- +refinery NO TRANSACTION\nSELECT 1;\n"),
        ("yoyo", Statements, "-- depends: a\n-- transactional: false\nSELECT 1;\n"),
        ("drizzle", Transaction, "SELECT 1;--> statement-breakpoint\n"),
        ("postgres-migrations", OneString, "-- postgres-migrations disable-transaction\nSELECT 1;\n"),
        ("postgres-migrations", OneString, "-- A: -- postgres-migrations disable-transaction: b\nSELECT 1;\n"),
    ] {
        let (layout, running) = read(None, text);
        assert_eq!(
            (layout.tool, running.as_str().trim_end_matches("--> statement-breakpoint")),
            (Some(tool), "SELECT 1;"),
            "{text}"
        );
        assert_eq!(hows(&layout)[0], how, "{text}");
        assert_eq!(layout.problems, [], "{text}");
    }
}

#[test]
fn format_comment_that_mentions_tool_is_plain() {
    for text in [
        "-- Run by goose: see +goose Up.\nSELECT 1;\n",
        "-- up migration of the accounts\nSELECT 1;\n",
        "SELECT 1;\n-- no-transaction\n",
        "-- migrate:down\nSELECT 1;\n",
        "-- changeset a:1\nSELECT 1;\n",
        "/* -- +goose UpX */ SELECT 1;\n",
        "SELECT 1 --> 0\n",
        "-- see +goose docs\nSELECT 1;\n",
        "--no-transaction\nSELECT 1;\n",
        "-- no-transactions\nSELECT 1;\n",
        "-- c\n--! no-transaction\nSELECT 1;\n",
        "-- down migration: drop it\nSELECT 1;\n",
        "SELECT '\n-- up migration of t\n-- down migration of t\n';\n",
    ] {
        let (layout, _) = read(None, text);
        assert_eq!((layout.tool, hows(&layout), layout.problems), (None, vec![AsWritten], Vec::new()), "{text}");
    }
}

#[test]
fn format_of_two_tools_or_in_quotes_is_a_problem() {
    let (layout, running) = read(None, "-- +goose Up\n-- migrate:up\nSELECT 1;\n-- +goose Down\nSELECT 2;\n");
    assert_eq!((layout.tool, running.as_str()), (None, "SELECT 1; SELECT 2;"));
    assert!(layout.problems[0].text.contains("goose") && layout.problems[0].text.contains("dbmate"), "{layout:?}");
    let quoted = "/*\n-- +goose Up\n*/\nSELECT 1;\n";
    let (layout, _) = read(None, quoted);
    assert_eq!((layout.tool, layout.problems[0].line), (None, Some(2)));
    let (layout, running) = read(None, "-- +goose Up\nSELECT $$\n-- +goose Down\n$$;\n");
    assert_eq!((layout.problems[0].line, running.as_str()), (Some(3), "SELECT $$ $$;"));
    let (layout, running) = read(Some("goose"), "-- +goose Up\nSELECT 1;\n/*\n-- +goose Down\n*/\nSELECT 2;\n");
    assert_eq!((layout.problems[0].line, running.as_str()), (Some(3), "SELECT 1; /*"));
}

#[test]
fn format_tool_that_was_named_decides() {
    for (mode, how) in [
        ("flyway", How::AsPossible),
        ("prisma", OneString),
        ("rails", Transaction),
        ("django", Statements),
        ("golang-migrate", OneString),
        ("transaction", Transaction),
        ("autocommit", Statements),
        ("plain", AsWritten),
    ] {
        let (layout, running) = read(Some(mode), "SELECT 1;");
        assert_eq!((hows(&layout), running.as_str()), (vec![how], "SELECT 1;"), "{mode}");
    }
    assert!(Asked::parse(Some("nothing")).is_none());
    let goose = "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2;\n";
    let (layout, running) = read(Some("autocommit"), goose);
    assert_eq!((hows(&layout), running.as_str(), layout.is_overruled), (vec![Statements], "SELECT 1;", true));
    assert_eq!(read(Some("plain"), goose).1, "SELECT 1; SELECT 2;");
    for (mode, is_error) in [("goose", true), ("sql-migrate", true), ("dbmate", true), ("play", false)] {
        let (layout, running) = read(Some(mode), "SELECT 1;");
        assert_eq!((layout.problems[0].is_error, running.as_str()), (is_error, ""), "{mode}");
    }
    assert_eq!(read(Some("node-pg-migrate"), "SELECT 1;\n-- Down Migration\nSELECT 2;").1, "SELECT 1; SELECT 2;");
}

#[test]
fn format_goose_ends_statements_at_lines() {
    let text = "-- +goose Up\nSELECT 1; SELECT 2\n  FROM a; -- b;\n-- +goose StatementBegin\nDO $$\nBEGIN;\nEND $$;\n\
                -- +goose StatementEnd\nSELECT 3;\n-- +goose Down\nDROP TABLE a;\n";
    let (layout, _) = read(None, text);
    assert_eq!(
        parts(&layout, text),
        [
            "-- +goose Up SELECT 1; SELECT 2 FROM a; -- b;",
            "-- +goose StatementBegin DO $$ BEGIN; END $$;",
            "-- +goose StatementEnd SELECT 3;"
        ]
        .map(|part| part.replace("-- +goose Up ", ""))
    );
    assert_eq!((layout.left_out.as_slice(), layout.problems.len()), ([(10, 11)].as_slice(), 0));
    let (layout, _) = read(None, "-- +goose Up\nSELECT 1;\nSELECT 2\n-- +goose Down\n");
    assert_eq!((layout.problems[0].is_error, layout.problems[0].line), (true, Some(3)));
    let (layout, _) = read(None, "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n");
    assert_eq!((layout.problems[0].is_error, layout.problems[0].line), (true, Some(2)));
    let text = "-- +goose NO TRANSACTION\n-- +goose Up\nSELECT 1;\nSELECT 2;\n";
    assert_eq!(hows(&read(None, text).0), [OneString, OneString, OneString]);
    let text = "-- +goose Up\n-- +goose ENVSUB ON\nSELECT '$A';\n-- +goose ENVSUB OFF\nSELECT '$B';\n";
    let (layout, _) = read(None, text);
    let replaced: Vec<&str> = layout.placeholders.iter().map(|(_, range)| text[range.clone()].trim()).collect();
    assert_eq!(replaced, ["SELECT '$A';"]);
}

#[test]
fn format_play_takes_two_semicolons_for_one() {
    let text = "# --- !Ups\nDO $$ BEGIN;; END $$;\nSELECT 1;\n";
    let (layout, running) = read(None, text);
    assert_eq!(running, "DO $$ BEGIN;  END $$; SELECT 1;");
    assert_eq!(layout.cuts.len(), 2);
}

#[test]
fn format_liquibase_changesets_are_parts() {
    let text = "--liquibase formatted sql\n--changeset a:1\nSELECT 1;\n--rollback SELECT 9;\n\
                -- changeset \"b c\":2 runInTransaction:false\nSELECT 2;\n\
                --changeset a:3 dbms:mysql,oracle\nSELECT 3;\n--changeset a:4 dbms:!mysql context:test\nSELECT 4;\n\
                --changeset a:5 endDelimiter:/ rollbackEndDelimiter:x\nSELECT 5 / 1\n/\nSELECT 6\n/\n\
                --changeset a:7 ignore:true\nSELECT 7;\n--changeset a:8 runInTransaction:false splitStatements:false\n\
                SELECT 8; SELECT 9;\n--ignoreLines:1\nSELECT 10;\nSELECT 11;\n";
    let (layout, running) = read(None, text);
    assert_eq!(running, "SELECT 1; SELECT 2; SELECT 4; SELECT 5 / 1 SELECT 6 SELECT 8; SELECT 9; SELECT 11;");
    assert_eq!(hows(&layout), [Transaction, Transaction, Statements, Transaction, Transaction, OneString]);
    assert_eq!(layout.left_out, [(7, 8), (16, 17), (21, 21)]);
    assert_eq!((layout.cuts.len(), layout.problems.len(), layout.notes.len()), (2, 0, 1));
    assert!(read(Some("liquibase"), "SELECT 1;").0.problems[0].is_error);
}

#[test]
fn format_atlas_reads_delimiters_and_archives() {
    let text = "-- atlas:delimiter \\n\\n\\n\nSELECT 1;\nSELECT '\n\n\n';\n\n\nSELECT 2;\n";
    let (layout, _) = read(None, text);
    assert_eq!(parts(&layout, text), ["SELECT 1; SELECT ' ';", "SELECT 2;"]);
    let text =
        "-- atlas:txtar\n\n-- checks.sql --\nSELECT 1;\n-- migration.sql --\nSELECT 2;\n-- down.sql --\nSELECT 3;\n";
    let (layout, running) = read(None, text);
    assert_eq!((running.as_str(), layout.notes.len()), ("SELECT 2;", 1));
    assert_eq!(layout.left_out, [(3, 4), (7, 8)]);
}

#[test]
fn format_description_says_what_is_left_out() {
    let described = |text: &str, statements: &[usize]| {
        let (mut layout, _) = read(None, text);
        for (section, count) in layout.sections.iter_mut().zip(statements) {
            *section = Section { statements: *count, ..*section };
        }
        layout.describe()
    };
    assert_eq!(described("SELECT 1;", &[1]), None);
    let goose = "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2;\n";
    assert_eq!(described(goose, &[1]).unwrap(), "read as a script of goose: one transaction; lines 3 to 4 do not run");
    let sqlx = "-- no-transaction\nSELECT 1; SELECT 2;\n";
    let expected = "read as a script of sqlx: one string, which the server runs as one transaction";
    assert_eq!(described(sqlx, &[2]).unwrap(), expected);
    let expected = "read as a script of sqlx: a single statement, sent without a transaction";
    assert_eq!(described(sqlx, &[1]).unwrap(), expected);
}

#[test]
fn format_tools_are_in_the_reference() {
    let page = include_str!("../../../docs/reference/precheck.md");
    let (_, part) = page.split_once("\n## Scripts of migration tools\n").unwrap();
    let rows =
        part.split("\n## ").next().unwrap().lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let documented: Vec<&str> = rows.collect();
    assert_eq!(documented, TOOLS.iter().map(|tool| tool.name).collect::<Vec<_>>());
}

#[test]
fn format_liquibase_delimiters_are_lines_or_unread() {
    let script = |attributes: &str, text: &str| {
        let script = format!("--liquibase formatted sql\n--changeset a:1 {attributes}\n{text}");
        let (layout, running) = read(None, &script);
        (layout.cuts.len(), layout.problems.len(), running)
    };
    let of = |cuts, problems, running: &str| (cuts, problems, running.to_owned());
    assert_eq!(script("endDelimiter:\\n/", "SELECT 1 / 2\n/\nSELECT 2\n/"), of(2, 0, "SELECT 1 / 2 SELECT 2"));
    assert_eq!(script("endDelimiter:\\nGO", "SELECT 1\ngo\nSELECT 2\ngood"), of(1, 0, "SELECT 1 SELECT 2 good"));
    assert_eq!(script("endDelimiter:/", "/* a */ SELECT 1\n/\n"), of(1, 0, "/* a */ SELECT 1"));
    assert_eq!(script("", "SELECT 1\n/\r\nSELECT 2\ngo"), of(2, 0, "SELECT 1 SELECT 2"));
    assert_eq!(script("splitStatements:false endDelimiter:\\n/", "SELECT 1\n/\n"), of(0, 0, "SELECT 1 /"));
    for pattern in ["\\n//", "\\s*/", "\\n.", "\\r\\n/", "\\n"] {
        let text = "SELECT 1\n//\n--changeset a:2\nSELECT 2;\n";
        assert_eq!(script(&format!("endDelimiter:{pattern}"), text), of(0, 1, ""), "{pattern}");
    }
    let (layout, _) = read(None, "--liquibase formatted sql\n--changeset a:1 endDelimiter:\\n//\nSELECT 1\n//\n");
    assert_eq!((layout.problems[0].is_error, layout.problems[0].line), (false, Some(2)));
    assert_eq!(layout.describe().unwrap(), "read as a script of liquibase: no statement is read");
}

#[test]
fn format_prose_of_node_pg_migrate_is_a_problem_or_obeyed() {
    let text = "-- Up migration of a\nSELECT 1;\n-- Down migration of a\nSELECT 2;\n-- Up migration again\nSELECT 3;\n";
    let (layout, running) = read(None, text);
    assert_eq!((layout.tool, running.as_str()), (None, "SELECT 1; SELECT 2; SELECT 3;"));
    assert_eq!((layout.problems[0].is_error, layout.problems[0].line), (false, Some(1)));
    assert_eq!(layout.problems.len(), 1);
    let (layout, running) = read(Some("node-pg-migrate"), text);
    assert_eq!((layout.problems.len(), running.as_str()), (0, "SELECT 1;"));
}

#[test]
fn format_marks_in_wrong_order_are_refused() {
    let first = |mode: &str, text: &str| {
        let (layout, _) = read(Some(mode), text);
        layout.problems.first().map(|problem| (problem.is_error, problem.line.unwrap_or(0), problem.text.clone()))
    };
    for (mode, is_error, line, expected, text) in [
        ("goose", true, 2, "indented", "-- +goose Up\n -- +goose Down\nSELECT 2;\n"),
        ("goose", true, 1, "indented", "\t-- +goose Up\nSELECT 2;\n"),
        ("goose", true, 2, "knows none such", "-- +goose Up\n-- +goose Foo\nSELECT 1;\n"),
        ("goose", true, 1, "knows none such", "-- see +goose docs\n-- +goose Up\nSELECT 1;\n"),
        ("goose", true, 3, "a second -- +goose Up", "-- +goose Up\nSELECT 1;\n-- +goose up\n"),
        ("goose", true, 4, "a second -- +goose Down", "-- +goose Up\nSELECT 1;\n-- +goose Down\n-- +goose down\n"),
        ("goose", true, 1, "Down before", "-- +goose Down\n-- +goose Up\nSELECT 1;\n"),
        ("goose", true, 2, "only empty lines", "\nSELECT 1;\n-- +goose Down\n-- +goose Up\n"),
        ("goose", true, 1, "only empty lines", "/* a */\n-- +goose Up\nSELECT 1;\n"),
        ("goose", true, 1, "StatementBegin before", "-- +goose StatementBegin\n-- +goose Up\n-- +goose StatementEnd\n"),
        ("goose", true, 2, "StatementEnd without", "-- +goose Up\n-- +goose StatementEnd\n"),
        (
            "goose",
            true,
            3,
            "before the StatementEnd",
            "-- +goose Up\n-- +goose StatementBegin\n-- +goose StatementBegin\n-- +goose StatementEnd\n",
        ),
        (
            "goose",
            true,
            3,
            "before the StatementEnd",
            "-- +goose Up\n-- +goose StatementBegin\n-- +goose Down\n-- +goose StatementEnd\n",
        ),
        ("dbmate", true, 1, "only empty lines", "SELECT 1;\n-- migrate:up\n-- migrate:down\n"),
        ("dbmate", true, 2, "only empty lines", "-- migrate:down\nSELECT 1;\n-- migrate:up\n"),
        ("dbmate", true, 1, "finds no line -- migrate:down", "-- migrate:up\nSELECT 1;\n"),
        ("dbmate", true, 2, "finds no line -- migrate:down", "-- migrate:down\n-- migrate:up\n"),
        ("dbmate", false, 1, "some versions", "-- migrate:down\n-- migrate:up\n-- migrate:down\n"),
        ("dbmate", false, 3, "some versions", "-- migrate:up\n-- migrate:down\n-- migrate:up\n"),
    ] {
        let Some((found_error, found_line, problem)) = first(mode, text) else { panic!("no problem: {text}") };
        assert_eq!((found_error, found_line), (is_error, line), "{text}: {problem}");
        assert!(problem.contains(expected), "{text}: {problem}");
    }
    let accepted = "-- a\n\n  -- b\n-- +goose ENVSUB OFF\n-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n\
                    -- +goose StatementEnd\n-- +goose Down\n-- +goose StatementBegin\n-- +goose StatementEnd\n";
    assert_eq!(first("goose", accepted), None);
    assert_eq!(first("dbmate", "-- a\n-- migrate:up\n-- migrate:down\n"), None);
}

#[test]
fn format_refused_mark_still_tells_what_runs() {
    let (layout, running) = read(None, "-- +goose Up\nSELECT 1;\n -- +goose Down\nSELECT 2;\n");
    assert_eq!((layout.problems.len(), layout.problems[0].line, running.as_str()), (1, Some(3), "SELECT 1;"));
    let (layout, running) = read(None, "-- +goose Up\nSELECT '\n -- +goose Down\n-- a +goose\n';\n");
    assert_eq!((layout.problems.len(), layout.problems[0].line, running.as_str()), (1, Some(3), "SELECT ' ';"));
}
