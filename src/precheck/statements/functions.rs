//! Functions, types, schemas and extensions.

use super::names::schema_for;
use crate::error::Error;
use crate::pg::access;
use crate::pg::catalog_query::read_often;
use crate::pg::names::quote_identifier;
use crate::pg::parser::tree::{Drop, Function, Object, TypeName};
use crate::precheck::cascade;
use crate::precheck::dependents::Address;
use crate::precheck::finding::Note;
use crate::precheck::model::relation::{Trigger, Type};
use crate::precheck::model::{Cause, Change, NewFunction};
use crate::precheck::run::Run;
use crate::precheck::types::type_of;
use pgrx::PgSqlErrorCode as Code;
use pgrx::pg_sys::{Oid, PgBuiltInOids, PgOid};

const LANGUAGE: &str = include_str!("../../../sql/queries/precheck_language.sql");
const FUNCTIONS: &str = include_str!("../../../sql/queries/precheck_functions.sql");

/// `TRIGGEROID` in catalog/pg_type.h.
pub const TRIGGER: Oid = Oid::from_u32(2279);

/// A function of the catalogs.
struct Known {
    oid: Oid,
    owner: Oid,
    arguments: Vec<Oid>,
    /// The arguments' types by their own names.
    types: Vec<String>,
    names: Vec<String>,
    /// As in pg_proc.prokind.
    kind: u8,
    result: Oid,
    /// How many of the arguments have defaults.
    defaults: i16,
}

fn known(run: &mut Run, names: &[String]) -> Result<Option<Vec<Known>>, Error> {
    let own = names.last().cloned().unwrap_or_default();
    let schemas = match names.len().checked_sub(2).and_then(|index| names.get(index)) {
        Some(schema) => vec![schema.clone()],
        None => match run.model.effective_path() {
            Some(path) => path,
            None => return Ok(None),
        },
    };
    let types = [PgBuiltInOids::TEXTARRAYOID, PgBuiltInOids::TEXTOID].map(PgOid::BuiltIn);
    let found = read_often(FUNCTIONS, &types, &[schemas.into(), own.into()], |row| {
        Ok(Known {
            oid: row.get(1)?,
            owner: row.get(3)?,
            arguments: row.get(4)?,
            types: row.texts(10)?,
            names: row.texts(5)?,
            kind: row.get::<i8>(7)?.cast_unsigned(),
            result: row.get(6)?,
            defaults: row.get(9)?,
        })
    })?;
    let dropped = &run.model.dropped_objects;
    Ok(Some(found.into_iter().filter(|function| !dropped.contains(&function.oid)).collect()))
}

/// Returns the functions with this name and without arguments, and their results; `None` if that is
/// not known.
pub fn without_arguments(run: &mut Run, names: &[String]) -> Result<Option<Vec<(Oid, Oid)>>, Error> {
    let Some(found) = known(run, names)? else { return Ok(None) };
    let fits = found.iter().filter(|function| function.arguments.is_empty());
    Ok(Some(fits.map(|function| (function.oid, function.result)).collect()))
}

/// CREATE FUNCTION.
pub fn create_function(run: &mut Run, create: &Function<'_>) -> Result<(), Error> {
    run.effects.is_definition = true;
    let own = create.name.last().cloned().unwrap_or_default();
    let schema = create.name.len().checked_sub(2).and_then(|index| create.name.get(index)).cloned();
    let Some(schema) = schema_for(run, schema.as_deref(), false, &own) else { return Ok(()) };
    let inputs: Vec<_> = create.parameters.iter().filter(|parameter| parameter.is_input).collect();
    let types = super::function_parameters::arguments(run, create);
    let returns = match &create.returns {
        Some(name) => type_of(run, name),
        None => None,
    };
    let new = NewFunction {
        statement: run.number(),
        schema: schema.clone(),
        name: own.clone(),
        is_procedure: create.is_procedure,
        type_names: inputs.iter().filter_map(|input| input.type_name.as_ref()).map(own_name).collect(),
        arguments: types.iter().cloned().collect(),
        names: inputs.iter().map(|input| input.name.clone()).collect(),
        result: returns.clone(),
    };
    let arguments: Option<Vec<Oid>> = types
        .iter()
        .map(|found| match found {
            Some(Type::Known { oid, .. }) => Some(*oid),
            _ => None,
        })
        .collect();
    let language = create.language.as_deref().unwrap_or("sql").to_lowercase();
    let may_come = !run.model.extensions.is_empty() || run.model.other_objects.is_some();
    if !may_come && !crate::pg::catalog_types::language_exists(&language) {
        let detail = format!("language {} does not exist", quote_identifier(&language));
        run.add_name_error(Note::error("function", Code::ERRCODE_UNDEFINED_OBJECT, detail).on(own.clone()));
        return Ok(());
    }
    may_use_language(run, &language, &own)?;
    if language == "sql" && !create.has_sql_body {
        super::function_body::check(run, create, &arguments, returns.as_ref())?;
    }
    note_body(run, &own, &language);
    if let Some(Type::Known { oid, .. }) = &returns {
        run.model.trigger_functions.insert(own.clone(), *oid == TRIGGER);
    }
    if create.has_sql_body {
        run.unchecked("the function's body");
    }
    let same_schema = [schema.clone(), own.clone()];
    let is_moved = run.model.moved_names.contains(&own);
    let existing = if is_moved { Vec::new() } else { known(run, &same_schema)?.unwrap_or_default() };
    if let Some(arguments) = &arguments {
        match existing.iter().find(|function| function.arguments == *arguments) {
            Some(_) if !create.is_replace => {
                let detail = format!("function {own} already exists with the same argument types");
                run.add_name_error(Note::error("name_taken", Code::ERRCODE_DUPLICATE_FUNCTION, detail).on(own.clone()));
            }
            Some(function) if (function.kind == b'p') != create.is_procedure => {
                let detail = "cannot change routine kind";
                run.add_name_error(Note::error("wrong_kind", Code::ERRCODE_WRONG_OBJECT_TYPE, detail).on(own.clone()));
            }
            Some(function) => replace(run, function, &inputs, returns.as_ref(), &own),
            None if create.is_replace && !existing.is_empty() => {
                let detail =
                    "the argument types differ from those of the existing function: it stays, next to a new one";
                run.add(Note::warning("function_signature", detail).on(own.clone()));
            }
            None => {}
        }
    }
    replace_new(run, &new, create.is_replace);
    let number = run.number();
    run.model.functions.insert(own, Change::Created(number));
    Ok(())
}

