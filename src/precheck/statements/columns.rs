//! Columns that a statement defines.

use super::constraint_names::used_columns;
use crate::error::Error;
use crate::pg::access;
use crate::pg::names::quote_identifier;
use crate::pg::parser::analysis::{Conversion, Place, conversion, is_assignable, type_text};
use crate::pg::parser::tree::{Column as Definition, Constraint, ConstraintKind, Raw, RelationName, SequenceOptions};
use crate::precheck::analysis::{expression, expressions, free_expression, projection};
use crate::precheck::finding::Note;
use crate::precheck::model::Found;
use crate::precheck::model::relation::{Column, Default_, Id, Type};
use crate::precheck::row_checks::{self, Asked};
use crate::precheck::run::Run;
use crate::precheck::types::{collation, type_of};
use pgrx::PgSqlErrorCode as Code;
use pgrx::pg_sys::{BuiltinOid, Oid};

/// A column, and what filling it in an existing table takes.
pub struct Defined {
    pub column: Column,
    /// Whether its values differ between rows, so that a table with rows is written again.
    pub is_volatile: bool,
    pub has_null_default: bool,
    /// The default with all names resolved, if it does not differ between rows.
    pub default_text: Option<String>,
    /// Whether the values are checked as those of a domain, row by row.
    pub is_checked: bool,
}

const SERIAL: [(&str, BuiltinOid); 6] = [
    ("smallserial", BuiltinOid::INT2OID),
    ("serial2", BuiltinOid::INT2OID),
    ("serial", BuiltinOid::INT4OID),
    ("serial4", BuiltinOid::INT4OID),
    ("bigserial", BuiltinOid::INT8OID),
    ("serial8", BuiltinOid::INT8OID),
];

/// Returns the type of a serial column.
pub fn serial(definition: &Definition<'_>) -> Option<Oid> {
    let name = definition.type_name.as_ref().filter(|name| name.names.len() == 1 && !name.is_array)?;
    SERIAL.iter().find(|(word, _)| *word == name.last()).map(|(_, oid)| oid.value())
}

/// Returns what the definition says twice or both ways (transformColumnDefinition in
/// parser/parse_utilcmd.c). Pure.
fn contradiction(definition: &Definition<'_>, is_serial: bool) -> Option<&'static str> {
    let has = |kind| definition.has(kind);
    let (is_null, is_identity) = (has(ConstraintKind::Null), has(ConstraintKind::Identity));
    let (has_default, is_generated) = (is_serial || definition.default().is_some(), definition.generated().is_some());
    if is_null && (is_serial || is_identity || has(ConstraintKind::NotNull)) {
        Some("conflicting NULL/NOT NULL declarations")
    } else if is_serial && definition.default().is_some() {
        Some("multiple default values specified")
    } else if has_default && is_identity {
        Some("both default and identity specified")
    } else if has_default && is_generated {
        Some("both default and generation expression specified")
    } else if is_identity && is_generated {
        Some("both identity and generation expression specified")
    } else {
        None
    }
}

/// Reads a column's definition, and adds a finding for what is wrong with it. `table` is the
/// relation that a generated column's expression refers to.
pub fn define(run: &mut Run, definition: &Definition<'_>) -> Result<Defined, Error> {
    let number = run.number();
    let serial = serial(definition);
    let type_ = match (serial, &definition.type_name) {
        (Some(oid), _) => Type::Known { oid, modifier: -1 },
        (None, Some(name)) => type_of(run, name).unwrap_or_else(|| Type::New(name.names.join("."))),
        (None, None) => Type::New("of the table's type".to_owned()),
    };
    if let Some(what) = contradiction(definition, serial.is_some()) {
        let detail = format!("{what} for column {}", quote_identifier(&definition.name));
        run.add(Note::error("default", Code::ERRCODE_SYNTAX_ERROR, detail).on(definition.name.clone()));
    }
    refuse_system_name(run, &definition.name);
    may_use_type(run, &type_);
    if let Some(names) = &definition.collation {
        crate::precheck::types::collation_exists(run, names);
    }
    let is_identity = definition.has(ConstraintKind::Identity);
    let generated = definition.generated();
    if let Some(identity) = identity_of(definition) {
        let oid = if let Type::Known { oid, .. } = type_ { Some(oid) } else { None };
        super::sequence_options::new_identity(run, definition.name.clone(), oid, &identity.sequence);
    }
    let mut column = Column {
        name: definition.name.clone(),
        collation: collation(&type_),
        is_not_null: definition.has(ConstraintKind::NotNull)
            || definition.has(ConstraintKind::PrimaryKey)
            || is_identity
            || serial.is_some(),
        identity: identity(definition),
        has_sequence_options: identity_of(definition)
            .is_some_and(|identity| *identity.sequence != SequenceOptions::default()),
        generated: generated.map_or(0, |constraint| match constraint.kind {
            ConstraintKind::Generated { is_stored: false } => b'v',
            _ => b's',
        }),
        storage: b'x',
        added: Some(number),
        type_,
        ..Column::default()
    };
    let mut is_volatile = serial.is_some() || is_identity || column.generated == b's';
    let mut has_null_default = true;
    let mut default_text = None;
    if serial.is_some() {
        column.default = Default_::Serial(String::new());
        has_null_default = false;
    } else if let Some(raw) = definition.default() {
        let default = default(run, raw, &column);
        is_volatile |= default.is_volatile;
        default_text = default.text.clone();
        column.draws = sequences(run, raw)?;
        has_null_default = default.is_null;
        column.value = default.text.clone().filter(|_| !default.is_volatile);
        column.default = Default_::Expression { text: default.text, is_new: true };
    } else if !is_identity && generated.is_none() && matches!(column.type_, Type::Known { .. }) {
        column.value = Some(format!("NULL::{}", column.type_text()));
    }
    has_null_default &= !is_identity && generated.is_none();
    let is_checked = has_domain_check(&column.type_);
    if is_checked {
        is_volatile = true;
        default_text = default_text.or_else(|| column.value.clone());
    }
    Ok(Defined { column, is_volatile, has_null_default, default_text, is_checked })
}

/// Adds an error if the role may not use the column's type.
fn may_use_type(run: &mut Run, type_: &Type) {
    let Type::Known { oid, modifier } = type_ else { return };
    if access::role_may_use_type(run.model.role, *oid) {
        return;
    }
    let (name, of) = (quote_identifier(&run.model.role_name()), type_text(*oid, *modifier));
    let detail = format!("role {name} has no USAGE privilege on type {of}");
    run.add_name_error(Note::error("privilege", Code::ERRCODE_INSUFFICIENT_PRIVILEGE, detail).on(of));
}

/// Adds an error for the name of a system column (CheckAttributeNamesTypes in catalog/heap.c).
fn refuse_system_name(run: &mut Run, name: &str) {
    if ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"].contains(&name) {
        let detail = format!("column name \"{name}\" conflicts with a system column name");
        run.add(Note::error("name_taken", Code::ERRCODE_DUPLICATE_COLUMN, detail).on(name.to_owned()));
    }
}

