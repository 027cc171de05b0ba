//! Reads what a query looks up, after its analysis.

use super::fallible::{self, Fallible};
use crate::pg::encoded_text;
use crate::pg::list::{node, pointers};
use crate::pg::names::FIRST_USER_OID;
use crate::pg::nodes::nodes;
use crate::pg::settings::with_pinned_search_path;
use pgrx::pg_sys::{self, Bitmapset, Node, NodeTag, Oid, Query};
use std::ffi::CStr;

/// What the analysis of a query has found.
#[derive(Clone, Debug, Default)]
pub struct Analyzed {
    pub columns: Vec<ResultColumn>,
    /// For a SELECT in place of another statement: which columns are constants.
    pub is_constant: Vec<bool>,
    /// The users' functions that it calls.
    pub functions: Vec<Oid>,
    /// The users' types whose constraints are checked, or that text is read as.
    pub types: Vec<Oid>,
    pub accesses: Vec<Access>,
    /// The sequences that it advances or sets: whether USAGE suffices.
    pub sequences: Vec<(Oid, bool)>,
    /// What the query locks when it is run: views, rules and row security are replaced by what they
    /// read.
    pub locks: Vec<Lock>,
    /// The columns of an ephemeral relation that it uses: the relation's name and the number.
    pub used: Vec<(String, i16)>,
    pub is_volatile: bool,
    /// Whether a result depends on settings or tables.
    pub is_mutable: bool,
    pub has_subquery: bool,
    pub has_aggregates: bool,
    /// Why it may fail for some rows.
    pub may_fail: Option<Fallible>,
    /// The query with all names resolved.
    pub text: Option<String>,
}

#[derive(Clone, Debug)]
pub struct ResultColumn {
    pub name: String,
    pub type_oid: Oid,
    pub modifier: i32,
    pub collation: Oid,
}

/// A relation that the query reads or writes.
#[derive(Clone, Debug)]
pub struct Access {
    pub relation: Oid,
    /// The lock mode that the statement acquires.
    pub lock: i32,
    pub required: u64,
    pub selected: Vec<i16>,
    pub written: Vec<i16>,
}

/// A lock of a query on a relation.
#[derive(Clone, Debug)]
pub struct Lock {
    pub relation: Oid,
    pub mode: i32,
    /// Whether the relation stands for its partitions and inheriting tables as well.
    pub inherits: bool,
}

impl Analyzed {
    /// # Safety
    /// `query` must be an analyzed query.
    pub(super) unsafe fn read(query: *mut Query, is_constant: Vec<bool>, wants_text: bool) -> Analyzed {
        let mut found = Analyzed { is_constant, ..Analyzed::default() };
        // SAFETY: the caller guarantees the query; `collect` expects the context that it gets.
        unsafe {
            let subject = subject(query);
            for entry in pointers::<pg_sys::TargetEntry>((*subject).targetList).filter(|entry| !entry.resjunk) {
                let expression = entry.expr.cast::<Node>();
                let name = if entry.resname.is_null() { c"" } else { CStr::from_ptr(entry.resname) };
                found.columns.push(ResultColumn {
                    name: encoded_text::decode(name.to_bytes()),
                    type_oid: pg_sys::exprType(expression),
                    modifier: pg_sys::exprTypmod(expression),
                    collation: pg_sys::exprCollation(expression),
                });
            }
            found.is_mutable = pg_sys::contain_mutable_functions((*subject).targetList.cast());
            found.is_volatile = pg_sys::contain_volatile_functions(subject.cast());
            found.has_aggregates = (*subject).hasAggs || (*subject).hasWindowFuncs || (*subject).hasTargetSRFs;
            found.has_subquery = (*subject).hasSubLinks;
            let mut all = nodes(query);
            if subject != query {
                all.extend(nodes(subject));
            }
            all.into_iter().for_each(|node| found.note(node));
            note_used(&mut found, subject);
            if wants_text {
                let text = with_pinned_search_path(|| pg_sys::pg_get_querydef(query, false));
                found.text = Some(encoded_text::decode(CStr::from_ptr(text).to_bytes()));
            }
        }
        found
    }
}

