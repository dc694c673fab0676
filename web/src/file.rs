//! One file to mail: a page with its report inside, which opens without a server, asks for nothing, and reads without scripts: all views
//! are in it as they are printed, and links of the rail lead to them.

use maud::html;

use crate::part::Icon;
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
    /// The module of this crate, gzip as [`packed`] text.
    pub module: &'a str,
    /// The report, gzip as [`packed`] text.
    pub report: &'a str,
    /// SHA-256 of `style` as base64, which the file's policy lets in.
    pub style_sha256: &'a str,
    /// SHA-256 of [`inline`] `script` as base64.
    pub script_sha256: &'a str,
}

/// Days of a chart where no script runs; with one, all are shown.
const DAYS: usize = 30;

/// The script as it may stand in a document: nothing in it ends its element.
pub fn inline(script: &str) -> String {
    script.replace("</script", "<\\/script").replace("<!--", "<\\!--")
}

/// Digits of [`packed`] text.
const DIGITS: u32 = 186;

/// Digits of [`packed`] text: printable characters of ASCII but `<`, which could end an element, `&` and the backslash; then those of
/// U+00A1 to U+00FF, which are a byte each in [`bytes`].
fn digit(place: u32) -> char {
    let code = 33 + place;
    let code = code + u32::from(code >= 38) + u32::from(code >= 59) + u32::from(code >= 90);
    char::from_u32(if place < 91 { code } else { 161 + place - 91 }).unwrap_or('!')
}

/// `bytes` as text that can stand in a script element: 15 bits in two of 186 characters, 20 % shorter than base64. `web/js/start.js`
/// reads it.
pub fn packed(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 8 / 5 + 8);
    let (mut held, mut bits) = (0u32, 0u32);
    for byte in bytes {
        held |= u32::from(*byte) << bits;
        bits += 8;
        if bits >= 15 {
            out.push(digit((held & 32_767) % DIGITS));
            out.push(digit((held & 32_767) / DIGITS));
            held >>= 15;
            bits -= 15;
        }
    }
    // The end: one digit where that is enough, so that nothing follows the last byte.
    if bits > 0 {
        out.push(digit(held % DIGITS));
    }
    if bits > 7 {
        out.push(digit(held / DIGITS));
    }
    out
}

/// The bytes of a [`document`]: one a character, as its `charset` says.
pub fn bytes(document: &str) -> Vec<u8> {
    document.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}

/// Markup with characters that are no byte of the file written as codes.
fn narrow(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    for c in html.chars() {
        match u32::from(c) {
            code @ (0x80..0xa0 | 0x100..) => out.push_str(&format!("&#{code};")),
            _ => out.push(c),
        }
    }
    out
}

/// The document of the report in `json`, of characters that are a byte each in its file ([`bytes`]). Its style and script are ASCII, as
/// the build writes them. The script is put in through [`inline`].
pub fn document(json: &str, assets: Assets<'_>) -> String {
    let report = Report::read(json).unwrap_or_default();
    let mut ui = Ui { state: State::Saved, printed: true, route: Route::Print, days: DAYS, ..Ui::new(&report) };
    ui.aside.notes.clone_from(&report.annotations);
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}' 'wasm-unsafe-eval'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'",
        assets.script_sha256, assets.style_sha256
    );
    let title = view::title(&report, &Ui { route: Route::Overview, ..Ui::new(&report) });
    let shown = narrow(&small(&view::join(&view::pieces(&report, &ui)).into_string()));
    let head = html! { title { (title) } meta name="viewport" content="width=device-width, initial-scale=1"; meta name="color-scheme" content="light dark"; meta http-equiv="Content-Security-Policy" content=(policy); };
    let text = Text::default();
    let parts = [
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"windows-1252\">",
        &narrow(&head.into_string()),
        "<style>",
        assets.style,
        "</style></head><body><a class=\"skip\" href=\"#main\" id=\"skip\">",
        text.of("bar.skip"),
        "</a><div id=\"app\">",
        &shown,
        "</div>\n<script type=\"text/plain\" id=\"report\">",
        assets.report,
        "</script>\n<script type=\"text/plain\" id=\"module\">",
        assets.module,
        "</script>\n<script type=\"module\">",
        &inline(assets.script),
        "</script></body></html>\n",
    ];
    parts.concat()
}

