//! Splits SQL and PL/pgSQL source into words, literals and signs, with comments, quotes and dollar
//! quotes.

/// A piece of source text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A keyword or an identifier: folded to lower case, or as it is between double quotes.
    Word {
        name: String,
        is_quoted: bool,
    },
    /// A string constant.
    Text(String),
    /// A string whose value depends on escapes that are not decoded here: `E'\x41'`, `U&'…'`,
    /// `B'…'`.
    OddText,
    Number(String),
    /// `$1`
    Parameter,
    /// `:=`, `::`, `..`, or a single character.
    Sign(&'static str),
    Other(char),
}

impl Token {
    /// Whether this is the unquoted word.
    pub fn is(&self, keyword: &str) -> bool {
        matches!(self, Token::Word { name, is_quoted: false } if name == keyword)
    }

    pub fn is_sign(&self, sign: char) -> bool {
        *self == Token::Other(sign)
    }

    pub fn name(&self) -> Option<&str> {
        match self {
            Token::Word { name, .. } => Some(name),
            _ => None,
        }
    }
}

/// Returns the tokens of the text, without comments; `None` if a comment or a quote does not end.
pub fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut reader = Reader { rest: text };
    let mut tokens = Vec::new();
    while let Some(token) = reader.next()? {
        tokens.push(token);
    }
    Some(tokens)
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    /// Reads the next token; `Some(None)` at the end of the text.
    fn next(&mut self) -> Option<Option<Token>> {
        self.skip_blank()?;
        let Some(first) = self.rest.chars().next() else { return Some(None) };
        let token = match first {
            '\'' => Token::Text(self.quoted('\'')?),
            '"' => Token::Word { name: self.quoted('"')?, is_quoted: true },
            '$' => self.dollar()?,
            _ if first.is_ascii_digit() => self.number(),
            _ if starts_word(first) => self.word()?,
            _ => self.sign(first),
        };
        Some(Some(token))
    }

    fn skip_blank(&mut self) -> Option<()> {
        loop {
            self.rest = self.rest.trim_start();
            if self.rest.starts_with("--") {
                self.rest = self.rest.find(['\n', '\r']).map_or("", |end| &self.rest[end..]);
            } else if self.rest.starts_with("/*") {
                self.skip_comment()?;
            } else {
                return Some(());
            }
        }
    }

    /// Skips a comment; comments nest, as in the server's scanner.
    fn skip_comment(&mut self) -> Option<()> {
        let mut depth = 0_u32;
        loop {
            if let Some(rest) = self.rest.strip_prefix("/*") {
                (self.rest, depth) = (rest, depth + 1);
            } else if let Some(rest) = self.rest.strip_prefix("*/") {
                (self.rest, depth) = (rest, depth - 1);
                if depth == 0 {
                    return Some(());
                }
            } else {
                let mut chars = self.rest.chars();
                chars.next()?;
                self.rest = chars.as_str();
            }
        }
    }

    /// Reads up to the closing quote; a doubled quote stands for one.
    fn quoted(&mut self, quote: char) -> Option<String> {
        let mut text = String::new();
        let mut chars = self.rest.chars();
        chars.next();
        loop {
            match chars.next()? {
                c if c == quote => {
                    let mut ahead = chars.clone();
                    if ahead.next() != Some(quote) {
                        self.rest = chars.as_str();
                        return Some(text);
                    }
                    chars = ahead;
                    text.push(quote);
                }
                c => text.push(c),
            }
        }
    }

    /// Reads `'…'` in which a backslash escapes the next character. Escapes that stand for a
    /// character other than themselves are not decoded.
    fn escaped(&mut self) -> Option<Token> {
        let (mut text, mut is_odd, mut chars) = (String::new(), false, self.rest.chars());
        chars.next();
        loop {
            let c = match chars.next()? {
                '\\' => {
                    let escaped = chars.next()?;
                    is_odd |= matches!(escaped, 'b' | 'f' | 'n' | 'r' | 't' | 'u' | 'U' | 'x' | '0'..='7');
                    escaped
                }
                '\'' if chars.as_str().starts_with('\'') => {
                    chars.next();
                    '\''
                }
                '\'' => break,
                c => c,
            };
            text.push(c);
        }
        self.rest = chars.as_str();
        Some(if is_odd { Token::OddText } else { Token::Text(text) })
    }

    /// Reads `$1`, `$$…$$`, `$tag$…$tag$`, or only the sign.
    fn dollar(&mut self) -> Option<Token> {
        let after = &self.rest[1..];
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        if digits > 0 {
            self.rest = &after[digits..];
            return Some(Token::Parameter);
        }
        let tag = after.find(|c: char| !continues_tag(c)).unwrap_or(after.len());
        if !after[tag..].starts_with('$') {
            self.rest = after;
            return Some(Token::Other('$'));
        }
        let delimiter = &self.rest[..tag + 2];
        let body = &self.rest[delimiter.len()..];
        let end = body.find(delimiter)?;
        let text = body[..end].to_owned();
        self.rest = &body[end + delimiter.len()..];
        Some(Token::Text(text))
    }

    fn number(&mut self) -> Token {
        // `1..10` is a range in PL/pgSQL: a number does not end with a dot that another dot
        // follows.
        let mut end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let fraction = &self.rest[end..];
        if fraction.starts_with('.') && !fraction.starts_with("..") {
            let digits = fraction[1..].find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(fraction.len() - 1);
            end += 1 + digits;
        }
        let (number, rest) = self.rest.split_at(end);
        self.rest = rest;
        Token::Number(number.to_owned())
    }

    /// Reads a word, or the string that it is the prefix of.
    fn word(&mut self) -> Option<Token> {
        let end = self.rest.find(|c: char| !continues_word(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        let name = word.to_ascii_lowercase();
        let is_text = rest.starts_with('\'');
        self.rest = rest;
        match name.as_str() {
            "e" if is_text => self.escaped(),
            "n" if is_text => self.quoted('\'').map(Token::Text),
            "b" | "x" if is_text => self.quoted('\'').map(|_| Token::OddText),
            "u" if rest.starts_with("&'") => {
                self.rest = &rest[1..];
                self.quoted('\'').map(|_| Token::OddText)
            }
            "u" if rest.starts_with("&\"") => {
                self.rest = &rest[1..];
                self.quoted('"').map(|_| Token::OddText)
            }
            _ => Some(Token::Word { name, is_quoted: false }),
        }
    }

    fn sign(&mut self, first: char) -> Token {
        for sign in [":=", "::", ".."] {
            if let Some(rest) = self.rest.strip_prefix(sign) {
                self.rest = rest;
                return Token::Sign(sign);
            }
        }
        self.rest = &self.rest[first.len_utf8()..];
        Token::Other(first)
    }
}

fn starts_word(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

fn continues_tag(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii()
}

fn continues_word(c: char) -> bool {
    continues_tag(c) || c == '$'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn word(name: &str) -> Token {
        Token::Word { name: name.to_owned(), is_quoted: false }
    }

    fn number(number: &str) -> Token {
        Token::Number(number.to_owned())
    }

    fn text(text: &str) -> Token {
        Token::Text(text.to_owned())
    }

    #[test]
    fn lexer_skips_comments() {
        assert_eq!(tokens("a--b\nc/* d /* e */ f */g"), Some(vec![word("a"), word("c"), word("g")]));
        assert_eq!(tokens("-- nextval('x')"), Some(vec![]));
        assert_eq!(
            tokens("'--' \"/*\""),
            Some(vec![text("--"), Token::Word { name: "/*".to_owned(), is_quoted: true }])
        );
    }

    #[test]
    fn lexer_reads_all_kinds_of_quotes() {
        assert_eq!(tokens("'it''s'"), Some(vec![text("it's")]));
        assert_eq!(tokens("$$it's$$ $x$a$$b$x$"), Some(vec![text("it's"), text("a$$b")]));
        assert_eq!(
            tokens("E'a' e'it''s' E'a\\'b' E'a\\\\b' E'\\x41' 'a\\'"),
            Some(vec![text("a"), text("it's"), text("a'b"), text("a\\b"), Token::OddText, text("a\\")])
        );
        assert_eq!(tokens("U&'a' x'1f' n'b'"), Some(vec![Token::OddText, Token::OddText, text("b")]));
        assert_eq!(tokens("\"A\"\"b\""), Some(vec![Token::Word { name: "A\"b".to_owned(), is_quoted: true }]));
    }

    #[test]
    fn lexer_folds_words_and_keeps_operators_together() {
        assert_eq!(
            tokens("NEW.Id:=1"),
            Some(vec![word("new"), Token::Other('.'), word("id"), Token::Sign(":="), number("1")])
        );
        assert_eq!(
            tokens("1..10 1.5e3 $1"),
            Some(vec![number("1"), Token::Sign(".."), number("10"), number("1.5e3"), Token::Parameter])
        );
        assert_eq!(tokens("größe"), Some(vec![word("größe")]));
    }

    #[test]
    fn lexer_rejects_unterminated_text() {
        for text in ["'a", "\"a", "/* /* */", "$$a$", "$x$ $y$", "E'a\\'"] {
            assert_eq!(tokens(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn lexer_reads_any_text_to_its_end(text in "[-'\"$/*a-cE&U .:=\\\\\n1é]{0,40}") {
            tokens(&text);
        }

        /// A literal comes out as it went in, whatever precedes and follows it.
        #[test]
        fn lexer_returns_literals_unchanged(value in "[^\0]{0,20}", before in "[a-z ]{0,5}", after in "[ ;)]{0,3}") {
            let source = format!("{before} '{}'{after}", value.replace('\'', "''"));
            let found = tokens(&source).unwrap_or_default();
            prop_assert!(found.contains(&Token::Text(value)));
        }
    }
}
