//! Decides which materialized views have to be refreshed before another one. Pure.

use super::wording::series;
use std::collections::BTreeSet;

/// Returns the relations without contents that the query of `view` reads, directly or through other
/// views, in their order: until they are filled, REFRESH of `view` fails with 55000. `reads`
/// returns what the query of a view reads, and nothing for a relation that stores rows.
pub fn first<T: Copy + Ord>(view: T, reads: impl Fn(T) -> Vec<T>, is_unfilled: impl Fn(T) -> bool) -> Vec<T> {
    let (mut unfilled, mut seen) = (BTreeSet::new(), BTreeSet::from([view]));
    let mut next = reads(view);
    while let Some(relation) = next.pop() {
        if !seen.insert(relation) {
            continue;
        }
        if is_unfilled(relation) {
            unfilled.insert(relation);
        } else {
            next.extend(reads(relation));
        }
    }
    unfilled.into_iter().collect()
}

/// Returns why a materialized view cannot be refreshed yet, if it cannot; the names are quoted.
pub fn reason(first: &[String]) -> Option<String> {
    let has = if first.len() == 1 { "has" } else { "have" };
    let names = || series(first, " and ");
    (!first.is_empty()).then(|| format!("its query reads {}, which {has} to be refreshed first", names()))
}

#[cfg(test)]
mod tests {
    use super::first;

    #[test]
    fn refresh_order_follows_views_to_what_is_not_filled() {
        // 0 reads the view 1, which reads 2 and 3; 2 reads 4, and 3 stores rows.
        let reads = |view: usize| [vec![1], vec![0, 2, 3], vec![4], vec![], vec![]][view].clone();
        assert_eq!(first(0, reads, |relation| relation == 2 || relation == 4), [2]);
        assert_eq!(first(0, reads, |relation| relation == 4), [4]);
        assert_eq!(first(2, reads, |_| false), [] as [usize; 0]);
    }
}
