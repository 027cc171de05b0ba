//! Describes the evidence for the tool of a key.

use super::candidate::{Candidate, Context, Strength};
use super::database_context::FoundMarkers;
use super::formula::{Input, Inputs, module};
use super::hash::unpack_ascii;
use super::key::LockKey;
use super::tool_key::{Extension, Key, KeyField, ObjectKind, Objects, PairKey, Part};
use crate::report::quoting::identifier;
use crate::report::wording::series;

/// How many candidates are named.
const MOST: usize = 5;

/// Where the candidates' relations are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    Here,
    NotHere,
    /// The lock is in another database, whose relations are not visible.
    Hidden,
}

/// Returns why the key belongs to the candidate's tool.
pub fn reason<'a>(candidate: &Candidate<'a>, key: LockKey, strength: Strength, context: &Context<'a>) -> String {
    let tool = candidate.tool();
    match (candidate.key, key) {
        (Key::Constant(_), _) if strength == Strength::Own => match candidate.which() {
            Some(what) => format!("{key} is the key of {tool} (constant: {what})"),
            None => format!("{key} is the key of {tool} (constant)"),
        },
        (Key::Pair(pair), LockKey::Pair(one, other)) if pair.is_pattern() => {
            pattern(candidate, pair, [one, other], context)
        }
        (Key::Computed(_) | Key::Pair(_), _) => computed(candidate, key, context),
        (Key::Range(range), _) => format!("{key} is a number that {tool} uses for {}", range.of),
        (Key::Objects(objects), LockKey::Bigint(oid)) => object(tool, objects, oid, context),
        (Key::Extension(extension), LockKey::Other { classid, objid, .. }) => {
            extension_number(candidate, extension, classid, objid)
        }
        _ => format!("{key} is a key of {tool}{}", which(candidate)),
    }
}

fn which(candidate: &Candidate) -> String {
    candidate.which().map_or(String::new(), |what| format!(" ({what})"))
}

fn computed<'a>(candidate: &Candidate<'a>, key: LockKey, context: &Context<'a>) -> String {
    let Some(found) = candidate.find(key, context) else { return String::new() };
    let computations: Vec<String> = candidate.key.formulas().map(|formula| formula.describe(&found.inputs)).collect();
    let subject = subject(candidate, &found.inputs);
    format!("{}'s key for {subject}: {}", candidate.tool(), computations.join(", "))
}

fn subject(candidate: &Candidate, inputs: &Inputs) -> String {
    let asks_for = |input| candidate.key.asks_for(input);
    let module = module(inputs.repo);
    match (asks_for(Input::Schema), asks_for(Input::Table), asks_for(Input::Repo)) {
        (true, true, _) => format!("{}.{}", identifier(inputs.schema), identifier(inputs.table)),
        (false, true, _) => format!("table {}", identifier(inputs.table)),
        (true, false, true) => format!("{module} with prefix {}", identifier(inputs.schema)),
        (false, false, true) => module.to_owned(),
        (true, false, false) => format!("schema {}", identifier(inputs.schema)),
        (false, false, false) if asks_for(Input::Name) => format!("the name {}", identifier(inputs.name)),
        (false, false, false) if asks_for(Input::Database) => format!("database {}", identifier(inputs.database)),
        (false, false, false) => candidate.what().to_owned(),
    }
}

fn pattern(candidate: &Candidate, pair: &PairKey, numbers: [i32; 2], context: &Context) -> String {
    let places = ["first", "second"].into_iter().zip(numbers);
    let parts = pair.pair.iter().zip(places).map(|(part, (place, number))| match part {
        Part::Number(fixed) => {
            format!("{fixed} is the {place} number of {}'s keys{}", candidate.tool(), which(candidate))
        }
        Part::Any(any) => format!("the {place}, {number}, is {}", any.any),
        Part::Formula(_) => format!("the {place} is {number}"),
        Part::Table(table) => {
            let oid = number.wrapping_sub(table.table_oid_plus).cast_unsigned();
            match context.objects.relation(oid).filter(|_| context.database_context.is_here) {
                Some(relation) => format!("the {place} stands for table {relation} (OID {oid})"),
                None => format!("the {place} stands for the table with OID {oid}"),
            }
        }
    });
    parts.collect::<Vec<String>>().join(", ")
}

