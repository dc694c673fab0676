//! The static page, served where the service has no route. Its files are read once, when the host starts: a request names one of them or
//! nothing, whatever its path looks like. Types and headers are those of `worker/shell/page.js`; `tests/edge` compares both hosts.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use http_body_util::Full;
use hyper::Response;
use hyper::body::Bytes;
use hyper::header::HeaderValue;

/// Where a build of this project leaves the page.
pub const FOLDER: &str = "web/dist";

/// The files of the page that was built before this command was, by their names.
static EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// The files of a page, by their paths, such as `/page.css`.
#[derive(Debug, Default)]
pub struct Page {
    files: BTreeMap<String, File>,
}

#[derive(Debug)]
struct File {
    media_type: &'static str,
    bytes: Bytes,
}

/// By the end of a name; other files are not served.
const TYPES: [(&str, &str); 12] = [
    ("html", "text/html; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("json", "application/json"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("ico", "image/x-icon"),
    ("woff2", "font/woff2"),
    ("wasm", "application/wasm"),
    ("plumb", "application/octet-stream"),
    ("ndjson", "application/x-ndjson"),
];

const HEADERS: [(&str, &str); 5] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cache-control", "no-cache"),
];

impl Page {
    /// Reads the page in `folder`, with its subfolders; links are left out.
    ///
    /// # Errors
    /// The folder cannot be read, or has no `index.html`: it is not a built page.
    pub fn open(folder: &Path) -> io::Result<Page> {
        let mut page = Page::default();
        page.read(folder, "/")?;
        if page.files.contains_key("/index.html") { Ok(page) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    /// The page that was built before this command was; none where there was no such page.
    pub fn embedded() -> Option<Page> {
        let mut page = Page::default();
        for (name, bytes) in EMBEDDED {
            if let Some(media_type) = media_type(name) {
                page.files.insert(format!("/{name}"), File { media_type, bytes: Bytes::from_static(bytes) });
            }
        }
        page.files.contains_key("/index.html").then_some(page)
    }

    /// The bytes of the file `path`, such as `/page.css`.
    pub fn bytes(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(|file| file.bytes.as_ref())
    }

    fn read(&mut self, folder: &Path, at: &str) -> io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.read(&entry.path(), &format!("{at}{name}/"))?;
            } else if let (true, Some(media_type)) = (kind.is_file(), media_type(&name)) {
                let bytes = std::fs::read(entry.path())?.into();
                self.files.insert(format!("{at}{name}"), File { media_type, bytes });
            }
        }
        Ok(())
    }

    /// The response to a request for `path` of `method`; none when the page has no such file or takes no such method.
    pub fn answer(&self, method: &str, path: &str) -> Option<Response<Full<Bytes>>> {
        let file = match path.strip_suffix('/') {
            Some(folder) => self.files.get(&format!("{folder}/index.html"))?,
            None => self.files.get(path)?,
        };
        let body = match method {
            "GET" => file.bytes.clone(),
            "HEAD" => Bytes::new(),
            _ => return None,
        };
        let mut response = Response::new(Full::new(body));
        response.headers_mut().insert("content-type", HeaderValue::from_static(file.media_type));
        for (name, value) in HEADERS {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        Some(response)
    }
}

fn media_type(name: &str) -> Option<&'static str> {
    let (_, end) = name.rsplit_once('.')?;
    TYPES.iter().find(|(known, _)| *known == end).map(|(_, media_type)| *media_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_page_are_served() {
        let folder = tempfile::tempdir().unwrap();
        let dist = folder.path().join("dist");
        std::fs::create_dir_all(dist.join("part")).unwrap();
        assert_eq!(Page::open(&dist).unwrap_err().kind(), io::ErrorKind::NotFound);
        for (name, text) in
            [("dist/index.html", "<p>"), ("dist/a.wasm", "\0asm"), ("dist/part/b.css", "p{}"), ("dist/c.key", "k")]
        {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        std::fs::write(folder.path().join("outside.json"), "{}").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path().join("outside.json"), dist.join("link.json")).unwrap();
        let page = Page::open(&dist).unwrap();
        let kind =
            |path| page.answer("GET", path).map(|response| response.headers()["content-type"].to_str().unwrap().to_owned());
        assert_eq!(kind("/").as_deref(), Some("text/html; charset=utf-8"));
        assert_eq!(kind("/a.wasm").as_deref(), Some("application/wasm"));
        assert_eq!(kind("/part/b.css").as_deref(), Some("text/css; charset=utf-8"));
        for path in
            ["/c.key", "/link.json", "/../outside.json", "/%2e%2e/outside.json", "/part/../a.wasm", "//a.wasm", "/part/", ""]
        {
            assert_eq!(kind(path), None, "{path}");
        }
        assert!(page.answer("POST", "/").is_none());
        assert!(page.answer("HEAD", "/").unwrap().headers().contains_key("content-security-policy"));
    }
}
