//! Reads docs/monitoring.md.

use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::path::Path;

pub struct Page(Vec<Block>);

struct Block {
    section: String,
    language: String,
    code: String,
}

impl Page {
    pub fn read() -> Result<Page> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/monitoring.md");
        let (mut section, mut blocks) = (String::new(), Vec::new());
        let mut open: Option<Block> = None;
        for line in std::fs::read_to_string(file)?.lines() {
            match (open.take(), line) {
                (Some(block), "```") => blocks.push(block),
                (Some(mut block), line) => {
                    block.code.push_str(line);
                    block.code.push('\n');
                    open = Some(block);
                }
                (None, line) => {
                    if let Some(name) = line.strip_prefix("## ") {
                        section = name.to_owned();
                    } else if let Some(language) = line.strip_prefix("```") {
                        let (section, language) = (section.clone(), language.to_owned());
                        open = Some(Block { section, language, code: String::new() });
                    }
                }
            }
        }
        Ok(Page(blocks))
    }

    /// Returns a section's code block with this language, counted from 0.
    pub fn block(&self, section: &str, language: &str, number: usize) -> Result<&str> {
        let mut blocks = self.0.iter().filter(|block| block.section == section && block.language == language);
        let block =
            blocks.nth(number).with_context(|| format!("section {section} has no {language} block {number}"))?;
        Ok(&block.code)
    }

    /// Returns the names of the series in the alerts and the panel.
    pub fn series(&self) -> BTreeSet<String> {
        let blocks = self.0.iter().filter(|block| ["Alerts", "Grafana"].contains(&block.section.as_str()));
        let code: String = blocks.map(|block| block.code.replace("(_complete)?", "_complete")).collect();
        let words = code.split(|c: char| !c.is_ascii_lowercase() && c != '_');
        words.filter(|word| word.starts_with("flightcheck_")).map(str::to_owned).collect()
    }
}
