//! Rows of `perf.*`: ranking, precision, recall and calibration.

use super::*;

#[test]
fn ranking_and_calling() {
    fn absolute(e: &mut Evidence) {
        e.modes = Modes { precision: Mode::Absolute, recall: Mode::Absolute };
    }
    check(&[
        row(Shadow, PerfAuc, nothing, Pass, "Ranks well: AUC 0.9 (0.887 to 0.912; 7,000 leads with an outcome), 0.85 is needed."),
        row(
            Shadow,
            PerfAuc,
            |e, _| e.challenger.outcomes = Some(model(0.1, 0.82, 7_000)),
            Fail,
            "Ranks too poorly: AUC 0.82 (0.802 to 0.837; 7,000 leads with an outcome), 0.85 is needed. In training it was 0.91.",
        ),
        row(
            Shadow,
            PerfAuc,
            |e, _| e.challenger.outcomes = Some(model(0.1, 0.855, 7_000)),
            Inconclusive,
            "Too close to call: AUC 0.855 (0.839 to 0.87), 0.85 is needed; about 64,000 more leads, at this pace by 7 April 2027.",
        ),
        row(
            Shadow,
            PerfAuc,
            |e, p| {
                e.challenger.outcomes = Some(model(0.1, 0.862, 7_000));
                p.gates.auc.slack = 0.02;
            },
            Pass,
            "Ranks well: AUC 0.862 (0.846 to 0.876; 7,000 leads with an outcome), 0.85 is needed.",
        ),
        row(
            Shadow,
            PerfAuc,
            |e, _| e.challenger.outcomes = Some(model(0.1, 0.9, 61)),
            InsufficientData,
            "Not enough data: 61 leads have an outcome, 200 are needed, at this pace on 1 December.",
        ),
        row(
            Shadow,
            PerfAuc,
            |e, _| e.challenger.outcomes = Some(model(0.1, 0.9, 240)),
            InsufficientData,
            "Not enough data: 24 leads bought, 30 are needed, at this pace on 1 December.",
        ),
        row(
            Shadow,
            PerfAuc,
            |e, _| e.challenger.outcomes = None,
            InsufficientData,
            "Not enough data: no lead has an outcome yet; one counts 7 days after its first score.",
        ),
        row(
            AbTest,
            PerfAuc,
            nothing,
            Pass,
            "Ranks well: AUC 0.9 (0.892 to 0.908; 18,000 leads with an outcome), 0.87 is needed.",
        ),
        row(
            AbTest,
            PerfAuc,
            |e, _| e.challenger.test_outcomes = Some(model(0.1, 0.85, 18_000)),
            Fail,
            "Ranks too poorly: AUC 0.85 (0.84 to 0.86; 18,000 leads with an outcome), 0.87 is needed. In training it was 0.91.",
        ),
        row(
            AbTest,
            PerfAuc,
            |e, _| e.challenger.test_outcomes = Some(model(0.1, 0.872, 3_000)),
            Inconclusive,
            "Too close to call: AUC 0.872 (0.849 to 0.892), 0.87 is needed, and no less than 0.85; about 230 more leads, at this pace by 1 December.",
        ),
        row(
            Shadow,
            PerfPrecision,
            |e, _| {
                absolute(e);
                e.challenger.outcomes = Some(model(0.5, 0.9, 7_000));
            },
            Pass,
            "Calls the right leads: of 100 leads it called, 82 bought (80 to 83); 80 are needed.",
        ),
        row(
            Shadow,
            PerfPrecision,
            |e, _| absolute(e),
            Fail,
            "Calls too many wrong leads: of 100 leads it called, 71 bought (66 to 75); 80 are needed.",
        ),
        row(
            Shadow,
            PerfPrecision,
            |e, _| {
                absolute(e);
                e.challenger.outcomes = Some(model(0.5, 0.9, 300));
            },
            Inconclusive,
            "Too close to call: of 100 leads it called, 82 bought (75 to 87), 80 are needed; about 140 more called leads, at this pace by 1 December.",
        ),
        row(
            Shadow,
            PerfPrecision,
            |e, _| {
                absolute(e);
                e.challenger.outcomes = Some(model(0.1, 0.87, 700));
            },
            InsufficientData,
            "Not enough data: 29 called leads have an outcome, 50 are needed, at this pace on 2 December.",
        ),
        row(
            Shadow,
            PerfRecall,
            |e, _| {
                absolute(e);
                e.challenger.outcomes = Some(model(0.5, 0.9, 7_000));
            },
            Pass,
            "Finds the buyers: of 100 leads that bought, it called 82 (80 to 83); 80 are needed.",
        ),
        row(
            Shadow,
            PerfRecall,
            |e, _| {
                absolute(e);
                e.challenger.outcomes = Some(model(0.385, 0.88, 7_000));
            },
            Fail,
            "Misses too many: of 100 leads that bought, it called 71 (69 to 73); 80 are needed.",
        ),
        row(
            Shadow,
            PerfRecall,
            |e, _| {
                absolute(e);
                e.challenger.outcomes = Some(model(0.5, 0.89, 300));
            },
            Inconclusive,
            "Too close to call: of 100 leads that bought, it called 81 (74 to 86), 80 are needed; about 410 more leads that bought, at this pace by 3 December.",
        ),
        row(
            Shadow,
            PerfRecall,
            |e, _| {
                absolute(e);
                e.challenger.outcomes = Some(model(0.1, 0.9, 400));
            },
            InsufficientData,
            "Not enough data: 40 leads bought, 50 are needed, at this pace on 1 December.",
        ),
        row(
            Shadow,
            PerfRecall,
            |e, _| {
                absolute(e);
                e.challenger.outcomes = None;
            },
            InsufficientData,
            "Not enough data: no lead has an outcome yet; one counts 7 days after its first score.",
        ),
        row(
            Shadow,
            PerfCalibration,
            nothing,
            Pass,
            "Probabilities are right: on average a probability is off by 0.047 percentage points (0 to 0.67); 5 are allowed.",
        ),
        row(
            Shadow,
            PerfCalibration,
            |e, _| {
                let mut off = Scores::default();
                (0..5_000).for_each(|lead| off.add(0.35, Some(lead % 4 == 0)));
                e.challenger.outcomes = Some(off);
            },
            Fail,
            "Probabilities are wrong: on average a probability is off by 10 percentage points (8.8 to 11), of which chance explains 0.49; 5 are allowed.",
        ),
        row(
            Shadow,
            PerfCalibration,
            |e, _| {
                let mut off = Scores::default();
                (0..600).for_each(|lead| off.add(0.29, Some(lead % 4 == 0)));
                e.challenger.outcomes = Some(off);
            },
            Inconclusive,
            "Too close to call: on average a probability is off by 4 percentage points (0.54 to 7.6), of which chance explains 1.4, 5 are allowed; about 7,700 more leads, at this pace by 16 December.",
        ),
        row(
            Shadow,
            PerfCalibration,
            |e, _| e.challenger.outcomes = Some(model(0.1, 0.9, 300)),
            InsufficientData,
            "Not enough data: 300 leads have an outcome, 500 are needed, at this pace on 1 December.",
        ),
    ]);
}
