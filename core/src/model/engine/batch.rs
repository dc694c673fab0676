//! Many rows: by words, each the bits of 64 rows or of 256; see [`sift`](super::sift) for the idea.
//!
//! Tested through the engine's property tests.

use std::ops::AddAssign;

use super::forest::{Forest, Layout, Leaves, NUMBERS};
use super::scratch::Scratch;
use super::sift::{BITS, BITS_OF_WORD, Numbers, Word};
use super::wide::Work;

/// Fewer rows than this are walked one by one.
const FEW: usize = 12;
/// Rows taken together where registers are wide.
const MANY: usize = 4 * BITS_OF_WORD;

/// At most 64·`W` rows to be scored together.
struct Batch<'a, const W: usize> {
    forest: &'a Forest,
    rows: &'a [f64],
    width: usize,
    words: &'a mut Vec<u64>,
    out: &'a mut [f64],
}

impl<const W: usize> Work for Batch<'_, W> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let words = self.forest.questions.answer_rows::<W>(self.rows, self.width, self.words);
        match &self.forest.leaves {
            Leaves::F32(leaves) if W == 1 => self.forest.add_rows_apart(words, leaves, |base| base as f32, f64::from, self.out),
            Leaves::F64(leaves) if W == 1 => self.forest.add_rows_apart(words, leaves, |base| base, |sum| sum, self.out),
            Leaves::F32(leaves) => self.forest.add_rows(words, leaves, |base| base as f32, f64::from, self.out),
            Leaves::F64(leaves) => self.forest.add_rows(words, leaves, |base| base, |sum| sum, self.out),
            Leaves::Linear { .. } => {}
        }
    }
}

/// A sum of each row, in the order of [`Numbers`].
type Sums<T, const W: usize> = [[[T; 8]; W]; BITS];

impl Forest {
    /// Writes the margins of `rows`, each of `width` values.
    pub(super) fn margins_batch(&self, rows: &[f64], width: usize, scratch: &mut Scratch, out: &mut [f64]) {
        let takes_rows = match (&self.leaves, &self.layout) {
            // Linear leaves look at the row.
            (Leaves::Linear { .. }, _) => false,
            (_, Layout::Blocks(blocks)) => blocks.takes_rows(),
            _ => true,
        };
        let outputs = self.base.len().max(1);
        for (rows, out) in rows.chunks(MANY * width).zip(out.chunks_mut(MANY * outputs)) {
            let words = &mut scratch.words;
            match self.wide {
                Some(wide) if takes_rows && rows.len() > MANY / 2 * width => {
                    wide.run(Batch::<{ MANY / BITS_OF_WORD }> { forest: self, rows, width, words, out });
                }
                _ => self.margins_of_few(rows, width, takes_rows && self.quick_scorer.is_none(), scratch, out),
            }
        }
    }

    /// The margins of at most [`MANY`] rows, by words unless a row by itself is as quick.
    fn margins_of_few(&self, rows: &[f64], width: usize, by_words: bool, scratch: &mut Scratch, out: &mut [f64]) {
        let outputs = self.base.len().max(1);
        for (rows, out) in rows.chunks(BITS_OF_WORD * width).zip(out.chunks_mut(BITS_OF_WORD * outputs)) {
            if by_words && rows.len() >= FEW * width {
                Batch::<1> { forest: self, rows, width, words: &mut scratch.words, out }.run();
                continue;
            }
            for (row, out) in rows.chunks(width).zip(out.chunks_mut(outputs)) {
                self.margins(row, scratch.answers(), out);
            }
        }
    }

    /// [`add_rows`](Self::add_rows) as a function of its own: engines of JavaScript do not optimise large ones.
    #[inline(never)]
    fn add_rows_apart<const W: usize, T: Copy + Default + AddAssign>(
        &self,
        words: &[Word<W>],
        leaves: &[T],
        narrow: impl Fn(f64) -> T,
        widen: impl Fn(T) -> f64,
        out: &mut [f64],
    ) {
        self.add_rows(words, leaves, narrow, widen, out);
    }

    #[inline(always)]
    fn add_rows<const W: usize, T: Copy + Default + AddAssign>(
        &self,
        words: &[Word<W>],
        leaves: &[T],
        narrow: impl Fn(f64) -> T,
        widen: impl Fn(T) -> f64,
        out: &mut [f64],
    ) {
        let mut sums: Vec<Sums<T, W>> = self.base.iter().map(|base| [[[narrow(*base); 8]; W]; BITS]).collect();
        // Two closures, each called from one place, so that both are compiled into their walks.
        match &self.layout {
            Layout::Complete(trees) => {
                trees.walk_rows(words, |tree, first, numbers| self.add_leaves(tree, leaves.get(first..), numbers, &mut sums))
            }
            Layout::Blocks(blocks) => {
                blocks.walk_rows(words, |tree, first, numbers| self.add_leaves(tree, leaves.get(first..), numbers, &mut sums))
            }
        }
        for (r, out) in out.chunks_mut(self.base.len().max(1)).enumerate() {
            for (out, sums) in out.iter_mut().zip(&sums) {
                let [w, g, j] = [r / BITS_OF_WORD, r / 8 % 8, r % 8];
                let sum = sums.get(j).and_then(|part| part.get(w)).and_then(|word| word.get(g));
                *out = sum.map_or(f64::NAN, |sum| widen(*sum));
            }
        }
    }

    /// Adds the leaf of each row to the sum of `tree`'s output.
    #[inline(always)]
    fn add_leaves<const W: usize, T: Copy + Default + AddAssign>(
        &self,
        tree: usize,
        leaves: Option<&[T]>,
        numbers: &Numbers<W>,
        sums: &mut [Sums<T, W>],
    ) {
        let output = self.outputs.get(tree).map_or(0, |output| *output as usize);
        let leaves = leaves.and_then(<[T]>::first_chunk::<NUMBERS>);
        let (Some(sums), Some(leaves)) = (sums.get_mut(output), leaves) else { return };
        for (sums, numbers) in sums.as_flattened_mut().iter_mut().zip(numbers.as_flattened()) {
            for (sum, number) in sums.iter_mut().zip(numbers.to_le_bytes()) {
                *sum += leaves.get(usize::from(number)).copied().unwrap_or_default();
            }
        }
    }
}
