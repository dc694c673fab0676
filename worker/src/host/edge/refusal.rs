//! Problems that the shell learns of outside of the service, by number: it knows no words.

use crate::problem::Problem;
use crate::settings::Settings;

/// Problem number `kind`: 0 a panic, 1 rows that are not stored, 2 a body that does not come, 3 too many bodies at once, 4 a store
/// that cannot be used, 5 a body that broke off. `detail` says more than its own sentence, where it is not empty.
pub(super) fn problem(kind: u32, detail: &[u8], settings: &Settings) -> Problem {
    let (status, code, sentence) = match kind {
        1 => (503, "LOG_UNAVAILABLE", "the prediction could not be stored".to_owned()),
        2 => (408, "BODY_TIMEOUT", format!("the body did not arrive within {} ms", settings.body_ms)),
        3 => (503, "BUSY", "too many bodies are being received; try again".to_owned()),
        4 => (503, "STORE_UNAVAILABLE", "the prediction log cannot be opened".to_owned()),
        5 => (400, "BODY_UNREADABLE", "the body ended prematurely".to_owned()),
        _ => (500, "INTERNAL", "an internal error; the request was not scored".to_owned()),
    };
    match std::str::from_utf8(detail).unwrap_or_default() {
        "" => Problem::new(status, code, sentence),
        detail => Problem::new(status, code, format!("{sentence}: {detail}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_is_a_problem_of_its_own() {
        let of = |kind, detail: &str| problem(kind, detail.as_bytes(), &Settings::default());
        let found: Vec<_> = (0..6).map(|kind| (of(kind, "").status, of(kind, "").code)).collect();
        assert_eq!(found.iter().map(|(status, _)| *status).collect::<Vec<_>>(), [500, 503, 408, 503, 503, 400]);
        assert!(found.iter().enumerate().all(|(i, one)| found.iter().skip(i + 1).all(|other| other.1 != one.1)));
        assert_eq!(of(4, "STORE_NEWER: version 9").detail, "the prediction log cannot be opened: STORE_NEWER: version 9");
    }
}
