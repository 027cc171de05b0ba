//! Finds the tool that a lock's key belongs to, from the key itself, the session's application_name
//! and what the lock's database contains.

use super::candidate::{Candidate, Context, Strength};
use super::database_context::{DatabaseContext, FoundMarkers, Objects, Presence};
use super::evidence::{self, Seen};
use super::hash::Hashtext;
use super::key::LockKey;
use super::tool_key::Key;
use super::tools::{Catalogue, Entry, Tool};
use crate::report::quoting::identifier;
use std::collections::HashMap;

/// The tool of a key, or the tools that it may belong to.
#[derive(Clone, Debug, Default)]
pub struct Named<'a> {
    pub tool: Option<Entry<'a>>,
    /// Why the key belongs to the tool; without a tool, which ones it may belong to.
    pub evidence: Option<String>,
    /// The schema and the table that the key was computed from.
    pub subject: (Option<String>, Option<String>),
}

/// The catalogue, applied to one database. A formula is evaluated when the first key needs it.
pub struct Naming<'a> {
    catalogue: &'a Catalogue,
    context: Context<'a>,
    candidates: Vec<Candidate<'a>>,
    /// The tools that have relations in the database.
    found_markers: HashMap<&'a str, FoundMarkers<'a>>,
}

impl<'a> Naming<'a> {
    pub fn new(
        catalogue: &'a Catalogue,
        database_context: &'a DatabaseContext,
        objects: &'a dyn Objects,
        hashtext: Hashtext,
    ) -> Naming<'a> {
        let presence = Presence::new(database_context);
        let found_markers =
            catalogue.tools.iter().filter_map(|tool| Some((tool.name.as_str(), presence.markers(tool)?)));
        let found_markers = found_markers.collect();
        let keys = |entry: Entry<'a>| entry.lock.keys.iter().map(move |key| Candidate::new(entry, key));
        let candidates = catalogue.entries().flat_map(keys).collect();
        Naming {
            catalogue,
            context: Context { database_context, presence, objects, hashtext },
            candidates,
            found_markers,
        }
    }

    /// Returns the tool that the key belongs to. `application_name` is that of the session that
    /// holds the lock or waits for it.
    pub fn name(&self, key: LockKey, application_name: Option<&str>) -> Named<'a> {
        let matches = self.matches(key);
        match self.winner(&matches, application_name) {
            Some(found) => self.named(found, key, application_name),
            None => Named { evidence: self.possible_tools(key, &matches), ..Named::default() },
        }
    }

    /// Returns the candidates that the key matches. Does not evaluate formulas for a constant that
    /// no other program would use.
    fn matches(&self, key: LockKey) -> Vec<KeyMatch<'_, 'a>> {
        let found = |candidate| KeyMatch::new(candidate, key, &self.context);
        let is_constant = |candidate: &&Candidate| matches!(candidate.key, Key::Constant(_));
        let constants = self.candidates.iter().filter(is_constant).filter_map(found);
        let mut matches: Vec<KeyMatch> = constants.collect();
        if matches.iter().all(|found| found.strength < Strength::Own) {
            matches.extend(self.candidates.iter().filter(|candidate| !is_constant(candidate)).filter_map(found));
        }
        matches
    }

    /// Whether searching for history tables by their columns could help to name the key's tool.
    pub fn wants_history_tables(&self, key: LockKey) -> bool {
        let wants = |candidate: &&Candidate<'a>| candidate.wants_history_table(key, &self.context);
        let mut tools = self.candidates.iter().filter(wants).map(Candidate::tool).peekable();
        if !self.context.database_context.is_here || tools.peek().is_none() {
            return false;
        }
        self.name(key, None).tool.is_none_or(|named| tools.any(|tool| tool == named.name()))
    }

    /// Returns the match of the one tool that has the best evidence.
    fn winner<'c>(&self, matches: &'c [KeyMatch<'c, 'a>], application: Option<&str>) -> Option<&'c KeyMatch<'c, 'a>> {
        let is_running = |found: &&KeyMatch| application.is_some_and(|name| found.entry().is_application(name));
        let has_tables = |found: &&KeyMatch| self.found_markers.contains_key(found.tool());
        let is_own = |found: &&KeyMatch| found.strength == Strength::Own;
        let is_original = |found: &&KeyMatch| found.entry().lock.embeds.is_none();
        if let Some(found) = only(matches.iter().filter(is_running)) {
            return Some(found);
        }
        if matches.iter().any(|found| is_own(&found)) {
            let own = || matches.iter().filter(is_own);
            return only(own()).or_else(|| only(own().filter(has_tables))).or_else(|| only(own().filter(is_original)));
        }
        only(matches.iter().filter(has_tables)).filter(|found| found.strength > Strength::Loose)
    }

    fn named(&self, found: &KeyMatch<'_, 'a>, key: LockKey, application: Option<&str>) -> Named<'a> {
        let entry = found.entry();
        let mut evidence = evidence::reason(found.candidate, key, found.strength, &self.context);
        let tables_count = found.strength < Strength::Own || entry.lock.embeds.is_some();
        if let Some(name) = application.filter(|name| entry.is_application(name)) {
            evidence += &format!("; application_name is {}", identifier(name));
        } else if let Some(markers) = self.found_markers.get(entry.name()).filter(|_| tables_count) {
            evidence += &format!("; {}", evidence::tables("its", markers));
        }
        for (tool, markers) in self.users_of(entry.tool) {
            evidence += &format!("; {}", evidence::tables(&format!("{}'s", tool.name), markers));
        }
        Named { tool: Some(entry), evidence: Some(evidence), subject: found.candidate.subject(key, &self.context) }
    }

    /// Returns the applications with relations in this database that acquire the tool's lock
    /// because they use it as a library.
    fn users_of(&self, used: &'a Tool) -> impl Iterator<Item = (&'a Tool, &FoundMarkers<'a>)> {
        let embeds = |tool: &&Tool| tool.locks.iter().any(|lock| lock.embeds.as_ref() == Some(&used.name));
        let users = self.catalogue.tools.iter().filter(embeds);
        users.filter_map(|tool| Some((tool, self.found_markers.get(tool.name.as_str())?)))
    }

    /// Returns the tools that the key may belong to. A tool whose keys span many numbers is
    /// mentioned only if one of its relations is in this database.
    fn possible_tools(&self, key: LockKey, matches: &[KeyMatch]) -> Option<String> {
        let has_tables = |found: &&KeyMatch| self.found_markers.contains_key(found.tool());
        let here: Vec<&Candidate> = matches.iter().filter(has_tables).map(|found| found.candidate).collect();
        if !here.is_empty() {
            return evidence::possible_tools(&here, Seen::Here);
        }
        let shared = matches.iter().filter(|found| found.strength >= Strength::Shared);
        let seen = if self.context.database_context.is_here { Seen::NotHere } else { Seen::Hidden };
        let unseen: Vec<&Candidate> = shared.map(|found| found.candidate).collect();
        evidence::possible_tools(&unseen, seen).or_else(|| evidence::spelled_name(key))
    }
}