/// Returns the name of a type in pg_type, where an array has an underscore.
fn own_name(name: &TypeName<'_>) -> String {
    format!("{}{}", if name.is_array { "_" } else { "" }, name.last())
}

/// Notes the function; adds an error if an earlier statement has created one with the same
/// arguments that it cannot replace.
fn replace_new(run: &mut Run, new: &NewFunction, is_replace: bool) {
    let is_same =
        |known: &&NewFunction| known.schema == new.schema && known.name == new.name && known.arguments == new.arguments;
    let known = new.arguments.as_ref().and_then(|_| run.model.new_functions.iter().find(is_same)).cloned();
    let Some(known) = known else {
        run.model.new_functions.push(new.clone());
        return;
    };
    let renamed = known.names.iter().zip(&new.names).find(|(old, new)| old.is_some() && old != new);
    let (state, detail) = if !is_replace {
        (Code::ERRCODE_DUPLICATE_FUNCTION, "already exists with the same argument types".to_owned())
    } else if known.is_procedure != new.is_procedure {
        (Code::ERRCODE_WRONG_OBJECT_TYPE, "is of another kind, which cannot be changed".to_owned())
    } else if known.result != new.result && known.result.is_some() && new.result.is_some() {
        (Code::ERRCODE_INVALID_FUNCTION_DEFINITION, "has another return type: drop it first".to_owned())
    } else if let Some((Some(old), _)) = renamed {
        let detail =
            format!("has an input parameter {}, whose name cannot change: drop it first", quote_identifier(old));
        (Code::ERRCODE_INVALID_FUNCTION_DEFINITION, detail)
    } else {
        return;
    };
    let detail = format!("function {} of statement {} {detail}", quote_identifier(&new.name), known.statement);
    run.add_name_error(Note::error("function_signature", state, detail).on(new.name.clone()));
}

/// Adds an error if the role may not create functions in the language (CreateFunction in
/// commands/functioncmds.c).
fn may_use_language(run: &mut Run, language: &str, own: &str) -> Result<(), Error> {
    if access::is_superuser(run.model.role) {
        return Ok(());
    }
    let role = run.model.role;
    let found = read_often(
        LANGUAGE,
        &[PgBuiltInOids::TEXTOID, PgBuiltInOids::OIDOID].map(PgOid::BuiltIn),
        &[language.into(), role.into()],
        |row| row.get::<bool>(1),
    )?;
    if found.first() == Some(&false) {
        let name = quote_identifier(&run.model.role_name());
        let detail = format!("role {name} may not create functions in language {}", quote_identifier(language));
        run.add_name_error(Note::error("privilege", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail).on(own.to_owned()));
    }
    Ok(())
}

/// Says that the body is not read, where creating the function checks it.
fn note_body(run: &mut Run, own: &str, language: &str) {
    let is_checked = !["sql", "c", "internal"].contains(&language);
    if is_checked && run.checks_bodies {
        let detail = format!("the body in language {language} is not read: its syntax is checked when it is created");
        run.add(Note::unknown("function_body", detail).raising(Code::ERRCODE_SYNTAX_ERROR).on(own.to_owned()));
    }
}

