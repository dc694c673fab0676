//! Light, dark, or as the machine likes it; remembered in this browser.

use web_sys::Storage;

const KEY: &str = "plumbline-theme";

/// How the page looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Dark letters on light paper.
    Light,
    /// Light letters on dark paper.
    Dark,
}

impl Theme {
    /// The theme chosen earlier, else the machine's.
    pub fn current() -> Theme {
        match storage().and_then(|s| s.get_item(KEY).ok().flatten()).as_deref() {
            Some("dark") => Theme::Dark,
            Some("light") => Theme::Light,
            _ if machine_is_dark() => Theme::Dark,
            _ => Theme::Light,
        }
    }

    /// The other one.
    pub fn other(self) -> Theme {
        match self {
            Theme::Light => Theme::Dark,
            Theme::Dark => Theme::Light,
        }
    }

    /// Its name in the style sheet.
    pub fn name(self) -> &'static str {
        match self {
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// Shows the page in it.
    pub fn apply(self) {
        let root = web_sys::window().and_then(|w| w.document()).and_then(|d| d.document_element());
        if let Some(root) = root {
            // A document that refuses an attribute stays as it looks.
            let _ = root.set_attribute("data-theme", self.name());
        }
    }

    /// Remembers it for the next visit.
    pub fn keep(self) {
        if let Some(storage) = storage() {
            // A browser that stores nothing forgets the choice; the page works on.
            let _ = storage.set_item(KEY, self.name());
        }
    }
}

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

fn machine_is_dark() -> bool {
    let query = web_sys::window().and_then(|w| w.match_media("(prefers-color-scheme: dark)").ok().flatten());
    query.is_some_and(|q| q.matches())
}
