//! Writes the catalogue of advisory locks as rows: one for each tool's lock.

use crate::text::literal;
use eyre::{Result, eyre};
use serde_json::{Map, Value};

/// Returns `VALUES (place, tool, tool's facts, lock), …`: the tool's place in the catalogue and its
/// name, its other fields and the lock's as jsonb, as src/locks/tools.rs describes them.
pub fn rows(json: &str) -> Result<String> {
    let tools: Vec<Map<String, Value>> = serde_json::from_str(json)?;
    let mut rows = Vec::new();
    for (place, mut tool) in tools.into_iter().enumerate() {
        let missing = |field: &str| eyre!("a tool without \"{field}\"");
        let name = tool.remove("name").ok_or_else(|| missing("name"))?;
        let locks = tool.remove("locks").ok_or_else(|| missing("locks"))?;
        let name = name.as_str().ok_or_else(|| missing("name"))?;
        for lock in locks.as_array().ok_or_else(|| missing("locks"))? {
            let facts = serde_json::to_string(&tool)?;
            // jsonb cannot hold the zero byte, which two formulas hash: fc_formula() puts it back.
            let lock = serde_json::to_string(lock)?.replace("\\u0000", "\\u0001");
            rows.push(format!(
                "({}, {}, {}::jsonb, {}::jsonb)",
                place + 1,
                literal(name),
                literal(&facts),
                literal(&lock)
            ));
        }
    }
    Ok(format!("VALUES\n{}", rows.join(",\n")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::rows;

    #[test]
    fn each_lock_is_a_row_with_its_tool() {
        let json = r#"[{"name":"it's","markers":[["a"]],"locks":[{"lock":"x"},{"lock":"y\\"}]}]"#;
        assert_eq!(
            rows(json).unwrap(),
            "VALUES\n(1, 'it''s', '{\"markers\":[[\"a\"]]}'::jsonb, '{\"lock\":\"x\"}'::jsonb),\n\
             (1, 'it''s', '{\"markers\":[[\"a\"]]}'::jsonb, E'{\"lock\":\"y\\\\\\\\\"}'::jsonb)"
        );
    }
}
