//! Evaluates the formulas by which tools derive a number from names: a template that is filled in,
//! a hash, and arithmetic on it.

use super::hash::{Hash, Hashtext};
use super::phash2::{Term, phash2};
use crate::report::quoting::{identifier, literal};
use serde::Deserialize;

/// A placeholder of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    Database,
    Schema,
    /// The name of the tool's history table.
    Table,
    /// A text that the application chooses.
    Name,
    /// The module of an Elixir repo.
    Repo,
    /// One of the alternatives that the key lists.
    Each,
}

impl Input {
    const ALL: [(&'static str, Input); 6] = [
        ("database", Input::Database),
        ("schema", Input::Schema),
        ("table", Input::Table),
        ("name", Input::Name),
        ("repo", Input::Repo),
        ("each", Input::Each),
    ];
}

/// The values of the placeholders. One that no template of the key uses is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inputs<'a> {
    pub database: &'a str,
    pub schema: &'a str,
    pub table: &'a str,
    pub name: &'a str,
    pub repo: &'a str,
    pub each: &'a str,
}

impl<'a> Inputs<'a> {
    fn get(&self, input: Input) -> &'a str {
        match input {
            Input::Database => self.database,
            Input::Schema => self.schema,
            Input::Table => self.table,
            Input::Name => self.name,
            Input::Repo => self.repo,
            Input::Each => self.each,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Input(Input),
}

/// A text with placeholders such as `{database}` and `{schema}`; other braces are literal.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Template(Vec<Piece>);

impl From<String> for Template {
    fn from(text: String) -> Template {
        let mut pieces = Vec::new();
        let (mut literal, mut rest) = (String::new(), text.as_str());
        while let Some(char) = rest.chars().next() {
            let found = Input::ALL.iter().find_map(|(name, input)| {
                let after = rest.strip_prefix('{')?.strip_prefix(name)?.strip_prefix('}')?;
                Some((*input, after))
            });
            rest = match found {
                Some((input, after)) => {
                    pieces.extend((!literal.is_empty()).then(|| Piece::Text(std::mem::take(&mut literal))));
                    pieces.push(Piece::Input(input));
                    after
                }
                None => {
                    literal.push(char);
                    &rest[char.len_utf8()..]
                }
            };
        }
        pieces.extend((!literal.is_empty()).then_some(Piece::Text(literal)));
        Template(pieces)
    }
}

impl Template {
    fn asks_for(&self, wanted: Input) -> bool {
        self.0.contains(&Piece::Input(wanted))
    }

    fn fill(&self, inputs: &Inputs, text: &mut String) {
        for piece in &self.0 {
            text.push_str(match piece {
                Piece::Text(text) => text,
                Piece::Input(input) => inputs.get(*input),
            });
        }
    }

    fn filled(&self, inputs: &Inputs) -> String {
        let mut text = String::new();
        self.fill(inputs, &mut text);
        text
    }
}

/// An element of an Erlang tuple.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Element {
    Atom(Template),
    Binary(Template),
}

impl Element {
    fn template(&self) -> &Template {
        let (Element::Atom(template) | Element::Binary(template)) = self;
        template
    }
}

/// What is hashed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Subject {
    Text(Template),
    Tuple(Vec<Element>),
}

/// A step of the arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Step {
    Multiply(u32),
    Add(i64),
    Modulo(u64),
    And(u64),
    /// Interprets the low bits, this many, as a signed number.
    Signed(u32),
    /// Rounds the number to a double, as JavaScript prints it.
    JavascriptNumber,
}

impl Step {
    fn apply(self, value: i128) -> Option<i128> {
        Some(match self {
            Step::Multiply(factor) => value.checked_mul(factor.into())?,
            Step::Add(summand) => value.checked_add(summand.into())?,
            Step::Modulo(divisor) => value.checked_rem_euclid(divisor.into())?,
            Step::And(mask) => value & i128::from(mask),
            Step::Signed(bits) => {
                let shift = 128_u32.checked_sub(bits)?;
                value.checked_shl(shift)?.checked_shr(shift)?
            }
            // Both languages print the shortest digits that convert back to the same double,
            // followed by zeros.
            Step::JavascriptNumber => format!("{}", value as f64).parse().ok()?,
        })
    }

