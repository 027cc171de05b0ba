//! Looks up the objects that a statement names and that are not relations.

use super::{Failure, Scope, apart};
use crate::pg::list::pointers;
use crate::pg::parser::tree::{self, Raw};
use pgrx::pg_sys::{self, Node, NodeTag, ObjectType, Oid};

/// The class and the OID of an object, and its part, as in pg_depend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundObject {
    pub class: Oid,
    pub object: Oid,
    pub part: i32,
}

/// What the scope's role needs for the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    Nothing,
    Ownership,
    /// Ownership of the object, or of the schema that it is in.
    OwnershipOrSchema,
}

/// Looks up what COMMENT, ALTER … OWNER TO, SET SCHEMA, RENAME, DROP or GRANT names, and asks
/// whether the role owns it. `None` if the statement names nothing that can be looked up so. Leaves
/// out what does not exist if the statement is DROP … IF EXISTS.
///
/// Locks: AccessShareLock on the objects, released before it returns.
pub fn look_up_objects(raw: Raw<'_>, scope: &Scope, needs: Needs) -> Result<Option<Vec<FoundObject>>, Failure> {
    apart(scope, || {
        let copy = tree::build::copy(raw);
        // SAFETY: a raw parse tree of this call's own.
        let (named, missing_ok) = unsafe { (named(copy)?, is_if_exists(copy)) };
        // SAFETY: nodes of that tree, with the kinds of object that the grammar gives them.
        let found = |(kind, node)| unsafe { look_up(kind, node, needs, missing_ok) };
        Some(named.into_iter().filter_map(found).collect())
    })
}

/// Returns the objects that the statement names, with their kinds; `None` if one of them does not
/// have the form that get_object_address expects of its kind.
///
/// # Safety
/// `statement` must be a statement of a raw parse tree.
unsafe fn named(statement: *mut Node) -> Option<Vec<(ObjectType::Type, *mut Node)>> {
    // SAFETY: the caller guarantees the node; each tag identifies its type.
    unsafe {
        let (kind, nodes) = match (*statement).type_ {
            NodeTag::T_CommentStmt => {
                let comment = &*statement.cast::<pg_sys::CommentStmt>();
                (comment.objtype, vec![comment.object])
            }
            NodeTag::T_AlterOwnerStmt => {
                let alter = &*statement.cast::<pg_sys::AlterOwnerStmt>();
                (alter.objectType, vec![alter.object])
            }
            NodeTag::T_AlterObjectSchemaStmt => {
                let alter = &*statement.cast::<pg_sys::AlterObjectSchemaStmt>();
                (alter.objectType, vec![alter.object])
            }
            NodeTag::T_RenameStmt => {
                let rename = &*statement.cast::<pg_sys::RenameStmt>();
                (rename.renameType, vec![rename.object])
            }
            NodeTag::T_DropStmt => {
                let drop = &*statement.cast::<pg_sys::DropStmt>();
                (drop.removeType, items(drop.objects))
            }
            NodeTag::T_GrantStmt => {
                let grant = &*statement.cast::<pg_sys::GrantStmt>();
                (grant.objtype, items(grant.objects))
            }
            _ => return None,
        };
        nodes.into_iter().map(|node| Some((kind, as_expected(kind, node)?))).collect()
    }
}

/// # Safety
/// `statement` must be a statement of a raw parse tree.
unsafe fn is_if_exists(statement: *mut Node) -> bool {
    // SAFETY: the caller guarantees the node; the tag identifies its type.
    unsafe { (*statement).type_ == NodeTag::T_DropStmt && (*statement.cast::<pg_sys::DropStmt>()).missing_ok }
}

/// # Safety
/// `list` must be a list of nodes or null.
unsafe fn items(list: *mut pg_sys::List) -> Vec<*mut Node> {
    // SAFETY: the caller guarantees the list.
    unsafe { pointers::<Node>(list).map(|node| std::ptr::from_ref(node).cast_mut()).collect() }
}

