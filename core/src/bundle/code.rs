//! Bytes of uneven frequency in as many bits as they tell: an entropy coder (rANS) with a table of frequencies per run of bytes.
//!
//! One table costs half a byte per symbol, so a run may be short. Every run of a file goes through one stream in order, and a
//! stream that does not end where it should, in the state it began with, is refused. Decoding is a look-up and a multiplication
//! per byte: static tables, because adaptive ones took longer than all the rest of reading a bundle.
//!
//! # Source
//! Duda, Asymmetric numeral systems, 2013 (arXiv:1311.2540), section 2.3, with 32 bits of state and words of 16.

use super::BundleError;
use super::container::malformed;
use super::plane::Numbers;

/// Frequencies of one table add up to this.
const TOTAL: u32 = 1 << 12;
/// A state below this takes in a word.
const LEAST: u32 = 1 << 16;

/// The weight that half a byte stands for: 0, 1, 2, 3, 4, 6, 8, 12 … 192, two steps an octave.
fn weight(nibble: u8) -> u32 {
    match nibble {
        0 | 1 => nibble.into(),
        n => (2 + u32::from(n & 1)) << (n / 2 - 1),
    }
}

/// Where the slots of each symbol begin and end, of those that `nibbles` name; `None` when their weights add up to nothing or too much.
fn slots(nibbles: &[u8]) -> Option<impl Iterator<Item = [u32; 2]>> {
    let total: u32 = nibbles.iter().map(|nibble| weight(*nibble)).sum();
    let mut sum = 0;
    (1..=TOTAL).contains(&total).then_some(nibbles.iter().map(move |nibble| {
        let start = sum * TOTAL / total;
        sum += weight(*nibble);
        [start, sum * TOTAL / total]
    }))
}

/// Reads the runs of a file in the order they were written. A fault shows at the end: until then bytes are zeros.
pub(super) struct Decoder<'a> {
    tables: &'a [u8],
    /// Half bytes of `tables` that were read.
    read: usize,
    words: std::slice::Iter<'a, [u8; 2]>,
    state: u32,
    sound: bool,
    /// Per slot its symbol, frequency less one, and place within the symbol's slots: 8, 12 and 12 bits.
    slots: [u32; TOTAL as usize],
}

impl<'a> Decoder<'a> {
    /// Of the tensors `code.table` and `code.words`.
    pub fn of(numbers: &mut Numbers<'_, 'a>) -> Decoder<'a> {
        let tables = numbers.bytes("code.table");
        let (words, odd) = numbers.bytes("code.words").as_chunks::<2>();
        let mut decoder =
            Decoder { tables, read: 0, words: words.iter(), state: 0, sound: odd.is_empty(), slots: [0; TOTAL as usize] };
        decoder.state = decoder.word() << 16 | decoder.word();
        decoder
    }

    fn word(&mut self) -> u32 {
        let word = self.words.next();
        self.sound &= word.is_some();
        word.map_or(0, |word| u16::from_le_bytes(*word).into())
    }

    fn nibble(&mut self) -> u8 {
        let byte = self.tables.get(self.read / 2);
        self.sound &= byte.is_some();
        let nibble = byte.map_or(0, |byte| byte >> (4 * (self.read % 2)) & 15);
        self.read += 1;
        nibble
    }

    /// Fills `run`, which the caller has sized by something the file holds in full.
    pub fn run(&mut self, run: &mut [u8]) {
        if run.is_empty() {
            return;
        }
        let last = self.nibble() | self.nibble() << 4;
        let nibbles: Vec<u8> = (0..=last).map(|_| self.nibble()).collect();
        let Some(bounds) = slots(&nibbles) else {
            self.sound = false;
            return;
        };
        let mut slots = self.slots.iter_mut();
        for (symbol, [start, end]) in bounds.enumerate() {
            for place in 0..end - start {
                if let Some(slot) = slots.next() {
                    *slot = symbol as u32 | (end - start - 1) << 8 | place << 20;
                }
            }
        }
        for byte in run {
            let slot = self.slots.get((self.state % TOTAL) as usize).copied().unwrap_or_default();
            *byte = slot as u8;
            // At most TOTAL · (2^20 − 1) + TOTAL − 1, which are 32 bits.
            self.state = ((slot >> 8) % TOTAL + 1) * (self.state / TOTAL) + (slot >> 20);
            if self.state < LEAST {
                self.state = self.state << 16 | self.word();
            }
        }
    }

    /// Whether everything was there and everything was used.
    pub fn finish(mut self) -> Result<(), BundleError> {
        let used = self.words.next().is_none() && self.state == LEAST && self.read.div_ceil(2) == self.tables.len();
        if self.sound && used { Ok(()) } else { Err(malformed("its encoded numbers end at the wrong place")) }
    }
}

/// Collects runs and codes them.
#[derive(Debug, Default)]
pub(super) struct Encoder {
    nibbles: Vec<u8>,
    /// Per byte where its symbol's slots begin and end.
    bounds: Vec<[u32; 2]>,
}

