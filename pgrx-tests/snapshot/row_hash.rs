//! Tests `db_row_hash`: different values have different hashes, and equal values the same one,
//! regardless of storage, type and settings.

#[pgrx::pg_schema]
mod tests {
    use crate::error::Error;
    use crate::pg::settings::with_canonical_output;
    use crate::pg::subtransaction;
    use crate::pgrx_tests::{one, one_read_only, run};
    use pgrx::prelude::*;

    /// Types, each with values that are nearly equal.
    const NEARLY_EQUAL: &[(&str, &[&str])] = &[
        ("bool", &["t", "f"]),
        ("\"char\"", &["a", "b", ""]),
        ("int2", &["0", "1", "-1", "32767", "-32768"]),
        ("int4", &["0", "1", "-1", "65536", "-2147483648"]),
        ("int8", &["0", "1", "-1", "4294967296", "-9223372036854775808"]),
        ("oid", &["0", "1", "4294967295"]),
        ("float4", &["0", "-0", "1", "-1", "1.0000001", "NaN", "Infinity", "-Infinity", "1e-45"]),
        ("float8", &["0", "-0", "1", "-1", "1.0000000000000002", "NaN", "Infinity", "-Infinity", "5e-324"]),
        (
            "numeric",
            &["0", "0.0", "1", "1.0", "1.00", "-1", "10000", "1e4000", "1e-4000", "NaN", "Infinity", "-Infinity"],
        ),
        ("numeric", &["1e300", "1.5e300", "-1e300", "12345678901234567890", "12345678901234567891", "0.0001"]),
        ("money", &["0.01", "-0.01", "1"]),
        ("text", &["", " ", "a", "a ", "A", "aa", "\u{e4}", "a\u{308}"]),
        ("varchar", &["", " ", "a", "a "]),
        ("char(3)", &["", "a", "b"]),
        ("name", &["", "a", "A"]),
        ("bytea", &["", "\\x00", "\\x0000", "\\x01"]),
        ("json", &["{}", "{ }", "[]", "null"]),
        ("jsonb", &["{}", "[]", "null", "\"null\"", "{\"a\": 1}", "{\"a\": 1.0}", "{\"b\": 1}", "[1, 2]", "[2, 1]"]),
        ("uuid", &["00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000001"]),
        ("date", &["2000-01-01", "2000-01-02", "1999-12-31", "infinity", "-infinity"]),
        ("time", &["00:00", "24:00", "00:00:00.000001"]),
        ("timetz", &["00:00+00", "01:00+01", "00:00+01"]),
        ("timestamp", &["2000-01-01", "2000-01-01 00:00:00.000001", "infinity", "-infinity", "0044-03-15 BC"]),
        ("timestamptz", &["2000-01-01+00", "2000-01-01+01", "infinity", "-infinity"]),
        ("interval", &["1 day", "24:00", "1 mon", "30 days", "-1 day", "1 us"]),
        ("inet", &["10.0.0.1", "10.0.0.1/31", "::1"]),
        ("bit varying", &["", "0", "00", "1"]),
        ("int[]", &["{}", "{1}", "{1,NULL}", "{NULL,1}", "{{1}}", "[0:0]={1}", "{1,2}", "{2,1}"]),
        ("text[]", &["{}", "{NULL}", "{\"NULL\"}", "{a,b}", "{\"a,b\"}", "{\"\"}"]),
        ("int4range", &["empty", "[1,2)", "[1,3)", "[1,)", "(,1)", "(,)"]),
        ("int4multirange", &["{}", "{[1,2)}", "{[1,2),[3,4)}"]),
        ("point", &["(0,0)", "(0,1)", "(1,0)"]),
        ("tsvector", &["", "a", "a:1", "a:2"]),
        ("mood", &["sad", "glad"]),
        ("pair", &["(1,2)", "(2,1)", "(,)", "(1,)"]),
        ("positive", &["1", "2"]),
        ("regclass", &["pg_class", "pg_type"]),
    ];

