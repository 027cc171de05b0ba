//! Which triggers a kind of relation can have.

use crate::pg::parser::tree::CreateTrigger;
use crate::precheck::model::relation::{BEFORE, DELETE, INSERT, INSTEAD, ROW, TRUNCATE, UPDATE};
use pgrx::PgSqlErrorCode as Code;

type Refusal = (Code, String);

const UNSUPPORTED: Code = Code::ERRCODE_FEATURE_NOT_SUPPORTED;
const INVALID: Code = Code::ERRCODE_INVALID_OBJECT_DEFINITION;

/// Returns why a relation of this kind, as in pg_class.relkind, cannot have such a trigger
/// (CreateTriggerFiringOn in commands/trigger.c, before it looks at privileges). Pure.
pub fn refuse_kind(create: &CreateTrigger<'_>, kind: u8) -> Option<Refusal> {
    let is = |bits: i16| create.events & bits != 0;
    let detail = match kind {
        b'r' | b'p' if is(INSTEAD) => "tables cannot have INSTEAD OF triggers",
        b'p' if is(ROW) && !create.transitions.is_empty() => {
            let detail = "ROW triggers with transition tables are not supported on partitioned tables";
            return Some((UNSUPPORTED, detail.to_owned()));
        }
        b'r' | b'p' => return None,
        b'v' if is(ROW) && !is(INSTEAD) => "views cannot have row-level BEFORE or AFTER triggers",
        b'v' if is(TRUNCATE) => "views cannot have TRUNCATE triggers",
        b'v' => return None,
        b'f' if is(INSTEAD) => "foreign tables cannot have INSTEAD OF triggers",
        b'f' if cfg!(not(since_16)) && is(TRUNCATE) => "foreign tables cannot have TRUNCATE triggers",
        b'f' if create.is_constraint => "foreign tables cannot have constraint triggers",
        b'f' => return None,
        _ => "it cannot have triggers",
    };
    Some((Code::ERRCODE_WRONG_OBJECT_TYPE, detail.to_owned()))
}

/// Returns why the parts of the trigger do not go together; `inherits` is whether the table is a
/// partition or inherits. Pure.
pub fn refuse_parts(create: &CreateTrigger<'_>, kind: u8, inherits: bool) -> Option<Refusal> {
    let is = |bits: i16| create.events & bits != 0;
    let unsupported = |detail: &str| Some((UNSUPPORTED, detail.to_owned()));
    if is(ROW) && is(TRUNCATE) {
        return unsupported("TRUNCATE FOR EACH ROW triggers are not supported");
    }
    if is(INSTEAD) {
        if !is(ROW) {
            return unsupported("INSTEAD OF triggers must be FOR EACH ROW");
        }
        if create.condition.is_some() {
            return unsupported("INSTEAD OF triggers cannot have WHEN conditions");
        }
        if !create.columns.is_empty() {
            return unsupported("INSTEAD OF triggers cannot have column lists");
        }
    }
    refuse_transitions(create, kind, inherits)
}

