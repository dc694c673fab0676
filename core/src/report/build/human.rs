//! People's judgement against the model's, worked out.

use super::measured::share;
use crate::math::{ln, logistic};
use crate::metric::{Comparison, Labelled};
use crate::report::human::{Human, JudgedLead, Third};
use crate::report::value::Estimate;
use crate::rollout::phrase;
use crate::sentence::Sentence;

/// Leads below which nothing is compared …
const LEAST: u64 = 200;
/// … and of each outcome.
const LEAST_OF_EACH: u64 = 30;
const THIRDS: [&str; 3] = ["top", "middle", "bottom"];

impl Human {
    /// The comparison on `leads`. Those without finite scores are left out.
    ///
    /// # Source
    /// The areas and their difference on the same leads: DeLong, DeLong & Clarke-Pearson (1988); shares: Wilson (1927).
    pub fn of(leads: &[JudgedLead]) -> Human {
        let known = |lead: &&JudgedLead| lead.probability.is_finite() && lead.human_score.is_finite();
        let leads: Vec<JudgedLead> = leads.iter().filter(known).copied().collect();
        let n = leads.len() as u64;
        let bought = leads.iter().filter(|lead| lead.converted).count() as u64;
        let found = Human { leads: n, converted: bought, ..Human::default() };
        let few = bought.min(n - bought);
        if n < LEAST || few < LEAST_OF_EACH {
            let text = format!(
                "Not enough data: {} with an outcome {} a person's score; {LEAST} are needed, {LEAST_OF_EACH} that bought and {LEAST_OF_EACH} that did not.",
                phrase::counted(n, "lead", "leads"),
                if n == 1 { "has" } else { "have" },
            );
            return Human { sentence: Sentence::new("HUMAN_TOO_FEW", text).with("leads", n).with("needed", LEAST), ..found };
        }
        let of = |score: fn(&JudgedLead) -> f64| leads.iter().map(score).collect::<Vec<f64>>();
        let (model, people) = (of(|lead| lead.probability), of(|lead| lead.human_score));
        let agreement = agreement(&model, &people);
        let converted: Vec<bool> = leads.iter().map(|lead| lead.converted).collect();
        let (model, people) = (Labelled::new(&model, &converted), Labelled::new(&people, &converted));
        let (Ok(model), Ok(people)) = (model, people) else { return found };
        let Ok(Ok(compared)) = Comparison::new(&model, &people) else { return found };
        let [model_auc, people_auc] =
            compared.areas.map(|area| Estimate::of(Some(area.auc)).within(area.interval(0.95)).from_cases(n));
        let variance = compared.areas.iter().map(|area| area.variance).sum::<f64>() - 2.0 * compared.covariance;
        let difference = Estimate::by_error(compared.difference, variance.max(0.0).sqrt()).from_cases(n);
        let sentence = sentence(n, [model_auc, people_auc], difference);
        Human { sentence, model_auc, people_auc, difference, agreement, thirds: thirds(&leads), ..found }
    }
}

fn sentence(n: u64, [model, people]: [Estimate; 2], difference: Estimate) -> Sentence {
    let auc = |estimate: Estimate| phrase::auc(estimate.value.unwrap_or_default());
    let (low, high) = (difference.low.unwrap_or_default(), difference.high.unwrap_or_default());
    let (code, says) = match (low > 0.0, high < 0.0) {
        (true, _) => ("HUMAN_MODEL_BETTER", "The model ranks leads better than people do"),
        (_, true) => ("HUMAN_PEOPLE_BETTER", "People rank leads better than the model does"),
        _ => ("HUMAN_NO_DIFFERENCE", "No difference between the model's ranking and people's is proved"),
    };
    let leads = phrase::counted(n, "lead", "leads");
    let text = format!("{says}: AUC {} against {} on the same {leads}.", auc(model), auc(people));
    let value = |estimate: Estimate| estimate.value.unwrap_or_default();
    Sentence::new(code, text).with("leads", n).with("model", value(model)).with("people", value(people))
}

/// Spearman's rank correlation of two lists of the same leads; none where either gives all leads the same.
///
/// # Formula
/// Pearson's r of the ranks, ties at their middle; interval: tanh(atanh r ± 1.96 · sqrt((1 + r²/2) / (n − 3))).
///
/// # Source
/// Spearman (1904); the variance: Bonett & Wright (2000), Psychometrika 65, equation 3.
fn agreement(model: &[f64], people: &[f64]) -> Option<Estimate> {
    let (model, people) = (ranks(model), ranks(people));
    let n = model.len() as f64;
    let mean = (n + 1.0) / 2.0;
    let sum = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| (x - mean) * (y - mean)).sum::<f64>();
    let spread = (sum(&model, &model) * sum(&people, &people)).sqrt();
    if n < 4.0 || spread <= 0.0 {
        return None;
    }
    let r = (sum(&model, &people) / spread).clamp(-1.0, 1.0);
    let half = 1.959_963_984_540_054 * ((1.0 + r * r / 2.0) / (n - 3.0)).sqrt();
    // The hyperbolic tangent and its inverse, by the logarithm and the logistic function.
    let z = 0.5 * ln((1.0 + r) / (1.0 - r).max(f64::MIN_POSITIVE));
    let back = |z: f64| 2.0 * logistic(2.0 * z) - 1.0;
    Some(Estimate::of(Some(r)).within(Some((back(z - half), back(z + half)))).from_cases(model.len() as u64))
}

