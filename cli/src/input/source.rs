//! Opening an input: standard input or a file, gzipped or not, its format by name or by content.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use indicatif::ProgressBar;

use crate::Failure;
use crate::output::terminal;

/// How records are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// CSV, TSV or with semicolons.
    Delimited,
    /// One JSON object a line.
    Ndjson,
    /// Parquet.
    Parquet,
}

/// An opened input.
pub struct Source {
    /// What to call it in messages.
    pub place: String,
    /// How its records are laid out.
    pub format: Format,
    /// Moves as bytes are read; hidden where standard error is not a terminal.
    pub progress: ProgressBar,
    reader: Box<dyn BufRead>,
    file: Option<File>,
}

const GZIP: &[u8] = &[0x1f, 0x8b];
const PARQUET: &[u8] = b"PAR1";
const BUFFER: usize = 1 << 16;

impl Source {
    /// Opens `path` (`-` is standard input) and finds out its format: by the name's ending (`.csv .tsv .ndjson .jsonl .parquet`,
    /// each also with `.gz`), else by its first bytes.
    pub fn open(path: &Path) -> Result<Source, Failure> {
        Source::open_as(path, None)
    }

    /// [`Source::open`] of what messages call `place`.
    pub fn open_as(path: &Path, place: Option<&str>) -> Result<Source, Failure> {
        let stdin = path == Path::new("-");
        let own = || if stdin { "standard input".to_owned() } else { path.display().to_string() };
        let place = place.map_or_else(own, str::to_owned);
        let file = if stdin { None } else { Some(File::open(path).map_err(Failure::read(&place))?) };
        let total = file.as_ref().and_then(|f| f.metadata().ok()).filter(|m| m.is_file()).map(|m| m.len());
        let progress = terminal::progress(total);
        let raw: Box<dyn Read> = match &file {
            Some(file) => Box::new(file.try_clone().map_err(Failure::read(&place))?),
            None => Box::new(io::stdin()),
        };
        let raw = Box::new(progress.wrap_read(raw));
        Source::detect(raw, file, by_name(path), place, progress)
    }

    /// What is in memory, its format found by content.
    pub fn of_bytes(bytes: Vec<u8>) -> Result<Source, Failure> {
        Source::detect(Box::new(Cursor::new(bytes)), None, None, "memory".to_owned(), ProgressBar::hidden())
    }

    fn detect(
        raw: Box<dyn Read>,
        file: Option<File>,
        named: Option<Format>,
        place: String,
        progress: ProgressBar,
    ) -> Result<Source, Failure> {
        let (head, raw) = peek(raw, 4).map_err(Failure::read(&place))?;
        let gzipped = head.starts_with(GZIP);
        let raw: Box<dyn Read> = if gzipped { Box::new(MultiGzDecoder::new(raw)) } else { raw };
        let (head, raw) = peek(raw, 512).map_err(Failure::read(&place))?;
        let format = if head.starts_with(PARQUET) { Format::Parquet } else { named.unwrap_or_else(|| by_content(&head)) };
        if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
            return Err(Failure::input(place, "INPUT_NOT_UTF8", "the text is UTF-16; save it as UTF-8"));
        }
        let file = if gzipped { None } else { file };
        Ok(Source { place, format, progress, reader: Box::new(BufReader::with_capacity(BUFFER, raw)), file })
    }

    /// The bytes, unpacked; once.
    pub fn take_reader(&mut self) -> Box<dyn BufRead> {
        std::mem::replace(&mut self.reader, Box::new(io::empty()))
    }

    /// A file that can be read from any place: the file itself, or a nameless copy of what streams in.
    pub fn take_file(&mut self) -> Result<File, Failure> {
        if let Some(file) = self.file.take() {
            return Ok(file);
        }
        let mut copy = tempfile::tempfile().map_err(Failure::read(&self.place))?;
        io::copy(&mut self.take_reader(), &mut copy).map_err(Failure::read(&self.place))?;
        Ok(copy)
    }
}

/// `bytes`, unpacked when they are gzipped; at most `limit` bytes come out.
pub fn gunzip(bytes: Vec<u8>, limit: u64) -> io::Result<Vec<u8>> {
    if !bytes.starts_with(GZIP) {
        return Ok(bytes);
    }
    let mut out = Vec::new();
    MultiGzDecoder::new(bytes.as_slice()).take(limit.saturating_add(1)).read_to_end(&mut out)?;
    if out.len() as u64 > limit {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it decompresses to more than {limit} bytes")));
    }
    Ok(out)
}

/// The first bytes, at least 4 and at most `most` (fewer when there are no more), and a reader that still has them. It waits for
/// no more than those 4, so that a slow pipe does not stall it.
fn peek(mut reader: Box<dyn Read>, most: usize) -> io::Result<(Vec<u8>, Box<dyn Read>)> {
    let mut head = vec![0; most];
    let mut filled = 0;
    while filled < most.min(4) {
        match reader.read(head.get_mut(filled..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    head.truncate(filled);
    Ok((head.clone(), Box::new(Cursor::new(head).chain(reader))))
}

fn by_name(path: &Path) -> Option<Format> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    match name.strip_suffix(".gz").unwrap_or(&name).rsplit_once('.')?.1 {
        "csv" | "tsv" => Some(Format::Delimited),
        "ndjson" | "jsonl" => Some(Format::Ndjson),
        "parquet" => Some(Format::Parquet),
        _ => None,
    }
}

fn by_content(head: &[u8]) -> Format {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    if text.starts_with(b"{") || text.starts_with(b"[") { Format::Ndjson } else { Format::Delimited }
}
