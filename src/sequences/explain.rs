//! Explains a verdict in words and in SQL.

use super::column::{self, AttrRef, Column};
use super::column_verdict::Measured;
use super::finding::Finding;
use super::link::{Drawing, Kind, Sequence};
use super::links::Links;
use super::subscriptions::Subscriptions;
use super::verdict::Status;
use super::wording;
use crate::error::Error;
use crate::pg::access;
use crate::report::statements::Statements;
use crate::report::wording as words;
use pgrx::pg_sys::Oid;
use std::collections::HashMap;

pub struct Explainer<'a> {
    pub statements: Statements,
    links: &'a Links,
    by_sequence: HashMap<Oid, Vec<usize>>,
    /// The columns that each shared sequence feeds, with their labels.
    sharers: HashMap<Oid, Vec<(AttrRef, String)>>,
    subscriptions: Subscriptions,
}

impl<'a> Explainer<'a> {
    pub fn new(links: &'a Links) -> Result<Explainer<'a>, Error> {
        Ok(Explainer {
            statements: Statements::new()?,
            links,
            by_sequence: links.by_sequence(),
            sharers: HashMap::new(),
            subscriptions: Subscriptions::look_up()?,
        })
    }

    /// Fills in the finding's detail and fix.
    pub fn explain(&mut self, finding: &mut Finding, column: &Column, sequence: &Sequence, measured: &Measured) {
        let mut notes = vec![match finding.status {
            Status::Behind => wording::behind(column, &measured.verdict, measured.span),
            Status::Exhausted => wording::exhausted(column, sequence, &measured.verdict),
            Status::NearLimit => wording::near_limit(column, sequence, measured.range),
            Status::Unlogged => "a crash resets the unlogged sequence, but not the table's rows".to_owned(),
            Status::Unused | Status::Unlinked | Status::Unknown | Status::Ok => String::new(),
        }];
        let skip_ahead = match finding.status {
            Status::Exhausted => wording::skip_ahead(column, sequence, measured.range, measured.verdict.next_value),
            _ => None,
        };
        finding.fix = match finding.status {
            // A wider range at the other end does not help.
            Status::Exhausted if skip_ahead.is_some() => None,
            // A call that seq_resync would decline is not a fix.
            Status::Behind if sequence.definition.cycle => None,
            Status::Behind => Some(self.statements.resync_table(&column.table.quoted())),
            Status::Exhausted | Status::NearLimit => wording::widen(column, sequence, measured.range),
            Status::Unlogged => Some(format!("ALTER SEQUENCE {} SET LOGGED;", sequence.quoted())),
            _ => None,
        };
        if finding.status == Status::Behind && measured.is_hit_before_first {
            notes.push(wording::HIT_BEFORE_FIRST.to_owned());
        }
        if finding.status == Status::Behind
            && let Some(note) = self.subscriptions.explain(column, finding.fix.as_deref())
        {
            finding.is_subscriber = true;
            notes.push(note);
        }
        match finding.kind {
            Kind::Owned => notes.push(wording::OWNED_WITHOUT_DEFAULT.to_owned()),
            Kind::ByName => {
                let head = self.links.hierarchies.head_of(sequence.oid, (column.relation, column.attribute));
                let label = head.and_then(column::label).unwrap_or_else(|| column.label());
                notes.push(wording::by_name(sequence, &label));
            }
            _ => {}
        }
        notes.extend(measured.holder.filter(|holder| *holder != column.relation).and_then(wording::furthest_in));
        notes.extend(measured.between.map(|furthest| wording::between(sequence, furthest)));
        notes.push(wording::beyond_reach(sequence, measured.furthest));
        let shared = self.shared_with(column, sequence);
        match skip_ahead {
            Some(note) => notes.push(note),
            None if finding.status == Status::Exhausted && shared.is_empty() => {
                notes.push(wording::restart(sequence, measured.range, measured.furthest));
            }
            None => {}
        }
        notes.extend(wording::properties(sequence));
        notes.push(shared);
        if finding.status < Status::Unused && access::is_standby() {
            notes.push("on a standby a sequence may read up to 32 values ahead of the primary".to_owned());
        }
        notes.retain(|note| !note.is_empty());
        finding.detail = (!notes.is_empty()).then(|| notes.join("; "));
    }

    /// Lists the other columns that draw from the same sequence; those of a hierarchy share a row.
    fn shared_with(&mut self, column: &Column, sequence: &Sequence) -> String {
        let links = match self.by_sequence.get(&sequence.oid) {
            Some(links) if links.len() > 1 => links,
            _ => return String::new(),
        };
        let all = &self.links.links;
        let hierarchies = &self.links.hierarchies;
        let sharers = self.sharers.entry(sequence.oid).or_insert_with(|| {
            let drawers = links.iter().map(|index| &all[*index]).filter(|link| link.drawing != Drawing::Unused);
            let heads = drawers.filter(|link| hierarchies.head(link).is_none()).map(|link| link.attr);
            heads.filter_map(|attr| Some((attr, column::label(attr)?))).collect()
        });
        let own = (column.relation, column.attribute);
        let head = hierarchies.head_of(sequence.oid, own).unwrap_or(own);
        let is_other = |attr: &AttrRef| *attr != head;
        let labels: Vec<&str> =
            sharers.iter().filter(|(attr, _)| is_other(attr)).map(|(_, label)| label.as_str()).collect();
        words::list("also feeds", &labels)
    }
}
