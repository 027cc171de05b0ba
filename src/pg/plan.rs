//! Whether a running INSERT draws a column's values from a sequence although it names the column: DEFAULT written out, or
//! nextval itself.
//!
//! Only plans as VALUES makes them are understood; of all others it is taken that they supply ids.

use super::list::pointers;
use pgrx::pg_sys::{self, CmdType, Expr, List, ModifyTable, NodeTag, Oid, Plan, PlannedStmt};

/// `nextval(regclass)`, and the casts of bigint to int2, int4, numeric and to some precision, by their OIDs in pg_proc.dat.
const NEXTVAL: u32 = 1574;
const NUMBER_CASTS: [u32; 4] = [714, 480, 1781, 1703];

/// Whether every row that `statement` inserts into `table`, be it in a WITH clause, gets column `attribute` from `sequence`.
///
/// # Safety
/// A plan that stays while this runs.
pub(super) unsafe fn draws(statement: &PlannedStmt, table: Oid, attribute: i16, sequence: Oid) -> bool {
    // SAFETY: nodes are told apart by their tags; a plan's lists hold what plannodes.h says.
    unsafe {
        let root = statement.planTree.as_ref();
        let plans = root.into_iter().chain(pointers::<Plan>(statement.subplans));
        let mut inserts = plans
            .filter_map(|plan| node::<ModifyTable>(std::ptr::from_ref(plan).cast_mut().cast(), NodeTag::T_ModifyTable))
            .filter(|plan| plan.operation == CmdType::CMD_INSERT && target(statement, plan) == Some(table))
            .peekable();
        inserts.peek().is_some() && inserts.all(|insert| insert_draws(insert, attribute, sequence))
    }
}

/// # Safety
/// As `draws`.
unsafe fn insert_draws(insert: &ModifyTable, attribute: i16, sequence: Oid) -> bool {
    // SAFETY: as in `draws`; an INSERT's rows come from its one subplan, whose target list has an entry for each column.
    unsafe {
        let Some(source) = insert.plan.lefttree.as_ref() else { return false };
        let mut entries = pointers::<pg_sys::TargetEntry>(source.targetlist);
        let Some(entry) = entries.find(|entry| entry.resno == attribute) else { return false };
        match values_column(source, entry.expr) {
            Some(mut rows) => rows.all(|expression| is_draw(expression, sequence)),
            None => is_draw(entry.expr, sequence),
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

/// Whether the expression is the next value of the sequence, as it is or cast to another type of numbers.
///
/// # Safety
/// An expression, or null.
unsafe fn is_draw(expression: *mut Expr, sequence: Oid) -> bool {
    // SAFETY: as in `draws`; nextval has one argument.
    unsafe {
        let expression = without_casts(expression);
        if let Some(identity) = node::<pg_sys::NextValueExpr>(expression.cast(), NodeTag::T_NextValueExpr) {
            return identity.seqid == sequence;
        }
        let Some(call) = node::<pg_sys::FuncExpr>(expression.cast(), NodeTag::T_FuncExpr) else { return false };
        let argument = pointers::<Expr>(call.args).next().map(|argument| std::ptr::from_ref(argument).cast_mut());
        let name = argument.and_then(|argument| node::<pg_sys::Const>(argument.cast(), NodeTag::T_Const));
        call.funcid.to_u32() == NEXTVAL
            && name.is_some_and(|name| !name.constisnull && name.constvalue.value() as u32 == sequence.to_u32())
    }
}

/// # Safety
/// As `is_draw`.
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
