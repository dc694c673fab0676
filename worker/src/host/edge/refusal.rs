//! Problems that the shell learns of outside of the service, by number: it has no texts of its own.

use crate::problem::Problem;
use crate::refusal::Refusal;
use crate::settings::Settings;

/// By the numbers that name them in the shell.
const NUMBERED: [Refusal; 8] = [
    Refusal::Panic,
    Refusal::LogUnavailable,
    Refusal::BodyTimeout,
    Refusal::Busy,
    Refusal::StoreUnavailable,
    Refusal::BodyUnreadable,
    Refusal::BodyTooLarge,
    Refusal::BundleTooLarge,
];

/// Problem number `kind`; one without a number is a panic. `detail` is appended to its sentence, where it is not empty.
pub(super) fn problem(kind: u32, detail: &[u8], settings: &Settings) -> Problem {
    let mut problem = NUMBERED.get(kind as usize).unwrap_or(&Refusal::Panic).problem(settings);
    let detail = std::str::from_utf8(detail).unwrap_or_default();
    if !detail.is_empty() {
        problem.detail.push_str(": ");
        problem.detail.push_str(detail);
    }
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_is_a_problem_of_its_own() {
        let of = |kind, detail: &str| problem(kind, detail.as_bytes(), &Settings::default());
        let found: Vec<_> = (0..9).map(|kind| (of(kind, "").status, of(kind, "").code)).collect();
        assert_eq!(found.iter().map(|(status, _)| *status).collect::<Vec<_>>(), [500, 503, 408, 503, 503, 400, 413, 413, 500]);
        let mut codes: Vec<_> = found.iter().map(|(_, code)| code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), NUMBERED.len());
        assert_eq!(of(4, "STORE_NEWER: version 9").detail, "the prediction log cannot be opened: STORE_NEWER: version 9");
    }
}
