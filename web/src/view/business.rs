//! Business impact: what do sales get from it?

use maud::{Markup, html};
use plumbline_core::report::MeasureId;

use super::{Piece, fault, heading, measure};
use crate::chart::{self, Scale, beside};
use crate::part::table;
use crate::read::Report;
use crate::text::{Safe, Unit, coordinate};
use crate::ui::Ui;

const CARDS: [MeasureId; 4] = [MeasureId::Conversion, MeasureId::DealSize, MeasureId::Satisfaction, MeasureId::ScoresPerDay];

/// The pieces of the view.
pub fn pieces(report: &Report, ui: &Ui, out: &mut Vec<Piece>) {
    out.push(Piece::Part("head", heading(ui, "view.business", "business.question")));
    out.push(Piece::Part("cards", measure::cards(report, &CARDS, ui)));
    out.push(Piece::Part("bands", bands(report, ui)));
    out.push(Piece::Part("chosen", measure::chosen(report, &CARDS, ui)));
    out.push(Piece::Raw("<div class=\"two\">"));
    out.push(Piece::Part("ratings", ratings(report, ui)));
    out.push(Piece::Part("human", human(report, ui)));
    out.push(Piece::Raw("</div>"));
}

fn bands(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    let Some(business) = &report.business else { return fault(report, "business", ui).unwrap_or_default() };
    if business.bands.iter().all(|band| band.leads == 0) {
        return html! { section.card { p.soft { (text.of("business.empty")) } } };
    }
    let head = html! {
        th scope="col" { (text.of("business.band")) } th.number scope="col" { (text.of("business.from")) }
        th.number scope="col" { (text.of("business.leads")) } th.number scope="col" { (text.of("business.conversion")) }
        th scope="col" { (text.of("business.share")) }
    };
    let rows = html! {
        @for band in &business.bands {
            tr {
                th scope="row" { (Safe(&band.name)) }
                td.number { (text.value(Some(band.from), Unit::Distance, "")) }
                td.number { (text.locale.whole(band.leads)) }
                td.number { (text.estimate(&band.conversion, Unit::Percent, "")) }
                td { (meter(band.conversion.value)) }
            }
        }
    };
    html! {
        section.card {
            header { h2 { (text.of("business.bands")) } }
            (table("bands", text.of("business.bands"), &head, &rows))
            @if let Some(share) = business.hot_share { p { (text.fill("business.hot", &[("share", &text.locale.percent(share))])) } }
        }
    }
}

/// A bar of the part `x`.
fn meter(x: Option<f64>) -> Markup {
    let x = x.filter(|x| x.is_finite()).unwrap_or_default().clamp(0.0, 1.0);
    html! { svg.meter width="120" height="10" aria-hidden="true" { rect.well x="0" y="0" width="120" height="10" {} rect.champion x="0" y="0" width=(coordinate(x * 120.0)) height="10" {} } }
}

fn ratings(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    let Some(business) = &report.business else { return html! {} };
    let counts = &business.satisfaction.counts;
    let all: u64 = counts.iter().sum();
    if all == 0 {
        return html! { section.card { p.soft { (text.of("business.no_ratings")) } } };
    }
    let most = counts.iter().copied().max().unwrap_or(1).max(1) as f64;
    html! {
        section.card {
            header { h2 { (text.of("business.ratings")) } p.small.soft { (text.count("business.votes", all, &[])) } }
            ol.ratings { @for (place, count) in counts.iter().enumerate() {
                li { span.number { (place + 1) } (meter(Some(*count as f64 / most))) span.number { (text.locale.whole(*count)) } }
            } }
        }
    }
}

/// The model beside the people who scored the same leads.
pub fn human(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    let Some(human) = report.business.as_ref().and_then(|business| business.human.as_ref()) else {
        return html! { section.card { header { h2 { (text.of("human.title")) } } p.soft { (text.of("human.none")) } } };
    };
    let most =
        human.thirds.iter().flat_map(|third| [&third.people, &third.model]).flat_map(|part| [part.value, part.high]).flatten();
    let most = most.filter(|x| x.is_finite()).fold(0.05, f64::max).min(1.0);
    let width = if ui.printed { chart::NARROW } else { chart::WIDTH };
    let x = Scale { from: 0.0, to: most, start: 6.0, end: width - 6.0 };
    let head = html! {
        th scope="col" { (text.of("human.third")) }
        th scope="col" { span.ends.narrow[ui.printed] { span { "0" } span { (text.locale.percent_tick(most)) } } }
        th.number scope="col" { span.key.reference { (text.of("human.people")) } }
        th.number scope="col" { span.key.champion { (text.of("human.model")) } }
    };
    html! {
        section.card {
            header { h2 { (text.of("human.title")) } p.small.soft { (text.count("human.leads", human.leads, &[])) } }
            p { (text.said(&human.sentence)) }
            @if let Some(agreement) = human.agreement.as_ref().filter(|agreement| agreement.value.is_some()) {
                p.small.soft { (text.of("human.agreement")) " " (text.estimate(agreement, Unit::Distance, "")) }
            }
            @if !human.thirds.is_empty() {
                (table("thirds", text.of("human.title"), &head, &html! { @for third in &human.thirds { tr {
                    th scope="row" { (text.named("human.", &third.id)) }
                    td { (beside([&third.people, &third.model], &x, width)) }
                    td.number { (text.estimate(&third.people, Unit::Percent, "")) }
                    td.number { (text.estimate(&third.model, Unit::Percent, "")) }
                } } }))
            }
        }
    }
}
