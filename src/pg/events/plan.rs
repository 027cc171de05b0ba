//! Whether a running INSERT draws a column's values from a sequence although it names the column: DEFAULT written out, or
//! nextval itself.
//!
//! Only plans as VALUES makes them are understood; of all others it is taken that they supply ids.

use crate::pg::list::pointers;
use pgrx::pg_sys::{self, CmdType, Expr, List, ModifyTable, NodeTag, Oid, Plan, PlannedStmt};

/// The casts between int2, int4 and int8, to numeric and to some precision.
const NUMBER_CASTS: [u32; 7] = [
    pg_sys::F_INT2_INT8,
    pg_sys::F_INT4_INT8,
    pg_sys::F_NUMERIC_INT8,
    pg_sys::F_NUMERIC_NUMERIC_INT4,
    pg_sys::F_INT4_INT2,
    pg_sys::F_INT8_INT2,
    pg_sys::F_INT8_INT4,
];

/// Whether every row that `statement` inserts into `table`, be it in a WITH clause, gets column `attribute` from `sequence`.
///
/// # Safety
/// A plan that stays while this runs.
pub(in crate::pg) unsafe fn draws(statement: &PlannedStmt, table: Oid, attribute: i16, sequence: Oid) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        all_rows(statement, table, attribute, &mut |expression| {
            drawn_from(expression, &Values::none()) == Some(sequence)
        })
    }
}

/// The numbers that the rows which `statement` inserts into `table` have in column `attribute`;
/// `None` if not all of them are written out or parameters, or there are more than `most`.
///
/// # Safety
/// As `draws`; `values` are the statement's.
pub(in crate::pg) unsafe fn supplied(
    statement: &PlannedStmt,
    table: Oid,
    attribute: i16,
    values: &Values,
    most: usize,
) -> Option<Vec<i64>> {
    let mut numbers = Vec::new();
    // SAFETY: the caller's promise.
    let are_known = unsafe {
        all_rows(statement, table, attribute, &mut |expression| {
            numbers.extend(values.number(without_casts(expression)));
            numbers.len() <= most && values.number(without_casts(expression)).is_some()
        })
    };
    are_known.then_some(numbers)
}

/// The sequences from which a query draws what it returns: `SELECT nextval('s')`.
///
/// # Safety
/// As `supplied`.
pub(in crate::pg) unsafe fn returned_draws(statement: &PlannedStmt, values: &Values) -> Vec<Oid> {
    // SAFETY: the root's target list is what the query returns.
    unsafe {
        let Some(root) = statement.planTree.as_ref() else { return Vec::new() };
        pointers::<pg_sys::TargetEntry>(root.targetlist).filter_map(|entry| drawn_from(entry.expr, values)).collect()
    }
}

/// What the client has given for a statement's parameters.
pub(in crate::pg) struct Values(pg_sys::ParamListInfo);

impl Values {
    pub fn none() -> Values {
        Values(std::ptr::null_mut())
    }

    /// # Safety
    /// Null, or the parameters of a statement, which stay as long as what is made of them.
    pub unsafe fn new(parameters: pg_sys::ParamListInfo) -> Values {
        Values(parameters)
    }

    /// The value of a constant or a parameter that is not null, and its type.
    ///
    /// # Safety
    /// An expression, or null.
    unsafe fn value(&self, expression: *mut Expr) -> Option<(pg_sys::Datum, Oid)> {
        // SAFETY: a tag tells what the node is; there are `numParams` parameters, which begin at 1.
        // Those that a hook would have to fetch are a function's variables.
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

    /// # Safety
    /// As `value`.
    unsafe fn number(&self, expression: *mut Expr) -> Option<i64> {
        // SAFETY: the caller's promise.
        let (value, type_oid) = unsafe { self.value(expression) }?;
        match type_oid {
            pg_sys::INT2OID => Some(i64::from(value.value() as i16)),
            pg_sys::INT4OID => Some(i64::from(value.value() as i32)),
            pg_sys::INT8OID => Some(value.value() as i64),
            _ => None,
        }
    }
}

/// Whether `is_so` holds for what every row that `statement` inserts into `table` gets in column
/// `attribute`, and there is such a row.
///
/// # Safety
/// As `draws`.
unsafe fn all_rows(
    statement: &PlannedStmt,
    table: Oid,
    attribute: i16,
    is_so: &mut dyn FnMut(*mut Expr) -> bool,
) -> bool {
    // SAFETY: nodes are told apart by their tags; a plan's lists hold what plannodes.h says.
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

/// # Safety
/// As `draws`.
unsafe fn all_rows_of(insert: &ModifyTable, attribute: i16, is_so: &mut dyn FnMut(*mut Expr) -> bool) -> bool {
    // SAFETY: as in `all_rows`; an INSERT's rows come from its one subplan, whose target list has
    // an entry for each column.
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

/// # Safety
/// As `draws`.
unsafe fn target(statement: &PlannedStmt, insert: &ModifyTable) -> Option<Oid> {
    // SAFETY: the list holds one index into the range table, from 1, for an INSERT.
    unsafe {
        let index = (*insert.resultRelations.as_ref()?.elements).int_value;
        let entry =
            pointers::<pg_sys::RangeTblEntry>(statement.rtable).nth(usize::try_from(index.checked_sub(1)?).ok()?)?;
        Some(entry.relid)
    }
}

/// The expressions of VALUES with several rows, if that is where the column comes from.
///
/// # Safety
/// As `draws`.
unsafe fn values_column<'a>(source: &'a Plan, expression: *mut Expr) -> Option<impl Iterator<Item = *mut Expr> + 'a> {
    // SAFETY: a tag tells what the node is; each row of a values list is a list of expressions.
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

/// The sequence that the expression is the next value of, as it is or cast to another type of
/// numbers.
///
/// # Safety
/// An expression, or null; `values` are the statement's.
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

/// # Safety
/// As `drawn_from`.
unsafe fn without_casts(mut expression: *mut Expr) -> *mut Expr {
    // SAFETY: as in `draws`; a cast's first argument is what it casts.
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

/// The node, if it is one of this kind.
///
/// # Safety
/// A node or null; `T` is what the tag stands for.
unsafe fn node<'a, T>(pointer: *mut pg_sys::Node, tag: NodeTag) -> Option<&'a T> {
    // SAFETY: the caller's promise.
    unsafe { pointer.as_ref().filter(|node| node.type_ == tag).map(|node| &*std::ptr::from_ref(node).cast::<T>()) }
}