/// The same page in fewer bytes, as it is read without scripts: icons drawn once and used by name, charts in their words instead of their
/// drawing, no marks that only scripts use, and no quotes and ends that HTML can do without.
fn small(page: &str) -> String {
    let mut page = page.to_owned();
    let mut symbols = String::new();
    for (place, icon) in Icon::ALL.into_iter().enumerate() {
        let drawn = crate::part::icon(icon).into_string();
        let Some((_, inside)) = drawn.split_once('>') else { continue };
        if page.contains(&drawn) {
            let inside = inside.trim_end_matches("</svg>");
            symbols.push_str(&format!("<symbol id=\"i{place}\" viewBox=\"0 0 24 24\">{inside}</symbol>"));
            page =
                page.replace(&drawn, &format!("<svg class=\"icon\" aria-hidden=\"true\"><use href=\"#i{place}\"></use></svg>"));
        }
    }
    let mut out = format!("<svg class=\"symbols\" width=\"0\" height=\"0\" aria-hidden=\"true\">{symbols}</svg>");
    let mut rest = page.as_str();
    while let Some((before, drawing)) = rest.split_once("<svg ") {
        out.push_str(before);
        let (drawing, after) = drawing.split_once("</svg>").unwrap_or((drawing, ""));
        rest = after;
        let words = drawing.split_once("<desc").and_then(|(_, desc)| desc.split_once('>')?.1.split_once("</desc>"));
        if ["class=\"icon", "class=\"brand", "class=\"pair"].iter().any(|start| drawing.starts_with(start)) {
            out.push_str("<svg ");
            out.push_str(drawing);
            out.push_str("</svg>");
        } else if let Some((words, _)) = words {
            out.push_str("<p class=\"small\">");
            out.push_str(words);
            out.push_str("</p>");
        }
    }
    out.push_str(rest);
    bare(&out)
}

