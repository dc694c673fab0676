//! `--limit KEY=VALUE`: how large a model's file may be.

use plumbline_core::import;

use crate::Failure;
use crate::input::model_file::MODEL_LIMIT;

/// The key of the limit on the file itself.
const FILE: &str = "file-bytes";

/// Limits on a model's file.
pub struct Limits {
    /// Its size, unpacked.
    pub file_bytes: u64,
    /// What is in it.
    pub content: import::Limits,
}

/// `KEY=VALUE`; the value may have the suffix k, M or G (powers of 1024).
pub fn setting(text: &str) -> Result<(String, u64), String> {
    let wanted = || "expected KEY=VALUE, such as category-bytes=128M".to_owned();
    let (key, value) = text.split_once('=').ok_or_else(wanted)?;
    let (digits, factor) = match value.chars().last() {
        Some('k') => (value.trim_end_matches('k'), 1 << 10),
        Some('M') => (value.trim_end_matches('M'), 1 << 20),
        Some('G') => (value.trim_end_matches('G'), 1 << 30),
        _ => (value, 1u64),
    };
    let number = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    Ok((key.to_owned(), number.filter(|number| *number > 0).ok_or_else(wanted)?))
}

/// The defaults, changed by `settings`.
pub fn of(settings: &[(String, u64)]) -> Result<Limits, Failure> {
    let mut limits = Limits { file_bytes: MODEL_LIMIT, content: import::Limits::default() };
    for (key, value) in settings {
        let set = match usize::try_from(*value) {
            _ if key == FILE => {
                limits.file_bytes = *value;
                Ok(())
            }
            Ok(value) => limits.content.set(key, value),
            Err(_) => Err(format!("{value} is too large")),
        };
        set.map_err(|why| Failure::usage("ARGUMENTS", format!("--limit {key}={value}: {why}")))?;
    }
    Ok(limits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_set_by_key() {
        assert_eq!(setting("columns=5"), Ok(("columns".to_owned(), 5)));
        assert_eq!(setting("category-bytes=128M"), Ok(("category-bytes".to_owned(), 128 << 20)));
        for bad in ["columns", "columns=", "columns=x", "columns=0", "columns=-1", "columns=99999999999999999999G"] {
            assert!(setting(bad).is_err(), "{bad}");
        }
        let given = |text: &str| of(&[setting(text).unwrap()]);
        assert!(given("file-bytes=4G").is_ok_and(|limits| limits.file_bytes == 4 << 30));
        assert!(given("depth=5").is_ok_and(|limits| limits.content.depth == 5));
        assert!(given("tree=5").is_err() && given("columns=2G").is_err());
    }
}
