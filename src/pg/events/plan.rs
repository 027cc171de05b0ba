//! Decides whether a running INSERT draws a column's values from a sequence although it names the
//! column, by an explicit DEFAULT or nextval.
//!
//! Only plans of VALUES are understood. All others are assumed to supply ids.

use crate::pg::list::{node, pointers};
use pgrx::pg_sys::{self, CmdType, Expr, List, ModifyTable, NodeTag, Oid, Plan, PlannedStmt};

/// The casts between int2, int4 and int8, to numeric, and to a precision.
const NUMBER_CASTS: [u32; 7] = [
    pg_sys::F_INT2_INT8,
    pg_sys::F_INT4_INT8,
    pg_sys::F_NUMERIC_INT8,
    pg_sys::F_NUMERIC_NUMERIC_INT4,
    pg_sys::F_INT4_INT2,
    pg_sys::F_INT8_INT2,
    pg_sys::F_INT8_INT4,
];

/// Whether every row that `statement` inserts into `table`, even in a WITH clause, gets column
/// `attribute` from `sequence`.
///
/// # Safety
/// The plan must live while this runs.
pub(in crate::pg) unsafe fn draws(statement: &PlannedStmt, table: Oid, attribute: i16, sequence: Oid) -> bool {
    // SAFETY: the caller guarantees that the plan lives.
    unsafe {
        all_rows(statement, table, attribute, &mut |expression| {
            drawn_from(expression, &Values::none()) == Some(sequence)
        })
    }
}

/// Returns the numbers in column `attribute` of the rows that `statement` inserts into `table`;
/// `None` if some are neither constants nor parameters, or there are more than `most`.
///
/// # Safety
/// As for `draws`; `values` must be the statement's.
pub(in crate::pg) unsafe fn supplied(
    statement: &PlannedStmt,
    table: Oid,
    attribute: i16,
    values: &Values,
    most: usize,
) -> Option<Vec<i64>> {
    let mut numbers = Vec::new();
    // SAFETY: the caller guarantees that the plan lives, and that the values are the statement's.
    let are_known = unsafe {
        all_rows(statement, table, attribute, &mut |expression| {
            numbers.extend(values.number(without_casts(expression)));
            numbers.len() <= most && values.number(without_casts(expression)).is_some()
        })
    };
    are_known.then_some(numbers)
}

/// Returns the sequences from which a query draws the values that it returns, as in `SELECT
/// nextval('s')`.
///
/// # Safety
/// As for `supplied`.
pub(in crate::pg) unsafe fn returned_draws(statement: &PlannedStmt, values: &Values) -> Vec<Oid> {
    // SAFETY: the root's target list is what the query returns.
    unsafe {
        let Some(root) = statement.planTree.as_ref() else { return Vec::new() };
        pointers::<pg_sys::TargetEntry>(root.targetlist).filter_map(|entry| drawn_from(entry.expr, values)).collect()
    }
}

/// The values of a statement's parameters, which the client has sent.
pub(in crate::pg) struct Values(pg_sys::ParamListInfo);

impl Values {
    pub fn none() -> Values {
        Values(std::ptr::null_mut())
    }

    /// Wraps the parameters of a statement.
    ///
    /// # Safety
    /// `parameters` must be null, or parameters that outlive the result.
    pub unsafe fn new(parameters: pg_sys::ParamListInfo) -> Values {
        Values(parameters)
    }

    /// Returns the value of a constant or a parameter that is not null, and its type.
    ///
    /// # Safety
    /// `expression` must be an expression, or null.
    unsafe fn value(&self, expression: *mut Expr) -> Option<(pg_sys::Datum, Oid)> {
        // SAFETY: a tag identifies the node; there are `numParams` parameters, counted from 1.
        // Parameters that a hook would have to fetch are a function's variables, and are skipped.
        unsafe {
            if let Some(constant) = node::<pg_sys::Const>(expression.cast(), NodeTag::T_Const) {
                return (!constant.constisnull).then_some((constant.constvalue, constant.consttype));
            }
            let parameter = node::<pg_sys::Param>(expression.cast(), NodeTag::T_Param)?;
            let given = self.0.as_ref().filter(|given| given.paramFetch.is_none())?;
            let is_given = parameter.paramkind == pg_sys::ParamKind::PARAM_EXTERN
                && (1..=given.numParams).contains(&parameter.paramid);
            let value = is_given.then(|| &*given.params.as_ptr().add(parameter.paramid as usize - 1))?;
            (!value.isnull).then_some((value.value, value.ptype))
        }
    }

    /// Returns the value of a constant or a parameter that is an integer.
    ///
    /// # Safety
    /// As for `value`.
    unsafe fn number(&self, expression: *mut Expr) -> Option<i64> {
        // SAFETY: the caller guarantees an expression or null.
        let (value, type_oid) = unsafe { self.value(expression) }?;
        match type_oid {
            pg_sys::INT2OID => Some(i64::from(value.value() as i16)),
            pg_sys::INT4OID => Some(i64::from(value.value() as i32)),
            pg_sys::INT8OID => Some(value.value() as i64),
            _ => None,
        }
    }
}

