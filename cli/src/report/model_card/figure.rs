//! The figures of a card.

use maud::{Markup, html};
use plumbline_core::Bundle;
use plumbline_core::report::ScoreHistogram;
use plumbline_web::chart::{Curve, Frame, Histogram, Scale, curve, gain, reliability};
use plumbline_web::read::Report;
use plumbline_web::text::coordinate;
use plumbline_web::ui::Ui;

/// Fields in the figure of importance.
const SHOWN: usize = 15;
/// Scores in one bar of their distribution, hundredths.
const BAR: usize = 5;
const WIDTH: f64 = 680.0;

/// All figures that the baseline has numbers for: reliability, ROC, gain, distribution of scores, importance.
pub fn figures(bundle: &Bundle) -> Vec<Markup> {
    let mut ui = Ui::new(&Report::default());
    ui.printed = true;
    let mut figures = Vec::new();
    let Some(baseline) = &bundle.baseline else { return figures };
    let served = (baseline.threshold * 100.0).round().clamp(1.0, 99.0) as u32;
    (ui.served, ui.threshold) = (served, served);
    let counts = baseline.outcomes.clone().unwrap_or_default();
    let counts = ScoreHistogram { n: counts.leads, positive: counts.converted };
    if let Some(histogram) = Histogram::new(&counts) {
        let versions = [(bundle.manifest.version.clone(), "champion", histogram)];
        figures.push(reliability("reliability", &versions, WIDTH, &ui));
        figures.push(curve("roc", Curve::Roc, &versions, WIDTH, &ui));
        figures.push(gain("gain", &versions, WIDTH, &ui));
        figures.push(scores(&counts, &ui));
    }
    figures.extend(importance(bundle, &ui));
    figures
}

/// How scores are distributed, and how many of the leads converted.
fn scores(counts: &ScoreHistogram, ui: &Ui) -> Markup {
    const HEIGHT: f64 = 220.0;
    const LEFT: f64 = 44.0;
    let bars = |counts: &[u64]| counts.chunks(BAR).map(|bar| bar.iter().sum::<u64>()).collect::<Vec<u64>>();
    let (leads, converted) = (bars(&counts.n), bars(&counts.positive));
    let all = leads.iter().sum::<u64>().max(1);
    let share = |n: u64| n as f64 / all as f64;
    let most = leads.iter().map(|n| share(*n)).fold(0.01, f64::max);
    let y = Scale { from: 0.0, to: most, start: HEIGHT - 34.0, end: 10.0 };
    let step = (WIDTH - LEFT - 10.0) / leads.len().max(1) as f64;
    let bar = |place: usize, n: u64| {
        let top = y.at(share(n));
        (coordinate(LEFT + place as f64 * step + 1.0), coordinate(top), coordinate(step - 2.0), coordinate(HEIGHT - 34.0 - top))
    };
    let percent = |x: f64| ui.text.locale.percent(x);
    let inside = html! {
        @for part in [0.0, 0.5, 1.0] {
            line.grid x1=(coordinate(LEFT)) x2=(coordinate(WIDTH - 10.0)) y1=(y.px(part * most)) y2=(y.px(part * most)) {}
            text.tick x=(coordinate(LEFT - 6.0)) y=(y.px(part * most)) dy="4" text-anchor="end" { (percent(part * most)) }
        }
        @for (place, n) in leads.iter().enumerate() {
            @let (left, top, wide, tall) = bar(place, *n);
            rect.current x=(left) y=(top) width=(wide) height=(tall) {}
        }
        @for (place, n) in converted.iter().enumerate() {
            @let (left, top, wide, tall) = bar(place, *n);
            rect.champion x=(left) y=(top) width=(wide) height=(tall) {}
        }
        @for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
            text.tick x=(coordinate(LEFT + tick * (WIDTH - LEFT - 10.0))) y=(coordinate(HEIGHT - 18.0)) text-anchor="middle" { (tick) }
        }
        text.axis x=(coordinate(LEFT + 0.5 * (WIDTH - LEFT - 10.0))) y=(coordinate(HEIGHT - 3.0)) text-anchor="middle" { "Score" }
    };
    let under = html! { p.legend { span.key.current { "leads" } span.key.champion { "of those, converted" } } };
    let head = ["Score", "Leads", "Converted"].map(str::to_owned);
    let row = |place: usize| {
        let at = |list: &[u64]| list.get(place).copied().unwrap_or_default();
        let from = (place * BAR) as f64 / 100.0;
        let name = format!("{from:.2} to {:.2}", from + BAR as f64 / 100.0);
        vec![name, ui.text.locale.whole(at(&leads)), ui.text.locale.whole(at(&converted))]
    };
    let high: u64 = counts.n.iter().skip(50).sum();
    let description = format!("{} of the leads have a score above 0.5.", percent(share(high)));
    let frame = Frame {
        id: "scores",
        finding: "How are scores distributed?",
        below: "Share of leads by score",
        description: &description,
    };
    frame.figure(ui, (WIDTH, HEIGHT), &inside, &under, &head, (leads.len(), &row))
}

/// What the heaviest fields weigh.
fn importance(bundle: &Bundle, ui: &Ui) -> Option<Markup> {
    const LEFT: f64 = 230.0;
    const ROW: f64 = 22.0;
    let weights = &bundle.baseline.as_ref()?.importance;
    let shown: Vec<_> = weights.iter().take(SHOWN).collect();
    let first = shown.first()?;
    let height = ROW * shown.len() as f64 + 8.0;
    let x = Scale { from: 0.0, to: first.share.max(1e-9), start: LEFT, end: WIDTH - 64.0 };
    let percent = |x: f64| ui.text.locale.percent(x);
    let cut = |name: &str| match name.chars().count() {
        0..=32 => name.to_owned(),
        _ => name.chars().take(31).chain(['…']).collect(),
    };
    let inside = html! {
        @for (place, weight) in shown.iter().enumerate() {
            @let (top, end) = (ROW * place as f64 + 4.0, x.at(weight.share));
            text.tick x=(coordinate(LEFT - 8.0)) y=(coordinate(top + 13.0)) text-anchor="end" { (cut(&weight.field)) }
            rect.current x=(coordinate(LEFT)) y=(coordinate(top)) width=(coordinate((end - LEFT).max(1.0))) height=(coordinate(ROW - 6.0)) {}
            text.tick x=(coordinate(end + 6.0)) y=(coordinate(top + 13.0)) { (percent(weight.share)) }
        }
    };
    let head = ["Field", "Share"].map(str::to_owned);
    let row = |place: usize| shown.get(place).map_or_else(Vec::new, |weight| vec![weight.field.clone(), percent(weight.share)]);
    let description = format!("{} weighs most: {} of all contributions.", first.field, percent(first.share));
    let below = "Mean size of a field's SHAP value, as a share of all fields'";
    let frame = Frame { id: "importance", finding: "What does the score depend on?", below, description: &description };
    Some(frame.figure(ui, (WIDTH, height), &inside, &html! {}, &head, (shown.len(), &row)))
}
