//! Rows of `fb.*`: what sales reports.

use super::*;

#[test]
fn feedback_of_sales() {
    fn feedback(e: &mut Evidence) -> &mut Feedback {
        e.feedback.as_mut().unwrap()
    }
    check(&[
        row(Canary, FbSales, nothing, Pass, "Sales reports nothing odd; 12 % of 210 thumbs were down, of today's model's 14 %."),
        row(
            Canary,
            FbSales,
            |e, _| feedback(e).challenger = Votes { up: 3, down: 1 },
            Pass,
            "Sales reports nothing odd; 4 thumbs so far, compared from 30 for each model on.",
        ),
        row(
            Canary,
            FbSales,
            |e, _| feedback(e).odd_open = 2,
            Inconclusive,
            "To be looked at: 2 reports of something odd (`plumbline feedback list --open` lists them); confirm or dismiss each; 12 % of 210 thumbs were down, of today's model's 14 %.",
        ),
        row(
            Canary,
            FbSales,
            |e, _| feedback(e).odd_confirmed = 1,
            Fail,
            "Sales found something odd: 1 report was confirmed; 12 % of 210 thumbs were down, of today's model's 14 %.",
        ),
        row(
            Canary,
            FbSales,
            |e, _| feedback(e).challenger = Votes { up: 120, down: 90 },
            Fail,
            "Sales likes it less than today's model: 43 % of 210 thumbs were down, of today's model's 14 %; 25 % more is allowed.",
        ),
        row(
            Canary,
            FbSales,
            |e, _| feedback(e).champion = Votes { up: 210, down: 0 },
            Fail,
            "Sales likes it less than today's model: 12 % of 210 thumbs were down, of today's model's 0 %; 25 % more is allowed.",
        ),
        row(Canary, FbSales, |e, _| e.feedback = None, InsufficientData, "Not enough data: what sales reports is not known."),
    ]);
}
