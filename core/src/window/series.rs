//! Hourly windows with the layout they were counted by, in one file: what is kept for weeks and merged from any number of hosts.
//!
//! ```text
//! "PLHRS" version:u8 layout hours checksum:u64 little-endian
//! ```
//! Numbers and texts are written as in a window. The layout is the number of features; of each 0 or 1 (number or category), its name and
//! its edges (eight bytes each) or categories. The hours are their number; of each, rising, the hour since 1970 less the one before,
//! the length of its window, and the window. A series put together from several files has version 2 and then the checksums of those files,
//! their number first: a file is merged once.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::bytes::{Reader, Writer, checksum};
use super::{FeatureLayout, Layout, LayoutMismatch, ReadError, Window};
use crate::histogram::Bins;

const MAGIC: &[u8] = b"PLHRS";
const VERSION: u8 = 1;
/// With the checksums of the files it was put together from.
const MERGED: u8 = 2;
/// Files a series can be put together from.
const FILES: usize = 1_000_000;
/// An hour in milliseconds.
pub const HOUR_MS: i64 = 3_600_000;
/// The most memory all windows together may take, in cells of eight bytes: a small file must not become a large heap.
const CELLS: usize = 1 << 27;
/// Categories and edges of one feature that are read.
const PARTS: u64 = 100_000;

/// Hourly windows of one layout. Equal where layout and hours are.
#[derive(Debug, Clone, Default)]
pub struct Series {
    layout: Layout,
    hours: BTreeMap<i64, Window>,
    /// Checksums of the files it was read from.
    files: BTreeSet<u64>,
}

impl PartialEq for Series {
    fn eq(&self, other: &Series) -> bool {
        self.layout == other.layout && self.hours == other.hours
    }
}

/// Why windows cannot be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SeriesError {
    /// They were counted by different layouts.
    #[error("{0}")]
    Layout(#[from] LayoutMismatch),
    /// A file that is part of both.
    #[error("it was merged before; merging it again would count its hours twice")]
    MergedBefore,
    /// More files than are remembered.
    #[error("more than {FILES} files in one; merge them into several")]
    TooManyFiles,
    /// More hours than memory is meant for.
    #[error("more than {most} hours of this layout at once; split the time range")]
    TooManyHours {
        /// The most hours of this layout.
        most: usize,
    },
}

impl SeriesError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            SeriesError::Layout(e) => e.code(),
            SeriesError::MergedBefore => "WINDOW_MERGED_BEFORE",
            SeriesError::TooManyFiles => "WINDOW_TOO_MANY_FILES",
            SeriesError::TooManyHours { .. } => "WINDOW_TOO_MANY_HOURS",
        }
    }
}

impl Series {
    /// No hours yet.
    pub fn new(layout: Layout) -> Series {
        Series { layout, hours: BTreeMap::new(), files: BTreeSet::new() }
    }

    /// What the windows are counted by.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The hours something was counted in, each with its first millisecond, rising.
    pub fn hours(&self) -> impl Iterator<Item = (i64, &Window)> {
        self.hours.iter().map(|(hour, window)| (hour.saturating_mul(HOUR_MS), window))
    }

    /// Has `count` count what happened at `at_ms` in the window of its hour.
    ///
    /// # Errors
    /// More hours than memory is meant for.
    pub fn count(&mut self, at_ms: i64, count: impl FnOnce(&Layout, &mut Window)) -> Result<(), SeriesError> {
        let hour = at_ms.div_euclid(HOUR_MS);
        self.room(usize::from(!self.hours.contains_key(&hour)))?;
        let window = self.hours.entry(hour).or_insert_with(|| Window::new(&self.layout));
        window.at(at_ms);
        count(&self.layout, window);
        Ok(())
    }

