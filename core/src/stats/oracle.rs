//! Our distributions compared with true values and with another library's, in both tails.
//!
//! The tables are mpmath 1.4 at 60 digits (`hyp1f1`, `gammainc`; the series of the beta integral; quadrature for the noncentral t), rounded
//! once to double precision. statrs 0.19 is the second opinion, at its own accuracy.

use super::*;
use statrs::distribution::{
    Beta, Binomial, ChiSquared, ContinuousCDF, DiscreteCDF, FisherSnedecor, Gamma, Hypergeometric, Poisson, StudentsT,
};

fn check(what: &str, ours: f64, truth: f64, relative: f64) {
    assert!((ours - truth).abs() <= relative * truth.abs(), "{what}: {ours:e} is not {truth:e}, off by {:e}", ours / truth - 1.0);
}

/// The bar: 1e-13 in both tails, or the last bits of what is exponentiated: far out it is the logarithm of the tail, and with
/// parameters beyond 1,000 it is their product with a rounded argument.
fn bar(size: f64, truth: f64) -> f64 {
    1e-13f64.max(3e-16 * -crate::math::ln(truth)).max(1e-13 * (size / 1000.0).sqrt())
}

#[test]
fn gamma_agrees_with_mpmath() {
    for [a, x, lower, upper] in GAMMA {
        check(&format!("P({a}, {x})"), gamma::lower(a, x), lower, bar(a, lower));
        check(&format!("Q({a}, {x})"), gamma::upper(a, x), upper, bar(a, upper));
    }
}

#[test]
fn beta_agrees_with_mpmath() {
    for [a, b, x, lower, upper] in BETA {
        check(&format!("I({a}, {b}, {x})"), beta::lower(a, b, x), lower, bar(a + b, lower));
        check(&format!("1 - I({a}, {b}, {x})"), beta::upper(a, b, x), upper, bar(a + b, upper));
    }
}

#[test]
fn student_and_f_agree_with_mpmath_and_their_quantiles_invert() {
    for [t, df, truth] in STUDENT {
        check(&format!("student {t} {df}"), student::sf(t, df), truth, bar(1.0, truth));
        check(&format!("student {t} {df}, other side"), student::cdf(-t, df), truth, bar(1.0, truth));
        // The slope at t is what a last bit of p is worth.
        check(&format!("student quantile {truth} {df}"), student::upper_quantile(truth, df), t, 1e-12);
    }
    for [x, numerator, denominator, truth] in F {
        check(&format!("F {x}"), fisher_f::sf(x, numerator, denominator), truth, 1e-13);
        check(&format!("F {x}, below"), fisher_f::cdf(x, numerator, denominator), 1.0 - truth, 1e-13);
    }
}

#[test]
fn noncentral_t_agrees_with_mpmath() {
    for [t, df, delta, upper, lower] in NONCENTRAL_T {
        check(&format!("nct sf {t} {df} {delta}"), noncentral_t::sf(t, df, delta), upper, 1e-12);
        check(&format!("nct cdf {t} {df} {delta}"), noncentral_t::cdf(t, df, delta), lower, 1e-12);
    }
}

#[test]
fn noncentral_t_refuses_what_names_no_distribution() {
    assert!(noncentral_t::sf(1.0, 0.0, 1.0).is_nan() && noncentral_t::sf(1.0, 5.0, f64::NAN).is_nan());
    assert!(noncentral_t::cdf(f64::NAN, 5.0, 1.0).is_nan());
    assert_eq!(noncentral_t::sf(f64::INFINITY, 5.0, 1.0), 0.0);
    check("no effect", noncentral_t::sf(2.0, 9.0, 0.0), student::sf(2.0, 9.0), 0.0);
    check("at zero", noncentral_t::sf(0.0, 9.0, 1.0), normal::cdf(1.0), 0.0);
}

