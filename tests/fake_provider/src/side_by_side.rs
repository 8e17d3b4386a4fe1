//! Work on many things at once, for tests that wait as much as they work.

use std::sync::{Mutex, PoisonError};
use std::thread;

/// Does something with each item, `workers` of them at once, and returns the results in the order of the items.
pub fn side_by_side<T: Send, R: Send>(
    workers: usize,
    items: impl IntoIterator<Item = T, IntoIter: Send>,
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let items = Mutex::new(items.into_iter().enumerate());
    let results = Mutex::new(Vec::new());
    let next = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((index, item)) = next() {
                    let result = work(item);
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    results.push((index, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_items() {
        let doubled = side_by_side(3, 0..100, |number| number * 2);
        assert_eq!(
            doubled,
            (0..100).map(|number| number * 2).collect::<Vec<_>>()
        );
    }
}
