//! Metrics, guardrails, segments, the sales cycle and the draw itself, joined into one verdict.

use super::data::Data;
use super::judged::Judged;
use super::measure::{Yardstick, beliefs, yardstick};
use super::report::{Analysis, ArmReport, Comparison};
use super::settings::{Better, Settings, SettingsError};
use super::verdict::{decide, overall};
use super::words::{counted, listed, percent};
use super::{cycle, segment};
use crate::stats::bayes::{Posterior, Standing, standings};
use crate::stats::effect::Scale;
use crate::stats::level::SettingError;
use crate::stats::srm::SampleRatio;

/// What the experiment comes to.
///
/// # Errors
/// Settings that make no sense, all of them named. Too little data is no error but a verdict.
///
/// # Source
/// The order of judgement: a broken draw first (Fabijan et al. 2019), then harm, then too little data, then the primary metric.
///
/// # Example
/// ```
/// use plumbline_core::experiment::{Data, Kind, Measured, Metric, Observation, Settings, Verdict, analyse};
/// let settings = Settings::new(&["champion", "challenger"], Metric::new("converted", Kind::Rate));
/// let mut data = Data::new(&settings);
/// for (arm, converted) in [(0, 600), (1, 750)] {
///     for lead in 0..6_000 {
///         let metrics = [Measured::Value(f64::from(u8::from(lead < converted)))];
///         data.push(&settings, &Observation { arm, metrics: &metrics, cycle: None, segments: &[] })?;
///     }
/// }
/// let analysis = analyse(&settings, &data)?;
/// assert_eq!(analysis.verdict, Verdict::Win);
/// assert!(analysis.sentence.starts_with("Win: challenger's converted rate is 25 % above champion's"), "{}", analysis.sentence);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn analyse(settings: &Settings, data: &Data) -> Result<Analysis, SettingsError> {
    settings.check()?;
    let problem = |e: SettingError| SettingsError { problems: vec![e.to_string()] };
    let yardstick = yardstick(settings).map_err(problem)?;
    let weights: Vec<f64> = settings.arms.iter().map(|arm| arm.weight).collect();
    let split = |leads: &[u64]| SampleRatio::new(leads, &weights).map_err(problem);
    let sample_ratio = split(&data.leads)?.ok();
    let kept: Vec<u64> = data.leads.iter().zip(&data.lost).map(|(all, lost)| all - lost).collect();
    let kept_ratio = if kept == data.leads { None } else { split(&kept)?.ok() };
    let ratios = [sample_ratio.as_ref(), kept_ratio.as_ref()];
    let comparisons: Vec<Comparison> =
        (1..settings.arms.len()).filter_map(|arm| compare(settings, data, &yardstick, arm, ratios)).collect();
    let (verdict, sentence) = overall(&comparisons);
    let (arms, notes) = (arms(settings, data, &comparisons), notes(settings, data, &comparisons));
    Ok(Analysis { verdict, sentence, arms, sample_ratio, kept_ratio, comparisons, notes, rows: None })
}

fn compare(
    settings: &Settings,
    data: &Data,
    yardstick: &Yardstick,
    arm: usize,
    [sample_ratio, kept_ratio]: [Option<&SampleRatio>; 2],
) -> Option<Comparison> {
    let (cells, guarded) = data.metrics.split_first()?;
    let (control, treatment) = (cells.first()?, cells.get(arm)?);
    let (primary, _) = yardstick.metric(&settings.primary, cells, arm);
    let guardrails = settings.guardrails.iter().zip(guarded).map(|(limit, cells)| yardstick.guardrail(limit, cells, arm));
    let guardrails = guardrails.collect();
    let cycle = settings.cycle.as_ref().map(|cycle| {
        let of = |counts: &[u64], at: usize| counts.get(at).copied().unwrap_or_default();
        let deals = [0, arm].map(|at| cycle::Deals {
            known: data.cycles.get(at).map_or(&[][..], Vec::as_slice),
            unknown: of(&data.unknown_cycles, at),
            leads: of(&data.leads, at),
        });
        cycle::compare(cycle, deals, yardstick)
    });
    let segments = segment::compare(settings, data, yardstick, arm);
    let treatment_name = &settings.arms.get(arm)?.name;
    let judged = Judged { settings, treatment: treatment_name, primary, guardrails, cycle, segments, sample_ratio, kept_ratio };
    Some(decide(judged, control, treatment))
}

