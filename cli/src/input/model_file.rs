//! Reading model files: bundles, which are verified, and the peers' files, which are imported.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use plumbline_core::{Bundle, Scorer};

use crate::{Failure, input};

/// The largest model file read, in bytes, unpacked: 1 GiB.
pub const MODEL_LIMIT: u64 = 1 << 30;

/// A verified bundle and the bytes of its file.
pub struct BundleFile {
    /// The bundle.
    pub bundle: Bundle,
    /// Size of the file.
    pub bytes: u64,
}

impl BundleFile {
    /// Reads and verifies the bundle at `path`.
    pub fn open(path: &Path) -> Result<BundleFile, Failure> {
        let content = read(path)?;
        let bundle = Bundle::read(&content).map_err(|e| Failure::Model {
            place: path.display().to_string(),
            code: e.code(),
            message: e.to_string(),
        })?;
        Ok(BundleFile { bundle, bytes: content.len() as u64 })
    }
}

/// The bundle at `path`, verified and compiled.
pub fn open_scorer(path: &Path) -> Result<Scorer, Failure> {
    let place = path.display().to_string();
    Scorer::new(BundleFile::open(path)?.bundle).map_err(|e| Failure::Model { place, code: e.code(), message: e.to_string() })
}

/// The bytes of a model file (`-` is standard input), unpacked when gzipped.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let place = || if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
    let mut content = Vec::new();
    let reader: Box<dyn Read> =
        if path == Path::new("-") { Box::new(io::stdin()) } else { Box::new(File::open(path).map_err(Failure::read(place()))?) };
    reader.take(MODEL_LIMIT + 1).read_to_end(&mut content).map_err(Failure::read(place()))?;
    if content.len() as u64 > MODEL_LIMIT {
        let message = format!("the model file exceeds the limit of {MODEL_LIMIT} bytes");
        return Err(Failure::Model { place: place(), code: "MODEL_TOO_LARGE", message });
    }
    input::gunzip(content, MODEL_LIMIT).map_err(Failure::read(place()))
}
