//! The static page, served where the service has no route. Its files are read once, when the host starts: a request names one of them or
//! nothing, whatever its path looks like. Types and headers are those of `worker/shell/page.js`; `tests/edge` compares both hosts.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::OnceLock;

use flate2::Compression;
use flate2::write::GzEncoder;

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
    /// As gzip, from the first request that takes it; none where that is not smaller.
    zipped: OnceLock<Option<Bytes>>,
}

impl File {
    fn new(media_type: &'static str, bytes: Bytes) -> File {
        File { media_type, bytes, zipped: OnceLock::new() }
    }
}

/// `bytes` as gzip, where that is smaller by a tenth.
pub fn zipped(bytes: &[u8]) -> Option<Bytes> {
    let mut zip = GzEncoder::new(Vec::new(), Compression::default());
    let zipped = zip.write_all(bytes).and_then(|()| zip.finish()).ok()?;
    (zipped.len() < bytes.len() / 10 * 9).then(|| zipped.into())
}

/// Whether what a client accepts, as `accept-encoding` names it, has gzip in it.
pub fn takes_gzip(accepted: Option<&str>) -> bool {
    let codings = accepted.unwrap_or_default().split(',');
    codings.map(|coding| coding.trim().split(';').collect::<Vec<_>>()).any(|parts| {
        parts.first().is_some_and(|name| *name == "gzip")
            && !parts.iter().skip(1).any(|weight| matches!(weight.trim(), "q=0" | "q=0.0"))
    })
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
                page.files.insert(format!("/{name}"), File::new(media_type, Bytes::from_static(bytes)));
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
                self.files.insert(format!("{at}{name}"), File::new(media_type, bytes));
            }
        }
        Ok(())
    }

    /// The response to a request for `path` of `method`, as gzip where the client `takes_gzip`; none when the page has no such file or
    /// takes no such method.
    pub fn answer(&self, method: &str, path: &str, takes_gzip: bool) -> Option<Response<Full<Bytes>>> {
        let file = match path.strip_suffix('/') {
            Some(folder) => self.files.get(&format!("{folder}/index.html"))?,
            None => self.files.get(path)?,
        };
        let zipped = if takes_gzip { file.zipped.get_or_init(|| zipped(&file.bytes)).clone() } else { None };
        let is_zipped = zipped.is_some();
        let body = match method {
            "GET" => zipped.unwrap_or_else(|| file.bytes.clone()),
            "HEAD" => Bytes::new(),
            _ => return None,
        };
        let mut response = Response::new(Full::new(body));
        response.headers_mut().insert("content-type", HeaderValue::from_static(file.media_type));
        response.headers_mut().insert("vary", HeaderValue::from_static("accept-encoding"));
        if is_zipped {
            response.headers_mut().insert("content-encoding", HeaderValue::from_static("gzip"));
        }
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
        let kind = |path| {
            page.answer("GET", path, false).map(|response| response.headers()["content-type"].to_str().unwrap().to_owned())
        };
        assert_eq!(kind("/").as_deref(), Some("text/html; charset=utf-8"));
        assert_eq!(kind("/a.wasm").as_deref(), Some("application/wasm"));
        assert_eq!(kind("/part/b.css").as_deref(), Some("text/css; charset=utf-8"));
        for path in
            ["/c.key", "/link.json", "/../outside.json", "/%2e%2e/outside.json", "/part/../a.wasm", "//a.wasm", "/part/", ""]
        {
            assert_eq!(kind(path), None, "{path}");
        }
        assert!(page.answer("POST", "/", true).is_none());
        assert!(page.answer("HEAD", "/", true).unwrap().headers().contains_key("content-security-policy"));
    }

    #[test]
    fn what_shrinks_is_sent_as_gzip_to_those_who_take_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("index.html"), "<p>the same</p>".repeat(100)).unwrap();
        std::fs::write(folder.path().join("a.js"), "1").unwrap();
        let page = Page::open(folder.path()).unwrap();
        let coding = |path, takes_gzip| {
            let answer = page.answer("GET", path, takes_gzip).unwrap();
            answer.headers().get("content-encoding").map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!((coding("/", true).as_deref(), coding("/", false), coding("/a.js", true)), (Some("gzip"), None, None));
        for (accepted, takes) in
            [("gzip, br", true), ("br;q=1, gzip;q=0.5", true), ("gzip;q=0", false), ("br", false), ("", false)]
        {
            assert_eq!(takes_gzip(Some(accepted)), takes, "{accepted}");
        }
        assert!(!takes_gzip(None));
    }
}
