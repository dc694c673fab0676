//! The plan of the next test: how many leads it needs, and for how long.

use maud::{Markup, html};
use plumbline_core::report::MeasureId;

use crate::read::Report;
use crate::text::Unit;
use crate::ui::Ui;

/// Leads per arm for which the power is shown as well.
pub const GIVEN: f64 = 5_000.0;

/// The fields of the form: id, what it holds while it was not written in, and its step.
fn fields(report: &Report) -> [(&'static str, String); 5] {
    let value = |id: MeasureId| report.measure(id).and_then(|measure| measure.estimate.value);
    let tenth = |x: f64| crate::read::shortest((x * 10.0).round() / 10.0);
    [
        ("plan-base", tenth(100.0 * value(MeasureId::Conversion).filter(|x| *x > 0.0 && *x < 1.0).unwrap_or(0.1))),
        ("plan-lift", "5".to_owned()),
        ("plan-power", "80".to_owned()),
        ("plan-day", crate::read::shortest(value(MeasureId::ScoresPerDay).unwrap_or(1_000.0).round().max(1.0))),
        ("plan-share", "100".to_owned()),
    ]
}

/// The numbers that a plan is asked for: base rate, lift, chance, leads a day, delay; none while a field holds none.
pub fn asked(report: &Report, ui: &Ui) -> Option<[f64; 5]> {
    let number = |(id, usual): (&str, String)| {
        let text = ui.inputs.get(id).map_or(usual.as_str(), |text| text.trim());
        crate::read::number(text).filter(|x| *x > 0.0)
    };
    let [base, lift, power, a_day, share] = fields(report).map(number);
    let delay = report.performance.as_ref().map_or(0, |performance| performance.outcome_delay_days);
    Some([base? / 100.0, lift? / 100.0, power? / 100.0, a_day? * share?.min(100.0) / 100.0, f64::from(delay)])
}

/// The planner.
pub fn plan(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    html! {
        section.card #plan {
            header { h2 { (text.of("plan.title")) } (copied(report, ui)) }
            @if ui.is_alone { p { (text.of("plan.alone")) } } @else {
                div role="status" #plan-answer { (answer(report, ui)) }
                div.fields { @for (id, usual) in fields(report) {
                    label.field { span { (text.of(&format!("plan.{}", id.trim_start_matches("plan-")))) }
                        input id=(id) type="text" inputmode="decimal" size="8" value=(ui.inputs.get(id).map_or(usual.as_str(), String::as_str)) data-do="input" data-arg=(id);
                    }
                } }
                p.small.soft { (text.of("plan.how")) }
            }
        }
    }
}

/// What a plan needs, how long it takes, and what the usual number of leads would find; none without a plan.
fn said(report: &Report, ui: &Ui) -> Option<[String; 3]> {
    let text = &ui.text;
    let [_, lift, power, a_day, delay] = asked(report, ui)?;
    let planned = ui.plan.1.as_ref().filter(|planned| planned.wrong.is_empty())?;
    let percent = |x: f64| text.locale.percent_tick(x);
    let until = text.locale.calendar.day(ui.now_ms.div_euclid(86_400_000) + i64::try_from(planned.days).unwrap_or_default());
    let least = planned.detectable.map_or_else(|| "–".to_owned(), |x| text.value(Some(x), Unit::Change, ""));
    let values = [
        ("per_arm", text.locale.whole(rounded(planned.per_arm))),
        ("lift", text.value(Some(lift), Unit::Change, "")),
        ("power", percent(power)),
        ("a_day", text.locale.fixed(a_day, 0)),
        ("enrol", text.count("days", planned.enrol_days, &[])),
        ("delay", text.count("days", delay as u64, &[])),
        ("until", until),
        ("given", text.locale.fixed(GIVEN, 0)),
        ("chance", percent((planned.chance * 100.0).round() / 100.0)),
        ("least", least),
    ];
    let slots: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Some(["plan.needs", "plan.takes", "plan.given"].map(|key| text.fill(key, &slots)))
}

/// A button that copies the plan.
fn copied(report: &Report, ui: &Ui) -> Markup {
    html! { @if let Some([needs, takes, _]) = said(report, ui) { (super::copy(&format!("{needs} {takes}"), ui)) } }
}

fn answer(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    if asked(report, ui).is_none() {
        return html! { p.big-words { (text.of("plan.fill")) } };
    }
    match (&ui.plan.1, said(report, ui)) {
        (_, Some([needs, takes, given])) => html! { p.big-words { (needs) } p { (takes) } p.soft { (given) } },
        (Some(planned), None) => html! { p.big-words { (text.fill("plan.wrong", &[("why", &planned.wrong)])) } },
        (None, None) => html! { p.big-words.soft { (text.of("plan.working")) } },
    }
}

/// A number of leads with three digits that say something.
fn rounded(n: u64) -> u64 {
    let mut unit = 1;
    while n / unit >= 1_000 {
        unit *= 10;
    }
    n.div_ceil(unit) * unit
}
