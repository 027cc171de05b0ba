//! Takes a text of several statements apart.

/// The lines that are no comments.
pub fn plain(text: &str) -> String {
    text.split('\n').filter(|line| !line.starts_with("-- ")).collect::<Vec<_>>().join("\n")
}

/// How comments begin that are no statements.
const REMARKS: [&str; 2] = ["-- The DELETE takes", "-- Only if"];

/// The lines that are comments, without the signs that make them so.
pub fn commented(text: &str) -> String {
    let is_remark = |line: &str| REMARKS.iter().any(|remark| line.starts_with(remark));
    let lines = text.split('\n').filter(|line| !is_remark(line));
    lines.filter_map(|line| line.strip_prefix("-- ")).collect::<Vec<_>>().join("\n")
}

/// The statements of a text, without the semicolons that end them.
pub fn statements(text: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let mut statement = String::new();
    let mut quote = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (None, ';') => statements.push(std::mem::take(&mut statement)),
            (None, '\'' | '"') => {
                // A constant with escapes starts with E.
                quote = Some((character, character == '\'' && statement.ends_with(['E', 'e'])));
                statement.push(character);
            }
            (Some((_, true)), '\\') => {
                statement.push(character);
                statement.extend(characters.next());
            }
            (Some((end, _)), _) if character == end => {
                quote = None;
                statement.push(character);
            }
            _ => statement.push(character),
        }
    }
    statements.push(statement);
    statements.iter().map(|statement| statement.trim().to_owned()).filter(|statement| !statement.is_empty()).collect()
}