    /// Adds the hours of `other`: in any order and grouping the result is the same, to the bit. What was read from a file is added once;
    /// what was counted in memory is added as often as it is given.
    ///
    /// # Errors
    /// Another layout, a file that is part of both, or more hours than memory is meant for; nothing is changed then.
    ///
    /// # Example
    /// ```
    /// use plumbline_core::window::{HOUR_MS, Layout, Series};
    /// let (mut all, mut host) = (Series::new(Layout::default()), Series::new(Layout::default()));
    /// host.count(3 * HOUR_MS + 5, |_, hour| hour.scores.add(0.7, Some(true)))?;
    /// all.merge(&host)?;
    /// all.merge(&host)?;
    /// assert_eq!(all.total().scores.counts(), [2, 0, 0]);
    /// assert_eq!(Series::read(&all.write())?, all);
    /// let mut once = Series::read(&all.write())?;
    /// assert!(once.merge(&Series::read(&all.write())?).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn merge(&mut self, other: &Series) -> Result<(), SeriesError> {
        if self.layout != other.layout {
            return Err(LayoutMismatch { this: self.layout.id(), other: other.layout.id() }.into());
        }
        if !self.files.is_disjoint(&other.files) {
            return Err(SeriesError::MergedBefore);
        }
        if self.files.len() + other.files.len() > FILES {
            return Err(SeriesError::TooManyFiles);
        }
        self.room(other.hours.keys().filter(|hour| !self.hours.contains_key(hour)).count())?;
        self.files.extend(&other.files);
        for (hour, window) in &other.hours {
            match self.hours.get_mut(hour) {
                Some(mine) => mine.merge(window)?,
                None => {
                    self.hours.insert(*hour, window.clone());
                }
            }
        }
        Ok(())
    }

    /// Keeps the hours that begin at `from_ms` or later and before `to_ms`.
    pub fn keep(&mut self, from_ms: i64, to_ms: i64) {
        self.hours.retain(|hour, _| (from_ms..to_ms).contains(&hour.saturating_mul(HOUR_MS)));
    }

    /// All hours in one window.
    pub fn total(&self) -> Window {
        let mut all = Window::new(&self.layout);
        for window in self.hours.values() {
            let merged = all.merge(window);
            debug_assert!(merged.is_ok(), "all hours share one layout");
        }
        all
    }

    fn room(&self, more: usize) -> Result<(), SeriesError> {
        let most = CELLS / self.layout.cells();
        if self.hours.len() + more > most { Err(SeriesError::TooManyHours { most }) } else { Ok(()) }
    }

    /// The hours as bytes; equal series give equal bytes.
    pub fn write(&self) -> Vec<u8> {
        let is_merged = self.files.len() > 1;
        let mut out = Writer { bytes: [MAGIC, &[if is_merged { MERGED } else { VERSION }]].concat() };
        out.number(self.layout.features().len() as u64);
        for feature in self.layout.features() {
            let category = matches!(feature, FeatureLayout::Category { .. });
            out.number(u64::from(category));
            out.text(feature.name());
            match feature {
                FeatureLayout::Number { bins, .. } => {
                    out.number(bins.edges().len() as u64);
                    bins.edges().iter().for_each(|edge| out.bytes.extend(edge.to_le_bytes()));
                }
                FeatureLayout::Category { known, .. } => {
                    out.number(known.len() as u64);
                    known.iter().for_each(|name| out.text(name));
                }
            }
        }
        out.number(self.hours.len() as u64);
        let mut before = 0i64;
        for (hour, window) in &self.hours {
            out.signed(hour.wrapping_sub(before));
            before = *hour;
            let bytes = window.write();
            out.number(bytes.len() as u64);
            out.bytes.extend(bytes);
        }
        if is_merged {
            out.number(self.files.len() as u64);
            self.files.iter().for_each(|file| out.bytes.extend(file.to_le_bytes()));
        }
        let sum = checksum(&out.bytes);
        out.bytes.extend(sum.to_le_bytes());
        out.bytes
    }

    /// Whether `bytes` begin as a series does.
    pub fn is_series(bytes: &[u8]) -> bool {
        bytes.starts_with(MAGIC)
    }

    /// Reads what [`write`](Series::write) wrote, without trust: memory is bounded whatever the bytes claim.
    ///
    /// # Errors
    /// The bytes are not a series, of a newer version, changed, or malformed at a place that is named.
    pub fn read(bytes: &[u8]) -> Result<Series, ReadError> {
        let version = bytes.get(MAGIC.len()).copied().unwrap_or_default().clamp(VERSION, MERGED);
        let mut reader = Reader::open(bytes, MAGIC, version)?;
        let mut features = Vec::new();
        for _ in 0..reader.number()? {
            features.push(feature(&mut reader)?);
        }
        let mut series = Series::new(Layout::new(features));
        let (count, mut hour) = (reader.number()?, 0i64);
        for place in 0..count {
            let step = reader.signed()?;
            hour = hour.checked_add(step).ok_or(reader.malformed("an hour is out of range"))?;
            if place > 0 && step <= 0 {
                return Err(reader.malformed("the hours must be in increasing order"));
            }
            series.room(1).map_err(|_| reader.malformed("it has more hours than fit in the memory limit"))?;
            let length = reader.number()?;
            let window =
                usize::try_from(length).ok().and_then(|length| reader.bytes.get(reader.at..reader.at.checked_add(length)?));
            let window = window.ok_or(reader.malformed("unexpected end of a window"))?;
            series.hours.insert(hour, Window::read(window, &series.layout)?);
            reader.at += window.len();
        }
        if version == MERGED {
            for _ in 0..reader.number()? {
                series.files.insert(u64::from_le_bytes(reader.take::<8>()?));
            }
            if series.files.len() < 2 {
                return Err(reader.malformed("a merged file must name at least two others"));
            }
        } else {
            series.files.insert(checksum(reader.bytes));
        }
        if reader.at == reader.bytes.len() { Ok(series) } else { Err(reader.malformed("unexpected data after its end")) }
    }
}

fn feature(reader: &mut Reader<'_>) -> Result<FeatureLayout, ReadError> {
    let (kind, name) = (reader.number()?, reader.text()?);
    let parts = reader.number()?;
    if parts > PARTS {
        return Err(reader.malformed("a feature has too many bins or categories"));
    }
    match kind {
        0 => {
            let edges: Result<Vec<f64>, ReadError> = (0..parts).map(|_| Ok(f64::from_le_bytes(reader.take::<8>()?))).collect();
            let bins = Bins::new(edges?).map_err(|_| reader.malformed("bin edges must increase"))?;
            Ok(FeatureLayout::Number { name, bins })
        }
        1 => {
            let known: Result<Vec<String>, ReadError> = (0..parts).map(|_| reader.text()).collect();
            Ok(FeatureLayout::Category { name, known: known? })
        }
        _ => Err(reader.malformed("a feature must be a number or a category")),
    }
}