/// Returns the node in the form in which get_object_address takes it (catalog/objectaddress.c);
/// `None` if there is none. ALTER and GRANT name a type by a list of strings, COMMENT and DROP by a
/// TypeName.
///
/// # Safety
/// `node` must be a node of a raw parse tree or null.
unsafe fn as_expected(kind: ObjectType::Type, node: *mut Node) -> Option<*mut Node> {
    use ObjectType as Kind;
    // SAFETY: the caller guarantees the node; the tag identifies its type.
    unsafe {
        let tag = node.as_ref()?.type_;
        let first = |tag| pointers::<Node>(node.cast()).next().is_some_and(|first| first.type_ == tag);
        let fits = match kind {
            Kind::OBJECT_TYPE | Kind::OBJECT_DOMAIN if tag == NodeTag::T_List => {
                return first(NodeTag::T_String).then(|| pg_sys::makeTypeNameFromNameList(node.cast()).cast());
            }
            Kind::OBJECT_TYPE | Kind::OBJECT_DOMAIN => tag == NodeTag::T_TypeName,
            Kind::OBJECT_FUNCTION
            | Kind::OBJECT_PROCEDURE
            | Kind::OBJECT_ROUTINE
            | Kind::OBJECT_AGGREGATE
            | Kind::OBJECT_OPERATOR => tag == NodeTag::T_ObjectWithArgs,
            Kind::OBJECT_DOMCONSTRAINT | Kind::OBJECT_CAST | Kind::OBJECT_TRANSFORM => {
                tag == NodeTag::T_List && first(NodeTag::T_TypeName)
            }
            Kind::OBJECT_COLLATION
            | Kind::OBJECT_CONVERSION
            | Kind::OBJECT_STATISTIC_EXT
            | Kind::OBJECT_OPCLASS
            | Kind::OBJECT_OPFAMILY
            | Kind::OBJECT_TSPARSER
            | Kind::OBJECT_TSDICTIONARY
            | Kind::OBJECT_TSTEMPLATE
            | Kind::OBJECT_TSCONFIGURATION => tag == NodeTag::T_List && first(NodeTag::T_String),
            Kind::OBJECT_SCHEMA
            | Kind::OBJECT_EXTENSION
            | Kind::OBJECT_LANGUAGE
            | Kind::OBJECT_FDW
            | Kind::OBJECT_FOREIGN_SERVER
            | Kind::OBJECT_EVENT_TRIGGER
            | Kind::OBJECT_ACCESS_METHOD
            | Kind::OBJECT_PUBLICATION
            | Kind::OBJECT_SUBSCRIPTION => tag == NodeTag::T_String,
            _ => false,
        };
        fits.then_some(node)
    }
}

/// Returns the object; `None`, or an error, if it does not exist.
///
/// # Safety
/// `node` must name an object of this kind, as the grammar builds it.
unsafe fn look_up(kind: ObjectType::Type, node: *mut Node, needs: Needs, missing_ok: bool) -> Option<FoundObject> {
    let mut relation: pg_sys::Relation = std::ptr::null_mut();
    let lock = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
    // SAFETY: the caller guarantees the node. A missing object and a missing ownership are raised.
    // The relation stays open until the subtransaction ends.
    unsafe {
        let address = pg_sys::get_object_address(kind, node, &raw mut relation, lock, missing_ok);
        if address.objectId == Oid::INVALID {
            return None;
        }
        let owns_schema = needs == Needs::OwnershipOrSchema && {
            let schema = pg_sys::get_object_namespace(&raw const address);
            schema != Oid::INVALID && owns_schema(schema)
        };
        if needs != Needs::Nothing && !owns_schema {
            pg_sys::check_object_ownership(pg_sys::GetUserId(), kind, address, node, relation);
        }
        Some(FoundObject { class: address.classId, object: address.objectId, part: address.objectSubId })
    }
}

/// # Safety
/// `schema` must be the OID of a schema.
unsafe fn owns_schema(schema: Oid) -> bool {
    // SAFETY: looks the schema up in the system cache.
    unsafe {
        #[cfg(not(since_16))]
        let owns = pg_sys::pg_namespace_ownercheck(schema, pg_sys::GetUserId());
        #[cfg(since_16)]
        let owns = pg_sys::object_ownercheck(pg_sys::NamespaceRelationId, schema, pg_sys::GetUserId());
        owns
    }
}