fn replace(
    run: &mut Run,
    function: &Known,
    inputs: &[&crate::pg::parser::tree::FunctionParameter<'_>],
    returns: Option<&Type>,
    own: &str,
) {
    if !access::role_acts_as(run.model.role, function.owner) {
        let detail = format!("role {} must be owner of function {own}", quote_identifier(&run.model.role_name()));
        run.add_name_error(Note::error("owner", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail).on(own.to_owned()));
        return;
    }
    let renamed =
        function.names.iter().zip(inputs).find(|(old, new)| !old.is_empty() && new.name.as_ref() != Some(old));
    let refused = if let Some((old, _)) = renamed {
        Some(format!("cannot change name of input parameter {}", quote_identifier(old)))
    } else if matches!(returns, Some(Type::Known { oid, .. }) if *oid != function.result) {
        Some("cannot change return type of existing function".to_owned())
    } else if inputs.iter().filter(|input| input.default.is_some()).count()
        < usize::from(function.defaults.cast_unsigned())
    {
        Some("cannot remove parameter defaults from existing function".to_owned())
    } else {
        None
    };
    if let Some(detail) = refused {
        let detail = format!("{detail} {}: drop it first", access::function_name(function.oid));
        let note = Note::error("function_signature", Code::ERRCODE_INVALID_FUNCTION_DEFINITION, detail);
        run.add_name_error(note.on(own.to_owned()));
    }
}

/// Whether triggers of the script call the function, which a drop takes along with CASCADE, and
/// fails without; adds a finding then.
fn triggers_call(run: &mut Run, own: &str, cascade: bool) -> bool {
    let calls = |trigger: &Trigger| trigger.added.is_some() && trigger.function.rsplit('.').next() == Some(own);
    let tables: Vec<(usize, String)> = run
        .model
        .loaded()
        .filter(|(_, relation)| relation.dropped.is_none())
        .flat_map(|(id, relation)| {
            let called = relation.triggers.iter().filter(|trigger| calls(trigger));
            called.map(move |trigger| {
                (id, format!("trigger {} on table {}", quote_identifier(&trigger.name), relation.quoted()))
            })
        })
        .collect();
    let needing: Vec<String> = tables.iter().map(|(_, text)| text.clone()).collect();
    if crate::precheck::dependents::report(run, own, &needing, cascade) {
        return true;
    }
    for (table, _) in tables {
        run.model.get_mut(table).triggers.retain(|trigger| !calls(trigger));
    }
    false
}

/// DROP FUNCTION, PROCEDURE, AGGREGATE.
pub fn drop_function(run: &mut Run, object: &Object, drop: &Drop) -> Result<(), Error> {
    let own = object.last().to_owned();
    let number = run.number();
    let is_named = |function: &NewFunction| {
        let of = |names: &Vec<Option<String>>| {
            names.len() == function.type_names.len()
                && names
                    .iter()
                    .zip(&function.type_names)
                    .all(|(named, own)| named.as_ref().is_none_or(|named| named == own))
        };
        function.name == own && object.arguments.as_ref().is_none_or(of)
    };
    if let Some(index) = run.model.new_functions.iter().position(is_named) {
        if triggers_call(run, &own, drop.cascade) {
            return Ok(());
        }
        run.model.new_functions.remove(index);
        if !run.model.new_functions.iter().any(|function| function.name == own) {
            run.model.functions.insert(own, Change::Dropped(number));
        }
        return Ok(());
    }
    if run.model.moved_names.contains(&own) {
        run.unchecked("whether the function, which the script has renamed or moved, exists");
        return Ok(());
    }
    let Some(mut found) = known(run, &object.names)? else { return Ok(()) };
    if let Some(arguments) = &object.arguments {
        let fits = |(known, named): (&String, &Option<String>)| named.as_ref().is_none_or(|named| named == known);
        found.retain(|function| {
            function.arguments.len() == arguments.len() && function.types.iter().zip(arguments).all(fits)
        });
    }
    match found.as_slice() {
        [] if drop.missing_ok => {
            run.add(Note::info("if_exists", "the function does not exist, so that nothing is dropped").on(own.clone()));
        }
        [] => {
            let detail = format!("function {} does not exist", object.names.join("."));
            let state = Code::ERRCODE_UNDEFINED_FUNCTION;
            let note = match run.model.other_objects {
                None => Note::error("unknown_function", state, detail),
                Some(statement) => {
                    let detail = format!("{detail}, unless statement {statement} creates it");
                    Note::unknown("unknown_function", detail).raising(state)
                }
            };
            run.add_name_error(note.on(own.clone()));
        }
        [function] => {
            if !access::role_acts_as(run.model.role, function.owner) {
                let detail =
                    format!("role {} must be owner of function {own}", quote_identifier(&run.model.role_name()));
                run.add_name_error(Note::error("owner", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail).on(own.clone()));
                return Ok(());
            }
            let (oid, target) = (function.oid, Address::function(function.oid));
            if triggers_call(run, &own, drop.cascade) {
                return Ok(());
            }
            if drop.cascade && number > 1 {
                // What the script itself has built on the function goes along unseen.
                run.model.distrust_names(Cause::Statement(number));
            }
            if !cascade::judge_drop(run, &own, &[target], drop.cascade, &[])? {
                run.model.dropped_objects.insert(oid);
            }
        }
        _ => run
            .add(Note::unknown("function", "several functions have this name and number of arguments").on(own.clone())),
    }
    run.model.functions.insert(own, Change::Dropped(number));
    Ok(())
}