/// Whether `statement` inserts rows into `table`, and `is_so` holds for column `attribute` of every
/// such row.
///
/// # Safety
/// As for `draws`.
unsafe fn all_rows(
    statement: &PlannedStmt,
    table: Oid,
    attribute: i16,
    is_so: &mut dyn FnMut(*mut Expr) -> bool,
) -> bool {
    // SAFETY: nodes are distinguished by their tags; a plan's lists hold what plannodes.h says.
    unsafe {
        let root = statement.planTree.as_ref();
        let plans = root.into_iter().chain(pointers::<Plan>(statement.subplans));
        let mut inserts = plans
            .filter_map(|plan| node::<ModifyTable>(std::ptr::from_ref(plan).cast_mut().cast(), NodeTag::T_ModifyTable))
            .filter(|plan| plan.operation == CmdType::CMD_INSERT && target(statement, plan) == Some(table))
            .peekable();
        inserts.peek().is_some() && inserts.all(|insert| all_rows_of(insert, attribute, is_so))
    }
}

/// Does what `all_rows` does, for one INSERT.
///
/// # Safety
/// As for `draws`.
unsafe fn all_rows_of(insert: &ModifyTable, attribute: i16, is_so: &mut dyn FnMut(*mut Expr) -> bool) -> bool {
    // SAFETY: as in `all_rows`; an INSERT's rows come from its only subplan, and that has an entry
    // in its target list for each column.
    unsafe {
        let Some(source) = insert.plan.lefttree.as_ref() else { return false };
        let mut entries = pointers::<pg_sys::TargetEntry>(source.targetlist);
        let Some(entry) = entries.find(|entry| entry.resno == attribute) else { return false };
        match values_column(source, entry.expr) {
            Some(mut rows) => rows.all(is_so),
            None => is_so(entry.expr),
        }
    }
}

/// Returns the table that an INSERT writes to.
///
/// # Safety
/// As for `draws`.
unsafe fn target(statement: &PlannedStmt, insert: &ModifyTable) -> Option<Oid> {
    // SAFETY: for an INSERT, the list holds one index into the range table, counted from 1.
    unsafe {
        let index = (*insert.resultRelations.as_ref()?.elements).int_value;
        let entry =
            pointers::<pg_sys::RangeTblEntry>(statement.rtable).nth(usize::try_from(index.checked_sub(1)?).ok()?)?;
        Some(entry.relid)
    }
}

/// Returns the expressions of VALUES with several rows, if the column comes from there.
///
/// # Safety
/// As for `draws`.
unsafe fn values_column<'a>(source: &'a Plan, expression: *mut Expr) -> Option<impl Iterator<Item = *mut Expr> + 'a> {
    // SAFETY: a tag identifies the node; each row of a values list is a list of expressions.
    unsafe {
        let values = node::<pg_sys::ValuesScan>(std::ptr::from_ref(source).cast_mut().cast(), NodeTag::T_ValuesScan)?;
        let column = node::<pg_sys::Var>(without_casts(expression).cast(), NodeTag::T_Var)?;
        let index = usize::try_from(column.varattno.checked_sub(1)?).ok()?;
        let cell = move |row: &List| {
            pointers::<Expr>(std::ptr::from_ref(row).cast_mut())
                .nth(index)
                .map_or(std::ptr::null_mut(), |expression| std::ptr::from_ref(expression).cast_mut())
        };
        Some(pointers::<List>(values.values_lists).map(cell))
    }
}

/// Returns the sequence that the expression draws from, if it is a nextval, with or without casts
/// to other types of numbers.
///
/// # Safety
/// `expression` must be an expression, or null; `values` must be the statement's.
unsafe fn drawn_from(expression: *mut Expr, values: &Values) -> Option<Oid> {
    // SAFETY: as in `draws`; nextval has one argument, a regclass.
    unsafe {
        let expression = without_casts(expression);
        if let Some(identity) = node::<pg_sys::NextValueExpr>(expression.cast(), NodeTag::T_NextValueExpr) {
            return Some(identity.seqid);
        }
        let call = node::<pg_sys::FuncExpr>(expression.cast(), NodeTag::T_FuncExpr)?;
        let argument = pointers::<Expr>(call.args).next().filter(|_| call.funcid.to_u32() == pg_sys::F_NEXTVAL)?;
        let (name, _) = values.value(std::ptr::from_ref(argument).cast_mut())?;
        Some(Oid::from(name.value() as u32))
    }
}

/// Returns the expression below any casts.
///
/// # Safety
/// As for `drawn_from`.
unsafe fn without_casts(mut expression: *mut Expr) -> *mut Expr {
    // SAFETY: as in `draws`; the first argument of a cast is the value that it casts.
    unsafe {
        loop {
            expression = if let Some(cast) = node::<pg_sys::RelabelType>(expression.cast(), NodeTag::T_RelabelType) {
                cast.arg
            } else if let Some(cast) = node::<pg_sys::CoerceToDomain>(expression.cast(), NodeTag::T_CoerceToDomain) {
                cast.arg
            } else if let Some(call) = node::<pg_sys::FuncExpr>(expression.cast(), NodeTag::T_FuncExpr)
                && NUMBER_CASTS.contains(&call.funcid.to_u32())
            {
                let argument = pointers::<Expr>(call.args).next();
                argument.map_or(std::ptr::null_mut(), |argument| std::ptr::from_ref(argument).cast_mut())
            } else {
                return expression;
            };
        }
    }
}
