//! Which column each list of `pandas_categorical` belongs to.
//!
//! The lists come in the order of the data frame's columns, one for each column of dtype `category`; the file does not name the
//! columns. Most often they are the categorical ones. But an ordered category is a number to LightGBM, and a categorical column may be
//! one of whole numbers, without a list. So a list is placed by what training saw of each column.

/// What `feature_infos` says that training saw of a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Seen {
    /// Quantities from the first to the second.
    Range(f64, f64),
    /// Codes, of which this is the largest.
    Codes(u32),
    /// One value only.
    Constant,
    /// The file does not say.
    Unknown,
}

impl Seen {
    /// What a word of `feature_infos` says: `[min:max]`, `none`, or the codes; none when it is none of these.
    pub fn of(word: &str) -> Option<Seen> {
        if word == "none" {
            return Some(Seen::Constant);
        }
        if let Some(range) = word.strip_prefix('[') {
            let (min, max) = range.strip_suffix(']')?.split_once(':')?;
            return Some(Seen::Range(min.parse().ok()?, max.parse().ok()?));
        }
        let codes = word.split(':').map(|code| code.parse().map(|code: i64| code.max(0) as u32));
        codes.reduce(|a, b| Ok(a?.max(b?)))?.ok().map(Seen::Codes)
    }

    /// Whether codes of a list of `n` can have been this.
    fn fits(self, n: usize) -> bool {
        match self {
            Seen::Range(min, max) => min >= 0.0 && max < n as f64 && min.fract() == 0.0 && max.fract() == 0.0,
            Seen::Codes(max) => (max as usize) < n,
            Seen::Constant | Seen::Unknown => true,
        }
    }

    /// Whether it is just what a list of `n` gives when training saw the first and the last of it.
    fn is_exactly(self, n: usize) -> bool {
        match self {
            Seen::Range(min, max) => min == 0.0 && max + 1.0 == n as f64,
            Seen::Codes(max) => max as usize + 1 == n,
            Seen::Constant => n == 1,
            Seen::Unknown => false,
        }
    }
}

/// The column of each list, by the lists' `sizes`, or none when it cannot be derived: of the ways to place them in order that fit what
/// training saw, first those in which every `categorical` column has a list, and of several the one that fits exactly.
pub(super) fn place(sizes: &[usize], seen: &[Seen], categorical: &[bool]) -> Option<Vec<usize>> {
    let optional = vec![false; categorical.len()];
    for needed in [categorical, &optional] {
        let loose = Placing::new(sizes, seen, needed, &Seen::fits)?;
        if let Some(first) = loose.first() {
            return loose.only(first).or_else(|| {
                let exact = Placing::new(sizes, seen, needed, &Seen::is_exactly)?;
                exact.first().and_then(|first| exact.only(first))
            });
        }
    }
    None
}

/// Whether the lists could also be placed otherwise than `chosen`, and fit exactly.
pub(super) fn is_contested(sizes: &[usize], seen: &[Seen], chosen: &[usize]) -> bool {
    let optional = vec![false; seen.len()];
    let placing = Placing::new(sizes, seen, &optional, &Seen::is_exactly);
    placing.is_some_and(|placing| [placing.first(), placing.last()].iter().flatten().any(|other| other != chosen))
}

/// The ways to place lists in the order of columns.
struct Placing<'a> {
    sizes: &'a [usize],
    seen: &'a [Seen],
    needed: &'a [bool],
    fits: &'a dyn Fn(Seen, usize) -> bool,
    /// By list and column: whether the lists from here on can be placed on the columns from here on.
    open: Vec<bool>,
}

/// Lists times columns that are looked at; more than any file has.
const MOST: usize = 1 << 26;

