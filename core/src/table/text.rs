//! The texts of a batch: equal ones are kept once as long as they repeat, so that what is asked of them is asked once.
//!
//! A row holds the number of an entry; entries may be equal, because the search for equal ones is given up where it finds too few.

/// The entry of a row whose text is missing.
const MISSING: u32 = u32::MAX;
const EMPTY: u32 = u32::MAX;
/// Places of the table in which equal texts are found, and the entries it may hold.
const SLOTS: usize = 1 << 13;
const MOST: usize = SLOTS / 2;
/// Entries from which on rows have to repeat them.
const TRIAL: usize = 1024;
/// Steps from its place at which a text counts as new: no input can make the search slow.
const FAR: usize = 8;

/// Some rows of a column of texts.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    bytes: String,
    ends: Vec<usize>,
    rows: Vec<u32>,
    slots: Vec<u32>,
    /// Whether equal texts are no longer looked for.
    given_up: bool,
}

impl Texts {
    /// Appends a row.
    #[inline]
    pub fn push(&mut self, text: Option<&str>) {
        let entry = match text {
            None => MISSING,
            Some(text) if self.given_up => self.append(text),
            Some(text) => self.find(text),
        };
        self.rows.push(entry);
    }

    fn append(&mut self, text: &str) -> u32 {
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len());
        (self.ends.len() - 1) as u32
    }

    fn find(&mut self, text: &str) -> u32 {
        let entries = self.ends.len();
        if entries >= MOST || entries >= TRIAL && entries * 2 > self.rows.len() {
            self.given_up = true;
            self.slots = Vec::new();
            return self.append(text);
        }
        self.slots.resize(SLOTS, EMPTY);
        let start = hash_text(0, text) as usize;
        for step in 0..FAR {
            let at = (start + step) % SLOTS;
            match self.slots.get(at).copied() {
                None | Some(EMPTY) => {
                    let entry = self.append(text);
                    if let Some(slot) = self.slots.get_mut(at) {
                        *slot = entry;
                    }
                    return entry;
                }
                Some(entry) if self.entry(entry) == Some(text) => return entry,
                Some(_) => {}
            }
        }
        self.append(text)
    }

    /// Forgets the rows, keeps the memory and whether equal texts are looked for.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.rows.clear();
        self.slots.clear();
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The number of entries.
    pub fn entries(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of text held.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The entry of each row; that of a missing one has no text.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// The text of an entry.
    #[inline]
    pub fn entry(&self, entry: u32) -> Option<&str> {
        let end = self.ends.get(entry as usize)?;
        let start = (entry as usize).checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.bytes.get(start..*end)
    }

    /// The text of each entry.
    pub(crate) fn each_entry(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| self.bytes.get(start..*end).unwrap_or_default())
    }

    /// The text of a row.
    pub fn row(&self, row: usize) -> Option<&str> {
        self.entry(*self.rows.get(row)?)
    }
}

/// The hash of a text, eight bytes at a time.
#[inline]
pub(crate) fn hash_text(seed: u64, text: &str) -> u64 {
    let mut hash = mix(seed, text.len() as u64);
    let mut chunks = text.as_bytes().chunks_exact(8);
    for chunk in &mut chunks {
        hash = mix(hash, chunk.try_into().map_or(0, u64::from_le_bytes));
    }
    let rest = chunks.remainder();
    let rest = match (rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
        // They overlap; the length is in the hash already.
        (Some(first), Some(last)) => u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32,
        _ if rest.is_empty() => return hash,
        _ => rest.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
    };
    mix(hash, rest)
}

/// One step of it.
#[inline]
pub(crate) fn mix(hash: u64, word: u64) -> u64 {
    let product = u128::from(hash ^ word ^ 0xa076_1d64_78bd_642f) * u128::from(word.rotate_left(32) ^ 0xe703_7ed1_a0b4_28db);
    (product as u64) ^ (product >> 64) as u64 ^ hash.rotate_left(23)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_whether_or_not_they_repeat() {
        for distinct in [1usize, 3, 300, 5_000, 40_000] {
            let mut texts = Texts::default();
            for pass in 0..2 {
                let row = |i: usize| (!i.is_multiple_of(11)).then(|| format!("text {}", i % distinct));
                (0..20_000).for_each(|i| texts.push(row(i).as_deref()));
                assert_eq!(texts.len(), 20_000);
                assert!((0..20_000).all(|i| texts.row(i).map(str::to_owned) == row(i)), "{distinct}, pass {pass}");
                assert_eq!(texts.entries() == distinct, distinct <= 300, "{distinct}: {}", texts.entries());
                texts.clear();
            }
        }
    }
}