#[test]
fn statrs_agrees() {
    for x in [0.1, 1.0, 3.84, 9.0, 25.0] {
        for df in [1.0, 2.0, 5.0, 30.0] {
            let theirs = ChiSquared::new(df).unwrap();
            check(&format!("chi-square cdf {x} {df}"), chi_square::cdf(x, df), theirs.cdf(x), 1e-11);
            check(&format!("chi-square sf {x} {df}"), chi_square::sf(x, df), theirs.sf(x), 1e-11);
            let theirs = StudentsT::new(0.0, 1.0, df).unwrap();
            check(&format!("student {x} {df}"), student::sf(x, df), theirs.sf(x), 1e-9);
            let theirs = FisherSnedecor::new(df, 7.0).unwrap();
            check(&format!("F {x} {df}"), fisher_f::sf(x, df, 7.0), theirs.sf(x), 1e-11);
            let theirs = Gamma::new(df, 1.0).unwrap();
            check(&format!("gamma {x} {df}"), gamma::lower(df, x), theirs.cdf(x), 1e-11);
        }
    }
    for x in [0.01, 0.3, 0.5, 0.8] {
        check(&format!("beta {x}"), beta::lower(3.5, 8.0, x), Beta::new(3.5, 8.0).unwrap().cdf(x), 1e-11);
    }
    for k in [0, 3, 10, 40] {
        let theirs = Binomial::new(0.2, 60).unwrap();
        check(&format!("binomial cdf {k}"), binomial::cdf(k, 60, 0.2), theirs.cdf(k), 1e-11);
        check(&format!("binomial sf {k}"), binomial::sf(k, 60, 0.2), theirs.sf(k), 1e-11);
        let theirs = Poisson::new(7.5).unwrap();
        check(&format!("poisson cdf {k}"), poisson::cdf(k, 7.5), theirs.cdf(k), 1e-11);
        check(&format!("poisson sf {k}"), poisson::sf(k, 7.5), theirs.sf(k), 1e-11);
        let (theirs, urn) = (Hypergeometric::new(300, 90, 120).unwrap(), hypergeometric::Urn::new(300, 90, 120).unwrap());
        check(&format!("hypergeometric cdf {k}"), urn.cdf(k), theirs.cdf(k), 1e-9);
    }
}

#[test]
fn a_million_leads_are_no_harder() {
    // scipy 1.17.
    check("beta quantile", beta::quantile(117_000.0, 883_001.0, 0.025), 0.1163706376844815, 1e-12);
    check("beta upper quantile", beta::upper_quantile(117_001.0, 883_000.0, 0.025), 0.11763158168510568, 1e-12);
    check("chi-square", chi_square::sf(1_003_000.0, 1e6), 0.017016772933266328, 1e-10);
    check("student", student::upper_quantile(1e-10, 1e8), 6.361341561862986, 1e-11);
    let urn = hypergeometric::Urn::new(200_000, 23_620, 100_000).unwrap();
    check("hypergeometric", urn.at_least(11_700), 0.9371453898892937, 1e-10);
}

#[test]
fn discrete_probabilities_sum_to_one_and_meet_at_every_cut() {
    let urn = hypergeometric::Urn::new(50, 20, 15).unwrap();
    let sum: f64 = (0..=15).map(|k| urn.pmf(k)).sum();
    check("hypergeometric", sum, 1.0, 1e-14);
    for k in 0..=15 {
        let below: f64 = (0..=k).map(|i| urn.pmf(i)).sum();
        check(&format!("cdf {k}"), urn.cdf(k), below, 1e-13);
        let above: f64 = (k..=15).map(|i| urn.pmf(i)).sum();
        check(&format!("at least {k}"), urn.at_least(k), above, 1e-13);
    }
    assert_eq!(hypergeometric::Urn::new(5, 6, 1), None);
    assert_eq!(hypergeometric::Urn::new(5, 5, 2).unwrap().pmf(2), 1.0);
    let sum: f64 = (0..=60).map(|k| binomial::pmf(k, 60, 0.2)).sum();
    check("binomial", sum, 1.0, 1e-14);
    assert_eq!((binomial::pmf(0, 5, 0.0), binomial::pmf(5, 5, 1.0), binomial::pmf(6, 5, 0.5)), (1.0, 1.0, 0.0));
    assert!(binomial::cdf(1, 5, 1.5).is_nan() && poisson::pmf(1, -1.0).is_nan());
}

#[rustfmt::skip]
const GAMMA: [[f64; 4]; 23] = [
    [0.5, 1e-08, 0.00011283791633342487, 0.9998871620836666],
    [0.5, 0.3, 0.5614219739190002, 0.4385780260809999],
    [0.5, 1.9, 0.9487474171426304, 0.05125258285736951],
    [0.5, 20.0, 0.9999999997460371, 2.539628589470865e-10],
    [0.5, 600.0, 1.0, 6.0995688148084334e-263],
    [1.5, 0.01, 0.0007477553393911979, 0.9992522446606088],
    [2.0, 3.0, 0.8008517265285442, 0.19914827347145578],
    [2.5, 100.0, 1.0, 2.8406228986415315e-41],
    [10.0, 1.0, 1.1142547833872067e-07, 0.9999998885745217],
    [10.0, 9.5, 0.4781739777627926, 0.5218260222372074],
    [10.0, 12.0, 0.7576078383294876, 0.24239216167051233],
    [10.0, 80.0, 1.0, 7.508767322115222e-24],
    [50.0, 20.0, 1.245892607971938e-08, 0.9999999875410739],
    [50.0, 51.0, 0.5743948595168596, 0.42560514048314035],
    [50.0, 200.0, 1.0, 1.6927979958857087e-37],
    [500.0, 300.0, 3.807423416288178e-26, 1.0],
    [500.0, 495.0, 0.4170538536448513, 0.5829461463551487],
    [500.0, 505.0, 0.593966849052264, 0.40603315094773595],
    [500.0, 900.0, 1.0, 1.837837827970671e-48],
    [5000.0, 4700.0, 7.5970648619412704e-06, 0.999992402935138],
    [5000.0, 5100.0, 0.9206711189223811, 0.07932888107761897],
    [100000.0, 99000.0, 0.0007574199211747679, 0.9992425800788253],
    [100000.0, 100200.0, 0.7366620100051987, 0.2633379899948013],
];