/// Returns the query, or the one below an EXPLAIN, DECLARE CURSOR or SELECT INTO.
///
/// # Safety
/// `query` must be an analyzed query.
pub(super) unsafe fn subject(query: *mut Query) -> *mut Query {
    // SAFETY: the caller guarantees the query; the tag identifies the statement, whose query has
    // been analyzed as well.
    unsafe {
        let inner = match (*query).utilityStmt.as_ref().map(|node| node.type_) {
            Some(NodeTag::T_ExplainStmt) => (*(*query).utilityStmt.cast::<pg_sys::ExplainStmt>()).query,
            Some(NodeTag::T_DeclareCursorStmt) => (*(*query).utilityStmt.cast::<pg_sys::DeclareCursorStmt>()).query,
            Some(NodeTag::T_CreateTableAsStmt) => (*(*query).utilityStmt.cast::<pg_sys::CreateTableAsStmt>()).query,
            _ => return query,
        };
        if !inner.is_null() && (*inner).type_ == NodeTag::T_Query { subject(inner.cast()) } else { query }
    }
}

impl Analyzed {
    /// Notes what a node of the query reads, calls or checks.
    ///
    /// # Safety
    /// `item` must be part of an analyzed query.
    unsafe fn note(&mut self, item: *mut Node) {
        // SAFETY: the caller guarantees the node; each tag identifies its type.
        unsafe {
            let function = match (*item).type_ {
                NodeTag::T_Query => return self.note_accesses(&*item.cast::<Query>()),
                NodeTag::T_FuncExpr => {
                    self.note_sequence(&*item.cast());
                    (*item.cast::<pg_sys::FuncExpr>()).funcid
                }
                NodeTag::T_Aggref => (*item.cast::<pg_sys::Aggref>()).aggfnoid,
                NodeTag::T_WindowFunc => (*item.cast::<pg_sys::WindowFunc>()).winfnoid,
                NodeTag::T_OpExpr | NodeTag::T_DistinctExpr | NodeTag::T_NullIfExpr => {
                    (*item.cast::<pg_sys::OpExpr>()).opfuncid
                }
                NodeTag::T_ScalarArrayOpExpr => (*item.cast::<pg_sys::ScalarArrayOpExpr>()).opfuncid,
                _ => Oid::INVALID,
            };
            self.may_fail = self.may_fail.or_else(|| fallible::may_fail(item));
            let result = match (*item).type_ {
                NodeTag::T_CoerceToDomain => (*item.cast::<pg_sys::CoerceToDomain>()).resulttype,
                NodeTag::T_CoerceViaIO => (*item.cast::<pg_sys::CoerceViaIO>()).resulttype,
                _ => Oid::INVALID,
            };
            if result.to_u32() >= FIRST_USER_OID && !self.types.contains(&result) {
                self.types.push(result);
            }
            if function.to_u32() >= FIRST_USER_OID && !self.functions.contains(&function) {
                self.functions.push(function);
            }
        }
    }

    /// Notes the sequence that nextval or setval names by a constant.
    ///
    /// # Safety
    /// `call` must be part of an analyzed query.
    unsafe fn note_sequence(&mut self, call: &pg_sys::FuncExpr) {
        // The OIDs of nextval and of both functions setval in catalog/pg_proc.dat.
        let usage_suffices = match call.funcid.to_u32() {
            1574 => true,
            1576 | 1765 => false,
            _ => return,
        };
        // SAFETY: the caller guarantees the call; the tag identifies a constant, which is of type
        // regclass.
        unsafe {
            let Some(first) = pointers::<Node>(call.args).next() else { return };
            if let Some(constant) = node::<pg_sys::Const>(first, NodeTag::T_Const)
                && !constant.constisnull
            {
                let oid = Oid::from_u32(constant.constvalue.value() as u32);
                self.sequences.push((oid, usage_suffices));
            }
        }
    }