fn arms(settings: &Settings, data: &Data, comparisons: &[Comparison]) -> Vec<ArmReport> {
    let whole: f64 = settings.arms.iter().map(|arm| arm.weight).sum();
    let standings = match comparisons {
        [only] => pair(only),
        _ => data.metrics.first().and_then(|cells| beliefs(&settings.primary, cells)).map(|beliefs| standings(&beliefs)),
    };
    let standings = standings.unwrap_or_default();
    let counts = data.leads.iter().zip(&data.lost);
    let arms = settings.arms.iter().zip(counts).enumerate().map(|(at, (arm, (leads, lost)))| ArmReport {
        name: arm.name.clone(),
        leads: *leads,
        left_out: *lost,
        share: arm.weight / whole,
        standing: standings.get(at).copied(),
    });
    arms.collect()
}

/// Of two arms the chance to be best is the chance to win.
fn pair(comparison: &Comparison) -> Option<Vec<Standing>> {
    let measured = comparison.primary.outcome.measured()?;
    let contrast = measured.effect.contrast;
    let loss = Posterior { mean: contrast.difference, deviation: contrast.variance.sqrt() }.loss();
    let (control, treatment) = match comparison.primary.better {
        Better::More => (loss.control, loss.treatment),
        Better::Less => (loss.treatment, loss.control),
    };
    let win = measured.chance_to_win;
    Some(vec![Standing { best: 1.0 - win, expected_loss: control }, Standing { best: win, expected_loss: treatment }])
}

fn notes(settings: &Settings, data: &Data, comparisons: &[Comparison]) -> Vec<String> {
    let mut notes = Vec::new();
    let metrics = comparisons.iter().flat_map(|c| std::iter::once(&c.primary).chain(c.guardrails.iter().map(|g| &g.metric)));
    let mut absolute: Vec<&str> = metrics
        .filter(|metric| {
            let scale = metric.outcome.measured().map(|measured| measured.effect.scale);
            settings.scale == Scale::Relative && scale == Some(Scale::Absolute)
        })
        .map(|metric| metric.name.as_str())
        .collect();
    absolute.dedup();
    if !absolute.is_empty() {
        notes.push(format!(
            "The change of {} is absolute, because the control's mean is not above 0 beyond doubt.",
            listed(&absolute)
        ));
    }
    let open: u64 = data.metrics.first().map_or(0, |cells| cells.iter().map(|cell| cell.open).sum());
    if open > 0 {
        notes.push(format!(
            "{} no outcome yet and count only for the split; a lead counts once its outcome is certain, converted or not.",
            counted(open, "lead has", "leads have")
        ));
    }
    let treatments = settings.arms.len() - 1;
    if treatments > 1 {
        let each = percent(settings.alpha.divided(treatments).alpha());
        notes.push(format!(
            "{treatments} treatments are each compared at {each}, so the overall error rate is at most {}.",
            percent(settings.alpha.alpha())
        ));
    }
    if !settings.method.allows_looking() {
        notes.push("The intervals are valid for one look at the planned end; to look earlier, choose always-valid intervals or planned looks.".to_owned());
    }
    let crowded: Vec<&str> = settings
        .segments
        .iter()
        .zip(&data.segments)
        .filter(|(_, values)| values.contains_key(super::data::OTHER_VALUES))
        .map(|(name, _)| name.as_str())
        .collect();
    if !crowded.is_empty() {
        notes.push(format!(
            "More than {} values of {}; the later ones are grouped together.",
            super::data::MOST_VALUES,
            listed(&crowded)
        ));
    }
    notes
}
