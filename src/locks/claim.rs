//! What one entry of the catalogue has to say to a key: that it may be its own, and why.

use super::computed::Computed;
use super::formula::{Formula, Input, Inputs};
use super::hash::{Hashtext, unpack_ascii};
use super::key::LockKey;
use super::surroundings::{Objects, Presence, Surroundings};
use super::tools::{Constant, Entry, Extension, Key, ObjectKind, PairKey, Part, Place, Range, asks_for, formulas};
use std::cell::OnceCell;

/// Numbers from here on are nobody's first idea.
const LARGE: u64 = 1_000_000;

/// Ranges up to this many numbers say something together with a tool's tables.
const NARROW: i128 = 10_000;

/// How much a key says by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// One of very many numbers: only the application's name can make it more.
    Loose,
    /// A number that others may use: it takes a table of the tool's, or the application's name.
    Shared,
    /// Nobody else would come by this number.
    Own,
}

/// That a key may be a tool's.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    pub entry: Entry<'a>,
    /// Which of the tool's locks.
    pub what: &'a str,
    pub strength: Strength,
    /// In words, for a key that turns out to be the tool's.
    pub reason: String,
}

/// A key of an entry, with what this database makes of it.
pub struct Claimant<'a> {
    pub entry: Entry<'a>,
    pub key: &'a Key,
    computed: OnceCell<Computed<'a>>,
}

/// What a claimant needs to know.
pub struct Context<'a> {
    pub surroundings: &'a Surroundings,
    pub presence: Presence<'a>,
    pub objects: &'a dyn Objects,
    pub hashtext: Hashtext,
}

