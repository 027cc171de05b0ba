//! Tests that jsonb is hashed as stored: the hashes of two documents differ exactly if their texts
//! do.

#[pgrx::pg_schema]
mod tests {
    use crate::pgrx_tests::{one_read_only, run};
    use pgrx::prelude::*;

    /// Pseudo-random numbers with a fixed seed.
    struct Random(u64);

    impl Random {
        fn below(&mut self, bound: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (self.0 >> 33) % bound
        }

        /// Chooses from few values, so that many documents are equal or nearly so.
        fn document(&mut self, depth: u64) -> String {
            let kinds = if depth == 0 { 7 } else { 10 };
            let parts = |random: &mut Random, key: &dyn Fn(&mut Random) -> String| {
                let parts: Vec<String> =
                    (0..random.below(4)).map(|_| format!("{}{}", key(random), random.document(depth - 1))).collect();
                parts.join(", ")
            };
            match self.below(kinds) {
                0 => "null".to_owned(),
                1 => "true".to_owned(),
                2 => "false".to_owned(),
                3 => ["0", "0.0", "-1", "1e3", "12345678901234567890.5"][self.below(5) as usize].to_owned(),
                4 => ["\"\"", "\"a\"", "\"\\u00e4\\n\"", "\"null\""][self.below(4) as usize].to_owned(),
                5 => format!("\"{}\"", "long ".repeat(300 + self.below(2) as usize)),
                6 => "[]".to_owned(),
                7 => format!("[{}]", parts(self, &|_| String::new())),
                _ => {
                    let key = |random: &mut Random| {
                        ["\"a\": ", "\"b\": ", "\"ab\": ", "\"\": "][random.below(4) as usize].to_owned()
                    };
                    format!("{{{}}}", parts(self, &key))
                }
            }
        }
    }

    #[pg_test]
    fn jsonb_hashes_differ_as_texts_do() {
        run("CREATE TABLE documents (j jsonb)");
        let mut random = Random(1);
        for _ in 0..40 {
            let rows: Vec<String> = (0..100).map(|_| format!("('{}')", random.document(4))).collect();
            run(&format!("INSERT INTO documents VALUES {}", rows.join(", ")));
        }
        let (texts, hashes): (i64, i64) = (
            one_read_only("SELECT count(DISTINCT j::text) FROM documents"),
            one_read_only("SELECT count(DISTINCT db_row_hash(j)) FROM documents"),
        );
        assert!(texts > 500 && texts < 3500, "{texts} documents: too many are equal, or too few");
        assert_eq!(hashes, texts);
        assert!(one_read_only::<bool>(
            "SELECT count(DISTINCT (j::text, db_row_hash(j))) = count(DISTINCT j::text) FROM documents"
        ));
    }

    /// jsonb stores the offset of every 32nd value instead of its length.
    #[pg_test]
    fn jsonb_hash_covers_each_value_of_a_long_document() {
        run(
            "CREATE TABLE long AS SELECT jsonb_object_agg('key ' || i, i) AS j, jsonb_agg(i) AS a FROM generate_series(1, 200) i",
        );
        let changed = "SELECT count(DISTINCT h) FROM (SELECT db_row_hash(j, a) AS h FROM long
            UNION ALL SELECT db_row_hash(jsonb_set(j, ARRAY['key ' || i], '0'), a) FROM long, generate_series(1, 200) i
            UNION ALL SELECT db_row_hash(j, jsonb_set(a, ARRAY[i::text], '0')) FROM long, generate_series(0, 199) i) t";
        assert_eq!(one_read_only::<i64>(changed), 401);
    }

    /// Documents that are too deep for the reader are hashed as text.
    #[pg_test]
    fn jsonb_hash_of_deep_documents() {
        let nested = |depth: usize, core: &str| format!("'{}{core}{}'::jsonb", "[".repeat(depth), "]".repeat(depth));
        for depth in [1, 999, 1000, 1001, 3000] {
            let query = format!(
                "SELECT count(DISTINCT db_row_hash(j)) FROM (VALUES ({}), ({}), ({})) t(j)",
                nested(depth, "1"),
                nested(depth, "2"),
                nested(depth + 1, "1")
            );
            assert_eq!(one_read_only::<i64>(&query), 3, "{depth}");
        }
    }
}
