//! Ranks of cuts among their column's, looked up by column and cut: open addressing, because a search in a sorted list takes four
//! times as long, and of all that is done before a model's first score this was the largest part.
//!
//! Tested through the engine's property tests.

/// So many places are tried for a cut. Of honest cuts none needs as many; a file made to crowd one place is not compiled.
const REACH: usize = 32;
/// Most places, far more than the distinct questions that an engine takes.
const MOST: usize = 1 << 20;

/// The distinct cuts of all columns.
#[derive(Debug, Default)]
pub(super) struct Ranks {
    /// A power of two of them, at least twice as many as are used; or none.
    places: Vec<Place>,
    used: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Place {
    key: i64,
    column: u32,
    /// Rank + 1, or 0 when the place is free.
    rank: u32,
}

impl Ranks {
    /// Notes a cut; whether it is new. `None` when there is no room for it.
    pub(super) fn insert(&mut self, column: u32, key: i64) -> Option<bool> {
        loop {
            let at = self.place(column, key).filter(|_| self.used * 2 < self.places.len());
            if let Some(place) = at.and_then(|at| self.places.get_mut(at)) {
                let is_new = place.rank == 0;
                if is_new {
                    *place = Place { key, column, rank: 1 };
                    self.used += 1;
                }
                return Some(is_new);
            }
            self.grow()?;
        }
    }

    /// Gives a cut that was noted its rank.
    pub(super) fn set(&mut self, column: u32, key: i64, rank: usize) {
        if let Some(place) = self.place(column, key).and_then(|at| self.places.get_mut(at)) {
            place.rank = rank as u32 + 1;
        }
    }

    /// The rank of a cut.
    pub(super) fn find(&self, column: u32, key: i64) -> Option<usize> {
        let place = self.places.get(self.place(column, key)?)?;
        (place.rank as usize).checked_sub(1)
    }

    /// Where a cut stands, or the free place where it would.
    fn place(&self, column: u32, key: i64) -> Option<usize> {
        let mask = self.places.len().checked_sub(1)?;
        let mut at = hash(column, key) as usize;
        for _ in 0..REACH {
            at &= mask;
            let place = self.places.get(at)?;
            if place.rank == 0 || (place.key == key && place.column == column) {
                return Some(at);
            }
            at += 1;
        }
        None
    }

    fn grow(&mut self) -> Option<()> {
        let room = (self.places.len() * 2).max(1 << 12);
        if room > MOST {
            return None;
        }
        let places = std::mem::replace(&mut self.places, vec![Place::default(); room]);
        for place in places.into_iter().filter(|place| place.rank > 0) {
            let at = self.place(place.column, place.key)?;
            *self.places.get_mut(at)? = place;
        }
        Some(())
    }
}

/// In 32 bits, which plain JavaScript multiplies at once.
fn hash(column: u32, key: i64) -> u32 {
    let (high, low) = ((key >> 32) as u32, key as u32);
    let mixed = high.wrapping_mul(0x9E37_79B1) ^ low.wrapping_mul(0x85EB_CA77) ^ column.wrapping_mul(0xC2B2_AE3D);
    (mixed ^ mixed >> 15).wrapping_mul(0x27D4_EB2F) >> 8
}
