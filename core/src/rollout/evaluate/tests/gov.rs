//! Rows of `gov.*`: days and incidents.

use super::*;

#[test]
fn days_and_incidents() {
    check(&[
        row(Shadow, GovDays, nothing, Pass, "Shadow has logged 14 days; 14 are needed."),
        row(
            Shadow,
            GovDays,
            |e, _| e.governance.days_logged = 9,
            InsufficientData,
            "Not enough days: Shadow has logged 9 days, 14 are needed; on 6 December at the earliest.",
        ),
        row(
            Canary,
            GovDays,
            |e, _| e.governance.days_logged = 1,
            InsufficientData,
            "Not enough days: Canary has logged 1 day, 7 are needed; on 7 December at the earliest.",
        ),
        row(Canary, GovIncidents, nothing, Pass, "No red incident since the start is open."),
        row(
            Canary,
            GovIncidents,
            |e, _| e.governance.open_incidents = vec!["i-7".into()],
            Inconclusive,
            "A red incident is open: i-7. Close it with its cause.",
        ),
        row(
            Canary,
            GovIncidents,
            |e, _| e.governance.open_incidents = vec!["i-7".into(), "i-9".into()],
            Inconclusive,
            "2 red incidents are open: i-7 and i-9. Close them with their causes.",
        ),
    ]);
}
