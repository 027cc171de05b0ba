//! Reads from CHECK constraints the range that they leave a column.
//!
//! Only comparisons of the column with a constant count, on their own or joined by AND. Other
//! conditions are ignored: they could only make the range narrower.

use super::node_tree::{arguments, field, plain_number};
use crate::error::Error;
use crate::ids::position::IdRange;
use crate::pg::relation::Relation;
use crate::pg::row::required;
use crate::pg::{check_constraints, kept_plan, names, subtransaction};
use pgrx::Spi;
use pgrx::pg_sys::{Oid, PgBuiltInOids, PgOid};

const DOMAIN_CHECKS: &str = include_str!("../../sql/queries/domain_checks.sql");

/// Returns the range that the CHECK constraints of an open table, and of the column's domain, leave
/// a column; `None` if they do not restrict it.
///
/// Locks: only AccessShareLock on catalogs for a domain, released before it returns.
pub fn of_column(table: &Relation, attribute: i16, type_oid: Oid) -> Option<IdRange> {
    let comparison = |operator| Comparison::of_strategy(check_constraints::number_strategy(operator));
    let own = check_constraints::of_table(table);
    let own = own.iter().map(|tree| range(tree, Subject::Column(attribute), &comparison));
    // A domain whose constraints cannot be read does not restrict the range.
    let domains = if names::is_domain(type_oid) { domain_checks(type_oid).unwrap_or_default() } else { Vec::new() };
    let domains = domains.iter().map(|tree| range(tree, Subject::Domain, &comparison));
    let bounds = own.chain(domains).fold(IdRange::BIGINT, IdRange::intersect);
    (bounds != IdRange::BIGINT).then_some(bounds)
}

fn domain_checks(domain: Oid) -> Result<Vec<String>, Error> {
    const OID: PgOid = PgOid::BuiltIn(PgBuiltInOids::OIDOID);
    subtransaction::discard(|| {
        Spi::connect(|client| {
            let rows = kept_plan::select(client, DOMAIN_CHECKS, &[OID], &[domain.into()])?;
            rows.map(|row| required(&row, 1)).collect()
        })
    })
}

/// An operator's strategy in a btree operator family (access/stratnum.h).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Less,
    LessEqual,
    Equal,
    GreaterEqual,
    Greater,
}

impl Comparison {
    /// Returns the comparison of a strategy number; 0 stands for an operator that is not in the
    /// family.
    pub fn of_strategy(number: i32) -> Option<Comparison> {
        match number {
            1 => Some(Comparison::Less),
            2 => Some(Comparison::LessEqual),
            3 => Some(Comparison::Equal),
            4 => Some(Comparison::GreaterEqual),
            5 => Some(Comparison::Greater),
            _ => None,
        }
    }

    /// Returns the comparison with the operands swapped.
    fn turned(self) -> Comparison {
        match self {
            Comparison::Less => Comparison::Greater,
            Comparison::LessEqual => Comparison::GreaterEqual,
            Comparison::Equal => Comparison::Equal,
            Comparison::GreaterEqual => Comparison::LessEqual,
            Comparison::Greater => Comparison::Less,
        }
    }

    /// Returns the values that compare like this with a constant.
    fn range(self, constant: i64) -> IdRange {
        let everything = IdRange::BIGINT;
        match self {
            Comparison::Less => IdRange { high: constant.saturating_sub(1), ..everything },
            Comparison::LessEqual => IdRange { high: constant, ..everything },
            Comparison::Equal => IdRange { low: constant, high: constant },
            Comparison::GreaterEqual => IdRange { low: constant, ..everything },
            Comparison::Greater => IdRange { low: constant.saturating_add(1), ..everything },
        }
    }
}

/// The value that a constraint restricts.
#[derive(Clone, Copy, Debug)]
pub enum Subject {
    /// A column of a table, by its number.
    Column(i16),
    /// The value of a domain.
    Domain,
}

impl Subject {
    fn is(self, node: &str) -> bool {
        // A column of a domain's type is compared as its base type.
        let node = node.strip_prefix("{RELABELTYPE :arg ").unwrap_or(node);
        match self {
            Subject::Column(number) => {
                node.starts_with("{VAR ")
                    && field(node, ":varlevelsup") == Some("0")
                    && field(node, ":varattno").and_then(|text| text.parse().ok()) == Some(number)
            }
            Subject::Domain => node.starts_with("{COERCETODOMAINVALUE "),
        }
    }
}

