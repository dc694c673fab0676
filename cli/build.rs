//! Embeds the built page of `web/dist`, so that an installed command serves it. Without one the command works all the same and says so.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("../web/dist");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    for place in ["", "text/"] {
        let Ok(entries) = std::fs::read_dir(folder.join(place)) else { continue };
        let inside = entries.flatten().filter(|entry| entry.path().is_file());
        files.extend(inside.map(|entry| format!("{place}{}", entry.file_name().to_string_lossy())));
    }
    files.sort();
    let mut source = String::from("&[");
    for name in &files {
        let path = folder.join(name).canonicalize()?;
        println!("cargo:rerun-if-changed={}", path.display());
        write!(source, "({name:?}, include_bytes!({:?})),", path.display().to_string())?;
    }
    source.push(']');
    std::fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("page.rs"), source)?;
    Ok(())
}
