//! Sums of gradients by bin: what splits are chosen from.
#![expect(clippy::indexing_slicing, reason = "a bin is a u8 into 256 cells, a lane is below the width of a tile")]

use super::bin::{Tile, WIDE};

/// For each tile and each of its columns the packed sum of every bin.
pub(super) type Histogram = Vec<[[i64; 256]; WIDE]>;

/// Histograms that are no longer used, to be filled again.
#[derive(Debug, Default)]
pub(super) struct Pool {
    spare: Vec<Histogram>,
    gathered: Vec<i64>,
}

impl Pool {
    /// The sums of `rows` in the tiles that hold a column in `used`; other tiles keep what was there.
    pub fn fill(&mut self, tiles: &[Tile], packed: &[i64], rows: &[u32], used: &[bool]) -> Histogram {
        let mut histogram = self.spare.pop().unwrap_or_else(|| vec![[[0; 256]; WIDE]; tiles.len()]);
        let is_whole = rows.len() == packed.len();
        if !is_whole {
            self.gathered.clear();
            self.gathered.extend(rows.iter().map(|row| packed[*row as usize]));
        }
        let needed = tiles.iter().zip(&mut histogram).zip(used.chunks(WIDE)).filter(|(_, used)| used.contains(&true));
        for ((tile, sums), _) in needed {
            sums.as_flattened_mut().fill(0);
            if is_whole {
                // Every row, so their order does not matter: the one of the table is the quickest to read.
                for (bins, packed) in tile.iter().zip(packed) {
                    add(sums, *bins, *packed);
                }
            } else {
                for (row, packed) in rows.iter().zip(&self.gathered) {
                    add(sums, tile[*row as usize], *packed);
                }
            }
        }
        histogram
    }

    /// Returns a histogram to the pool, to be filled again.
    pub fn give(&mut self, histogram: Histogram) {
        if !histogram.is_empty() {
            self.spare.push(histogram);
        }
    }
}

#[inline(always)]
fn add(sums: &mut [[i64; 256]; WIDE], bins: [u8; WIDE], packed: i64) {
    for (lane, bin) in bins.into_iter().enumerate() {
        sums[lane][usize::from(bin)] += packed;
    }
}

/// Takes `part` off `whole`: the sums of the other child.
pub(super) fn subtract(whole: &mut Histogram, part: &Histogram) {
    let cells = whole.as_flattened_mut().as_flattened_mut().iter_mut().zip(part.as_flattened().as_flattened());
    for (whole, part) in cells {
        *whole -= part;
    }
}
