//! A file that appears under its name only when it is complete.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::Interrupt;
use crate::Failure;

/// A file that appears under its name when it is committed. Dropped before that, it leaves nothing behind.
#[derive(Debug)]
pub struct Draft {
    writer: BufWriter<File>,
    /// None: the target is a device or a pipe and is written directly.
    temp: Option<TempPath>,
    target: PathBuf,
}

impl Draft {
    /// Starts a file that will be `path`. The temp file lies in the same folder, so that the rename is atomic.
    pub fn create(path: &Path, interrupt: &Interrupt) -> Result<Draft, Failure> {
        let failed = || Failure::write(path.display().to_string());
        // A link stays a link: its target is replaced. A device or a pipe cannot be replaced by a file.
        let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        if std::fs::metadata(&target).is_ok_and(|m| !m.is_file()) {
            let file = OpenOptions::new().write(true).open(&target).map_err(failed())?;
            return Ok(Draft { writer: BufWriter::new(file), temp: None, target });
        }
        let folder = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let prefix = format!(".{name}.");
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(".part");
        #[cfg(unix)]
        let builder = {
            use std::os::unix::fs::PermissionsExt;
            // As any new file: the umask takes its share.
            builder.permissions(std::fs::Permissions::from_mode(0o666))
        };
        let (file, temp) = builder.tempfile_in(folder).map_err(failed())?.into_parts();
        interrupt.guard(&temp);
        Ok(Draft { writer: BufWriter::with_capacity(1 << 16, file), temp: Some(temp), target })
    }

    /// Gives the file its name, once its bytes are on the disk.
    pub fn commit(self, interrupt: &Interrupt) -> Result<(), Failure> {
        let failed = || Failure::write(self.target.display().to_string());
        let file = self.writer.into_inner().map_err(|e| e.into_error()).map_err(failed())?;
        let Some(temp) = self.temp else { return Ok(()) };
        file.sync_all().map_err(failed())?;
        let guarded = [temp.to_path_buf()];
        interrupt.finish(&guarded, || temp.persist(&self.target)).map_err(|e| failed()(e.error))
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Replaces the content of `path` by `bytes`, at once.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let interrupt = Interrupt::watch()?;
    let mut draft = Draft::create(path, &interrupt)?;
    draft.write_all(bytes).map_err(Failure::write(path.display().to_string()))?;
    draft.commit(&interrupt)
}
