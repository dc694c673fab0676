//! Rows of `ab.*`: the A/B test.

use super::*;

#[test]
fn the_test_at_a_look() {
    fn with(e: &mut Evidence, p: &Policy, champion: Side, challenger: Side, look: u32) {
        e.test = Some(test(p, [champion, challenger], look));
    }
    check(&[
        row(
            AbTest,
            AbSampleRatio,
            nothing,
            Pass,
            "The draw is sound: 9,000 leads with today's model and 9,000 with the new one, as planned (p = 1).",
        ),
        row(
            AbTest,
            AbSampleRatio,
            |e, p| with(e, p, CHAMPION, Side { leads: 8_000, bought: 960, ..CHALLENGER }, 3),
            Fail,
            "The draw is broken: 9,000 leads with today's model and 8,000 with the new one, 8,500 and 8,500 were planned (p < 0.001). The results are void until its cause is found.",
        ),
        row(
            AbTest,
            AbConversion,
            |e, p| with(e, p, CHAMPION, Side { leads: 8_000, bought: 960, ..CHALLENGER }, 3),
            Inconclusive,
            "Void: the test does not have the planned split, so its figures prove nothing.",
        ),
        row(
            AbTest,
            AbSampleRatio,
            |e, p| {
                with(
                    e,
                    p,
                    Side { leads: 300, bought: 60, partner: 5, ..CHAMPION },
                    Side { leads: 310, bought: 60, partner: 5, ..CHALLENGER },
                    1,
                )
            },
            InsufficientData,
            "Not enough data: 610 leads are in the test, 1,000 are needed, at this pace on 1 December.",
        ),
        row(
            AbTest,
            AbConversion,
            nothing,
            Pass,
            "More leads buy: 20 % more leads bought (8.6 to 33 % more, five looks allowed for); 5 % more is needed.",
        ),
        row(
            AbTest,
            AbConversion,
            |e, p| with(e, p, CHAMPION, Side { bought: 700, partner: 80, ..CHALLENGER }, 3),
            Fail,
            "Fewer leads buy: 22 % fewer leads bought (13 to 31 % fewer, five looks allowed for).",
        ),
        row(
            AbTest,
            AbConversion,
            |e, p| {
                with(
                    e,
                    p,
                    Side { leads: 40_000, bought: 4_000, ..CHAMPION },
                    Side { leads: 40_000, bought: 3_960, ..CHALLENGER },
                    5,
                )
            },
            Fail,
            "No lift: 1 % fewer leads bought (5.3 % fewer to 3.5 % more, five looks allowed for); 5 % more is excluded.",
        ),
        row(
            AbTest,
            AbConversion,
            |e, p| with(e, p, CHAMPION, Side { bought: 928, ..CHALLENGER }, 3),
            Inconclusive,
            "Too close to call: 3.1 % more leads bought (7.1 % fewer to 15 % more, five looks allowed for); 5 % more is needed, and no change must be ruled out; the next look is number 4 of 5.",
        ),
        row(
            AbTest,
            AbConversion,
            |e, p| with(e, p, CHAMPION, Side { bought: 928, ..CHALLENGER }, 5),
            Inconclusive,
            "Too close to call: 3.1 % more leads bought (6 % fewer to 13 % more, five looks allowed for); 5 % more is needed, and no change must be ruled out; this was the last planned look.",
        ),
        row(
            AbTest,
            AbConversion,
            |e, p| {
                with(
                    e,
                    p,
                    Side { leads: 3_210, bought: 321, partner: 30, ..CHAMPION },
                    Side { leads: 3_250, bought: 360, partner: 33, ..CHALLENGER },
                    2,
                )
            },
            InsufficientData,
            "Not enough data: 3,210 leads per arm have an outcome, 5,000 are needed, at this pace on 4 December.",
        ),
        row(
            AbTest,
            AbConversion,
            |e, p| {
                with(e, p, Side { leads: 9_000, bought: 900, ..CHAMPION }, Side { leads: 9_000, bought: 1_300, ..CHALLENGER }, 1)
            },
            InsufficientData,
            "Not enough days: 44 % more leads bought (21 to 73 % more, five looks allowed for) after 7 days of new leads, 14 are needed; the next look is number 2 of 5.",
        ),
        row(
            AbTest,
            AbConversion,
            |e, _| e.test = None,
            InsufficientData,
            "Not enough data: the test has no look yet; the first is 14 days after its start.",
        ),
        row(
            AbTest,
            AbConversion,
            |e, p| {
                p.experiment.primary.claim = Claim::NoWorse;
                with(
                    e,
                    p,
                    Side { leads: 40_000, bought: 4_000, ..CHAMPION },
                    Side { leads: 40_000, bought: 4_040, ..CHALLENGER },
                    5,
                );
            },
            Pass,
            "Not worse: 1 % more leads bought (3.3 % fewer to 5.5 % more, five looks allowed for); 5 % fewer is excluded.",
        ),
        row(
            AbTest,
            AbConversion,
            |e, p| {
                p.experiment.primary.claim = Claim::NoWorse;
                with(e, p, CHAMPION, Side { bought: 890, ..CHALLENGER }, 3);
            },
            Inconclusive,
            "Too close to call: 1.1 % fewer leads bought (11 % fewer to 10 % more, five looks allowed for); 5 % fewer must be excluded; the next look is number 4 of 5.",
        ),
        row(
            AbTest,
            AbDealSize,
            nothing,
            Pass,
            "Deal size did not fall by 10 %: 18,385 against 18,681 USD, 1.6 % less (4.4 % less to 2.2 % more). A fall of 20 % is excluded.",
        ),
        row(
            AbTest,
            AbDealSize,
            |e, p| with(e, p, CHAMPION, Side { value: 15_000.0, ..CHALLENGER }, 3),
            Fail,
            "Deal size fell by more than 10 %: 14,987 against 18,681 USD, 20 % less (17 to 22 % less).",
        ),
        row(
            AbTest,
            AbDealSize,
            |e, p| with(e, p, CHAMPION, Side { value: 16_800.0, ..CHALLENGER }, 3),
            Inconclusive,
            "Too close to call: deal size 16,786 against 18,681 USD, 10 % less (6.6 to 13 % less); a fall of 10 % is neither shown nor excluded.",
        ),
        row(
            AbTest,
            AbDealSize,
            |e, p| with(e, p, Side { leads: 9_000, bought: 61, partner: 10, ..CHAMPION }, CHALLENGER, 3),
            InsufficientData,
            "Not enough data: 61 deals per arm are known, 100 are needed.",
        ),
        row(
            AbTest,
            AbCycle,
            nothing,
            Pass,
            "Sales cycle did not grow by 10 %: 21.3 against 21 days, 1.7 % longer (2.2 % shorter to 4.6 % longer). A growth of 20 % is excluded.",
        ),
        row(
            AbTest,
            AbCycle,
            |e, p| with(e, p, CHAMPION, Side { days: 26.0, ..CHALLENGER }, 3),
            Fail,
            "Sales cycle grew by more than 10 %: 24.6 against 21 days, 17 % longer (14 to 20 % longer).",
        ),
        row(
            AbTest,
            AbCycle,
            |e, p| with(e, p, CHAMPION, Side { days: 24.0, ..CHALLENGER }, 3),
            Inconclusive,
            "Too close to call: sales cycle 23.4 against 21 days, 11 % longer (7.6 to 14 % longer); a growth of 10 % is neither shown nor excluded.",
        ),
        row(
            AbTest,
            AbCycle,
            |e, p| with(e, p, Side { leads: 9_000, bought: 61, partner: 10, ..CHAMPION }, CHALLENGER, 3),
            InsufficientData,
            "Not enough data: 61 deals per arm are known, 100 are needed.",
        ),
        row(AbTest, AbSatisfaction, nothing, Pass, "Sales is satisfied: 8.7 of 10 from 60 ratings (8.5 to 8.8); 8 is needed."),
        row(
            AbTest,
            AbSatisfaction,
            |e, _| e.feedback.as_mut().unwrap().ratings = Ratings { count: 60, sum: 420.0, squares: 3_000.0 },
            Fail,
            "Sales is not satisfied: 7 of 10 from 60 ratings (6.7 to 7.3); 8 is needed.",
        ),
        row(
            AbTest,
            AbSatisfaction,
            |e, _| e.feedback.as_mut().unwrap().ratings = Ratings { count: 40, sum: 316.0, squares: 2_600.0 },
            Inconclusive,
            "Too close to call: 7.9 of 10 from 40 ratings (7.4 to 8.4), 8 is needed; about 1,200 more ratings, at this pace by 5 September 2027.",
        ),
        row(
            AbTest,
            AbSatisfaction,
            |e, _| e.feedback.as_mut().unwrap().ratings = Ratings { count: 12, sum: 100.0, squares: 850.0 },
            InsufficientData,
            "Not enough data: 12 ratings were given, 30 are needed, at this pace on 5 December.",
        ),
        row(AbTest, AbAttention, nothing, Pass, "Attention is shared fairly: it calls 12 % of leads hot, today's model 11 %."),
        row(
            AbTest,
            AbAttention,
            |e, _| e.test.as_mut().unwrap().attention.as_mut().unwrap().challenger_hot = 1_400,
            Inconclusive,
            "To be looked at: it calls 41 % more leads hot than today's model (16 % against 11 %). A part of its lift may be taken from the leads of the other half.",
        ),
        row(
            AbTest,
            AbAttention,
            |e, _| e.test.as_mut().unwrap().attention.as_mut().unwrap().challenger_hot = 700,
            Inconclusive,
            "To be looked at: it calls 29 % fewer leads hot than today's model (7.8 % against 11 %). Sales may work fewer of its leads.",
        ),
        row(
            AbTest,
            AbAttention,
            |e, _| e.test.as_mut().unwrap().attention.as_mut().unwrap().challenger_leads = 640,
            InsufficientData,
            "Not enough data: 640 leads per arm came, 1,000 are needed, at this pace on 2 December.",
        ),
        row(AbTest, AbSegments, nothing, Pass, "None of 4 segments is worse off."),
        row(
            AbTest,
            AbSegments,
            |e, p| with(e, p, Side { partner: 300, ..CHAMPION }, Side { partner: 200, ..CHALLENGER }, 3),
            Inconclusive,
            "Better on the whole, worse for leads from Partner: 33 % fewer bought there. On hold: a person with the scope approve has to resume.",
        ),
        row(
            AbTest,
            AbSegments,
            |e, p| {
                with(e, p, Side { partner: 300, ..CHAMPION }, Side { partner: 200, ..CHALLENGER }, 3);
                e.governance.accepted_segments = vec!["lead_source=Partner".into()];
            },
            Pass,
            "None of 4 segments is worse off, apart from those a person accepted.",
        ),
        row(
            AbTest,
            AbSegments,
            |e, p| {
                with(e, p, Side { partner: 300, ..CHAMPION }, Side { partner: 200, ..CHALLENGER }, 3);
                p.experiment.segments.harm = HarmRule::Report;
            },
            Pass,
            "Better on the whole, worse for leads from Partner: 33 % fewer bought there. The policy only reports it.",
        ),
        row(
            AbTest,
            AbSegments,
            |_, p| p.experiment.segments.fields.clear(),
            Pass,
            "No segments are compared: the policy names none.",
        ),
    ]);
}
