//! One file to mail: a page with its report inside, which opens without a server, asks for nothing, and says the verdict before any script runs.

use maud::html;

use crate::read::Report;
use crate::text::Text;
use crate::ui::{Route, State, Ui};
use crate::view;

/// What a page consists of besides its report.
#[derive(Debug, Clone, Copy)]
pub struct Assets<'a> {
    /// The sheet.
    pub style: &'a str,
    /// The script, one module.
    pub script: &'a str,
    /// The module of this crate, gzip as base64.
    pub module: &'a str,
    /// SHA-256 of `style` as base64, which the file's policy lets in.
    pub style_sha256: &'a str,
    /// SHA-256 of [`inline`] `script` as base64.
    pub script_sha256: &'a str,
}

/// The script as it may stand in a document: nothing in it ends its element.
pub fn inline(script: &str) -> String {
    script.replace("</script", "<\\/script").replace("<!--", "<\\!--")
}

/// The document of the report in `json`. Its script is put in through [`inline`].
pub fn document(json: &str, assets: Assets<'_>) -> String {
    let report = Report::read(json).unwrap_or_default();
    let ui = Ui { state: State::Saved, printed: true, route: Route::Print, ..Ui::new(&report) };
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}' 'wasm-unsafe-eval'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'",
        assets.script_sha256, assets.style_sha256
    );
    let title = view::title(&report, &ui);
    let shown = view::join(&view::pieces(&report, &ui)).into_string();
    let head = html! { title { (title) } meta name="viewport" content="width=device-width, initial-scale=1"; meta name="color-scheme" content="light dark"; meta http-equiv="Content-Security-Policy" content=(policy); };
    let text = Text::default();
    // `<` is written as a code in JSON, so that no text of the report ends its element.
    let parts = [
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">",
        &head.into_string(),
        "<style>",
        assets.style,
        "</style></head><body><a class=\"skip\" href=\"#main\" id=\"skip\">",
        text.of("bar.skip"),
        "</a><div id=\"app\">",
        &shown,
        "</div>\n<script type=\"application/json\" id=\"report\">",
        &json.replace('<', "\\u003c"),
        "</script>\n<script type=\"application/wasm;base64\">",
        assets.module,
        "</script>\n<script type=\"module\">",
        &inline(assets.script),
        "</script></body></html>\n",
    ];
    parts.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_cannot_leave_its_element() {
        let json = r#"{"format":1,"digest":"</script><script>alert(1)</script>"}"#;
        let assets = Assets { style: "p{}", script: "f('</script>')", module: "AA==", style_sha256: "s", script_sha256: "j" };
        let file = document(json, assets);
        assert_eq!(file.matches("</script>").count(), 3, "{file}");
        assert!(file.contains("script-src &#39;sha256-j&#39;") || file.contains("script-src 'sha256-j'"), "{file}");
    }
}
