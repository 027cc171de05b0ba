//! Splits SQL text into statements.

/// The statements of a text, without the terminating semicolons.
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
