//! A copy in a folder: a folder per part, in it a file of NDJSON per answer, whose first line says where it leads. A file appears whole or not
//! at all, and the name of the last one is the position.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Page, Target, of_another};
use crate::Failure;

/// A folder with a copy.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Opens the copy in the folder, which is made where it does not exist.
    pub fn open(path: &Path) -> Result<Folder, Failure> {
        std::fs::create_dir_all(path).map_err(Failure::write(path.display().to_string()))?;
        Ok(Folder { path: path.to_owned() })
    }

    /// The last file of a part, and its number.
    fn last(&self, part: &str) -> Result<(u64, Option<PathBuf>), Failure> {
        let folder = self.path.join(part);
        std::fs::create_dir_all(&folder).map_err(Failure::write(folder.display().to_string()))?;
        let listed = std::fs::read_dir(&folder).map_err(Failure::read(folder.display().to_string()))?;
        let files = listed.flatten().map(|entry| entry.path()).filter_map(|path| {
            let number = path.file_name()?.to_str()?.strip_suffix(".ndjson")?.parse().ok()?;
            Some((number, path))
        });
        Ok(files.max().map_or((0, None), |(number, path): (u64, PathBuf)| (number, Some(path))))
    }
}

impl Target for Folder {
    fn position(&mut self, source: &str, part: &str) -> Result<String, Failure> {
        let (_, Some(path)) = self.last(part)? else { return Ok(String::new()) };
        let place = path.display().to_string();
        let file = std::fs::File::open(&path).map_err(Failure::read(place.clone()))?;
        let mut head = String::new();
        BufReader::new(file).read_line(&mut head).map_err(Failure::read(place.clone()))?;
        let head: Value = serde_json::from_str(&head).map_err(|e| {
            Failure::input(place.clone(), "EXPORT_UNREADABLE", format!("its first line is not one of an export: {e}"))
        })?;
        let text = |name: &str| head.get(name).and_then(Value::as_str).unwrap_or_default();
        if text("source") != source {
            return Err(of_another(&self.path.display().to_string()));
        }
        Ok(text("cursor").to_owned())
    }

    fn keep(&mut self, source: &str, page: &Page) -> Result<(), Failure> {
        let (number, _) = self.last(&page.part)?;
        let mut text = json!({ "source": source, "part": page.part, "after": page.after, "cursor": page.cursor }).to_string();
        text.push('\n');
        for row in &page.rows {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{row}");
        }
        let path = self.path.join(&page.part).join(format!("{:010}.ndjson", number + 1));
        let temporary = path.with_extension("part");
        let failed = || Failure::write(path.display().to_string());
        let mut file = std::fs::File::create(&temporary).map_err(failed())?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed())?;
        std::fs::rename(&temporary, &path).map_err(failed())
    }
}