    fn bounds(self, (least, greatest): (i128, i128)) -> (i128, i128) {
        match self {
            Step::Multiply(factor) => (least * i128::from(factor), greatest * i128::from(factor)),
            Step::Add(summand) => (least + i128::from(summand), greatest + i128::from(summand)),
            Step::Modulo(divisor) => (0, i128::from(divisor) - 1),
            Step::And(mask) => (0, mask.into()),
            Step::Signed(bits) => (-1 << (bits - 1), (1 << (bits - 1)) - 1),
            Step::JavascriptNumber => (least - ROUNDING, greatest + ROUNDING),
        }
    }
}

/// More than the rounding error of a double for a 64-bit number.
const ROUNDING: i128 = 1 << 12;

/// How a number is computed from names.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Formula {
    hash: Hash,
    of: Subject,
    /// HKDF's second input.
    #[serde(default)]
    info: String,
    #[serde(default)]
    then: Vec<Step>,
}

impl Formula {
    pub fn asks_for(&self, input: Input) -> bool {
        match &self.of {
            Subject::Text(template) => template.asks_for(input),
            Subject::Tuple(elements) => elements.iter().any(|element| element.template().asks_for(input)),
        }
    }

    /// Returns the number; `None` if the hash is not defined for such names.
    pub fn value(&self, inputs: &Inputs, hashtext: Hashtext) -> Option<i128> {
        let hash = match &self.of {
            Subject::Text(template) => self.hash.of(&template.filled(inputs), &self.info, hashtext)?,
            Subject::Tuple(elements) => self.hash_tuple(elements, inputs)?,
        };
        self.then.iter().try_fold(hash, |value, step| step.apply(value))
    }

    fn hash_tuple(&self, elements: &[Element], inputs: &Inputs) -> Option<i128> {
        if self.hash != Hash::Phash2 {
            return None;
        }
        let texts: Vec<String> = elements.iter().map(|element| element.template().filled(inputs)).collect();
        let terms = elements.iter().zip(&texts).map(|(element, text)| match element {
            Element::Atom(_) => Term::Atom(text),
            Element::Binary(_) => Term::Binary(text.as_bytes()),
        });
        Some(phash2(&terms.collect::<Vec<Term>>()).into())
    }

    /// Returns the least and the greatest number that the formula can give.
    pub fn bounds(&self) -> (i128, i128) {
        self.then.iter().fold(self.hash.bounds(), |bounds, step| step.bounds(bounds))
    }

    /// Returns how many different numbers the formula can give, at most.
    pub fn values(&self) -> i128 {
        let bounds = |(least, greatest): (i128, i128)| greatest - least + 1;
        let reached = self.then.iter().scan(self.hash.bounds(), |reached, step| {
            *reached = step.bounds(*reached);
            Some(bounds(*reached))
        });
        reached.min().unwrap_or(i128::MAX).min(bounds(self.hash.bounds()))
    }

    /// Returns the computation in the usual notation: `1026731422 * crc32('shop')`.
    pub fn describe(&self, inputs: &Inputs) -> String {
        let hashed = format!("{}({})", self.hash.name(), self.describe_subject(inputs));
        self.then.iter().fold(hashed, |text, step| match step {
            Step::Multiply(factor) => format!("{factor} * {text}"),
            Step::Add(summand) => format!("{summand} + {text}"),
            Step::Modulo(divisor) => format!("({text}) mod {divisor}"),
            Step::And(mask) => format!("{text} & {mask}"),
            Step::Signed(_) => text,
            Step::JavascriptNumber => format!("{text} as a double"),
        })
    }

    fn describe_subject(&self, inputs: &Inputs) -> String {
        match &self.of {
            Subject::Text(template) => literal(&template.filled(inputs)),
            Subject::Tuple(elements) => {
                let spell = |element: &Element| match element {
                    Element::Atom(template) => module(&template.filled(inputs)),
                    Element::Binary(template) => identifier(&template.filled(inputs)),
                };
                format!("{{{}}}", elements.iter().map(spell).collect::<Vec<String>>().join(","))
            }
        }
    }
}

/// Returns an atom as Elixir prints it: `MyApp.Repo`, or quoted where that is needed.
pub fn module(atom: &str) -> String {
    let name = atom.strip_prefix("Elixir.").unwrap_or(atom);
    let is_plain = name.chars().all(|char| char.is_alphanumeric() || char == '_' || char == '.');
    if is_plain { name.to_owned() } else { format!(":{}", identifier(atom)) }
}

#[cfg(test)]
#[path = "formula_tests.rs"]
mod tests;