fn refuse_transitions(create: &CreateTrigger<'_>, kind: u8, inherits: bool) -> Option<Refusal> {
    let is = |bits: i16| create.events & bits != 0;
    let count = |is_new: bool| create.transitions.iter().filter(|transition| transition.is_new == is_new).count();
    create.transitions.first()?;
    let unsupported = |detail: &str| Some((UNSUPPORTED, detail.to_owned()));
    let invalid = |detail: &str| Some((INVALID, detail.to_owned()));
    let wrong = |detail: &str| Some((Code::ERRCODE_WRONG_OBJECT_TYPE, detail.to_owned()));
    let events = [INSERT, UPDATE, DELETE].iter().filter(|event| is(**event)).count();
    if create.transitions.iter().any(|transition| !transition.is_table) {
        unsupported("ROW variable naming in the REFERENCING clause is not supported")
    } else if kind == b'f' {
        wrong("triggers on foreign tables cannot have transition tables")
    } else if kind == b'v' {
        wrong("triggers on views cannot have transition tables")
    } else if is(ROW) && inherits {
        unsupported("ROW triggers with transition tables are not supported on partitions and inheritance children")
    } else if is(BEFORE | INSTEAD) {
        invalid("transition table name can only be specified for an AFTER trigger")
    } else if is(TRUNCATE) {
        unsupported("TRUNCATE triggers with transition tables are not supported")
    } else if events != 1 {
        unsupported("transition tables cannot be specified for triggers with more than one event")
    } else if !create.columns.is_empty() {
        unsupported("transition tables cannot be specified for triggers with column lists")
    } else if count(true) > 0 && is(DELETE) {
        invalid("NEW TABLE can only be specified for an INSERT or UPDATE trigger")
    } else if count(false) > 0 && is(INSERT) {
        invalid("OLD TABLE can only be specified for a DELETE or UPDATE trigger")
    } else if count(true) > 1 || count(false) > 1 {
        invalid("a transition table cannot be specified multiple times")
    } else if let [first, second] = create.transitions.as_slice()
        && first.name == second.name
    {
        invalid("OLD TABLE name and NEW TABLE name cannot be the same")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pg::parser::tree::{RelationName, Transition};

    fn trigger(events: i16) -> CreateTrigger<'static> {
        CreateTrigger {
            name: "t".to_owned(),
            relation: RelationName::default(),
            function: Vec::new(),
            columns: Vec::new(),
            condition: None,
            events,
            transitions: Vec::new(),
            is_replace: false,
            is_constraint: false,
            referenced: None,
        }
    }

    fn state(refusal: Option<Refusal>) -> Option<Code> {
        refusal.map(|(state, _)| state)
    }

    #[test]
    fn relations_refuse_triggers_of_other_kinds() {
        let wrong = Some(Code::ERRCODE_WRONG_OBJECT_TYPE);
        assert_eq!(state(refuse_kind(&trigger(INSTEAD | ROW | UPDATE), b'r')), wrong);
        assert_eq!(state(refuse_kind(&trigger(INSTEAD | ROW | UPDATE), b'v')), None);
        assert_eq!(state(refuse_kind(&trigger(BEFORE | ROW | UPDATE), b'v')), wrong);
        assert_eq!(state(refuse_kind(&trigger(BEFORE | UPDATE), b'v')), None);
        assert_eq!(state(refuse_kind(&trigger(ROW | UPDATE), b'm')), wrong);
        assert_eq!(state(refuse_kind(&trigger(ROW | UPDATE), b'p')), None);
    }

    #[test]
    fn parts_of_triggers_go_together() {
        assert_eq!(state(refuse_parts(&trigger(ROW | TRUNCATE), b'r', false)), Some(UNSUPPORTED));
        assert_eq!(state(refuse_parts(&trigger(TRUNCATE), b'r', false)), None);
        let named = |events: i16, new: &[bool]| {
            let transition = |is_new: &bool| Transition { name: is_new.to_string(), is_new: *is_new, is_table: true };
            CreateTrigger { transitions: new.iter().map(transition).collect(), ..trigger(events) }
        };
        assert_eq!(state(refuse_parts(&named(UPDATE, &[true, false]), b'r', true)), None);
        assert_eq!(state(refuse_parts(&named(UPDATE | ROW, &[true]), b'r', true)), Some(UNSUPPORTED));
        assert_eq!(state(refuse_parts(&named(UPDATE | BEFORE, &[true]), b'r', false)), Some(INVALID));
        assert_eq!(state(refuse_parts(&named(UPDATE | INSERT, &[true]), b'r', false)), Some(UNSUPPORTED));
        assert_eq!(state(refuse_parts(&named(INSERT, &[false]), b'r', false)), Some(INVALID));
        assert_eq!(state(refuse_parts(&named(INSERT, &[true, true]), b'r', false)), Some(INVALID));
    }
}