/// The page without what only scripts use, quotes of values that need none, and end tags that HTML can do without: these elements end where
/// the next begins, or what they are in ends. Text and values have `<`, `>` and quotes as codes, so what stands between `<` and `>` is a tag.
fn bare(page: &str) -> String {
    let mut out = String::with_capacity(page.len());
    let mut rest = page;
    while let Some((before, tagged)) = rest.split_once('<') {
        out.push_str(before);
        let (tag, after) = tagged.split_once('>').unwrap_or((tagged, ""));
        if !matches!(tag, "/li" | "/td" | "/th" | "/tr") {
            write_tag(tag, &mut out);
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Writes what is between the brackets of a tag, with them.
fn write_tag(tag: &str, out: &mut String) {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    out.push('<');
    out.push_str(name);
    while !rest.is_empty() {
        let (name, after) = rest.split_at(rest.find([' ', '=']).unwrap_or(rest.len()));
        let (value, after) = match after.strip_prefix("=\"").and_then(|quoted| quoted.split_once('"')) {
            Some((value, after)) => (Some(value), after),
            None => (None, after),
        };
        rest = after.trim_start();
        if is_for_scripts(name, value.unwrap_or_default()) {
            continue;
        }
        out.extend([" ", name]);
        if let Some(value) = value {
            let is_plain = !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'#');
            let quote = if is_plain { "" } else { "\"" };
            out.extend(["=", quote, value, quote]);
        }
    }
    out.push('>');
}

/// Whether only scripts use the attribute; ids that links lead to stay.
fn is_for_scripts(name: &str, value: &str) -> bool {
    match name {
        "datetime" | "tabindex" => true,
        "role" => value == "region",
        "id" => !(value.starts_with('/') || value == "main" || value.strip_prefix('i').is_some_and(|n| n.parse::<u8>().is_ok())),
        _ => name.starts_with("data-"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `packed` text holds, as the page's script reads it.
    fn unpacked(text: &str) -> Vec<u8> {
        let value = |c: char| (0..DIGITS).find(|place| digit(*place) == c).unwrap();
        let (mut out, mut held, mut bits) = (Vec::new(), 0u32, 0u32);
        let all: Vec<char> = text.chars().collect();
        for pair in all.chunks(2) {
            held |= (value(pair[0]) + DIGITS * pair.get(1).map_or(0, |c| value(*c))) << bits;
            bits += if pair.len() == 2 { 15 } else { 7 };
            while bits >= 8 {
                out.push(held as u8);
                held >>= 8;
                bits -= 8;
            }
        }
        out
    }

    #[test]
    fn packed_bytes_are_read_back_and_hold_no_markup() {
        let bytes: Vec<u8> = (0..4_099u32).map(|place| (place * place / 7) as u8).collect();
        for length in (0..40).chain([4_099]) {
            let text = packed(&bytes[..length]);
            assert_eq!(unpacked(&text), bytes[..length]);
            assert_eq!(super::bytes(&text).len(), text.chars().count());
            assert!(
                text.chars().all(|c| (c.is_ascii_graphic() && !"<&\\".contains(c)) || ('\u{a1}'..='\u{ff}').contains(&c)),
                "{length}"
            );
        }
        assert_eq!((0..DIGITS).map(digit).collect::<std::collections::BTreeSet<_>>().len(), DIGITS as usize);
        assert_eq!(narrow("a\u{a0}é − …"), "a\u{a0}é &#8722; &#8230;");
    }

    #[test]
    fn a_report_cannot_leave_its_element() {
        let json = r#"{"format":1,"digest":"</script><script>alert(1)</script>","deployment":{"name":"</div><script>alert(2)</script>"}}"#;
        let (module, report) = (packed(&[0]), packed(json.as_bytes()));
        let assets = Assets {
            style: "p{}",
            script: "f('</script>')",
            module: &module,
            report: &report,
            style_sha256: "s",
            script_sha256: "j",
        };
        let file = document(json, assets);
        assert_eq!((file.matches("</script>").count(), file.matches("<script").count()), (3, 3), "{file}");
        assert!(file.contains("script-src &#39;sha256-j&#39;") || file.contains("script-src 'sha256-j'"), "{file}");
        assert!(file.contains("id=\"/health\"") && file.contains("href=\"#/health\""), "links lead to views without scripts");
    }

    #[test]
    fn charts_are_words_and_marks_of_scripts_are_left_out() {
        let page = "<main id=\"main\" tabindex=\"-1\"><p id=\"x\" data-open=\"y\" class=\"z\">a</p><svg width=\"9\"><desc id=\"d\">It rose.</desc><path d=\"M1 2\"></path></svg><div role=\"region\" class=\"b\"></div><article id=\"/goals\"></article></main>";
        let shown = small(page);
        assert!(
            shown.ends_with("<main id=main><p class=z>a</p><p class=small>It rose.</p><div class=b></div><article id=\"/goals\"></article></main>"),
            "{shown}"
        );
        // Text that looks like an attribute is text.
        let note = "<p class=\"a b\">Bad data-quality id=&quot;x&quot; role= = =&quot; since</p><p hidden data-x>&lt;li&gt;</p>";
        assert!(
            small(note).ends_with(
                "<p class=\"a b\">Bad data-quality id=&quot;x&quot; role= = =&quot; since</p><p hidden>&lt;li&gt;</p>"
            )
        );
        let icon = crate::part::icon(Icon::Tick).into_string();
        assert!(small(&format!("{icon}{icon}")).ends_with("<use href=#i0></use></svg>"));
        let rows = small("<table><tr><th scope=\"row\">a = &quot;b&quot;</th><td title=\"x y\" class=\"\">1</td></tr></table>");
        assert!(rows.ends_with("<table><tr><th scope=row>a = &quot;b&quot;<td title=\"x y\" class=\"\">1</table>"), "{rows}");
    }
}
