//! Goals: are we where we promised to be after 30, 60 and 90 days?

use maud::{Markup, html};
use plumbline_core::report::{Goal, Status};

use super::{Piece, currency, fault, heading};
use crate::chart::{Band, Line, band};
use crate::part::{Icon, Level, link, of_status, status};
use crate::read::Report;
use crate::text::{Unit, ms_of};
use crate::ui::Ui;

/// The word for a goal that may still be reached.
const NOT_DUE: Level = Level { key: "goals.not_due", class: "wait", icon: Icon::Ring };

/// Whether nothing can be said of a goal, and its day has not come.
fn is_open(goal: &Goal, report: &Report) -> bool {
    goal.status == Status::InsufficientData && ms_of(&goal.due_at) > ms_of(&report.generated_at)
}

/// The pieces of the view.
pub fn pieces(report: &Report, ui: &Ui, out: &mut Vec<Piece>) {
    out.push(Piece::Part("head", heading(ui, "view.goals", "goals.question")));
    out.push(Piece::Part("goals", goals(report, ui)));
    out.push(Piece::Part("revenue", revenue(report, ui)));
}

fn goals(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    html! {
        @if let Some(fault) = fault(report, "goals", ui) { (fault) }
        div.cards { @for month in 1..=3 {
            @let own: Vec<_> = report.goals.iter().filter(|goal| goal.month == month).collect();
            section.card {
                header {
                    h2 { (text.fill("goals.month", &[("n", &month.to_string())])) }
                    @if let Some(due) = own.first().map(|goal| &goal.due_at) { p.small.soft { (text.fill("goals.due", &[("at", &ui.text.moment(due))])) } }
                }
                ul.goals { @for goal in own { li {
                    h3 { (text.of(&format!("goal.{}", goal.id))) }
                    p { (status(text, if is_open(goal, report) { NOT_DUE } else { of_status(goal.status) })) }
                    p.small { (text.said(&goal.sentence)) " " (link(&goal.route, text.of("goals.look"))) }
                } } }
            }
        } }
    }
}

fn revenue(report: &Report, ui: &Ui) -> Markup {
    let text = &ui.text;
    let Some(revenue) = &report.revenue else { return fault(report, "revenue", ui).unwrap_or_default() };
    let money = currency(report);
    let shown = text.estimate(&revenue.estimate, Unit::Money, money);
    html! {
        section.card {
            header { h2 { (text.of("revenue.title")) } }
            @if revenue.estimate.value.is_some() {
                p.big { (shown) }
                (band(&Band {
                    id: "revenue", finding: text.of("revenue.finding").to_owned(), below: money.to_owned(), unit: Unit::Money, currency: money,
                    lines: vec![Line { name: text.of("revenue.line").to_owned(), class: "challenger", series: &revenue.series }],
                    target: Some(revenue.target), is_floor: true, marks: Vec::new(), width: super::whole(ui),
                }, ui))
                p.small { (text.fill("revenue.per_lead", &[("worth", &text.estimate(&revenue.per_lead, Unit::Money, money)), ("leads", &text.locale.whole(revenue.leads))])) }
            }
            p { (text.said(&revenue.method)) }
            p.small.soft { (text.fill("revenue.target", &[("target", &text.value(Some(revenue.target), Unit::Money, money))])) @if !revenue.excluded.is_empty() { " " (text.fill("revenue.excluded", &[("what", &revenue.excluded.join(", "))])) } }
        }
    }
}
