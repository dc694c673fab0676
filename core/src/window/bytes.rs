//! A window as bytes: versioned, compact, and read without trust.
//!
//! ```text
//! "PLWIN" version:u8 body checksum:u64 little-endian
//! ```
//! The body is whole numbers of seven bits a byte, lowest first, the eighth set when more follow; a signed one is folded (0, −1, 1, …).
//! A list of counts is the number of those that are not 0, then of each the zeros before it and the count. The checksum is FNV-1a of
//! what precedes it: it finds accidents, not intent.

use thiserror::Error;

use super::category::{NAME_LIMIT, NEW_BY_NAME, hash};
use super::latency::BUCKETS;
use super::moments::{DIGITS, Exact};
use super::score::SCORE_BINS;
use super::{Counters, Feature, Latency, Layout, Moments, Scores, Window};

const MAGIC: &[u8] = b"PLWIN";
const VERSION: u8 = 1;

/// Why bytes are not a window of this layout.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// They do not start as a window does.
    #[error("not a window file")]
    NotAWindow,
    /// They were written by a newer version.
    #[error("the window has version {found}; this program reads versions up to {known}")]
    Newer {
        /// Its version.
        found: u8,
        /// The newest known.
        known: u8,
    },
    /// They were changed or cut.
    #[error("the window's checksum does not match: the file was altered or truncated")]
    Checksum,
    /// They were counted by another layout.
    #[error("the window has layout {found:016x}, expected {expected:016x}")]
    Layout {
        /// Its layout.
        found: u64,
        /// The layout expected.
        expected: u64,
    },
    /// They end early, go on too long or hold what no window holds.
    #[error("the window is malformed at byte {at}: {what}")]
    Malformed {
        /// Where.
        at: usize,
        /// What is wrong.
        what: &'static str,
    },
}

impl ReadError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            ReadError::NotAWindow => "WINDOW_NOT_A_WINDOW",
            ReadError::Newer { .. } => "WINDOW_NEWER",
            ReadError::Checksum => "WINDOW_CHECKSUM",
            ReadError::Layout { .. } => "WINDOW_LAYOUT_MISMATCH",
            ReadError::Malformed { .. } => "WINDOW_MALFORMED",
        }
    }
}

impl Window {
    /// The window as bytes; equal windows give equal bytes.
    pub fn write(&self) -> Vec<u8> {
        let mut out = Writer { bytes: [MAGIC, &[VERSION]].concat() };
        out.bytes.extend(self.layout.to_le_bytes());
        match self.span_ms {
            None => out.number(0),
            Some((first, last)) => {
                out.number(1);
                out.signed(first);
                out.signed(last);
            }
        }
        let Counters { requests, failed, leads, scored, checks, up } = self.counters;
        [requests, failed, leads, scored, checks, up].into_iter().for_each(|count| out.number(count));
        out.counts(&self.latency.counts);
        for scores in [&self.scores, &self.explored] {
            [&scores.converted, &scores.not_converted, &scores.open].into_iter().for_each(|side| out.counts(side));
        }
        for feature in &self.features {
            match feature {
                Feature::Number { bins, missing, moments } => {
                    out.number(*missing);
                    out.counts(bins);
                    out.number(moments.count);
                    out.number(moments.beyond);
                    out.exact(&moments.sum);
                    out.exact(&moments.squares);
                }
                Feature::Category { counts, missing } => {
                    out.number(*missing);
                    out.counts(&counts.known);
                    out.number(counts.overflow);
                    out.number(counts.new.len() as u64);
                    for ((_, name), count) in &counts.new {
                        out.text(name);
                        out.number(*count);
                    }
                }
            }
        }
        let sum = checksum(&out.bytes);
        out.bytes.extend(sum.to_le_bytes());
        out.bytes
    }

    /// Reads a window of `layout`. Memory is bounded by the layout, whatever the bytes claim.
    ///
    /// # Errors
    /// The bytes are not a window, of a newer version, changed, of another layout, or malformed at a place that is named.
    pub fn read(bytes: &[u8], layout: &Layout) -> Result<Window, ReadError> {
        let mut reader = Reader::open(bytes, MAGIC, VERSION)?;
        let found = u64::from_le_bytes(reader.take::<8>()?);
        if found != layout.id() {
            return Err(ReadError::Layout { found, expected: layout.id() });
        }
        let mut window = Window::new(layout);
        window.span_ms = match reader.number()? {
            0 => None,
            1 => Some((reader.signed()?, reader.signed()?)).filter(|(first, last)| first <= last),
            _ => return Err(reader.malformed("its span flag is neither 0 nor 1")),
        };
        window.counters = Counters {
            requests: reader.number()?,
            failed: reader.number()?,
            leads: reader.number()?,
            scored: reader.number()?,
            checks: reader.number()?,
            up: reader.number()?,
        };
        let Latency { counts } = &mut window.latency;
        reader.side(counts, BUCKETS)?;
        for Scores { converted, not_converted, open } in [&mut window.scores, &mut window.explored] {
            reader.side(converted, SCORE_BINS)?;
            reader.side(not_converted, SCORE_BINS)?;
            reader.side(open, SCORE_BINS)?;
        }
        for feature in &mut window.features {
            reader.feature(feature)?;
        }
        if reader.at == reader.bytes.len() { Ok(window) } else { Err(reader.malformed("unexpected data after its end")) }
    }
}

pub(super) fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

pub(super) struct Writer {
    pub bytes: Vec<u8>,
}

impl Writer {
    pub fn number(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.bytes.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.bytes.push(n as u8);
    }

    pub fn signed(&mut self, n: i64) {
        self.number((n << 1 ^ n >> 63) as u64);
    }

