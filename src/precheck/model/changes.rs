//! What statements do to relations: names that appear and go, constraints, parents.

use super::relation::{Id, Number, Relation};
use super::{Model, Slot, load};
use crate::error::Error;

impl Model {
    /// Adds a relation that the script creates.
    pub fn add(&mut self, relation: Relation) -> Id {
        let id = self.relations.len();
        self.names.insert((relation.schema.clone(), relation.name.clone()), Slot::Here(id));
        self.relations.push(relation);
        id
    }

    /// Notes that an index, a sequence or a type now has this name.
    pub fn take_name(&mut self, schema: &str, name: &str, owner: Id) {
        self.names.insert((schema.to_owned(), name.to_owned()), Slot::Here(owner));
    }

    /// Notes that nothing has this name any more.
    pub fn free_name(&mut self, schema: &str, name: &str, statement: Number) {
        self.names.insert((schema.to_owned(), name.to_owned()), Slot::Gone(statement));
    }

    /// Notes that a relation is dropped, with its indexes.
    pub fn drop_relation(&mut self, id: Id, statement: Number) {
        self.leave_parents(id, statement);
        let relation = &mut self.relations[id];
        relation.dropped = Some(statement);
        relation.is_changed = true;
        let schema = relation.schema.clone();
        let mut gone = vec![relation.name.clone()];
        gone.extend(relation.indexes.iter().map(|index| index.name.clone()));
        for name in gone {
            self.free_name(&schema, &name, statement);
        }
    }

    /// Removes a constraint, with its index.
    pub fn forget_constraint(&mut self, id: Id, name: &str, kind: u8, statement: Number) {
        let relation = &mut self.relations[id];
        let schema = relation.schema.clone();
        let not_null = relation.constraint(name).filter(|known| known.kind == b'n').map(|known| known.columns.clone());
        for column in not_null.into_iter().flatten() {
            if let Some(column) = relation.column_mut(&column) {
                column.is_not_null = false;
            }
        }
        relation.constraints.retain(|known| known.name != name);
        relation.is_changed |= relation.oid.is_some();
        if matches!(kind, b'p' | b'u' | b'x') {
            relation.indexes.retain(|index| index.constraint.as_deref() != Some(name));
            self.free_name(&schema, name, statement);
        }
    }

    /// Restores the model from before, as ROLLBACK does. Relations that were loaded since then
    /// keep their ids, since what is known of the statements refers to them.
    pub fn return_to(&mut self, before: Model) -> Result<(), Error> {
        let later = std::mem::replace(self, before);
        for relation in later.relations.into_iter().skip(self.relations.len()) {
            let loaded = relation.oid.map(load::relation).transpose()?.flatten();
            if let (Some(oid), Some(_)) = (relation.oid, &loaded) {
                self.by_oid.insert(oid, self.relations.len());
            }
            // One that the script has created is gone.
            self.relations.push(loaded.unwrap_or_else(|| Relation { dropped: Some(0), ..Relation::default() }));
        }
        Ok(())
    }

    /// Notes that the relation is no longer a partition, or no longer inherits.
    /// The parents' rows are fewer from there on.
    pub fn leave_parents(&mut self, id: Id, statement: Number) {
        let oid = self.get(id).oid;
        for relation in &mut self.relations {
            if relation.children.iter().any(|child| Some(*child) == oid) || relation.new_children.contains(&id) {
                relation.changes.deleted = Some(statement);
            }
            relation.children.retain(|child| Some(*child) != oid);
            relation.new_children.retain(|child| *child != id);
            relation.default_partition = relation.default_partition.filter(|child| Some(*child) != oid);
        }
        let relation = &mut self.relations[id];
        relation.is_partition = false;
        relation.parents.clear();
        relation.new_parents.clear();
        relation.columns.iter_mut().for_each(|column| column.is_inherited = false);
        relation.constraints.iter_mut().for_each(|constraint| constraint.is_inherited = false);
    }

    /// Gives a relation another name or schema, with its indexes in the second case.
    pub fn move_relation(&mut self, id: Id, schema: &str, name: &str, statement: Number) {
        let relation = &mut self.relations[id];
        let old = (
            std::mem::replace(&mut relation.schema, schema.to_owned()),
            std::mem::replace(&mut relation.name, name.to_owned()),
        );
        relation.is_changed = true;
        let indexes: Vec<String> = relation.indexes.iter().map(|index| index.name.clone()).collect();
        self.free_name(&old.0, &old.1, statement);
        self.take_name(schema, name, id);
        if old.0 != schema {
            for index in indexes {
                self.free_name(&old.0, &index, statement);
                self.take_name(schema, &index, id);
            }
        }
    }
}