/// The rank of each value from 1, the middle one for equal values.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<(f64, usize)> = values.iter().copied().zip(0..).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut found = vec![0.0; values.len()];
    let mut before = 0.0;
    for group in order.chunk_by(|a, b| a.0 == b.0) {
        let rank = before + (group.len() as f64 + 1.0) / 2.0;
        for (_, at) in group {
            if let Some(place) = found.get_mut(*at) {
                *place = rank;
            }
        }
        before += group.len() as f64;
    }
    found
}

/// The leads in three groups by people's scores, and in groups of the same sizes by the model's.
fn thirds(leads: &[JudgedLead]) -> Vec<Third> {
    let mut by_people: Vec<&JudgedLead> = leads.iter().collect();
    by_people.sort_by(|a, b| b.human_score.total_cmp(&a.human_score));
    let mut by_model: Vec<&JudgedLead> = leads.iter().collect();
    by_model.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    let mut found = Vec::new();
    let mut start = 0;
    for (place, id) in THIRDS.iter().enumerate() {
        let cut = (leads.len() * (place + 1)).div_ceil(THIRDS.len()).max(start);
        // Leads that people scored like the last one belong to it.
        let last = by_people.get(cut.saturating_sub(1)).map_or(f64::NEG_INFINITY, |lead| lead.human_score);
        let end = by_people.partition_point(|lead| lead.human_score >= last).max(start);
        let of = |group: &[&JudgedLead]| {
            let group = group.get(start..end).unwrap_or_default();
            share(group.iter().filter(|lead| lead.converted).count() as u64, group.len() as u64)
        };
        if end > start {
            let leads = (end - start) as u64;
            found.push(Third { id: (*id).to_owned(), leads, people: of(&by_people), model: of(&by_model) });
        }
        start = end;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// Leads whose truth the model sees with little noise and people with more, on a scale of 0 to 10.
    fn leads(n: u32, people: f64, model: f64) -> Vec<JudgedLead> {
        let mut random = Random::new(7);
        let lead = |_| {
            let truth = random.normal();
            let human_score = (5.0 + 2.0 * (truth + people * random.normal())).round().clamp(0.0, 10.0);
            let probability = crate::math::logistic(truth + model * random.normal());
            JudgedLead { probability, human_score, converted: random.unit() < crate::math::logistic(2.0 * truth) }
        };
        (0..n).map(lead).collect()
    }

    #[test]
    fn the_better_ranking_is_named_and_thirds_add_up() {
        for (people, model, code) in
            [(2.0, 0.2, "HUMAN_MODEL_BETTER"), (0.2, 2.0, "HUMAN_PEOPLE_BETTER"), (0.7, 0.7, "HUMAN_NO_DIFFERENCE")]
        {
            let human = Human::of(&leads(1_000, people, model));
            assert_eq!(human.sentence.code, code, "{human:?}");
            assert_eq!(human.thirds.iter().map(|third| third.leads).sum::<u64>(), 1_000);
            assert_eq!(human.thirds.len(), 3);
            let [top, bottom] = [human.thirds.first(), human.thirds.last()].map(|third| third.unwrap().people.value.unwrap());
            assert!(top > bottom, "{human:?}");
            let difference = human.model_auc.value.unwrap() - human.people_auc.value.unwrap();
            assert!((human.difference.value.unwrap() - difference).abs() < 1e-3, "{human:?}");
        }
    }

    #[test]
    fn rankings_that_are_alike_agree() {
        // scipy.stats.spearmanr([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]).statistic
        let found = agreement(&[1.0, 2.0, 3.0, 4.0, 5.0], &[5.0, 6.0, 7.0, 8.0, 7.0]).unwrap();
        assert!((found.value.unwrap() - 0.820_782_681_668_123_4).abs() < 1e-3, "{found:?}");
        let many: Vec<f64> = (0..100).map(f64::from).collect();
        let turned: Vec<f64> = many.iter().map(|x| -x).collect();
        let of = |people: &[f64]| agreement(&many, people).and_then(|found| found.value);
        assert_eq!([of(&many), of(&turned), of(&[3.0; 100])], [Some(1.0), Some(-1.0), None]);
        let human = Human::of(&leads(1_000, 0.7, 0.7));
        let found = human.agreement.unwrap();
        let (low, value, high) = (found.low.unwrap(), found.value.unwrap(), found.high.unwrap());
        assert!(low < value && value < high && high - low < 0.1, "{found:?}");
    }

    #[test]
    fn too_few_leads_and_equal_scores_are_no_finding() {
        let few = Human::of(&leads(199, 1.0, 1.0));
        assert_eq!((few.sentence.code.as_str(), few.leads, few.thirds.len()), ("HUMAN_TOO_FEW", 199, 0));
        assert_eq!(
            Human::of(&[]).sentence.text.split(';').next(),
            Some("Not enough data: 0 leads with an outcome have a person's score")
        );
        let mut alike = leads(600, 1.0, 0.2);
        alike.iter_mut().for_each(|lead| lead.human_score = 5.0);
        let human = Human::of(&alike);
        assert_eq!((human.thirds.len(), human.people_auc.value), (1, Some(0.5)));
        alike.iter_mut().for_each(|lead| lead.human_score = f64::NAN);
        assert_eq!(Human::of(&alike).leads, 0);
    }
}