/// Returns the sequences that a default names.
pub fn sequences(run: &mut Run, raw: Raw<'_>) -> Result<Vec<Id>, Error> {
    let mut found = Vec::new();
    for class in crate::pg::parser::tree::names(raw).classes {
        if let Found::Relation(id) = run.model.find(&RelationName::of_class(&class))? {
            found.push(id);
        }
    }
    Ok(found)
}

fn identity_of<'a, 'p>(definition: &'a Definition<'p>) -> Option<&'a Constraint<'p>> {
    definition.constraints.iter().find(|constraint| constraint.kind == ConstraintKind::Identity)
}

/// Returns the identity as in pg_attribute.attidentity.
fn identity(definition: &Definition<'_>) -> u8 {
    identity_of(definition).map_or(0, |constraint| if constraint.is_always { b'a' } else { b'd' })
}

/// Whether a column of this type makes ADD COLUMN write the table again: ATExecAddColumn does so
/// for a domain with constraints.
pub fn has_domain_check(type_: &Type) -> bool {
    match type_ {
        Type::Known { oid, .. } => crate::pg::catalog_types::domain_has_constraints(*oid),
        Type::New(_) => false,
    }
}

/// A default's expression.
pub struct DefaultValue {
    pub text: Option<String>,
    pub is_volatile: bool,
    pub is_null: bool,
}

/// Has the server look a default up, and checks that it can be assigned to the column.
pub fn default(run: &mut Run, raw: Raw<'_>, column: &Column) -> DefaultValue {
    use crate::pg::parser::tree::{Value, value};
    let is_null = value(raw) == Value::Null;
    if let Value::Constant { text, is_string } = value(raw) {
        refuse_new_value(run, column, &text);
        if is_string {
            super::enum_labels::require(run, &column.type_, &text, &column.name);
        }
    }
    let is_plain = !matches!(value(raw), Value::Expression);
    let is_allowed = is_plain || expression(run, raw, Place::ColumnDefault).is_some();
    let Some(analyzed) = is_allowed.then(|| free_expression(run, raw)).flatten() else {
        return DefaultValue { text: None, is_volatile: false, is_null };
    };
    let is_constant = matches!(value(raw), Value::Constant { is_string: true, .. } | Value::Null);
    let source = analyzed.columns.first();
    if let (Some(source), Some(target), false) = (source, column.type_oid(), is_constant)
        && !is_assignable(source.type_oid, target)
    {
        let detail = format!(
            "column {} is of type {} but its default is of type {}",
            quote_identifier(&column.name),
            column.type_text(),
            type_text(source.type_oid, source.modifier)
        );
        run.add_name_error(Note::error("type_cast", Code::ERRCODE_DATATYPE_MISMATCH, detail).on(column.name.clone()));
    }
    if let (Value::Constant { text, is_string: true }, Type::Known { .. }) = (value(raw), &column.type_) {
        crate::precheck::types::constant(run, &text, &column.type_text(), &column.name);
    }
    let text = match (value(raw), &column.type_) {
        (Value::Null, Type::Known { .. }) => Some(format!("NULL::{}", column.type_text())),
        (Value::Constant { text, .. }, Type::Known { .. }) => {
            Some(crate::precheck::model::relation::typed_literal(&text, &column.type_text()))
        }
        (_, Type::Known { .. }) if !analyzed.is_volatile => {
            crate::precheck::analysis::column_text(&analyzed).map(|text| format!("({text})::{}", column.type_text()))
        }
        _ => None,
    };
    DefaultValue { text, is_volatile: analyzed.is_volatile, is_null }
}