/// Returns the range that a constraint's expression leaves its subject. `comparison` maps an
/// operator's OID to its strategy.
pub fn range(tree: &str, subject: Subject, comparison: &impl Fn(u32) -> Option<Comparison>) -> IdRange {
    if tree.starts_with("{BOOLEXPR :boolop and ") {
        let parts = arguments(tree).unwrap_or_default();
        return parts
            .into_iter()
            .fold(IdRange::BIGINT, |range_so_far, part| range_so_far.intersect(range(part, subject, comparison)));
    }
    compared(tree, subject, comparison).unwrap_or(IdRange::BIGINT)
}

fn compared(tree: &str, subject: Subject, comparison: &impl Fn(u32) -> Option<Comparison>) -> Option<IdRange> {
    let tree = tree.starts_with("{OPEXPR ").then_some(tree)?;
    let operands = arguments(tree)?;
    let [left, right] = operands.as_slice() else { return None };
    let operator = || comparison(field(tree, ":opno")?.parse().ok()?);
    if subject.is(left) {
        Some(operator()?.range(plain_number(right)?))
    } else if subject.is(right) {
        Some(operator()?.turned().range(plain_number(left)?))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMN: &str = "{VAR :varno 1 :varattno 2 :vartype 23 :varlevelsup 0 :location 5}";
    const NUMBER: &str = "{CONST :consttype 23 :constisnull false :constvalue 4 [ 100 0 0 0 0 0 0 0 ]}";

    fn operator(number: u32, left: &str, right: &str) -> String {
        format!("{{OPEXPR :opno {number} :opfuncid 9 :args ({left} {right}) :location 3}}")
    }

    /// Returns the bounds of a range; in these tests an operator's OID is its strategy.
    fn bounds(tree: &str, subject: Subject) -> (i64, i64) {
        let range = range(tree, subject, &|operator| Comparison::of_strategy(operator as i32));
        (range.low, range.high)
    }

    const ALL: (i64, i64) = (i64::MIN, i64::MAX);

    #[test]
    fn bounds_of_comparisons_with_a_constant() {
        let of = |number| bounds(&operator(number, COLUMN, NUMBER), Subject::Column(2));
        assert_eq!([of(1), of(2)], [(i64::MIN, 99), (i64::MIN, 100)]);
        assert_eq!([of(3), of(4), of(5)], [(100, 100), (100, i64::MAX), (101, i64::MAX)]);
        assert_eq!(bounds(&operator(1, NUMBER, COLUMN), Subject::Column(2)), (101, i64::MAX));
        let domain = operator(2, "{COERCETODOMAINVALUE :typeId 23 :location 1}", NUMBER);
        assert_eq!(bounds(&domain, Subject::Domain), (i64::MIN, 100));
    }

    #[test]
    fn bounds_are_joined_only_by_and() {
        let (above, below) = (operator(5, COLUMN, &NUMBER.replace("100", "10")), operator(1, COLUMN, NUMBER));
        let joined = |word: &str| format!("{{BOOLEXPR :boolop {word} :args ({above} {below}) :location 7}}");
        assert_eq!(bounds(&joined("and"), Subject::Column(2)), (11, 99));
        assert_eq!(bounds(&joined("or"), Subject::Column(2)), ALL);
        assert_eq!(bounds(&format!("{{BOOLEXPR :boolop not :args ({below})}}"), Subject::Column(2)), ALL);
    }

    #[test]
    fn bounds_of_other_expressions_are_unlimited() {
        assert_eq!(bounds(&operator(1, COLUMN, NUMBER), Subject::Column(3)), ALL, "another column");
        assert_eq!(bounds(&operator(0, COLUMN, NUMBER), Subject::Column(2)), ALL, "an operator of no family");
        assert_eq!(bounds(&operator(1, COLUMN, COLUMN), Subject::Column(2)), ALL, "no constant");
        let computed = operator(1, &operator(1, COLUMN, NUMBER), NUMBER);
        assert_eq!(bounds(&computed, Subject::Column(2)), ALL, "an expression");
        assert_eq!(bounds("", Subject::Domain), ALL);
    }
}
