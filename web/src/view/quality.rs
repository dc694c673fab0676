//! Data quality: is what comes in what the model knows?

use maud::{Markup, html};
use plumbline_core::report::{FeaturePart, MeasureId, Series, Status};

use super::{Piece, fault, heading, measure};
use crate::chart::{Band, Line, band, bins};
use crate::part::{of_status, status, table};
use crate::read::Report;
use crate::text::{Safe, Unit, shown};
use crate::ui::Ui;

const CARDS: [MeasureId; 4] = [MeasureId::Freshness, MeasureId::Missing, MeasureId::DriftKs, MeasureId::Coverage];

/// The pieces of the view.
pub fn pieces(report: &Report, ui: &Ui, out: &mut Vec<Piece>) {
    out.push(Piece::Part("head", heading(ui, "view.quality", "quality.question")));
    out.push(Piece::Part("cards", measure::cards(report, &CARDS, ui)));
    out.push(Piece::Part("features", features(report, ui)));
    out.push(Piece::Part("chosen", measure::chosen(report, &[MeasureId::DriftKs, MeasureId::Missing, MeasureId::Coverage], ui)));
    out.push(Piece::Part("suites", suites(report, ui)));
}

/// Expectations on the leads' data, and those that are not met.
fn suites(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    let Some(quality) = &report.quality else { return html! {} };
    if quality.suites.is_empty() {
        return html! { section.card { p.soft { (text.of("suites.none")) } } };
    }
    let head = html! {
        th scope="col" { (text.of("suites.expected")) } th scope="col" { (text.of("suites.severity")) }
        th.number scope="col" { (text.of("suites.checked")) } th.number scope="col" { (text.of("suites.unexpected")) }
    };
    let count = |n: Option<u64>| n.map_or_else(|| "–".to_owned(), |n| text.locale.whole(n));
    html! {
        @for (place, suite) in quality.suites.iter().enumerate() {
            section.card {
                header { h2 { (text.of("suites.title")) ": " (Safe(&suite.name)) } (status(text, of_status(suite.status))) }
                p.small { (text.fill("suites.words", &[("passed", &text.locale.whole(suite.passed)), ("all", &text.locale.whole(suite.passed + suite.failed)), ("leads", &text.locale.whole(suite.leads)), ("at", &ui.text.moment(&suite.at))])) }
                @if !suite.missed.is_empty() {
                    (table(&format!("suite-{place}"), text.of("suites.title"), &head, &html! { @for missed in &suite.missed { tr {
                        th scope="row" { (Safe(&missed.expected)) }
                        td { (text.of(if missed.is_critical { "severity.red" } else { "severity.yellow" })) }
                        td.number { (count(missed.checked)) } td.number { (count(missed.unexpected)) }
                    } } }))
                }
            }
        }
    }
}

fn features(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    let Some(quality) = &report.quality else {
        let empty = html! { section.card { p.soft { (text.of("quality.no_baseline")) } } };
        return fault(report, "quality", ui).unwrap_or(empty);
    };
    let only_off = ui.input("features") == "off";
    let listed: Vec<&FeaturePart> =
        quality.features.iter().filter(|feature| !only_off || feature.status != Status::Pass).collect();
    let head = html! {
        th scope="col" { (text.of("quality.name")) }
        th.number scope="col" { (text.of("quality.importance")) }
        th.number scope="col" { (text.of("quality.ks")) }
        th.number scope="col" { (text.of("quality.psi")) }
        th.number scope="col" { (text.of("quality.missing")) }
        th.number scope="col" { (text.of("quality.new")) }
        th scope="col" { (text.of("quality.status")) }
    };
    let rows = html! {
        @for feature in listed {
            tr {
                th scope="row" { a href=(route_of(&feature.name)) { (Safe(&feature.name)) } }
                td.number { (text.value(feature.importance, Unit::Percent, "")) }
                td.number { (distance(feature, ui)) }
                td.number { (text.value(feature.psi, Unit::Distance, "")) }
                td.number { (text.value(feature.missing, Unit::Percent, "")) }
                td.number { (text.value(feature.new_share, Unit::Percent, "")) }
                td { (status(text, of_status(feature.status))) }
            }
        }
    };
    let chance = quality.expected_false_alarms_per_week;
    html! {
        section.card {
            header {
                h2 { (text.count("quality.features", u64::from(quality.features_total), &[])) }
                @if !ui.printed {
                    label.pick { span.small { (text.of("quality.filter")) }
                        select id="features-pick" data-do="input" data-arg="features" {
                            option value="all" selected[!only_off] { (text.of("quality.all")) }
                            option value="off" selected[only_off] { (text.of("quality.off")) }
                        }
                    }
                }
            }
            (table("features-table", text.of("quality.features_label"), &head, &rows))
            @if let Some(chance) = chance { p.small.soft { (text.fill("quality.chance", &[("n", &text.locale.fixed(chance, 2))])) } }
        }
    }
}

