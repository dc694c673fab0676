//! The texts of categories: the `cats` container that XGBoost writes since 3.1 for data frames.
//!
//! The texts of a column stand one after the other; offsets say where each begins. XGBoost 3.1 and 3.2 count the offsets of a pandas
//! column in characters, and cut the texts to as many bytes: with a non-ASCII text, the end of the last texts is lost. Offsets of an
//! Arrow column count bytes, as they should. The file does not say which it was.

use super::super::document::At;
use super::super::error::ImportError;
use crate::schema::LOST;

/// The categories of a column.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// In code order; empty when the model was trained on codes.
    pub list: Vec<String>,
    /// Why the list cannot be taken as it is.
    pub doubt: Option<String>,
    /// What to know of it.
    pub note: Option<String>,
}

/// Per column its categories; empty when the model was trained on codes. In files by a version that `may_count_characters`, offsets
/// may do so.
pub(super) fn read(cats: &At<'_, '_>, columns: usize, may_count_characters: bool) -> Result<Vec<Texts>, ImportError> {
    let encodings = cats.get("enc")?;
    let encodings = encodings.items()?;
    if encodings.is_empty() {
        return Ok(Vec::new());
    }
    if encodings.len() != columns {
        return Err(cats.error(format!("{} encodings for {columns} columns", encodings.len())));
    }
    encodings.iter().map(|at| column(at, may_count_characters)).collect()
}

fn column(at: &At<'_, '_>, may_count_characters: bool) -> Result<Texts, ImportError> {
    let values_at = at.get("values")?;
    let values = values_at.ints()?;
    let Some(offsets_at) = at.find("offsets") else {
        // Categories that are numbers themselves.
        return Ok(Texts { list: values.iter().map(i64::to_string).collect(), ..Texts::default() });
    };
    // Texts are stored as signed bytes.
    let bytes: Vec<u8> = values.iter().map(|b| *b as u8).collect();
    let offsets = offsets_at.ints()?;
    let mut spans = Vec::with_capacity(offsets.len());
    for pair in offsets.windows(2) {
        let &[from, to] = pair else { continue };
        let span = usize::try_from(from).ok().zip(usize::try_from(to).ok()).filter(|(from, to)| from <= to && *to <= bytes.len());
        spans.push(span.ok_or_else(|| offsets_at.error(format!("{from}..{to} is outside {} bytes", bytes.len())))?);
    }
    let of_bytes = spans.iter().map(|(from, to)| std::str::from_utf8(bytes.get(*from..*to)?).ok().map(str::to_owned));
    let of_bytes: Option<Vec<String>> = of_bytes.collect();
    if bytes.is_ascii() || !may_count_characters {
        let list = of_bytes.ok_or_else(|| values_at.error("a category is not valid UTF-8"))?;
        return Ok(Texts { list, ..Texts::default() });
    }
    Ok(choose(&spans, &bytes, of_bytes))
}

/// Decides how offsets count. pandas sorts its categories, so the reading that is in order is right; where both are, or they hardly
/// differ, it is the common one: characters.
fn choose(spans: &[(usize, usize)], bytes: &[u8], of_bytes: Option<Vec<String>>) -> Texts {
    let text = String::from_utf8_lossy(bytes);
    let known: Vec<char> = text.trim_end_matches(LOST).chars().collect();
    let of_characters: Vec<(String, usize)> = spans
        .iter()
        .map(|&(from, to)| {
            let kept: String = known.get(from.min(known.len())..to.min(known.len())).unwrap_or_default().iter().collect();
            let lost = to - from - kept.chars().count();
            (kept, lost)
        })
        .collect();
    let characters_rise = rise(of_characters.iter().map(|(kept, _)| kept.as_str()).filter(|kept| !kept.is_empty()));
    let bytes_rise = of_bytes.as_ref().is_some_and(|list| rise(list.iter().map(String::as_str)));
    let list: Vec<String> =
        of_characters.iter().map(|(kept, lost)| format!("{kept}{}", LOST.to_string().repeat(*lost))).collect();
    // A text that both readings give whole is not in question; most often that is all but the last.
    let differ = |of_bytes: &Vec<String>| list.iter().zip(of_bytes).rev().skip(1).any(|(a, b)| a != b);
    match of_bytes.filter(differ) {
        Some(list) if bytes_rise && !characters_rise => Texts { list, ..Texts::default() },
        Some(_) if !characters_rise => Texts {
            list: Vec::new(),
            doubt: Some("its non-ASCII categories can be read in two ways, with offsets in bytes or in characters".to_owned()),
            note: None,
        },
        _ => {
            let cut: Vec<&(String, usize)> = of_characters.iter().filter(|(_, lost)| *lost > 0).collect();
            // What is left must name the category, not merely hint at it.
            let is_told = cut.iter().all(|(kept, lost)| kept.chars().count() >= *lost) && cut.len() <= 1;
            let shown = cut.iter().map(|(kept, lost)| format!("{kept:?} and {lost} more characters")).collect::<Vec<_>>();
            let said =
                format!("this version of XGBoost loses the end of non-ASCII categories; left of it is {}", shown.join(", "));
            let doubt = (!is_told).then(|| format!("{} of its categories have lost too much of their text", cut.len()));
            Texts { list, note: (is_told && !cut.is_empty()).then_some(said), doubt }
        }
    }
}