/// Adds an error for a value of an enum that the same transaction has added.
pub fn refuse_new_value(run: &mut Run, column: &Column, text: &str) {
    let of = column.type_text();
    let of = of.rsplit('.').next().unwrap_or_default().trim_matches('"').to_owned();
    if let Some(number) = run.model.new_enum_values.get(&(of.clone(), text.to_owned())).copied() {
        let detail = format!(
            "value \"{text}\" of enum {of} is added by statement {number} of the same transaction, and must be committed \
             before it is used"
        );
        let note = Note::error("transaction", Code::ERRCODE_UNSAFE_NEW_ENUM_VALUE_USAGE, detail);
        run.add(note.on(column.name.clone()));
    }
}

/// Adds the errors of generated columns and column constraints that name other columns.
pub fn check_generated(run: &mut Run, id: Id, definition: &Definition<'_>) {
    let Some(raw) = definition.generated().and_then(|constraint| constraint.expression) else { return };
    let Some(analyzed) = expressions(run, id, &[raw]) else { return };
    if analyzed.is_mutable && analyzed.functions.is_empty() {
        let detail = "generation expression is not immutable";
        let name = definition.name.clone();
        run.add(Note::error("immutable", Code::ERRCODE_INVALID_OBJECT_DEFINITION, detail).on(name));
        return;
    }
    let columns = used_columns(run, id, &analyzed);
    let is_generated = |name: &&String| {
        *name == &definition.name || run.model.get(id).column(name).is_some_and(|column| column.generated != 0)
    };
    if let Some(used) = columns.iter().find(is_generated) {
        let detail = format!("cannot use generated column {} in column generation expression", quote_identifier(used));
        let note = Note::error("immutable", Code::ERRCODE_INVALID_OBJECT_DEFINITION, detail);
        run.add_name_error(note.on(definition.name.clone()));
        return;
    }
    if let Some(column) = run.model.get_mut(id).column_mut(&definition.name) {
        column.uses.clone_from(&columns);
    }
    if definition.generated().is_some_and(|constraint| constraint.kind == ConstraintKind::Generated { is_stored: true })
    {
        generated_rows(run, id, raw, definition, &columns);
    }
}

/// Computes a generated column for the rows of the table, which may raise errors.
fn generated_rows(run: &mut Run, id: Id, raw: Raw<'_>, definition: &Definition<'_>, columns: &[String]) {
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    if !row_checks::has_rows_to_ask(run, id, "cast_rows", &columns) {
        return;
    }
    let Some(type_text) = run.model.get(id).column(&definition.name).map(Column::type_text) else { return };
    let Some(text) = projection(run, id, false, &[(Some("value"), raw)], None) else { return };
    // Counting the results makes the server compute each of them; none is a violation.
    let query = format!(
        "SELECT pg_catalog.count(value::{type_text}) FROM ({text}) AS computed(value) \
         HAVING pg_catalog.count(value::{type_text}) < 0"
    );
    let (state, what) = (Code::ERRCODE_DATA_EXCEPTION, "cannot be computed");
    row_checks::judge(run, Asked { check: "cast_rows", id, columns: &columns, query, state, noun: "row", what });
}

/// Whether values of one type are converted to another without being changed or read again.
pub fn is_same_representation(from: &Type, to: &Type, time_zone: Option<&str>) -> Option<bool> {
    let (Type::Known { oid: from, modifier: old }, Type::Known { oid: to, modifier: new }) = (from, to) else {
        return None;
    };
    if from != to && crate::pg::catalog_types::domain_has_constraints(*to) {
        return Some(false);
    }
    if from == to {
        return Some(old == new || crate::pg::catalog_types::widens(*from, *old, *new));
    }
    // Each value is checked, for which the server writes the table again.
    if crate::pg::catalog_types::domain_has_constraints(*to) {
        return Some(false);
    }
    match conversion(*from, *to, false) {
        Conversion::Binary => Some(*new < 0 || crate::pg::catalog_types::widens_to(*from, *old, *to, *new)),
        Conversion::None => None,
        Conversion::Function => {
            let zone = time_zone.and_then(crate::pg::encoded_text::encode_c);
            crate::pg::catalog_types::is_timestamp_under_utc(*from, *to, zone.as_deref()).ok()
        }
        Conversion::Text => Some(false),
    }
}
