//! A fixed list of texts compiled for look-up: field names, categories, domains.

use crate::order;

/// A fixed list of texts; [`Names::find`] gives a text's position. Open addressing on a hash of length and three bytes, which
/// few real lists crowd; names that find no place near their own are kept sorted beside it, so no list is slow to compile and no
/// text slow to look up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    names: Vec<Box<str>>,
    /// Position + 1, or 0 for a free place; length a power of two, at least twice the names.
    table: Vec<u32>,
    /// Positions of the names that found no place in the table, by name.
    rest: Vec<u32>,
}

/// So many places are tried for a name.
const REACH: usize = 16;
/// In a longer table the hash takes all bytes: thousands of names such as `f262143` differ in too few of three.
const LONG: usize = 1 << 14;

impl Names {
    /// Compiles `names`; of equal names the first counts.
    pub fn new<'a>(names: impl Iterator<Item = &'a str>) -> Names {
        Names::compile(names.map(Box::from).collect())
    }

    /// Apart from [`new`](Self::new), or else each kind of iterator would bring its own copy.
    fn compile(names: Vec<Box<str>>) -> Names {
        let mut table = vec![0u32; (names.len() * 2).next_power_of_two().max(4)];
        let (mask, mut rest) = (table.len() - 1, Vec::new());
        for (i, name) in names.iter().enumerate() {
            let at = hash(name.as_bytes(), table.len()) as usize;
            let free = (at..at + REACH).map(|at| at & mask).find(|at| table.get(*at) == Some(&0));
            match free.and_then(|at| table.get_mut(at)) {
                Some(place) => *place = i as u32 + 1,
                None => rest.push(i as u32),
            }
        }
        let name = |i: &u32| names.get(*i as usize);
        order::heap_sort(&mut rest, &|a, b| (name(a), a) < (name(b), b));
        Names { names, table, rest }
    }

    /// The position of `text`, if it is one of the names.
    pub fn find(&self, text: &str) -> Option<usize> {
        let mask = self.table.len().checked_sub(1)?;
        let at = hash(text.as_bytes(), self.table.len()) as usize;
        for at in at..at + REACH {
            let position = self.table.get(at & mask)?.checked_sub(1)? as usize;
            if self.is(position, text) {
                return Some(position);
            }
        }
        let first = self.rest.partition_point(|i| self.at(*i as usize) < Some(text));
        self.rest.get(first).map(|i| *i as usize).filter(|i| self.is(*i, text))
    }

    /// The name at `position`.
    pub fn at(&self, position: usize) -> Option<&str> {
        self.names.get(position).map(|name| &**name)
    }

    /// Whether the name at `position` is `text`; the quick way in for input that comes in the declared order.
    #[inline]
    pub fn is(&self, position: usize, text: &str) -> bool {
        self.names.get(position).is_some_and(|name| &**name == text)
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

/// The hash of `text` in a table of `length` places.
#[inline]
fn hash(text: &[u8], length: usize) -> u32 {
    if length > LONG {
        // FNV-1a; its low bits are mixed well enough for a mask.
        return text.iter().fold(0x811C_9DC5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    }
    let n = text.len();
    let byte = |i: usize| u32::from(text.get(i).copied().unwrap_or(0));
    let mixed = (n as u32) ^ byte(0) << 8 ^ byte(n / 2) << 16 ^ byte(n.wrapping_sub(1)) << 24;
    mixed.wrapping_mul(0x9E37_79B1) >> 8
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn every_name_is_found_and_nothing_else() {
        let words: Vec<String> = (0..500).map(|i| format!("name {i}")).chain(["".into(), "é".into()]).collect();
        let names = Names::new(words.iter().map(String::as_str));
        for (i, word) in words.iter().enumerate() {
            assert_eq!(names.find(word), Some(i));
            assert!(names.is(i, word));
        }
        assert_eq!(names.find("name 500"), None);
        assert_eq!(Names::default().find("x"), None);
        assert_eq!(Names::new(["a", "a"].into_iter()).find("a"), Some(0));
        assert_eq!(Names::new(["a"; 40].into_iter()).find("a"), Some(0));
    }

    /// Names of one length that agree in the bytes the hash sees: most must be found by the other way.
    #[test]
    fn names_that_crowd_one_place_are_found_too() {
        let words: Vec<String> = (0..8_000).rev().map(|i| format!("a{i:06}b{i:06}c")).map(|w| w.replace('b', "bb")).collect();
        let names = Names::new(words.iter().map(String::as_str));
        assert!(names.rest.len() > 7_000);
        for (i, word) in words.iter().enumerate() {
            assert_eq!(names.find(word), Some(i));
        }
        assert_eq!(names.find("a000000bb100000c"), None);
    }

    #[test]
    fn very_many_names_find_places_near_their_own() {
        let words: Vec<String> = (0..100_000).map(|i| format!("f{i}")).collect();
        let names = Names::new(words.iter().map(String::as_str));
        assert!(names.rest.len() < 1_000, "{}", names.rest.len());
        for (i, word) in words.iter().enumerate() {
            assert_eq!(names.find(word), Some(i));
        }
        assert_eq!(names.find("f100000"), None);
    }
}