/// Whether each text is greater than the one before.
fn rise<'a>(texts: impl Iterator<Item = &'a str>) -> bool {
    let mut last = None;
    texts.into_iter().all(|text| last.replace(text).is_none_or(|last| last < text))
}

#[cfg(test)]
mod tests {
    use super::super::super::document::Limits;
    use super::super::super::json;
    use super::*;

    fn texts(values: &[u8], offsets: &[usize], may_count_characters: bool) -> Texts {
        let values: Vec<i8> = values.iter().map(|byte| *byte as i8).collect();
        let text = format!(r#"{{"enc": [{{"offsets": {offsets:?}, "values": {values:?}}}]}}"#);
        let document = json::read(text.as_bytes(), Limits::default()).unwrap();
        read(&At::root(&document), 1, may_count_characters).unwrap().remove(0)
    }

    /// What XGBoost 3.1 and 3.2 write of these categories of pandas.
    fn pandas(list: &[&str]) -> Texts {
        let mut offsets = vec![0];
        for text in list {
            offsets.push(offsets.last().unwrap() + text.chars().count());
        }
        texts(&list.concat().as_bytes()[..*offsets.last().unwrap()], &offsets, true)
    }

    /// What every version writes of these categories of Arrow.
    fn arrow(list: &[&str]) -> Texts {
        let mut offsets = vec![0];
        for text in list {
            offsets.push(offsets.last().unwrap() + text.len());
        }
        texts(list.concat().as_bytes(), &offsets, true)
    }

    #[test]
    fn offsets_in_characters_give_all_but_the_end() {
        let plain = pandas(&["a", "b"]);
        assert_eq!((plain.list, plain.doubt, plain.note), (vec!["a".to_owned(), "b".into()], None, None));
        let cut = pandas(&["Köln", "Paris", "Zürich"]);
        assert_eq!(cut.list, ["Köln", "Paris", "Züri\u{fffd}\u{fffd}"]);
        assert!(cut.doubt.is_none() && cut.note.unwrap().contains("\"Züri\" and 2 more"));
        // In an order of its own, as a pandas dtype may have; only the last is in question.
        assert_eq!(pandas(&["web", "The Ad", "Ünïcode"]).list, ["web", "The Ad", "Ünïco\u{fffd}\u{fffd}"]);
        // Cut inside a character.
        assert_eq!(pandas(&["Aé", "Bordeauxéx"]).list, ["Aé", "Bordeaux\u{fffd}\u{fffd}"]);
        // So much is lost that the text could be another.
        let lost = pandas(&["東京都", "大阪府", "京都府"]);
        assert!(lost.doubt.is_some() && lost.note.is_none());
    }

    #[test]
    fn offsets_in_bytes_are_told_by_the_order() {
        assert_eq!(arrow(&["東京都", "大阪府"]).list.len(), 2);
        let cities = arrow(&["Zürich", "Bern", "Aarau"]);
        assert!(cities.list.is_empty() && cities.doubt.is_some(), "in no order, either could be right: {cities:?}");
        let sorted = texts("AéBZ".as_bytes(), &[0, 3, 5], false);
        assert_eq!((sorted.list, sorted.doubt), (vec!["Aé".to_owned(), "BZ".into()], None));
    }
}