/// A candidate that a key matches, and how strongly.
struct KeyMatch<'c, 'a> {
    candidate: &'c Candidate<'a>,
    strength: Strength,
}

impl<'c, 'a> KeyMatch<'c, 'a> {
    fn new(candidate: &'c Candidate<'a>, key: LockKey, context: &Context<'a>) -> Option<KeyMatch<'c, 'a>> {
        Some(KeyMatch { candidate, strength: candidate.strength(key, context)? })
    }

    fn entry(&self) -> Entry<'a> {
        self.candidate.entry
    }

    fn tool(&self) -> &'a str {
        self.candidate.tool()
    }
}

/// Returns the strongest match if all matches are of the same tool.
fn only<'c, 'a>(matches: impl Iterator<Item = &'c KeyMatch<'c, 'a>>) -> Option<&'c KeyMatch<'c, 'a>>
where
    'a: 'c,
{
    let mut strongest: Option<&KeyMatch> = None;
    for found in matches {
        match strongest {
            Some(strongest) if strongest.tool() != found.tool() => return None,
            Some(strongest) if strongest.strength >= found.strength => {}
            _ => strongest = Some(found),
        }
    }
    strongest
}

#[cfg(test)]
#[path = "naming_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "naming_by_formula_tests.rs"]
mod by_formula_tests;
