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
    read_within(path, MODEL_LIMIT)
}

/// [`read`] of a file of at most `limit` bytes, unpacked.
pub fn read_within(path: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
    let place = || if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
    if path.is_dir() {
        return Err(folder(path));
    }
    let mut content = Vec::new();
    let reader: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        let file = File::open(path).map_err(Failure::read(place()))?;
        // Room for the whole file at once: a buffer that grows by doubling touches twice as much memory.
        let size = file.metadata().map_or(0, |metadata| metadata.len().min(limit) as usize);
        content.reserve_exact(size + 1);
        Box::new(file)
    };
    reader.take(limit.saturating_add(1)).read_to_end(&mut content).map_err(Failure::read(place()))?;
    if content.len() as u64 > limit {
        let message = format!("the model file exceeds the limit of {limit} bytes");
        return Err(Failure::Model { place: place(), code: "MODEL_TOO_LARGE", message });
    }
    input::gunzip(content, limit).map_err(Failure::read(place()))
}

/// Model files of the folders that MLflow and others write.
const IN_FOLDERS: [&str; 7] = ["model.ubj", "model.json", "model.xgb", "model.txt", "model.lgb", "model.plumb", "data/model.xgb"];

/// Why a folder cannot be read, and which file in it may be meant.
fn folder(path: &Path) -> Failure {
    let found: Vec<String> = IN_FOLDERS
        .iter()
        .map(|name| path.join(name))
        .filter(|file| file.is_file())
        .map(|file| file.display().to_string())
        .collect();
    let advice = match found.as_slice() {
        [] => "pass the model file in it".to_owned(),
        files => format!("pass {}", files.join(" or ")),
    };
    let message = format!("this is a folder, not a model file: {advice}");
    Failure::Model { place: path.display().to_string(), code: "MODEL_FOLDER", message }
}
