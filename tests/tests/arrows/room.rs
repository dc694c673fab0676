//! Rooms: the modules directly below one module, each with all that lies below it, and which of them imports which.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::graph::Graph;
use super::source::{self, Import, Source};

/// The name of the file that declares the rooms, where it defines items itself.
pub const ROOT: &str = "(root)";

/// Sources by file, each with its module's path from the crate's root.
pub struct Crate {
    folder: String,
    /// Every module of the crate but those for tests.
    modules: BTreeSet<Vec<String>>,
    sources: BTreeMap<PathBuf, (Vec<String>, Source)>,
}

impl Crate {
    /// Reads the sources in `folder` of the project.
    pub fn read(folder: &str) -> Crate {
        let root = plumbline_tests::project_root().join(folder);
        let mut texts = Vec::new();
        collect(&root, &mut texts);
        let text = |file: PathBuf| {
            let text = fs::read_to_string(&file).expect("a source is text");
            (file.strip_prefix(&root).expect("below the root").to_path_buf(), text)
        };
        Crate::of(folder, texts.into_iter().map(text))
    }

    /// The crate of these files, which are named as they lie in `folder`.
    pub fn of(folder: &str, files: impl Iterator<Item = (PathBuf, String)>) -> Crate {
        let read = |(file, text): (PathBuf, String)| {
            let module = module_of(&file);
            let source = source::read(&text, &module).unwrap_or_else(|error| panic!("{folder}/{}: {error}", file.display()));
            (file, (module, source))
        };
        let mut sources: BTreeMap<PathBuf, (Vec<String>, Source)> = files.map(read).collect();
        let for_tests: BTreeSet<Vec<String>> = sources.values().flat_map(|(_, source)| source.test_modules.clone()).collect();
        sources.retain(|_, (module, _)| !(0..=module.len()).any(|n| for_tests.contains(&module[..n])));
        let modules = sources.values().flat_map(|(_, source)| source.modules.clone()).collect();
        Crate { folder: folder.to_owned(), modules, sources }
    }

    /// Which of the modules directly below `parent` imports which.
    pub fn rooms(&self, parent: &[&str]) -> Graph {
        let parent: Vec<String> = parent.iter().map(|name| (*name).to_owned()).collect();
        let mut graph = Graph::default();
        for (file, (_, source)) in &self.sources {
            for import in &source.imports {
                let Some(from) = room_of(&parent, &import.module) else { continue };
                // A re-export at the root is the shop window, not a use.
                if from == ROOT && import.binding.as_ref().is_some_and(|(_, is_public)| *is_public) {
                    continue;
                }
                let Some(to) = self.resolve(import).and_then(|path| self.defining_room(&parent, path)) else { continue };
                let place = format!("{}/{}:{} ({})", self.folder, file.display(), import.line, import.path.join("::"));
                graph.add(&from, &to, place);
            }
        }
        graph
    }

    /// Where something is imported from the root by a glob: re-exports then hide which modules are meant.
    pub fn globs_of_the_root(&self) -> Vec<String> {
        let is_one = |import: &Import| {
            import.path.last().is_some_and(|name| name == "*") && self.resolve(import).is_some_and(|path| path == ["*"])
        };
        let in_file = |(file, (_, source)): (&PathBuf, &(Vec<String>, Source))| {
            let globs = source.imports.iter().filter(|import| is_one(import));
            globs.map(|import| format!("{}/{}:{}", self.folder, file.display(), import.line)).collect::<Vec<_>>()
        };
        self.sources.iter().flat_map(in_file).collect()
    }

    /// The path of an import from the crate's root; none when it leads to another crate.
    fn resolve(&self, import: &Import) -> Option<Vec<String>> {
        let (first, rest) = import.path.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some([&import.module[..], rest].concat()),
            "super" => {
                let up = import.path.iter().take_while(|name| *name == "super").count();
                let base = import.module.get(..import.module.len().checked_sub(up)?)?;
                Some([base, &import.path[up..]].concat())
            }
            _ => {
                let path = [&import.module[..], &import.path[..]].concat();
                self.modules.contains(&path[..=import.module.len()]).then_some(path)
            }
        }
    }

    /// The room of `parent` that defines what `path` names, however often it is re-exported; none when that is elsewhere.
    fn defining_room(&self, parent: &[String], mut path: Vec<String>) -> Option<String> {
        for _ in 0..16 {
            let below = path.strip_prefix(parent)?;
            let name = below.first()?;
            if name == "*" {
                return Some(ROOT.to_owned());
            }
            if self.modules.contains(&path[..=parent.len()]) {
                return Some(name.clone());
            }
            let imports = self.sources.values().flat_map(|(_, source)| &source.imports);
            let mut bindings = imports.filter(|import| import.module == parent);
            let Some(bound) = bindings.find(|import| import.binding.as_ref().is_some_and(|(bound, _)| bound == name)) else {
                return Some(ROOT.to_owned());
            };
            let rest = below[1..].to_vec();
            path = [self.resolve(bound)?, rest].concat();
        }
        panic!("{} is re-exported in a circle", path.join("::"));
    }
}

/// The room of `parent` that `module` lies in.
fn room_of(parent: &[String], module: &[String]) -> Option<String> {
    let below = module.strip_prefix(parent)?;
    Some(below.first().map_or(ROOT, String::as_str).to_owned())
}

/// The module of a file: `a/mod.rs` and `a.rs` are `a`, `lib.rs` is the crate's root.
fn module_of(file: &Path) -> Vec<String> {
    let mut module: Vec<String> =
        file.with_extension("").iter().map(|part| part.to_str().expect("names are UTF-8").to_owned()).collect();
    if module.last().is_some_and(|name| ["mod", "lib", "main"].contains(&name.as_str())) {
        module.pop();
    }
    module
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("a folder's entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