impl<'a> Claimant<'a> {
    pub fn new(entry: Entry<'a>, key: &'a Key) -> Claimant<'a> {
        Claimant { entry, key, computed: OnceCell::new() }
    }

    pub fn claim(&self, key: LockKey, context: &Context<'a>) -> Option<Claim<'a>> {
        let (strength, reason) = match self.key {
            Key::Constant(constant) => self.constant(constant, key)?,
            Key::Computed(_) => self.computed(key, context)?,
            Key::Pair(pair) if pair.is_pattern() => self.pattern(pair, key, context)?,
            Key::Pair(_) => self.computed(key, context)?,
            Key::Range(range) => self.range(range, key)?,
            Key::Objects(objects) => self.object(&objects.oid_of, key, context)?,
            Key::Extension(extension) => self.extension(extension, key)?,
        };
        let what = self.key.what().unwrap_or(&self.entry.lock.lock);
        Some(Claim { entry: self.entry, what, strength, reason })
    }

    /// The key may come from a history table that nobody has looked for yet.
    pub fn wants_history_table(&self, key: LockKey, context: &Context<'a>) -> bool {
        asks_for(self.key, Input::Table) && self.can_make(key) && self.made(context).find(key).is_none()
    }

    fn name(&self) -> &'a str {
        self.entry.name()
    }

    fn constant(&self, constant: &Constant, key: LockKey) -> Option<(Strength, String)> {
        let is_large = match key {
            LockKey::Bigint(number) => number.unsigned_abs() >= LARGE,
            LockKey::Pair(one, other) => [one, other].iter().any(|half| u64::from(half.unsigned_abs()) >= LARGE),
            LockKey::Other { .. } => false,
        };
        let strength = if is_large && !constant.common { Strength::Own } else { Strength::Shared };
        let reason = || match strength {
            Strength::Own => format!("{key} is the key of {} (constant)", self.name()),
            _ => format!("{key} is a key of {}", self.name()),
        };
        (constant.key == key).then(|| (strength, reason()))
    }

    fn made(&self, context: &Context<'a>) -> &Computed<'a> {
        self.computed.get_or_init(|| {
            Computed::new(self.entry, self.key, context.surroundings, &context.presence, context.hashtext)
        })
    }

    /// Whether the key lies within what the formulas can make: looked at before anything is computed.
    fn can_make(&self, key: LockKey) -> bool {
        let within = |formula: &Formula, number: i128| {
            let (least, greatest) = formula.bounds();
            (least..=greatest).contains(&number)
        };
        match (self.key, key) {
            (Key::Computed(computed), LockKey::Bigint(number)) => within(&computed.formula, number.into()),
            (Key::Pair(pair), LockKey::Pair(one, other)) => {
                pair.pair.iter().zip([one, other]).all(|(part, number)| match part {
                    Part::Number(fixed) => *fixed == number,
                    Part::Formula(formula) => within(formula, number.into()),
                    Part::Any(_) | Part::Table(_) => false,
                })
            }
            _ => false,
        }
    }

    fn computed(&self, key: LockKey, context: &Context<'a>) -> Option<(Strength, String)> {
        let made = self.can_make(key).then(|| self.made(context))?;
        let found = made.find(key)?;
        let strength = if found.is_strong { Strength::Own } else { Strength::Shared };
        let computations: Vec<String> = formulas(self.key).map(|formula| formula.describe(&found.inputs)).collect();
        let subject = self.subject(&found.inputs);
        Some((strength, format!("{}'s key for {subject}: {}", self.name(), computations.join(", "))))
    }

    fn subject(&self, inputs: &Inputs) -> String {
        let asked = |input| asks_for(self.key, input);
        match () {
            () if asked(Input::Table) && asked(Input::Schema) => format!("\"{}\".\"{}\"", inputs.schema, inputs.table),
            () if asked(Input::Table) => format!("table \"{}\"", inputs.table),
            () if asked(Input::Repo) && asked(Input::Schema) => {
                format!("{} with prefix \"{}\"", module(inputs.repo), inputs.schema)
            }
            () if asked(Input::Repo) => module(inputs.repo).to_owned(),
            () if asked(Input::Schema) => format!("schema \"{}\"", inputs.schema),
            () if asked(Input::Name) => format!("the name \"{}\"", inputs.name),
            () if asked(Input::Database) => format!("database \"{}\"", inputs.database),
            () => self.entry.lock.lock.clone(),
        }
    }

    /// A pair of which one number is fixed, and the other says what is locked.
    fn pattern(&self, pair: &PairKey, key: LockKey, context: &Context<'a>) -> Option<(Strength, String)> {
        let LockKey::Pair(one, other) = key else { return None };
        let halves = || pair.pair.iter().zip([one, other]);
        if halves().any(|(part, number)| matches!(part, Part::Number(fixed) if *fixed != number)) {
            return None;
        }
        let fixed =
            pair.pair.iter().filter_map(|part| if let Part::Number(fixed) = part { Some(*fixed) } else { None });
        let strength = match fixed.map(|number| u64::from(number.unsigned_abs())).max() {
            Some(LARGE..) => Strength::Own,
            Some(_) => Strength::Shared,
            None => Strength::Loose,
        };
        let names = [("first", 0), ("second", 1)].map(|(name, _)| name);
        let said = halves().zip(names).map(|((part, number), name)| match part {
            Part::Number(fixed) => format!("{fixed} is the {name} number of {}'s keys", self.name()),
            Part::Any(any) => format!("the {name}, {number}, is {}", any.any),
            Part::Table(table) => {
                let oid = number.wrapping_sub(table.table_oid_plus).cast_unsigned();
                match context.objects.relation(oid).filter(|_| context.surroundings.is_here) {
                    Some(relation) => format!("the {name} stands for table {relation} (OID {oid})"),
                    None => format!("the {name} stands for the table with OID {oid}"),
                }
            }
            Part::Formula(formula) => format!("the {name} is {}", formula.describe(&Inputs::default())),
        });
        Some((strength, said.collect::<Vec<String>>().join(", ")))
    }

    fn range(&self, range: &Range, key: LockKey) -> Option<(Strength, String)> {
        let number = match key {
            LockKey::Bigint(number) if (range.from..=range.to).contains(&number) => number,
            _ => return None,
        };
        let width = i128::from(range.to) - i128::from(range.from) + 1;
        let strength = match range.namespace {
            true => Strength::Own,
            false if width <= NARROW => Strength::Shared,
            false => Strength::Loose,
        };
        Some((strength, format!("{number} is a number that {} uses for {}", self.name(), range.of)))
    }

    fn object(&self, kinds: &[ObjectKind], key: LockKey, context: &Context<'a>) -> Option<(Strength, String)> {
        let LockKey::Bigint(number) = key else { return None };
        let oid = u32::try_from(number).ok().filter(|oid| *oid != 0)?;
        let found = kinds.iter().find_map(|kind| match kind {
            ObjectKind::Role => Some(format!("role {}", context.objects.role(oid)?)),
            ObjectKind::Database => Some(format!("database {}", context.objects.database(oid)?)),
        })?;
        Some((Strength::Loose, format!("{oid} is the OID of {found}, which {} locks by", self.name())))
    }

    fn extension(&self, extension: &Extension, key: LockKey) -> Option<(Strength, String)> {
        let LockKey::Other { classid, objid, objsubid } = key else { return None };
        if objsubid != extension.objsubid {
            return None;
        }
        let number = extension.number.as_ref().map_or(String::new(), |number| {
            let value = match number.at {
                Place::Classid => classid.into(),
                Place::Objid => objid.into(),
                Place::Both => u64::from(classid) << 32 | u64::from(objid),
            };
            format!(", {} {value}", number.of)
        });
        let strength = if extension.namespace { Strength::Own } else { Strength::Shared };
        Some((strength, format!("objsubid {objsubid} is {}'s{number}", self.name())))
    }
}

fn module(repo: &str) -> &str {
    repo.strip_prefix("Elixir.").unwrap_or(repo)
}

/// A pair that spells a short name in seven bits a character.
pub fn spelled_name(key: LockKey) -> Option<String> {
    let LockKey::Pair(high, low) = key else { return None };
    let name = unpack_ascii(u64::from(high.cast_unsigned()) << 32 | u64::from(low.cast_unsigned()))?;
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/".contains(&byte);
    (name.len() >= 3 && name.bytes().all(is_word)).then_some(name)
}