    fn create_types() {
        run("CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE TYPE pair AS (a int, b text);
             CREATE DOMAIN positive AS int CHECK (VALUE > 0)");
    }

    fn literal(text: &str) -> String {
        crate::report::quoting::literal(text)
    }

    #[pg_test]
    fn row_hash_of_nearly_equal_values_differs() {
        create_types();
        for (data_type, values) in NEARLY_EQUAL {
            let rows: Vec<String> = values.iter().map(|value| format!("({}::{data_type})", literal(value))).collect();
            let query = format!(
                "SELECT count(DISTINCT db_row_hash(v)) FROM (VALUES (NULL::{data_type}), {}) t(v)",
                rows.join(", ")
            );
            assert_eq!(one_read_only::<i64>(&query), 1 + values.len() as i64, "{data_type}");
        }
    }

    /// Values are delimited, and NULL differs from an empty value.
    #[pg_test]
    fn row_hash_delimits_values() {
        let rows = [
            "'a', 'bc', ''",
            "'ab', 'c', ''",
            "'abc', '', ''",
            "'', 'abc', ''",
            "'a', 'b', 'c'",
            "NULL, 'abc', ''",
            "'abc', NULL, ''",
            "'abc', '', NULL",
            "NULL, NULL, NULL",
            "NULL, NULL",
            "NULL",
            "''",
            "'', ''",
        ];
        let hashes: Vec<i64> = rows.iter().map(|row| one_read_only(&format!("SELECT db_row_hash({row})"))).collect();
        for (index, hash) in hashes.iter().enumerate() {
            assert!(!hashes[..index].contains(hash), "{}", rows[index]);
        }
    }

    #[pg_test]
    fn row_hash_of_equal_values_of_other_types_is_the_same() {
        create_types();
        for (one, other) in [
            ("1::int2", "1::int4"),
            ("-1::int4", "-1::int8"),
            ("1.5::float4", "1.5::float8"),
            ("'a'::text", "'a'::varchar(5)"),
            ("'a'::text", "'a'::name"),
            ("'a'", "'a'::text"),
            ("7", "7::positive"),
            ("'{1,2}'::int2[]", "'{1,2}'::int8[]"),
        ] {
            assert!(
                one_read_only::<bool>(&format!("SELECT db_row_hash({one}) = db_row_hash({other})")),
                "{one}, {other}"
            );
        }
    }

    #[pg_test]
    fn row_hash_does_not_depend_on_storage() {
        let values = [
            ("text", "repeat('z\u{e4}h ', 30000)"),
            ("text", "repeat('a', 20)"),
            ("text", "(SELECT string_agg(md5(i::text), '') FROM generate_series(1, 3000) i)"),
            ("bytea", "decode(repeat('00ff', 30000), 'hex')"),
            ("numeric", "(repeat('1234567890', 3000) || '.5')::numeric"),
            ("numeric", "1.50"),
            ("jsonb", "jsonb_build_object('a', repeat('b', 50000))"),
            ("int[]", "(SELECT array_agg(i % 10) FROM generate_series(1, 20000) i)"),
            ("char(9000)", "'a'"),
        ];
        for (index, (data_type, value)) in values.into_iter().enumerate() {
            let expected: i64 = one_read_only(&format!("SELECT db_row_hash(({value})::{data_type})"));
            let mut sizes = Vec::new();
            for storage in ["EXTERNAL", "EXTENDED", "MAIN"] {
                let table = format!("{storage}_{index}");
                run(&format!(
                    "CREATE TABLE {table} (v {data_type}); ALTER TABLE {table} ALTER v SET STORAGE {storage}"
                ));
                run(&format!("INSERT INTO {table} VALUES (({value})::{data_type})"));
                assert_eq!(
                    one_read_only::<i64>(&format!("SELECT db_row_hash(v) FROM {table}")),
                    expected,
                    "{table}: {value}"
                );
                sizes.push(one_read_only::<i32>(&format!("SELECT pg_column_size(v) FROM {table}")));
            }
            // Shows that long values were really stored differently.
            assert!(sizes[0] < 200 || index == 2 || sizes[0] > sizes[1], "{value}: {sizes:?}");
        }
    }

    const SESSIONS: [&str; 2] = [
        "SET LOCAL DateStyle = 'SQL, DMY'; SET LOCAL TimeZone = 'Asia/Kathmandu'; SET LOCAL IntervalStyle = iso_8601;
         SET LOCAL extra_float_digits = -15; SET LOCAL bytea_output = escape; SET LOCAL quote_all_identifiers = on;
         SET LOCAL search_path = information_schema, public",
        "SET LOCAL DateStyle = German; SET LOCAL TimeZone = 'America/New_York'; SET LOCAL IntervalStyle = sql_standard;
         SET LOCAL extra_float_digits = 0; SET LOCAL bytea_output = hex; SET LOCAL quote_all_identifiers = off;
         SET LOCAL search_path = pg_catalog, public",
    ];

    fn create_rows() {
        create_types();
        run("CREATE TABLE plain AS SELECT timestamptz '2026-11-22 10:00+00' AS at, timestamp '2026-11-22' AS local, date '2026-02-03' AS day,
                 interval '1 mon 2 days 03:04' AS long, 0.1::float8 + 0.2 AS inexact, bytea 'ab\\377' AS raw, money '1.50' AS price,
                 timetz '10:00+05' AS clock, 1e-7::float4 AS small");
        run("CREATE TABLE spelled AS SELECT ARRAY[at] AS ats, daterange(day, day + 1) AS days, ARRAY[long] AS longs,
                 ARRAY[inexact] AS inexacts, ROW(raw, at)::text AS pair, point(inexact, 1) AS place, ARRAY[raw] AS raws,
                 'information_schema.tables'::regclass AS view FROM plain");
    }

    fn hash(table: &str) -> i64 {
        let schema: String = one_read_only(
            "SELECT pg_catalog.quote_ident(n.nspname::pg_catalog.text) FROM pg_catalog.pg_namespace n
             JOIN pg_catalog.pg_proc p ON p.pronamespace OPERATOR(pg_catalog.=) n.oid WHERE p.proname OPERATOR(pg_catalog.=) 'db_row_hash'",
        );
        let columns = match table {
            "plain" => "at, clock, day, inexact, local, long, price, raw, small",
            _ => "ats, days, inexacts, longs, place, raws, view",
        };
        one_read_only(&format!("SELECT {schema}.db_row_hash({columns}) FROM public.{table}"))
    }

    #[pg_test]
    fn row_hash_does_not_depend_on_settings() {
        create_rows();
        let mut hashes = Vec::new();
        let mut by_text = Vec::new();
        for session in SESSIONS {
            run(session);
            let pinned = with_canonical_output(|| hash("spelled"));
            hashes.push((hash("plain"), pinned, with_canonical_output(|| hash("plain"))));
            assert_ne!(hash("spelled"), pinned, "the settings should change the text: {session}");
            by_text.push(one_read_only::<i64>("SELECT hashtextextended(t::text, 0) FROM public.plain t"));
        }
        assert_eq!(hashes[0], hashes[1]);
        assert_eq!(hashes[0].0, hashes[0].2);
        assert_ne!(by_text[0], by_text[1], "the naive hash should depend on the settings");
    }

    #[pg_test]
    fn row_hash_rejects_variadic_array() {
        assert!(one_read_only::<bool>("SELECT db_row_hash(ARRAY[1, 2]) <> db_row_hash(1, 2)"));
        let result = subtransaction::attempt(|| Ok::<_, Error>(one::<i64>("SELECT db_row_hash(VARIADIC ARRAY[1, 2])")));
        assert_eq!(result.expect_err("accepted").sqlstate, PgSqlErrorCode::ERRCODE_FEATURE_NOT_SUPPORTED);
    }

    /// The call's cache depends on its argument types. This tests two calls in a query, and one in
    /// a function that is called with other types.
    #[pg_test]
    fn row_hash_calls_do_not_share_their_cache() {
        assert!(one_read_only::<bool>(
            "SELECT db_row_hash(1, 'a'::text) = db_row_hash(1::int8, 'a'::name) AND db_row_hash('a'::name, 1) <> db_row_hash(1)"
        ));
        run("CREATE FUNCTION of(anyelement) RETURNS bigint LANGUAGE sql AS 'SELECT db_row_hash($1)'");
        run(
            "CREATE FUNCTION of_plpgsql(anyelement) RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN db_row_hash($1); END'",
        );
        for function in ["of", "of_plpgsql"] {
            for value in ["1", "'a'::text", "1.5", "'1 day'::interval", "ARRAY[1]"] {
                let query =
                    format!("SELECT bool_and({function}({value}) = db_row_hash({value})) FROM generate_series(1, 3)");
                assert!(one_read_only::<bool>(&query), "{query}");
            }
        }
    }
}
