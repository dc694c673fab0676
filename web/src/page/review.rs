//! The reviews' requests: the list, one review, and what people decided about it.

use super::{App, glue};
use crate::review::{listed, review};
use crate::ui::{Route, State, encoded};

/// Reviews in the list: three months of daily ones, with the weekly and monthly ones between them.
const LISTED: u32 = 110;

/// Asks for what the open view needs.
pub(super) fn opened(app: &mut App) {
    if app.ui.state == State::Saved {
        return;
    }
    match &app.ui.route {
        Route::Reviews => {}
        Route::Review(asked) => {
            let reviews = &mut app.ui.reviews;
            let is_open = reviews.open.as_ref().is_some_and(|open| reviews.id(asked) == Some(open.id.as_str()));
            if !is_open {
                (reviews.open, reviews.is_lost) = (None, false);
            }
            super::ask::notes(app);
            if asked.contains('-') {
                one(app);
                return;
            }
        }
        _ => return,
    }
    glue::ask("review:list", "GET", &format!("v1/reviews?limit={LISTED}"), &app.key, "", "");
}

/// Asks for the review that is open, once its id is known.
fn one(app: &mut App) {
    let Route::Review(asked) = &app.ui.route else { return };
    match app.ui.reviews.id(asked) {
        Some(id) => glue::ask("review:one", "GET", &format!("v1/reviews/{}", encoded(id)), &app.key, "", ""),
        None => app.ui.reviews.is_lost = true,
    }
}

/// Takes an answer.
pub(super) fn heard(app: &mut App, part: &str, status: u16, text: &str) {
    let is_ok = (200..300).contains(&status);
    let reviews = &mut app.ui.reviews;
    match part {
        "list" if is_ok => {
            reviews.listed = Some(listed(text));
            one(app);
        }
        "one" => {
            reviews.open = review(text).filter(|_| is_ok);
            reviews.is_lost = reviews.open.is_none();
        }
        _ => {}
    }
}
