//! Sorting of short lists. std's sorts are made for long ones: each type that they sort costs 7 KB of the page's module.

/// Sorts `list` so that each entry stands behind those that come before it; equal ones keep their order.
pub fn order<T>(list: &mut [T], comes_before: impl Fn(&T, &T) -> bool) {
    for end in 1..list.len() {
        let mut at = end;
        while let (Some(here), Some(left)) = (list.get(at), at.checked_sub(1).and_then(|left| list.get(left)))
            && comes_before(here, left)
        {
            list.swap(at, at - 1);
            at -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn lists_are_sorted_and_equal_entries_stay_in_order() {
        let mut list = [(2, 'a'), (1, 'b'), (2, 'c'), (0, 'd'), (1, 'e')];
        order(&mut list, |a, b| a.0 < b.0);
        assert_eq!(list, [(0, 'd'), (1, 'b'), (1, 'e'), (2, 'a'), (2, 'c')]);
    }
}
