//! Whether intervals have their nominal coverage and plans their stated power, by seeded simulation. The figures are printed
//! with `cargo test -p plumbline-core --lib stats::simulation -- --nocapture`.

use super::alternative::Alternative;
use super::bootstrap::{Bootstrap, Reading};
use super::level::{Interval, Level};
use super::power::{Kind, TwoGroups, TwoRates, cohens_h};
use super::proportion::{DifferenceTest, Proportion, TwoProportions};
use super::survival::{Duration, Durations, LogRank, RestrictedMean, Weighting};
use super::two_sample::{MannWhitney, Sample, student, welch};
use crate::math;
use crate::metric::{Area, Labelled};
use crate::random::Random;

const LEVEL: Level = Level::FIVE_PERCENT;

fn normal(random: &mut Random) -> f64 {
    super::normal::quantile(random.unit())
}

/// How many of `trials` succeed at `rate`.
fn successes(random: &mut Random, trials: u64, rate: f64) -> u64 {
    (0..trials).filter(|_| random.unit() < rate).count() as u64
}

/// The share of `plays` in which something happens.
fn share(name: &str, plays: u32, seed: u64, mut happens: impl FnMut(&mut Random) -> bool) -> f64 {
    let mut random = Random::new(seed);
    let share = (0..plays).filter(|_| happens(&mut random)).count() as f64 / f64::from(plays);
    println!("{name}: {:.2} % of {plays} plays", 100.0 * share);
    share
}

/// A share of 10,000 plays at 95 % has a standard error of 0.22 points: 93.8 to 96.2 % is 5.5 of them either way. A seed that fails by
/// chance is one in 25 million; an interval that covers 93.5 % fails in nine of ten seeds.
fn covers(name: &str, plays: u32, seed: u64, covered: impl FnMut(&mut Random) -> bool) {
    let share = share(name, plays, seed, covered);
    assert!((0.938..=0.962).contains(&share), "{name} covers {share}");
}

fn arms(random: &mut Random, sizes: [u64; 2], rates: [f64; 2]) -> TwoProportions {
    let [n, m] = sizes;
    let [p, q] = rates;
    let mut arm = |size, rate| Proportion::new(successes(random, size, rate), size).unwrap();
    TwoProportions::new(arm(n, p), arm(m, q))
}

fn sample(random: &mut Random, count: usize, mean: f64, deviation: f64) -> Vec<f64> {
    (0..count).map(|_| mean + deviation * normal(random)).collect()
}

#[test]
fn intervals_of_rates_cover() {
    // The rate is drawn as well: with one rate the coverage of a discrete count saws up and down.
    covers("Wilson, 300 leads, 5 to 30 %", 10_000, 1, |random| {
        let rate = 0.05 + 0.25 * random.unit();
        Proportion::new(successes(random, 300, rate), 300).unwrap().wilson(LEVEL).contains(rate)
    });
    let difference = |name: &str, seed, interval: fn(&TwoProportions) -> Interval| {
        covers(name, 10_000, seed, |random| {
            let rates = [0.05 + 0.25 * random.unit(), 0.05 + 0.25 * random.unit()];
            interval(&arms(random, [300, 200], rates)).contains(rates[0] - rates[1])
        });
    };
    difference("Newcombe, 300 and 200 leads", 2, |arms| arms.newcombe(LEVEL));
    difference("Miettinen-Nurminen, 300 and 200 leads", 3, |arms| arms.score_difference(LEVEL));
    difference("Agresti-Caffo, 300 and 200 leads", 4, |arms| arms.agresti_caffo(LEVEL));
    covers("score ratio, 300 and 200 leads", 10_000, 5, |random| {
        let rates = [0.05 + 0.25 * random.unit(), 0.05 + 0.25 * random.unit()];
        arms(random, [300, 200], rates).score_ratio(LEVEL).contains(rates[0] / rates[1])
    });
}

#[test]
fn few_conversions_break_the_wald_interval_and_not_wilsons() {
    let of = |interval: fn(&Proportion, Level) -> Interval| {
        move |random: &mut Random| interval(&Proportion::new(successes(random, 50, 0.03), 50).unwrap(), LEVEL).contains(0.03)
    };
    assert!(share("Wald, 50 leads at 3 %", 5_000, 6, of(Proportion::normal)) < 0.85);
    assert!(share("Wilson, 50 leads at 3 %", 5_000, 6, of(Proportion::wilson)) > 0.93);
    assert!(share("Clopper-Pearson, 50 leads at 3 %", 5_000, 6, of(Proportion::clopper_pearson)) >= 0.945);
}

#[test]
fn welchs_interval_covers_where_students_does_not() {
    let play = |test: fn(&Sample<'_>, &Sample<'_>) -> Interval| {
        move |random: &mut Random| {
            let (xs, ys) = (sample(random, 12, 1.0, 4.0), sample(random, 40, 0.0, 1.0));
            test(&Sample::new(&xs).unwrap(), &Sample::new(&ys).unwrap()).contains(1.0)
        }
    };
    covers("Welch, 12 values of deviation 4 and 40 of 1", 10_000, 7, play(|x, y| welch(x, y).unwrap().interval(LEVEL)));
    assert!(share("Student, the same", 4_000, 7, play(|x, y| student(x, y).unwrap().interval(LEVEL))) < 0.85);
}