    fn counts(&mut self, counts: &[u64]) {
        self.number(counts.iter().filter(|count| **count > 0).count() as u64);
        let mut zeros = 0;
        for count in counts {
            if *count == 0 {
                zeros += 1;
            } else {
                self.number(zeros);
                self.number(*count);
                zeros = 0;
            }
        }
    }

    pub fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes.extend(text.as_bytes());
    }

    /// The digits from the first to the last that is not 0: how many lie before, how many there are, each.
    fn exact(&mut self, sum: &Exact) {
        let mut sum = sum.clone();
        sum.carry();
        let first = sum.digits.iter().position(|digit| *digit != 0).unwrap_or(0);
        let last = sum.digits.iter().rposition(|digit| *digit != 0).map_or(first, |last| last + 1);
        self.number(first as u64);
        self.number((last - first) as u64);
        sum.digits.get(first..last).unwrap_or_default().iter().for_each(|digit| self.signed(*digit));
    }
}

pub(super) struct Reader<'b> {
    pub bytes: &'b [u8],
    pub at: usize,
}

impl<'b> Reader<'b> {
    /// Stands behind `magic` and the version, once both and the checksum at the end are as they should be.
    pub fn open(bytes: &'b [u8], magic: &[u8], version: u8) -> Result<Reader<'b>, ReadError> {
        let rest = bytes.strip_prefix(magic).ok_or(ReadError::NotAWindow)?;
        let found = *rest.first().ok_or(ReadError::Checksum)?;
        if found != version {
            return Err(ReadError::Newer { found, known: version });
        }
        let (body, sum) = bytes.split_last_chunk::<8>().ok_or(ReadError::Checksum)?;
        if u64::from_le_bytes(*sum) != checksum(body) {
            return Err(ReadError::Checksum);
        }
        Ok(Reader { bytes: body, at: magic.len() + 1 })
    }

    pub fn malformed(&self, what: &'static str) -> ReadError {
        ReadError::Malformed { at: self.at, what }
    }

    pub fn take<const N: usize>(&mut self) -> Result<[u8; N], ReadError> {
        let chunk = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<N>());
        let chunk = *chunk.ok_or(self.malformed("unexpected end"))?;
        self.at += N;
        Ok(chunk)
    }

    pub fn number(&mut self) -> Result<u64, ReadError> {
        let mut n = 0u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.take::<1>()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(self.malformed("a number exceeds 64 bits"));
            }
            n |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(n);
            }
        }
        Err(self.malformed("a number exceeds 64 bits"))
    }

    pub fn signed(&mut self) -> Result<i64, ReadError> {
        let n = self.number()?;
        Ok((n >> 1) as i64 ^ -((n & 1) as i64))
    }

    pub fn text(&mut self) -> Result<String, ReadError> {
        let length = self.number()?;
        let text = (length <= NAME_LIMIT).then(|| self.at..self.at + length as usize);
        let text = text.and_then(|range| self.bytes.get(range)).and_then(|text| std::str::from_utf8(text).ok());
        let text = text.ok_or(self.malformed("a name is truncated, too long or not valid UTF-8"))?.to_owned();
        self.at += text.len();
        Ok(text)
    }

    fn counts(&mut self, counts: &mut [u64]) -> Result<(), ReadError> {
        let filled = self.number()?;
        if filled > counts.len() as u64 {
            return Err(self.malformed("more non-zero counts than places"));
        }
        let mut place = 0u64;
        for _ in 0..filled {
            place = place.saturating_add(self.number()?);
            let count = self.number()?;
            let slot = usize::try_from(place).ok().and_then(|place| counts.get_mut(place));
            match slot {
                Some(slot) if count > 0 => *slot = count,
                _ => return Err(self.malformed("a count is 0 or lies after the last place")),
            }
            place = place.saturating_add(1);
        }
        Ok(())
    }

    /// Counts of a side that has its `places` only when something was counted.
    fn side(&mut self, side: &mut Vec<u64>, places: usize) -> Result<(), ReadError> {
        if self.bytes.get(self.at) == Some(&0) {
            self.at += 1;
            return Ok(());
        }
        side.resize(places, 0);
        self.counts(side)
    }

    fn exact(&mut self) -> Result<Exact, ReadError> {
        let (first, count) = (self.number()?, self.number()?);
        if first.saturating_add(count) > DIGITS as u64 {
            return Err(self.malformed("a sum has too many digits"));
        }
        let mut sum = Exact::default();
        for place in first..first + count {
            let digit = self.signed()?;
            let last = place as usize == DIGITS - 1;
            if !last && !(0..1 << 32).contains(&digit) || last && digit.unsigned_abs() > 1 << 40 {
                return Err(self.malformed("a digit of a sum is out of range"));
            }
            if let Some(slot) = sum.digits.get_mut(place as usize) {
                *slot = digit;
            }
        }
        // Learns which digits are filled.
        sum.carry();
        Ok(sum)
    }

    fn feature(&mut self, feature: &mut Feature) -> Result<(), ReadError> {
        match feature {
            Feature::Number { bins, missing, moments } => {
                *missing = self.number()?;
                self.counts(bins)?;
                *moments = Moments { count: self.number()?, beyond: self.number()?, sum: self.exact()?, squares: self.exact()? };
            }
            Feature::Category { counts, missing } => {
                *missing = self.number()?;
                self.counts(&mut counts.known)?;
                counts.overflow = self.number()?;
                let named = self.number()?;
                if named > NEW_BY_NAME as u64 {
                    return Err(self.malformed("too many new categories are named"));
                }
                for _ in 0..named {
                    let name = self.text()?;
                    let count = self.number()?;
                    if counts.new.insert((hash(&name), name), count).is_some() {
                        return Err(self.malformed("a category appears twice"));
                    }
                }
            }
        }
        Ok(())
    }
}