#[rustfmt::skip]
const BETA: [[f64; 5]; 20] = [
    [0.5, 0.5, 0.001, 0.020135041633377492, 0.9798649583666225],
    [0.5, 0.5, 0.7, 0.6309898804344546, 0.3690101195655454],
    [0.5, 500.0, 1e-06, 0.025220823043776378, 0.9747791769562236],
    [0.5, 500.0, 0.002, 0.8428047473097391, 0.15719525269026094],
    [0.5, 500.0, 0.04, 0.9999999998315099, 1.684900739787222e-10],
    [2.0, 3.0, 0.4, 0.5248, 0.47519999999999996],
    [2.5, 1.5, 0.9, 0.9021193570586202, 0.09788064294137976],
    [1.0, 50.0, 0.3, 0.9999999820153496, 1.7984650426474137e-08],
    [20.0, 30.0, 0.1, 1.5694545999362012e-08, 0.999999984305454],
    [20.0, 30.0, 0.41, 0.5645536937543797, 0.4354463062456203],
    [20.0, 30.0, 0.9, 1.0, 2.731499730547128e-18],
    [120.0, 881.0, 0.12, 0.514492029793176, 0.48550797020682407],
    [120.0, 881.0, 0.08, 7.417760795807938e-06, 0.9999925822392042],
    [120.0, 881.0, 0.2, 0.9999999999928735, 7.126521233025156e-12],
    [10000.0, 30000.0, 0.248, 0.1778781393398449, 0.8221218606601551],
    [10000.0, 30000.0, 0.26, 0.9999976846675375, 2.3153324625205656e-06],
    [100000.0, 900000.0, 0.0995, 0.04763268227996842, 0.9523673177200316],
    [100000.0, 900000.0, 0.1011, 0.9998717510113229, 0.00012824898867710142],
    [0.5, 0.01, 0.5, 0.017345732057734216, 0.9826542679422657],
    [3.0, 0.5, 0.999, 0.9407468104840537, 0.05925318951594626],
];

#[rustfmt::skip]
const STUDENT: [[f64; 3]; 13] = [
    [0.001, 1.0, 0.4996816902199194],
    [1.0, 1.0, 0.25],
    [10000000000.0, 1.0, 3.1830988618379065e-11],
    [2.0, 3.0, 0.0696629842794216],
    [50.0, 3.0, 8.808576020635988e-06],
    [0.5, 4.959183673469389, 0.31923318862266403],
    [12.0, 10.0, 1.4607044123849935e-07],
    [1.96, 100.0, 0.026389450683114834],
    [30.0, 100.0, 4.190166279344146e-52],
    [3.3, 1611.3037192239017, 0.0004939789297360172],
    [10.0, 10000.0, 9.816403714331914e-24],
    [2.0, 1000000.0, 0.022750266925659603],
    [30.0, 1000000.0, 6.010047116831719e-198],
];

#[rustfmt::skip]
const F: [[f64; 4]; 5] = [
    [0.01, 1.0, 5.0, 0.9242301411546604],
    [3.0, 2.0, 10.0, 0.095367431640625],
    [7.873112414714953, 1.0, 1799.0, 0.005071533897197502],
    [200.0, 3.0, 40.0, 4.123382478165146e-24],
    [1.1, 200.0, 300.0, 0.2271263288770807],
];

#[rustfmt::skip]
const NONCENTRAL_T: [[f64; 5]; 9] = [
    [2.0, 10.0, 1.5, 0.3408459275578092, 0.6591540724421908],
    [0.5, 3.0, -1.0, 0.0757261187113809, 0.9242738812886191],
    [10.0, 20.0, 1.0, 7.723375000212449e-08, 0.99999992276625],
    [1.96, 200.0, 2.8, 0.7991079667059782, 0.20089203329402186],
    [-2.0, 30.0, 1.0, 0.9980855981660497, 0.0019144018339503322],
    [1.9623, 1998.0, 5.0, 0.9988032195874669, 0.0011967804125331684],
    [40.0, 50.0, 3.0, 9.354930553135293e-32, 0.9999999999999892],
    [-1.0, 12.0, -4.0, 0.0015447177466875162, 0.9984552822533125],
    [6.0, 5.0, 12.0, 0.9971465721264327, 0.002853427873567404],
];
