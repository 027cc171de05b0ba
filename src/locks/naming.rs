//! Tells which tool a lock's key belongs to, by evidence alone.

use super::claim::{Claim, Claimant, Context, Strength};
use super::evidence;
use super::hash::Hashtext;
use super::key::LockKey;
use super::surroundings::{Objects, Presence, Sign, Surroundings};
use super::tools::{Catalogue, Entry, Tool};
use std::collections::HashMap;

/// What a key turned out to be.
#[derive(Clone, Debug, Default)]
pub struct Named<'a> {
    pub tool: Option<Entry<'a>>,
    /// What this very lock is for.
    pub lock: Option<String>,
    /// Why it is that tool's; or whose it could be.
    pub evidence: Option<String>,
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
        let claims: Vec<Claim> =
            self.claimants.iter().filter_map(|claimant| claimant.claim(key, &self.context)).collect();
        let application = application_name.filter(|name| !name.is_empty());
        match self.winner(&claims, application) {
            Some(claim) => self.named(claim, application),
            None => Named { evidence: self.candidates(key, &claims), ..Named::default() },
        }
    }

    /// Whether looking for history tables by their columns could tell more of the key.
    pub fn wants_history_tables(&self, key: LockKey) -> bool {
        let mut wanting = self.claimants.iter().filter(|claimant| claimant.wants_history_table(key, &self.context));
        let Some(first) = self.context.surroundings.is_here.then(|| wanting.next()).flatten() else { return false };
        let named = self.name(key, None).tool.map(|entry| entry.name());
        let wants = |claimant: &Claimant| named.is_none_or(|name| name == claimant.entry.name());
        wants(first) || wanting.any(wants)
    }

    /// The claim of the one tool that has most to show for it.
    fn winner<'c>(&self, claims: &'c [Claim<'a>], application: Option<&str>) -> Option<&'c Claim<'a>> {
        let is_running = |claim: &&Claim| application.is_some_and(|name| claim.entry.is_application(name));
        let has_tables = |claim: &&Claim| self.signs.contains_key(claim.entry.name());
        let is_own = |claim: &&Claim| claim.strength == Strength::Own;
        if let Some(claim) = only(claims.iter().filter(is_running)) {
            return Some(claim);
        }
        if claims.iter().any(|claim| is_own(&claim)) {
            let own = || claims.iter().filter(is_own);
            let original = |claim: &&Claim| claim.entry.lock.embeds.is_none();
            return only(own()).or_else(|| only(own().filter(has_tables))).or_else(|| only(own().filter(original)));
        }
        only(claims.iter().filter(has_tables)).filter(|claim| claim.strength == Strength::Shared)
    }

    fn named(&self, claim: &Claim<'a>, application: Option<&str>) -> Named<'a> {
        let mut evidence = claim.reason.clone();
        let sign = self.signs.get(claim.entry.name());
        if let Some(name) = application.filter(|name| claim.entry.is_application(name)) {
            evidence += &format!("; application_name is \"{name}\"");
        } else if let Some(sign) = sign.filter(|_| claim.strength < Strength::Own || is_contested(claim)) {
            evidence += &format!("; {}", evidence::tables("its", sign));
        }
        for (tool, sign) in self.users_of(claim.entry.tool) {
            evidence += &format!("; {}", evidence::tables(&format!("{}'s", tool.name), sign));
        }
        Named { tool: Some(claim.entry), lock: Some(claim.what.to_owned()), evidence: Some(evidence) }
    }

    /// Applications here that take the tool's lock as a library of theirs.
    fn users_of(&self, used: &'a Tool) -> impl Iterator<Item = (&'a Tool, &Sign<'a>)> {
        let embeds = |tool: &&Tool| tool.locks.iter().any(|lock| lock.embeds.as_ref() == Some(&used.name));
        let users = self.catalogue.tools.iter().filter(embeds);
        users.filter_map(|tool| Some((tool, self.signs.get(tool.name.as_str())?)))
    }

    /// Whose the key could be. A number out of very many is mentioned only where a table of the tool's is here.
    fn candidates(&self, key: LockKey, claims: &[Claim<'a>]) -> Option<String> {
        let has_tables = |claim: &Claim| self.signs.contains_key(claim.entry.name());
        let (here, elsewhere): (Vec<&Claim>, Vec<&Claim>) = claims.iter().partition(|claim| has_tables(claim));
        let unseen: Vec<&Claim> = elsewhere.into_iter().filter(|claim| claim.strength > Strength::Loose).collect();
        let seen = match (here.is_empty(), self.context.surroundings.is_here) {
            (false, _) => evidence::Seen::Here,
            (true, true) => evidence::Seen::NotHere,
            (true, false) => evidence::Seen::Hidden,
        };
        evidence::candidates(if here.is_empty() { &unseen } else { &here }, seen).or_else(|| evidence::spelled(key))
    }
}

fn is_contested(claim: &Claim) -> bool {
    claim.entry.lock.embeds.is_some()
}

/// The strongest claim, if all are of the same tool.
fn only<'c, 'a: 'c>(claims: impl Iterator<Item = &'c Claim<'a>>) -> Option<&'c Claim<'a>> {
    let mut best: Option<&Claim> = None;
    for claim in claims {
        match best {
            Some(found) if found.entry.name() != claim.entry.name() => return None,
            Some(found) if found.strength >= claim.strength => {}
            _ => best = Some(claim),
        }
    }
    best
}

#[cfg(test)]
#[path = "naming_tests.rs"]
mod tests;