fn object(tool: &str, objects: &Objects, oid: i64, context: &Context) -> String {
    let find = |kind: &ObjectKind| {
        let oid = u32::try_from(oid).ok()?;
        match kind {
            ObjectKind::Role => Some(format!("role {}", context.objects.role(oid)?)),
            ObjectKind::Database => Some(format!("database {}", context.objects.database(oid)?)),
        }
    };
    match objects.oid_of.iter().find_map(find) {
        Some(object) => format!("{tool} locks by OID, and {oid} is that of {object}"),
        None => format!("{tool} locks by OID, and {oid} may be one"),
    }
}

fn extension_number(candidate: &Candidate, extension: &Extension, classid: u32, objid: u32) -> String {
    let number = extension.number.as_ref().map_or(String::new(), |number| {
        let value = match number.at {
            KeyField::Classid => classid.into(),
            KeyField::Objid => objid.into(),
            KeyField::Both => u64::from(classid) << 32 | u64::from(objid),
        };
        format!(", {} {value}", number.of)
    });
    format!("objsubid {} is one of {}'s{}{number}", extension.objsubid, candidate.tool(), which(candidate))
}

/// Returns `its "dag" and "task_instance" are in schema "public"`.
pub fn tables(whose: &str, markers: &FoundMarkers) -> String {
    let names: Vec<String> = markers.relations.iter().map(|name| identifier(name)).collect();
    let schema = identifier(markers.schema);
    match names.as_slice() {
        [one] => format!("{whose} {one} is in schema {schema}"),
        [first @ .., last] => format!("{whose} {} and {last} are in schema {schema}", first.join(", ")),
        [] => String::new(),
    }
}

/// Returns `could be Airflow (migrations) or graph-node (migrations): none of their tables is in
/// this database`.
pub fn possible_tools(candidates: &[&Candidate], seen: Seen) -> Option<String> {
    let mut listed: Vec<(&str, &str)> = Vec::new();
    for candidate in candidates {
        if listed.iter().all(|(name, _)| *name != candidate.tool()) {
            listed.push((candidate.tool(), candidate.what()));
        }
    }
    let named: Vec<String> = listed.iter().take(MOST).map(|(name, what)| format!("{name} ({what})")).collect();
    let tools = match listed.len().saturating_sub(MOST) {
        0 => series(&named, " or "),
        more => format!("{} and {more} more", named.join(", ")),
    };
    let reason = match (listed.len(), seen) {
        (0, _) => return None,
        (1, Seen::Here) => "its tables are in this database, but the number does not identify it",
        (_, Seen::Here) => "each has tables in this database, and the number does not identify one of them",
        (1, Seen::NotHere) => "none of its tables is in this database",
        (_, Seen::NotHere) => "none of their tables is in this database",
        (1, Seen::Hidden) => "its tables are not visible from this database",
        (_, Seen::Hidden) => "their tables are not visible from this database",
    };
    Some(format!("could be {tools}: {reason}"))
}

/// Returns the evidence for a pair that decodes to a name.
pub fn spelled_name(key: LockKey) -> Option<String> {
    let LockKey::Pair(high, low) = key else { return None };
    let name = unpack_ascii(u64::from(high.cast_unsigned()) << 32 | u64::from(low.cast_unsigned()))?;
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/".contains(&byte);
    let is_name = name.len() >= 3 && name.bytes().all(is_word);
    is_name.then(|| format!("could be DistributedLock.Postgres: the pair spells \"{name}\" in 7-bit ASCII"))
}
