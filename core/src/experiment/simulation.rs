//! Whether what the methods promise holds, by playing experiments with a seeded generator: false alarms with weekly looks, coverage of
//! intervals, power against the plan. Every figure that METHODS.md quotes is printed here (`cargo test -p plumbline-core simulation --
//! --nocapture`).

use super::method::Judge;
use super::plan::{Baseline, Plan};
use super::{Design, Method};
use crate::random::Random;
use crate::stats::alternative::Alternative;
use crate::stats::effect::{Effect, Scale, Test};
use crate::stats::estimate::Estimate;
use crate::stats::group_sequential::{GroupSequential, Spending};
use crate::stats::level::Level;
use crate::stats::margin::{Claim, Finding};
use crate::stats::normal;
use crate::stats::sequential::{Mixture, Running};

const LEVEL: Level = Level::FIVE_PERCENT;
const WEEKS: usize = 6;

/// xoshiro256++ (Blackman & Vigna 2019), seeded by SplitMix64.
struct Draw([u64; 4]);

impl Draw {
    fn seeded(seed: u64) -> Draw {
        let mut seed = Random::new(seed);
        Draw([0; 4].map(|_| seed.bits()))
    }

    fn next(&mut self) -> u64 {
        let [a, b, c, d] = self.0;
        let (c, d) = (c ^ a, d ^ b);
        self.0 = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        a.wrapping_add(self.0[3].rotate_right(45) ^ b).rotate_left(23).wrapping_add(a)
    }

