//! Metrics, guardrails, segments, the sales cycle and the draw itself, joined into one verdict.

use super::data::Data;
use super::judged::Judged;
use super::measure::{Yardstick, belief, yardstick};
use super::report::{Analysis, ArmReport, Comparison};
use super::settings::{Settings, SettingsError};
use super::verdict::{decide, overall};
use super::words::{counted, listed, percent};
use super::{cycle, segment};
use crate::stats::bayes::{Belief, standings};
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
    let sample_ratio = SampleRatio::new(&data.leads, &weights).map_err(problem)?.ok();
    let comparisons: Vec<Comparison> =
        (1..settings.arms.len()).filter_map(|arm| compare(settings, data, &yardstick, arm, sample_ratio.as_ref())).collect();
    let (verdict, sentence) = overall(&comparisons);
    Ok(Analysis { verdict, sentence, arms: arms(settings, data), sample_ratio, comparisons, notes: notes(settings, data) })
}

fn compare(
    settings: &Settings,
    data: &Data,
    yardstick: &Yardstick,
    arm: usize,
    sample_ratio: Option<&SampleRatio>,
) -> Option<Comparison> {
    let pair = |at: usize| {
        let cells = data.metrics.get(at)?;
        Some((cells.first()?, cells.get(arm)?))
    };
    let (control, treatment) = pair(0)?;
    let primary = yardstick.metric(&settings.primary, control, treatment);
    let guardrails = settings.guardrails.iter().enumerate().filter_map(|(at, guardrail)| {
        let (control, treatment) = pair(at + 1)?;
        Some(yardstick.guardrail(guardrail, control, treatment))
    });
    let guardrails = guardrails.collect();
    let cycle = settings.cycle.as_ref().map(|cycle| {
        let of = |at: usize| data.cycles.get(at).map_or(&[][..], Vec::as_slice);
        cycle::compare(cycle, of(0), of(arm), yardstick)
    });
    let segments = segment::compare(settings, data, yardstick, arm);
    let judged =
        Judged { settings, treatment: &settings.arms.get(arm)?.name, primary, guardrails, cycle, segments, sample_ratio };
    Some(decide(judged, control, treatment))
}

fn arms(settings: &Settings, data: &Data) -> Vec<ArmReport> {
    let whole: f64 = settings.arms.iter().map(|arm| arm.weight).sum();
    let cells = data.metrics.first().map_or(&[][..], Vec::as_slice);
    let beliefs: Option<Vec<Belief>> = cells.iter().map(|cell| belief(&settings.primary, cell)).collect();
    let standings = beliefs.map(|beliefs| standings(&beliefs)).unwrap_or_default();
    let arms = settings.arms.iter().zip(&data.leads).enumerate().map(|(at, (arm, leads))| ArmReport {
        name: arm.name.clone(),
        leads: *leads,
        share: arm.weight / whole,
        standing: standings.get(at).copied(),
    });
    arms.collect()
}

fn notes(settings: &Settings, data: &Data) -> Vec<String> {
    let mut notes = Vec::new();
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