#[test]
fn delongs_interval_covers() {
    // Normal scores that are a unit apart: the area is Φ(1/√2).
    let area = super::normal::cdf(std::f64::consts::FRAC_1_SQRT_2);
    let converted: Vec<bool> = (0..160).map(|i| i < 60).collect();
    covers("DeLong (logit), 60 of 160 converted, AUC 0.76", 10_000, 8, |random| {
        let scores: Vec<f64> = converted.iter().map(|up| normal(random) + f64::from(u8::from(*up))).collect();
        let found = Area::new(&Labelled::new(&scores, &converted).unwrap()).unwrap();
        found.interval(0.95).is_some_and(|(low, high)| low <= area && area <= high)
    });
}

#[test]
fn open_deals_do_not_bias_the_mean_and_the_log_rank_test_keeps_its_level() {
    // Deals close at a rate of 1 and are looked at after a uniform time up to 3: about a third is open.
    let durations = |random: &mut Random, count: usize| {
        let deals = (0..count).map(|_| {
            let (closes, seen) = (-math::ln_1p(-random.unit()), 3.0 * random.unit());
            Duration { time: closes.min(seen), ended: closes <= seen }
        });
        Durations::new(deals).unwrap()
    };
    let truth = 1.0 - math::exp(-1.5);
    covers("restricted mean, 200 deals, a third open", 10_000, 9, |random| {
        RestrictedMean::new(&durations(random, 200), 1.5).is_ok_and(|mean| mean.interval(LEVEL).contains(truth))
    });
    let alarms = share("log-rank false alarms, 100 and 60 deals", 6_000, 10, |random| {
        let groups = [durations(random, 100), durations(random, 60)];
        LogRank::new(&groups, Weighting::LogRank).unwrap().p_value < 0.05
    });
    // 5 % within four standard errors of 0.28 points.
    assert!((alarms - 0.05).abs() < 0.0113, "{alarms}");
}

#[test]
fn tests_keep_their_level() {
    let plays = 8_000;
    // Four standard errors of 5 %, and the discreteness of counts.
    let keeps = |share: f64| assert!((share - 0.05).abs() < 0.01, "{share}");
    keeps(share("two-proportion z, 500 leads each at 20 %", plays, 11, |random| {
        arms(random, [500, 500], [0.2, 0.2]).z_test(Alternative::TwoSided).unwrap().p_value < 0.05
    }));
    keeps(share("score non-inferiority at its margin, one-sided", plays, 12, |random| {
        let test = arms(random, [500, 500], [0.17, 0.2]).test(DifferenceTest::Score, -0.03, Alternative::Greater);
        test.unwrap().p_value < 0.05
    }));
    keeps(share("Mann-Whitney, 30 and 40 values", plays, 13, |random| {
        let (xs, ys) = (sample(random, 30, 0.0, 1.0), sample(random, 40, 0.0, 1.0));
        let test = MannWhitney::new(&Sample::new(&xs).unwrap(), &Sample::new(&ys).unwrap());
        test.asymptotic(Alternative::TwoSided, true).unwrap() < 0.05
    }));
}

#[test]
fn power_is_as_planned() {
    // Two points; 5,000 plays have a standard error of at most 0.7.
    let meets = |name: &str, planned: f64, share: f64| {
        println!("{name}: planned {:.2} %", 100.0 * planned);
        assert!((share - planned).abs() < 0.02, "{name}: planned {planned}, played {share}");
    };
    let groups = |kind, ratio| TwoGroups::new(kind, LEVEL, Alternative::TwoSided, ratio).unwrap();
    for (rates, sizes, seed) in
        [([0.12, 0.1], [2_000, 2_000], 14), ([0.25, 0.2], [400, 800], 15), ([0.07, 0.08], [1_500, 1_500], 16)]
    {
        let played = share(&format!("z test of {rates:?}, {sizes:?} leads"), 5_000, seed, |random| {
            arms(random, sizes, rates).z_test(Alternative::TwoSided).is_ok_and(|test| test.p_value < 0.05)
        });
        let ratio = sizes[1] as f64 / sizes[0] as f64;
        let by_rates = TwoRates::new(rates[0], rates[1], ratio).unwrap().power(sizes[0] as f64, LEVEL).unwrap();
        let by_h = groups(Kind::Normal, ratio).power(cohens_h(rates[0], rates[1]), sizes[0] as f64).unwrap();
        meets("by the rates", by_rates, played);
        meets("by Cohen's h", by_h, played);
    }
    let played = share("t test, 20 and 30 values, effect 0.8", 5_000, 17, |random| {
        let (xs, ys) = (sample(random, 20, 0.8, 1.0), sample(random, 30, 0.0, 1.0));
        student(&Sample::new(&xs).unwrap(), &Sample::new(&ys).unwrap()).unwrap().p_value(Alternative::TwoSided) < 0.05
    });
    meets("by the noncentral t", groups(Kind::Student, 1.5).power(0.8, 20.0).unwrap(), played);
}

#[test]
fn bootstrap_intervals_cover() {
    // 40 normal values: the percentile interval is known to be a little short; 1,000 plays have a standard error of 0.7 points.
    let mean = |samples: &[Vec<f64>]| samples.first().map(|values| values.iter().sum::<f64>() / values.len() as f64);
    let covered = share("bootstrap of a mean, 40 values", 1_000, 18, |random| {
        let values = sample(random, 40, 3.0, 2.0);
        let bootstrap = Bootstrap::new(300, random.bits()).unwrap();
        let found = bootstrap.interval(&[Sample::new(&values).unwrap()], mean, LEVEL, Reading::Percentile).unwrap();
        found.interval.contains(3.0)
    });
    assert!((0.90..=0.97).contains(&covered), "{covered}");
}
