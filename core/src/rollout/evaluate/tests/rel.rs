//! Rows of `rel.*`: the challenger against the champion.

use super::*;

#[test]
fn against_the_champion() {
    fn slow(e: &mut Evidence, ms: u64, count: u64) {
        e.challenger.recent.as_mut().unwrap().latency = latency(&[(30, count), (ms, count / 10)]);
        e.champion.recent.as_mut().unwrap().latency = latency(&[(30, count), (120, count / 10)]);
    }
    fn failed(e: &mut Evidence, challenger: u64, champion: u64) {
        e.challenger.since_start.as_mut().unwrap().failed = challenger;
        e.champion.since_start.as_mut().unwrap().failed = champion;
    }
    check(&[
        row(
            Shadow,
            RelAuc,
            nothing,
            Pass,
            "No worse than today's model: AUC 0.9 against 0.88 on the same leads; a fall of 10 % would be too much.",
        ),
        row(
            Shadow,
            RelAuc,
            |e, _| e.challenger.outcomes = Some(model(0.1, 0.74, 7_000)),
            Fail,
            "Ranks worse than today's model: AUC 0.74 against 0.88 on the same leads, 16 % less; 10 % is allowed.",
        ),
        row(
            Shadow,
            RelAuc,
            |e, _| e.challenger.outcomes = Some(model(0.1, 0.79, 7_000)),
            Inconclusive,
            "Too close to call: AUC 0.79 against 0.88 on the same leads, 10 % less (7.6 to 13 % less), 10 % is allowed; more leads alone will hardly decide it.",
        ),
        row(
            Shadow,
            RelAuc,
            |e, _| e.champion.outcomes = Some(model(0.1, 0.9, 150)),
            InsufficientData,
            "Not enough data: 150 leads have an outcome, 200 are needed, at this pace on 1 December.",
        ),
        row(
            Shadow,
            RelAuc,
            |e, _| e.champion.outcomes = None,
            InsufficientData,
            "Not enough data: no lead has an outcome yet; one counts 7 days after its first score.",
        ),
        row(
            Canary,
            RelCoverage,
            nothing,
            Pass,
            "No worse than today's model: it scored 99.9 % of leads, today's model 99.9 %; a fall of 10 % would be too much.",
        ),
        row(
            Canary,
            RelCoverage,
            |e, _| e.challenger.recent.as_mut().unwrap().scored = 5_900,
            Fail,
            "Scores fewer leads than today's model: it scored 84 % of leads, today's model 99.9 %, 16 % fewer; 10 % is allowed.",
        ),
        row(
            Canary,
            RelCoverage,
            |e, _| e.challenger.recent.as_mut().unwrap().scored = 6_280,
            Inconclusive,
            "Too close to call: it scored 90 % of leads, today's model 99.9 %, 10 % fewer (9.5 to 11 % fewer), 10 % is allowed; about 130,000 more leads, at this pace by 9 April 2027.",
        ),
        row(
            Canary,
            RelCoverage,
            |e, _| e.champion.recent.as_mut().unwrap().leads = 40,
            InsufficientData,
            "Not enough data: 40 leads came, 100 are needed, at this pace on 1 December.",
        ),
        row(
            Canary,
            RelCoverage,
            |e, _| e.champion.recent = None,
            InsufficientData,
            "Not enough data: the traffic of the last seven days of both models is not known.",
        ),
        row(
            Canary,
            RelPrecision,
            nothing,
            Pass,
            "No worse than today's model: of 100 leads it called, 71 bought, of today's model's 71; a fall of 10 % would be too much.",
        ),
        row(
            Canary,
            RelPrecision,
            |e, _| e.pairs = Some(pairs([400, 60, 70, 170], [150, 40, 400, 5_710])),
            Fail,
            "Calls more wrong leads than today's model: of 100 leads it called, 46 bought, of today's model's 71, 35 % less; 10 % is allowed.",
        ),
        row(
            Canary,
            RelPrecision,
            |e, _| e.pairs = Some(pairs([40, 9, 6, 17], [15, 4, 14, 606])),
            Inconclusive,
            "Too close to call: of 100 leads it called, 61 bought, of today's model's 72, 15 % less (3.1 to 25 % less), 10 % is allowed; about 310 more called leads, at this pace by 7 December.",
        ),
        row(
            Canary,
            RelPrecision,
            |e, _| e.pairs = Some(pairs([20, 9, 6, 17], [9, 4, 9, 606])),
            InsufficientData,
            "Not enough data: 42 called leads of each model have an outcome, 50 are needed, at this pace on 1 December.",
        ),
        row(
            Canary,
            RelPrecision,
            |e, _| e.pairs = None,
            InsufficientData,
            "Not enough data: no lead has an outcome yet; one counts 7 days after its first score.",
        ),
        row(
            Canary,
            RelRecall,
            nothing,
            Pass,
            "No worse than today's model: of 100 leads that bought, it called 67, today's model 66; a fall of 10 % would be too much.",
        ),
        row(
            Canary,
            RelRecall,
            |e, _| e.pairs = Some(pairs([300, 160, 40, 200], [150, 40, 45, 6_065])),
            Fail,
            "Misses more than today's model: of 100 leads that bought, it called 49, today's model 66, 26 % less; 10 % is allowed.",
        ),
        row(
            Canary,
            RelRecall,
            |e, _| e.pairs = Some(pairs([40, 12, 6, 17], [15, 4, 9, 606])),
            Inconclusive,
            "Too close to call: of 100 leads that bought, it called 61, today's model 69, 12 % less (25 % less to 4.9 % more), 10 % is allowed; about 7,300 more leads that bought, at this pace by 16 April 2027.",
        ),
        row(
            Canary,
            RelRecall,
            |e, _| e.pairs = Some(pairs([0, 60, 0, 170], [150, 40, 45, 6_065])),
            Fail,
            "Misses more than today's model: of 100 leads that bought, it called 0, today's model 26, 100 % less; 10 % is allowed.",
        ),
        row(
            Canary,
            RelRecall,
            |e, _| e.pairs = Some(pairs([0, 0, 60, 170], [150, 40, 45, 6_065])),
            InsufficientData,
            "Not enough data: no lead that today's model called bought.",
        ),
        row(
            Canary,
            RelCalibration,
            nothing,
            Pass,
            "Nothing to hold against it: on average its probabilities are off by 0.047 percentage points, today's model's by 0.042; 2 percentage points or less is always accepted.",
        ),
        row(
            Canary,
            RelCalibration,
            |e, _| {
                let mut off = Scores::default();
                (0..5_000).for_each(|lead| off.add(0.35, Some(lead % 4 == 0)));
                e.challenger.outcomes = Some(off);
            },
            Fail,
            "Probabilities are further off than today's model: on average its probabilities are off by 10 percentage points, of which chance explains 0.49, today's model's by 0.042, 403 % more than the 2 percentage points that is always accepted; 10 % is allowed.",
        ),
        row(
            Canary,
            RelCalibration,
            |e, _| {
                let mut off = Scores::default();
                (0..2_000).for_each(|lead| off.add(0.275, Some(lead % 4 == 0)));
                e.challenger.outcomes = Some(off);
            },
            Inconclusive,
            "Too close to call: on average its probabilities are off by 2.5 percentage points, of which chance explains 0.77, today's model's by 0.042, 27 % more than the 2 percentage points that is always accepted (100 % less to 168 % more), 10 % is allowed; about 49,000 more leads, at this pace by 9 March 2027.",
        ),
        row(
            Canary,
            RelCalibration,
            |e, _| e.challenger.outcomes = Some(model(0.1, 0.9, 300)),
            InsufficientData,
            "Not enough data: 300 leads have an outcome, 500 are needed, at this pace on 1 December.",
        ),
        row(
            Canary,
            RelLatency,
            |e, _| slow(e, 121, 5_000),
            Pass,
            "No slower than today's model: 122 ms against 121 ms for the slowest hundredth; a rise of 10 % would be too much.",
        ),
        row(
            Canary,
            RelLatency,
            |e, _| slow(e, 180, 5_000),
            Fail,
            "Slower than today's model: 180 ms against 121 ms for the slowest hundredth, 49 % more; 10 % is allowed.",
        ),
        row(
            Canary,
            RelLatency,
            |e, _| slow(e, 36, 5_000),
            Pass,
            "Nothing to hold against it: 36.4 ms against 121 ms for the slowest hundredth; 40 ms or less is always accepted.",
        ),
        row(
            Canary,
            RelLatency,
            |e, _| {
                e.challenger.probes = None;
                e.champion.probes = None;
                e.challenger.recent.as_mut().unwrap().latency = latency(&[(30, 985), (120, 10), (190, 5)]);
                e.champion.recent.as_mut().unwrap().latency = latency(&[(30, 985), (118, 15)]);
            },
            Inconclusive,
            "Too close to call: 121 ms against 119 ms for the slowest hundredth, 1.7 % more (75 % less to 334 % more), 10 % is allowed; about 77,000 more requests, at this pace by 20 December.",
        ),
        row(
            Canary,
            RelLatency,
            |e, _| (e.champion.recent, e.champion.probes) = (None, Some(latency(&[(30, 500)]))),
            InsufficientData,
            "Not enough data: 500 requests were timed, 1,000 are needed, at this pace on 1 December.",
        ),
        row(
            Canary,
            RelErrors,
            nothing,
            Pass,
            "Nothing to hold against it: 0.0067 % of its requests failed, of today's model's 0.0067 %; 0.05 % or less is always accepted.",
        ),
        row(
            Canary,
            RelErrors,
            |e, _| failed(e, 620, 600),
            Pass,
            "No more errors than today's model: 0.21 % of its requests failed, of today's model's 0.2 %; a rise of 10 % would be too much.",
        ),
        row(
            Canary,
            RelErrors,
            |e, _| failed(e, 900, 600),
            Fail,
            "More errors than today's model: 0.3 % of its requests failed, of today's model's 0.2 %, 50 % more; 10 % is allowed.",
        ),
        row(
            Canary,
            RelErrors,
            |e, _| failed(e, 400, 0),
            Fail,
            "More errors than today's model: 0.13 % of its requests failed, of today's model's 0 %, 167 % more than the 0.05 % that is always accepted; 10 % is allowed.",
        ),
        row(
            Canary,
            RelErrors,
            |e, _| failed(e, 170, 150),
            Inconclusive,
            "Too close to call: 0.057 % of its requests failed, of today's model's 0.05 %, 13 % more than the 0.05 % that is always accepted (3.1 % less to 32 % more), 10 % is allowed; more requests alone will hardly decide it.",
        ),
        row(
            Canary,
            RelErrors,
            |e, _| e.champion.since_start.as_mut().unwrap().requests = 1_000,
            InsufficientData,
            "Not enough data: 1,000 requests came, 3,700 are needed, at this pace on 1 December.",
        ),
        row(
            Canary,
            RelErrors,
            |e, _| e.champion.since_start = None,
            InsufficientData,
            "Not enough data: the traffic of both models since the start is not known.",
        ),
    ]);
}
