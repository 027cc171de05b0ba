//! Statements in the order in which they run, each a transaction of its own.

use crate::pg::encoded_text::encode_c;
use crate::pg::parser::raw;
use crate::report::one_line::pasteable;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// Few sessions wait behind its lock, or it must not be given up: CONCURRENTLY would leave an
    /// invalid index behind.
    Unlimited,
    /// All other sessions queue behind it until it has its lock.
    Limited,
}

#[derive(Default)]
pub struct Steps {
    list: Vec<(Wait, String)>,
}

impl Steps {
    /// Adds a statement whose lock lets others read and write.
    pub fn weak(&mut self, statement: String) {
        self.list.push((Wait::Unlimited, statement));
    }

    /// Adds a statement that holds a strong lock for a moment.
    pub fn strong(&mut self, statement: String) {
        self.list.push((Wait::Limited, statement));
    }

    pub fn one_weak(statement: String) -> Steps {
        Steps { list: vec![(Wait::Unlimited, statement)] }
    }

    /// Returns the statements, those with strong locks between SET and RESET of lock_timeout unless
    /// there is one already. Returns none if one of them cannot be parsed or put on one line.
    pub fn statements(self, has_lock_timeout: bool) -> Vec<String> {
        let mut found = Vec::new();
        let mut is_limited = false;
        for (wait, statement) in self.list {
            let limits = wait == Wait::Limited && !has_lock_timeout;
            if limits != is_limited {
                found.push(if limits { "SET lock_timeout = '2s';" } else { "RESET lock_timeout;" }.to_owned());
                is_limited = limits;
            }
            let Some(statement) = pasteable(statement).filter(|statement| is_statement(statement)) else {
                return Vec::new();
            };
            found.push(statement);
        }
        if is_limited {
            found.push("RESET lock_timeout;".to_owned());
        }
        found
    }
}

/// Whether the text is one statement by the server's grammar.
fn is_statement(text: &str) -> bool {
    let parsed = encode_c(text).and_then(|text| raw::parse(&text).ok());
    parsed.is_some_and(|parsed| parsed.count() == 1)
}
