//! Tells which tool a lock's key belongs to, by evidence alone.

use super::candidate::{Claimant, Context, Strength};
use super::database_context::{Objects, Presence, Sign, Surroundings};
use super::evidence::{self, Seen};
use super::hash::Hashtext;
use super::key::LockKey;
use super::tool_key::Key;
use super::tools::{Catalogue, Entry, Tool};
use crate::report::quoting::identifier;
use std::collections::HashMap;

/// What a key turned out to be.
#[derive(Clone, Debug, Default)]
pub struct Named<'a> {
    pub tool: Option<Entry<'a>>,
    /// Why it is that tool's; or whose it could be.
    pub evidence: Option<String>,
    /// The schema and the table that the key was made of.
    pub subject: (Option<String>, Option<String>),
}

/// The catalogue, seen from one database. Formulas are computed when the first key asks for them.
pub struct Naming<'a> {
    catalogue: &'a Catalogue,
    context: Context<'a>,
    claimants: Vec<Claimant<'a>>,
    /// The tools of which there are tables.
    signs: HashMap<&'a str, Sign<'a>>,
}

impl<'a> Naming<'a> {
    pub fn new(
        catalogue: &'a Catalogue,
        surroundings: &'a Surroundings,
        objects: &'a dyn Objects,
        hashtext: Hashtext,
    ) -> Naming<'a> {
        let presence = Presence::new(surroundings);
        let signs = catalogue.tools.iter().filter_map(|tool| Some((tool.name.as_str(), presence.sign(tool)?)));
        let signs = signs.collect();
        let keys = |entry: Entry<'a>| entry.lock.keys.iter().map(move |key| Claimant::new(entry, key));
        let claimants = catalogue.entries().flat_map(keys).collect();
        Naming { catalogue, context: Context { surroundings, presence, objects, hashtext }, claimants, signs }
    }

    /// Whose the key is. `application_name` is that of the session that holds it or waits for it.
    pub fn name(&self, key: LockKey, application_name: Option<&str>) -> Named<'a> {
        let claims = self.claims(key);
        match self.winner(&claims, application_name) {
            Some(claim) => self.named(claim, key, application_name),
            None => Named { evidence: self.candidates(key, &claims), ..Named::default() },
        }
    }

    /// Formulas are left alone for a constant that nobody else would come by.
    fn claims(&self, key: LockKey) -> Vec<Claim<'_, 'a>> {
        let claim = |claimant| Claim::new(claimant, key, &self.context);
        let is_constant = |claimant: &&Claimant| matches!(claimant.key, Key::Constant(_));
        let constants = self.claimants.iter().filter(is_constant).filter_map(claim);
        let mut claims: Vec<Claim> = constants.collect();
        if claims.iter().all(|claim| claim.strength < Strength::Own) {
            claims.extend(self.claimants.iter().filter(|claimant| !is_constant(claimant)).filter_map(claim));
        }
        claims
    }

    /// Whether looking for history tables by their columns could tell more of the key.
    pub fn wants_history_tables(&self, key: LockKey) -> bool {
        let wants = |claimant: &&Claimant<'a>| claimant.wants_history_table(key, &self.context);
        let mut tools = self.claimants.iter().filter(wants).map(Claimant::tool).peekable();
        if !self.context.surroundings.is_here || tools.peek().is_none() {
            return false;
        }
        self.name(key, None).tool.is_none_or(|named| tools.any(|tool| tool == named.name()))
    }

    /// The claim of the one tool that has most to show for it.
    fn winner<'c>(&self, claims: &'c [Claim<'c, 'a>], application: Option<&str>) -> Option<&'c Claim<'c, 'a>> {
        let is_running = |claim: &&Claim| application.is_some_and(|name| claim.entry().is_application(name));
        let has_tables = |claim: &&Claim| self.signs.contains_key(claim.tool());
        let is_own = |claim: &&Claim| claim.strength == Strength::Own;
        let is_original = |claim: &&Claim| claim.entry().lock.embeds.is_none();
        if let Some(claim) = only(claims.iter().filter(is_running)) {
            return Some(claim);
        }
        if claims.iter().any(|claim| is_own(&claim)) {
            let own = || claims.iter().filter(is_own);
            return only(own()).or_else(|| only(own().filter(has_tables))).or_else(|| only(own().filter(is_original)));
        }
        only(claims.iter().filter(has_tables)).filter(|claim| claim.strength > Strength::Loose)
    }

    fn named(&self, claim: &Claim<'_, 'a>, key: LockKey, application: Option<&str>) -> Named<'a> {
        let entry = claim.entry();
        let mut evidence = evidence::reason(claim.claimant, key, claim.strength, &self.context);
        let tables_count = claim.strength < Strength::Own || entry.lock.embeds.is_some();
        if let Some(name) = application.filter(|name| entry.is_application(name)) {
            evidence += &format!("; application_name is {}", identifier(name));
        } else if let Some(sign) = self.signs.get(entry.name()).filter(|_| tables_count) {
            evidence += &format!("; {}", evidence::tables("its", sign));
        }
        for (tool, sign) in self.users_of(entry.tool) {
            evidence += &format!("; {}", evidence::tables(&format!("{}'s", tool.name), sign));
        }
        Named { tool: Some(entry), evidence: Some(evidence), subject: claim.claimant.subject(key, &self.context) }
    }

    /// Applications here that take the tool's lock as a library of theirs.
    fn users_of(&self, used: &'a Tool) -> impl Iterator<Item = (&'a Tool, &Sign<'a>)> {
        let embeds = |tool: &&Tool| tool.locks.iter().any(|lock| lock.embeds.as_ref() == Some(&used.name));
        let users = self.catalogue.tools.iter().filter(embeds);
        users.filter_map(|tool| Some((tool, self.signs.get(tool.name.as_str())?)))
    }

    /// Whose the key could be. A number out of many is mentioned only where a table of the tool's is here.
    fn candidates(&self, key: LockKey, claims: &[Claim]) -> Option<String> {
        let has_tables = |claim: &&Claim| self.signs.contains_key(claim.tool());
        let here: Vec<&Claimant> = claims.iter().filter(has_tables).map(|claim| claim.claimant).collect();
        if !here.is_empty() {
            return evidence::candidates(&here, Seen::Here);
        }
        let shared = claims.iter().filter(|claim| claim.strength >= Strength::Shared);
        let seen = if self.context.surroundings.is_here { Seen::NotHere } else { Seen::Hidden };
        let unseen: Vec<&Claimant> = shared.map(|claim| claim.claimant).collect();
        evidence::candidates(&unseen, seen).or_else(|| evidence::spelled(key))
    }
}

/// That a key may be a tool's.
struct Claim<'c, 'a> {
    claimant: &'c Claimant<'a>,
    strength: Strength,
}

impl<'c, 'a> Claim<'c, 'a> {
    fn new(claimant: &'c Claimant<'a>, key: LockKey, context: &Context<'a>) -> Option<Claim<'c, 'a>> {
        Some(Claim { claimant, strength: claimant.strength(key, context)? })
    }

    fn entry(&self) -> Entry<'a> {
        self.claimant.entry
    }

    fn tool(&self) -> &'a str {
        self.claimant.tool()
    }
}

/// The strongest claim, if all are of the same tool.
fn only<'c, 'a>(claims: impl Iterator<Item = &'c Claim<'c, 'a>>) -> Option<&'c Claim<'c, 'a>>
where
    'a: 'c,
{
    let mut best: Option<&Claim> = None;
    for claim in claims {
        match best {
            Some(found) if found.tool() != claim.tool() => return None,
            Some(found) if found.strength >= claim.strength => {}
            _ => best = Some(claim),
        }
    }
    best
}

#[cfg(test)]
#[path = "naming_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "naming_by_formula_tests.rs"]
mod by_formula_tests;