impl Encoder {
    /// Adds a run.
    pub fn run(&mut self, run: &[u8]) {
        let Some(last) = run.iter().max() else { return };
        let mut counts = vec![0u64; usize::from(*last) + 1];
        for byte in run {
            if let Some(count) = counts.get_mut(usize::from(*byte)) {
                *count += 1;
            }
        }
        let nibbles = table(&counts);
        let bounds: Vec<[u32; 2]> = slots(&nibbles).map(Iterator::collect).unwrap_or_default();
        self.nibbles.extend([last & 15, last >> 4]);
        self.nibbles.extend(nibbles);
        self.bounds.extend(run.iter().filter_map(|byte| bounds.get(usize::from(*byte))));
    }

    /// The tensors `code.table` and `code.words`.
    pub fn finish(self) -> [Vec<u8>; 2] {
        let mut words = Vec::new();
        let mut state = u64::from(LEAST);
        for [start, end] in self.bounds.iter().rev().map(|bounds| bounds.map(u64::from)) {
            let frequency = end - start;
            // What the state becomes must fit 32 bits.
            if state >> 20 >= frequency {
                words.push(state as u16);
                state >>= 16;
            }
            state = state / frequency * u64::from(TOTAL) + state % frequency + start;
        }
        words.extend([state as u16, (state >> 16) as u16]);
        let tables = self.nibbles.chunks(2).map(|pair| pair.iter().rev().fold(0, |byte, nibble| byte << 4 | nibble));
        [tables.collect(), words.into_iter().rev().flat_map(u16::to_le_bytes).collect()]
    }
}

/// The weights for symbols that occur `counts` times: of eight scalings the one that codes them in the fewest bits.
fn table(counts: &[u64]) -> Vec<u8> {
    let largest = counts.iter().copied().max().unwrap_or(1).max(1) as f64;
    let scaled = |top: f64| -> Vec<u8> {
        let nearest = |count: u64| match count as f64 / largest * top {
            _ if count == 0 => 0,
            wanted => (1..16u8).rfind(|n| *n == 1 || f64::from(weight(*n - 1) + weight(*n)) / 2.0 <= wanted).unwrap_or(1),
        };
        counts.iter().map(|count| nearest(*count)).collect()
    };
    let cost = |nibbles: &[u8]| {
        let bounds = slots(nibbles)?;
        Some(
            counts
                .iter()
                .zip(bounds)
                .filter(|(n, _)| **n > 0)
                .map(|(n, [start, end])| -(*n as f64) * crate::math::ln(f64::from(end - start)))
                .sum::<f64>(),
        )
    };
    let tops = (0..32).map(|step| 192.0 / (1.0 + f64::from(step % 8) / 8.0) / f64::from(1 << (step / 8 * 2)));
    let priced = tops.map(scaled).filter_map(|nibbles| Some((cost(&nibbles)?, nibbles)));
    priced.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, nibbles)| nibbles).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn decoder<'a>(tables: &'a [u8], words: &'a [u8]) -> Decoder<'a> {
        let words = words.as_chunks::<2>().0.iter();
        let mut decoder = Decoder { tables, read: 0, words, state: 0, sound: true, slots: [0; TOTAL as usize] };
        decoder.state = decoder.word() << 16 | decoder.word();
        decoder
    }

    #[test]
    fn what_is_coded_is_decoded() {
        let mut random = Random::new(7);
        let mut draw = |below: u64| random.bits() % below;
        let runs: Vec<Vec<u8>> = (0..300)
            .map(|_| {
                let (length, symbols, skew) = (draw(2000), 1 + draw(256), draw(4));
                (0..length).map(|_| (0..=skew).map(|_| draw(symbols)).min().unwrap_or(0) as u8).collect()
            })
            .collect();
        let mut encoder = Encoder::default();
        runs.iter().for_each(|run| encoder.run(run));
        let [tables, words] = encoder.finish();
        let mut read = decoder(&tables, &words);
        for run in &runs {
            let mut found = vec![0; run.len()];
            read.run(&mut found);
            assert_eq!(found, *run);
        }
        read.finish().unwrap();
        // One word less, one more, one turned.
        let lengths = |read: &mut Decoder<'_>| runs.iter().for_each(|run| read.run(&mut vec![0; run.len()]));
        let mut turned = words.clone();
        turned[words.len() / 2] ^= 1;
        for words in [&words[2..], &words[..words.len() - 2], &[words.as_slice(), &[0; 2]].concat(), &turned] {
            let mut read = decoder(&tables, words);
            lengths(&mut read);
            assert!(read.finish().is_err());
        }
    }

    #[test]
    fn a_run_costs_what_it_tells() {
        // One symbol in 16 differs: 0.337 bits each.
        let run: Vec<u8> = (0..16_000u32).map(|i| u8::from(i.wrapping_mul(2_654_435_761) >> 28 == 0)).collect();
        let mut encoder = Encoder::default();
        encoder.run(&run);
        let [tables, words] = encoder.finish();
        assert_eq!(tables.len(), 2);
        assert!((640..700).contains(&words.len()), "{}", words.len());
    }

    #[test]
    fn hostile_tables_are_refused() {
        for tables in [&[][..], &[255, 255], &[0, 0], &[1], &[255; 200]] {
            let mut read = decoder(tables, &[0; 8]);
            read.run(&mut [0; 100]);
            assert!(read.finish().is_err(), "{tables:?}");
        }
    }
}