    /// In (0, 1).
    fn uniform(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    /// How many of `leads` convert at `rate`.
    fn conversions(&mut self, leads: u64, rate: f64) -> u64 {
        let bar = (rate * (1u64 << 32) as f64) as u64;
        // Two leads per draw: halves of a word.
        (0..leads / 2).map(|_| self.next()).map(|word| u64::from(word >> 32 < bar) + u64::from(word & 0xffff_ffff < bar)).sum()
    }
}

/// One experiment's effect after each of `looks` equal batches.
fn looks(draw: &mut Draw, looks: usize, batch: u64, rates: [f64; 2], scale: Scale) -> Vec<Effect> {
    let mut seen = [(0, 0); 2];
    let effects = (0..looks).filter_map(|_| {
        for (arm, rate) in seen.iter_mut().zip(rates) {
            arm.0 += draw.conversions(batch, rate);
            arm.1 += batch;
        }
        let [a, b] = seen.map(|(successes, units)| Estimate::proportion(successes, units).unwrap());
        Effect::between(&a, &b, scale).ok()
    });
    effects.collect()
}

/// The part of `plays` experiments in which something happens.
fn part(plays: u32, seed: u64, mut happens: impl FnMut(&mut Draw) -> bool) -> f64 {
    let mut draw = Draw::seeded(seed);
    (0..plays).filter(|_| happens(&mut draw)).count() as f64 / f64::from(plays)
}

/// Four standard errors of a share that should be `p`.
fn slack(p: f64, plays: u32) -> f64 {
    4.0 * (p * (1.0 - p) / f64::from(plays)).sqrt()
}

#[test]
fn conversions_are_drawn_at_their_rate() {
    let mut draw = Draw::seeded(1);
    let share = draw.conversions(4_000_000, 0.1) as f64 / 4e6;
    assert!((share - 0.1).abs() < slack(0.1, 4_000_000), "{share}");
    let mean = (0..100_000).map(|_| draw.uniform()).sum::<f64>() / 1e5;
    assert!((mean - 0.5).abs() < 0.004, "{mean}");
}

#[test]
fn weekly_looks_keep_their_promise_and_the_naive_test_does_not() {
    const PLAYS: u32 = 20_000;
    let information: Vec<f64> = (1..=WEEKS).map(|k| k as f64 / WEEKS as f64).collect();
    let design = |spending| GroupSequential::new(spending, LEVEL, &information).unwrap();
    let (fleming, pocock) = (design(Spending::OBrienFleming), design(Spending::Pocock));
    let mixtures = [Mixture::tuned(5_000.0).unwrap(), Mixture::tuned(1_000.0).unwrap(), Mixture::for_effects(0.1).unwrap()];
    // naive; the two designs; the three mixtures; the naive test that waits for the end.
    let mut alarms = [0u32; 7];
    let mut draw = Draw::seeded(20_261_124);
    for _ in 0..PLAYS {
        let effects = looks(&mut draw, WEEKS, 700, [0.1, 0.1], Scale::Relative);
        assert_eq!(effects.len(), WEEKS);
        let fixed = |effect: &Effect| Judge::Once.two_sided(effect, LEVEL).p_value < LEVEL.alpha();
        let crossed = |design: &GroupSequential| {
            design.looks.iter().zip(&effects).any(|(look, effect)| !look.interval(effect).contains(0.0))
        };
        let always = |mixture: &Mixture| {
            let judge = Judge::Always(*mixture);
            effects.iter().any(|e| judge.two_sided(e, LEVEL).p_value < LEVEL.alpha())
        };
        let [one, two, three] = [always(&mixtures[0]), always(&mixtures[1]), always(&mixtures[2])];
        let alarmed =
            [effects.iter().any(fixed), crossed(&fleming), crossed(&pocock), one, two, three, fixed(effects.last().unwrap())];
        alarms.iter_mut().zip(alarmed).for_each(|(count, alarm)| *count += u32::from(alarm));
    }
    let share = alarms.map(|count| f64::from(count) / f64::from(PLAYS));
    let [naive, fleming, pocock, tuned_5000, tuned_1000, sized, once] = share;
    println!(
        "A/A, {PLAYS} experiments, {WEEKS} weekly looks, 700 leads per arm and week at 10 %: naive {naive:.4}, O'Brien-Fleming \
         {fleming:.4}, Pocock {pocock:.4}, always valid {tuned_5000:.4} (tuned to 5,000), {tuned_1000:.4} (to 1,000), {sized:.4} (mSPRT, \
         effects of 10 %); one look {once:.4}"
    );
    let most = LEVEL.alpha() + slack(LEVEL.alpha(), PLAYS);
    assert!(naive > 0.11, "looking naively errs far more often than 5 %: {naive}");
    for (name, share) in [("O'Brien-Fleming", fleming), ("Pocock", pocock), ("one look", once)] {
        assert!((share - LEVEL.alpha()).abs() < slack(LEVEL.alpha(), PLAYS), "{name}: {share} is not 5 %");
        assert!(share <= most, "{name}: {share}");
    }
    for share in [tuned_5000, tuned_1000, sized] {
        assert!(share <= LEVEL.alpha(), "always valid: {share}");
    }
}

#[test]
fn always_valid_intervals_cover_at_all_looks_together() {
    const PLAYS: u32 = 2_000;
    let mixture = Mixture::tuned(5_000.0).unwrap();
    let mut missed = [0u32; 2];
    let mut contradicted = 0u32;
    let mut draw = Draw::seeded(7);
    for _ in 0..PLAYS {
        // Thirty daily looks at an effect of +15 % relative.
        let effects = looks(&mut draw, 30, 200, [0.2, 0.23], Scale::Relative);
        let tests: Vec<Test> = effects.iter().map(|e| Judge::Always(mixture).two_sided(e, LEVEL)).collect();
        let mut running = Running::default();
        let last = tests.iter().map(|test| running.take(&test.interval)).last().flatten();
        missed[0] += u32::from(!tests.iter().all(|test| test.interval.contains(0.15)));
        missed[1] += u32::from(effects.iter().any(|e| !Judge::Once.two_sided(e, LEVEL).interval.contains(0.15)));
        contradicted += u32::from(last.is_none());
    }
    let [always, naive] = missed.map(|count| f64::from(count) / f64::from(PLAYS));
    println!("30 daily looks, {PLAYS} experiments: always-valid intervals miss in {always:.4}, fixed ones in {naive:.4}");
    assert!(always <= LEVEL.alpha() && naive > 0.2, "{always} {naive}");
    assert!(f64::from(contradicted) / f64::from(PLAYS) <= LEVEL.alpha());
}

#[test]
fn fixed_intervals_cover_ninety_five_in_a_hundred() {
    const PLAYS: u32 = 20_000;
    for (scale, truth, seed) in [(Scale::Relative, 0.1, 11), (Scale::Absolute, 0.02, 12)] {
        type Method = fn(&Effect) -> Test;
        let methods: [(&str, Method); 2] = [
            ("Fieller", |effect| Judge::Once.two_sided(effect, LEVEL)),
            ("delta", |effect| effect.t_test(0.0, Alternative::TwoSided, LEVEL)),
        ];
        for (name, test) in methods {
            let covered = part(PLAYS, seed, |draw| test(&looks(draw, 1, 1_000, [0.2, 0.22], scale)[0]).interval.contains(truth));
            println!("{PLAYS} experiments, 1,000 per arm, 20 % and 22 %: {scale:?} 95 % intervals ({name}) cover {covered:.4}");
            assert!((0.938..=0.962).contains(&covered), "{scale:?} {name}: {covered}");
        }
    }
}

#[test]
fn power_is_what_the_plan_says() {
    let plan = |method, per_arm| {
        let plan = Plan { method, per_arm: Some(per_arm), ..Plan::new(Baseline::Rate(0.1), 0.15) };
        Design::new(&plan).unwrap().power(per_arm as f64)
    };
    let weekly = |spending| Method::weekly(WEEKS, spending);
    let rates = [0.1, 0.115];
    const PLAYS: u32 = 3_000;
    for (name, method, per_arm, seed) in [
        ("one look", Method::Fixed, 6_700, 21),
        ("one look, few leads", Method::Fixed, 2_000, 22),
        ("O'Brien-Fleming", weekly(Spending::OBrienFleming), 6_600, 23),
        ("Pocock", weekly(Spending::Pocock), 6_600, 24),
    ] {
        let (judge, looked) = match &method {
            Method::GroupSequential { spending, information, .. } => {
                (Some(GroupSequential::new(*spending, LEVEL, information).unwrap()), WEEKS)
            }
            _ => (None, 1),
        };
        let found = part(PLAYS, seed, |draw| {
            let effects = looks(draw, looked, per_arm / looked as u64, rates, Scale::Relative);
            match &judge {
                Some(design) => design.looks.iter().zip(&effects).any(|(look, e)| look.interval(e).lower > 0.0),
                None => Judge::Once.two_sided(&effects[0], LEVEL).p_value < LEVEL.alpha(),
            }
        });
        let planned = plan(method, per_arm);
        println!("{name}: {per_arm} per arm, 10 % +15 %: planned power {planned:.3}, found {found:.3} in {PLAYS} experiments");
        assert!((found - planned).abs() < 0.02 + slack(planned, PLAYS) / 4.0, "{name}: {found} for {planned}");
    }
    // The always-valid interval may stop early: the plan counts the end only and promises less than there is.
    let method = Method::Sequential { tuned_to: None };
    let (per_arm, mixture) = (9_000, Mixture::tuned(18_000.0).unwrap());
    let found = part(1_500, 25, |draw| {
        let effects = looks(draw, WEEKS, per_arm / WEEKS as u64, rates, Scale::Relative);
        effects.iter().any(|e| Judge::Always(mixture).two_sided(e, LEVEL).interval.lower > 0.0)
    });
    let planned = plan(method, per_arm);
    println!("always valid: {per_arm} per arm, planned power (at the end) {planned:.3}, found {found:.3} in 1500 experiments");
    assert!(found >= planned - 0.02, "{found} {planned}");
}

#[test]
fn no_decline_is_claimed_wrongly_as_seldom_as_stated() {
    const PLAYS: u32 = 10_000;
    // The treatment is worse by exactly the margin: the claim is false, and shown in 5 % of cases.
    let wrong = part(PLAYS, 31, |draw| {
        let effects = looks(draw, 1, 4_000, [0.2, 0.19], Scale::Relative);
        effects[0].claim(Claim::NoDecline, 0.05, LEVEL).unwrap().finding == Finding::Shown
    });
    println!("no decline by 5 % when it declined by 5 %: shown in {wrong:.4} of {PLAYS}");
    assert!((wrong - 0.05).abs() < slack(0.05, PLAYS), "{wrong}");
}

#[test]
fn one_sided_always_valid_ends_hold() {
    const PLAYS: u32 = 2_000;
    let mixture = Mixture::tuned(4_000.0).unwrap();
    let wrong = part(PLAYS, 41, |draw| {
        let effects = looks(draw, 20, 300, [0.3, 0.3], Scale::Absolute);
        effects.iter().any(|e| mixture.spread(e, LEVEL).one_sided_width(LEVEL) * e.standard_error < e.value)
    });
    println!("20 looks: the one-sided always-valid end is wrong in {wrong:.4} of {PLAYS}");
    assert!(wrong <= 0.05, "{wrong}");
    assert!(normal::quantile(0.95) < 1.65);
}
