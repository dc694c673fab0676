//! Parts of any view: a status, an icon, a link, a card's frame, a table that scrolls by itself.

mod icon;
mod link;
mod status;

use maud::{Markup, html};

pub use icon::{Icon, icon};
pub use link::link;
pub use status::{Level, level_of_days, of_status, of_verdict, status};

/// A table that scrolls inside its frame. `id` names it; `head` and `rows` are its parts; `label` is read to those who cannot see it.
pub fn table(id: &str, label: &str, head: &Markup, rows: &Markup) -> Markup {
    html! {
        div.scroll id=(id) role="region" aria-label=(label) tabindex="0" {
            table.plain-table { thead { tr { (head) } } tbody { (rows) } }
        }
    }
}