fn distance(feature: &FeaturePart, ui: &Ui) -> String {
    let text = &ui.text;
    let show = |x: f64| text.value(Some(x), Unit::Distance, "");
    match (feature.ks, feature.ks_bound) {
        (Some(ks), Some((low, high))) if high - low > 0.005 => {
            format!("{} ({})", show(ks), text.fill("interval", &[("low", &show(low)), ("high", &show(high))]))
        }
        (ks, _) => text.value(ks, Unit::Distance, ""),
    }
}

/// The route of a feature's own page.
fn route_of(name: &str) -> String {
    let code = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    format!("#/quality/feature/{}", name.bytes().map(code).collect::<String>())
}

/// One feature: its distribution against training, its drift by day, what to do.
pub fn feature(report: &Report, name: &str, ui: &Ui, out: &mut Vec<Piece>) {
    let text = &ui.text;
    let found = report.quality.as_ref().and_then(|quality| quality.features.iter().find(|feature| feature.name == name));
    let Some(feature) = found else {
        out.push(Piece::Part(
            "feature",
            html! { h1 { (Safe(name)) } p { (text.of("quality.unknown")) } a href="#/quality" { (text.of("view.quality")) } },
        ));
        return;
    };
    let by_day = Series {
        start: report.measure(MeasureId::DriftKs).map_or_else(String::new, |measure| measure.champion.start.clone()),
        step_s: 86_400,
        value: feature.ks_by_day.clone(),
        ..Series::default()
    };
    let limit = report.measure(MeasureId::DriftKs).and_then(|measure| measure.target.as_ref()).map(|target| target.value);
    let words = |share: Option<f64>| text.value(share, Unit::Percent, "");
    let new: Vec<String> = feature.new_values.iter().map(|value| shown(value).0).collect();
    out.push(Piece::Part(
        "feature",
        html! {
            header.page-head { h1 { (Safe(&feature.name)) } p { (status(text, of_status(feature.status))) } }
            section.card { (bins("bins", feature, super::whole(ui), ui)) }
            section.card {
                dl.facts {
                    dt { (text.of("quality.ks")) } dd { (distance(feature, ui)) @if let Some(limit) = limit { " · " (text.fill("chart.target", &[("value", &text.value(Some(limit), Unit::Distance, ""))])) } }
                    dt { (text.of("quality.psi")) } dd { (text.value(feature.psi, Unit::Distance, "")) }
                    dt { (text.of("quality.importance")) } dd { (words(feature.importance)) }
                    dt { (text.of("quality.missing")) } dd { (text.fill("quality.missing_words", &[("now", &words(feature.missing)), ("training", &words(feature.missing_reference))])) }
                    dt { (text.of("quality.new")) } dd { (words(feature.new_share)) @if !new.is_empty() { ": " (new.join(", ")) } }
                }
                p { (text.of(match feature.status { Status::Fail => "quality.do_fail", Status::Pass => "quality.do_pass", _ => "quality.do_wait" })) }
            }
            @if !feature.ks_by_day.is_empty() {
                section.card { (band(&Band { id: "drift", finding: text.of("quality.by_day").to_owned(), below: String::new(), unit: Unit::Distance, currency: "", lines: vec![Line { name: shown(&feature.name).0, class: "champion", series: &by_day }], target: limit, is_floor: false, marks: Vec::new(), width: super::whole(ui) }, ui)) }
            }
        },
    ));
}
