//! Tests the catalogue of tools with the server's hashtext.

#[pgrx::pg_schema]
mod tests {
    use crate::locks::examples::{check_constants, examples};
    use crate::pg::encoded_text::hashtext;
    use crate::pgrx_tests::{one, run};
    use pgrx::prelude::*;

    #[pg_test]
    fn hashtext_agrees_with_server() {
        // Covers every length up to more than two rounds of twelve bytes, and text other than
        // ASCII.
        let mut texts: Vec<String> =
            (0..=25).map(|length| "pg_partman run_maintenance".chars().take(length).collect()).collect();
        texts.extend(["Ärger", "日本語", "\u{1f600}"].map(str::to_owned));
        for text in texts {
            let expected = one::<i32>(&format!("SELECT pg_catalog.hashtext('{text}')"));
            assert_eq!(hashtext(text.as_bytes()), expected, "{text}");
        }
    }

    #[pg_test]
    fn example_keys_are_computed_and_named() {
        for example in examples() {
            assert_eq!(example.computed(hashtext), Some(example.key), "{example:?}");
            example.assert_named(hashtext);
        }
    }

    #[pg_test]
    fn example_keys_match_pg_locks() {
        for example in examples() {
            run(&format!("SELECT pg_catalog.pg_advisory_xact_lock({})", example.key));
            let held = "SELECT classid, objid, objsubid FROM pg_catalog.pg_locks
                         WHERE locktype = 'advisory' AND pid = pg_backend_pid()";
            let (classid, objid, objsubid) = example.pg_locks;
            let columns = format!("(classid, objid, objsubid) = ({classid}, {objid}, {objsubid})");
            assert_eq!(one::<i64>(&format!("SELECT count(*) FROM ({held}) AS held WHERE {columns}")), 1, "{example:?}");
        }
    }

    #[pg_test]
    fn constant_keys_are_hashes_of_their_texts() {
        assert_eq!(check_constants(hashtext, |_| true), 14);
    }
}