    /// # Safety
    /// `query` must be an analyzed query.
    pub(super) unsafe fn note_accesses(&mut self, query: &Query) {
        // SAFETY: the caller guarantees the query.
        unsafe {
            for (index, entry) in pointers::<pg_sys::RangeTblEntry>(query.rtable).enumerate() {
                if entry.rtekind == pg_sys::RTEKind::RTE_RELATION {
                    let is_target = usize::try_from(query.resultRelation).is_ok_and(|target| target == index + 1);
                    self.accesses.push(access(query, entry, is_target));
                }
            }
        }
    }
}

/// # Safety
/// `entry` must belong to the range table of `query`.
#[cfg(not(since_16))]
unsafe fn access(_: &Query, entry: &pg_sys::RangeTblEntry, is_target: bool) -> Access {
    // SAFETY: the caller guarantees the entry, whose sets are valid or null.
    unsafe {
        make_access(entry, is_target, entry.requiredPerms, entry.selectedCols, entry.insertedCols, entry.updatedCols)
    }
}

/// # Safety
/// `entry` must belong to the range table of `query`.
#[cfg(since_16)]
unsafe fn access(query: &Query, entry: &pg_sys::RangeTblEntry, is_target: bool) -> Access {
    // SAFETY: the caller guarantees the entry, whose sets are valid or null.
    unsafe {
        let index = usize::try_from(entry.perminfoindex).ok().and_then(|index| index.checked_sub(1));
        let infos = pointers::<pg_sys::RTEPermissionInfo>(query.rteperminfos);
        match index.and_then(|index| infos.into_iter().nth(index)) {
            Some(info) => make_access(
                entry,
                is_target,
                info.requiredPerms,
                info.selectedCols,
                info.insertedCols,
                info.updatedCols,
            ),
            None => make_access(entry, is_target, 0, std::ptr::null_mut(), std::ptr::null_mut(), std::ptr::null_mut()),
        }
    }
}

/// # Safety
/// The sets must be valid or null.
unsafe fn make_access(
    entry: &pg_sys::RangeTblEntry,
    is_target: bool,
    required: pg_sys::AclMode,
    selected: *mut Bitmapset,
    inserted: *mut Bitmapset,
    updated: *mut Bitmapset,
) -> Access {
    // SAFETY: the caller guarantees the sets.
    unsafe {
        let mut written = members(inserted);
        written.extend(members(updated));
        let lock = if is_target { pg_sys::RowExclusiveLock as i32 } else { entry.rellockmode };
        Access { relation: entry.relid, lock, required: required as u64, selected: members(selected), written }
    }
}

/// Returns the column numbers of a set.
///
/// # Safety
/// `set` must be valid or null.
unsafe fn members(set: *mut Bitmapset) -> Vec<i16> {
    // SAFETY: the caller guarantees the set.
    let next = |index: &i32| unsafe { pg_sys::bms_next_member(set, *index) };
    let members = std::iter::successors(Some(next(&-1)), |index| Some(next(index))).take_while(|index| *index >= 0);
    members.filter_map(|member| i16::try_from(member + pg_sys::FirstLowInvalidHeapAttributeNumber).ok()).collect()
}

/// Notes the columns of ephemeral relations in the top query.
///
/// # Safety
/// `query` must be an analyzed query.
unsafe fn note_used(found: &mut Analyzed, query: *mut Query) {
    // SAFETY: the caller guarantees the query; each relation of it has its number.
    unsafe {
        for (index, entry) in pointers::<pg_sys::RangeTblEntry>((*query).rtable).enumerate() {
            if entry.rtekind != pg_sys::RTEKind::RTE_NAMEDTUPLESTORE || entry.enrname.is_null() {
                continue;
            }
            let name = encoded_text::decode(CStr::from_ptr(entry.enrname).to_bytes());
            let mut set: *mut Bitmapset = std::ptr::null_mut();
            let number = u32::try_from(index + 1).unwrap_or(0);
            pg_sys::pull_varattnos((*query).targetList.cast(), number, &mut set);
            pg_sys::pull_varattnos((*query).jointree.cast(), number, &mut set);
            for column in members(set) {
                found.used.push((name.clone(), column));
            }
        }
    }
}