impl<'a> Placing<'a> {
    /// Works out what can be placed; none when there are too many lists and columns.
    fn new(
        sizes: &'a [usize],
        seen: &'a [Seen],
        needed: &'a [bool],
        fits: &'a dyn Fn(Seen, usize) -> bool,
    ) -> Option<Placing<'a>> {
        let cells = (sizes.len() + 1).checked_mul(seen.len() + 1).filter(|cells| *cells <= MOST)?;
        let mut placing = Placing { sizes, seen, needed, fits, open: vec![false; cells] };
        for list in (0..=sizes.len()).rev() {
            for column in (0..=seen.len()).rev() {
                let end = list == sizes.len() && column == seen.len();
                let open = end || placing.may_skip(list, column) || placing.may_take(list, column);
                let at = placing.at(list, column);
                if let Some(slot) = placing.open.get_mut(at) {
                    *slot = open;
                }
            }
        }
        Some(placing)
    }

    fn at(&self, list: usize, column: usize) -> usize {
        list * (self.seen.len() + 1) + column
    }

    fn is_open(&self, list: usize, column: usize) -> bool {
        list <= self.sizes.len() && column <= self.seen.len() && self.open.get(self.at(list, column)) == Some(&true)
    }

    fn may_skip(&self, list: usize, column: usize) -> bool {
        self.needed.get(column) == Some(&false) && self.is_open(list, column + 1)
    }

    fn may_take(&self, list: usize, column: usize) -> bool {
        let fits = self.sizes.get(list).zip(self.seen.get(column)).is_some_and(|(size, seen)| (self.fits)(*seen, *size));
        fits && self.is_open(list + 1, column + 1)
    }

    /// Each list as early as can be.
    fn first(&self) -> Option<Vec<usize>> {
        self.walk(|placing, list, column| placing.may_take(list, column))
    }

    /// Each list as late as can be.
    fn last(&self) -> Option<Vec<usize>> {
        self.walk(|placing, list, column| !placing.may_skip(list, column))
    }

    /// `first`, when there is no other way: then the earliest places are the latest.
    fn only(&self, first: Vec<usize>) -> Option<Vec<usize>> {
        self.last().filter(|last| *last == first)
    }

    fn walk(&self, takes: impl Fn(&Self, usize, usize) -> bool) -> Option<Vec<usize>> {
        let mut columns = Vec::with_capacity(self.sizes.len());
        if !self.is_open(0, 0) {
            return None;
        }
        for column in 0..self.seen.len() {
            if columns.len() < self.sizes.len() && takes(self, columns.len(), column) {
                columns.push(column);
            }
        }
        Some(columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_placed_by_what_training_saw() {
        let placed = |sizes: &[usize], infos: &str, categorical: &[usize]| {
            let seen: Vec<Seen> = infos.split(' ').map(|word| Seen::of(word).unwrap()).collect();
            let categorical: Vec<bool> = (0..seen.len()).map(|column| categorical.contains(&column)).collect();
            place(sizes, &seen, &categorical)
        };
        // As many lists as categorical columns.
        assert_eq!(placed(&[3, 2], "-1:1:0:2 [-3.2:2.5] -1:1:0", &[0, 2]), Some(vec![0, 2]));
        // A rare category that training left out, a constant column, a number that could be a code.
        assert_eq!(placed(&[9, 1], "[0:8] -1:1:0 none", &[1, 2]), Some(vec![1, 2]));
        // An ordered category is a number to the model.
        assert_eq!(placed(&[3, 3], "[-3.2:2.5] [0:2] -1:0:2:1", &[2]), Some(vec![1, 2]));
        assert_eq!(placed(&[3], "[-3.2:2.5] [0:2] -1:1:3:2:4:0", &[2]), Some(vec![1]));
        // Of two columns that could be the ordered category, the one that fits exactly.
        assert_eq!(placed(&[3, 3], "[0:2] [0:1] 0:2:1", &[2]), Some(vec![0, 2]));
        assert_eq!(placed(&[3, 3], "[0:2] [0:2] 0:2:1", &[2]), None);
        // No way to place them.
        assert_eq!(placed(&[2], "0:1:2 [0.5:1]", &[0]), None);
        assert_eq!(placed(&[2, 2], "0:1", &[0]), None);
    }
}
