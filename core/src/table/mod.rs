//! Tables: typed columns, and what a cell of a file means. The rules are here once; every reader, command and trainer follows them.
//!
//! # Cells
//! A [`Cell`] is missing, yes or no, a whole number, a number, a text, a moment, a list or an object. NDJSON and Parquet say which: only
//! `null`, an absent key and NaN are missing, and a text stays a text. CSV holds texts only, without the spaces around them: a text that is
//! one of the [missing words](word::MISSING) is missing (except where a schema lists it as a category), any other is what it is read as.
//! An empty text is missing in every format.
//!
//! # Reading a cell as something
//! A caller reads a cell [as a number](Cell::read_number), [as yes or no](Cell::read_flag), [as a moment](Cell::read_moment) or
//! [as a name](Cell::read_name). A missing cell gives none; a cell that is something else is a [`Mismatch`], never a guess.
//!
//! | as | takes |
//! |---|---|
//! | number | numbers; yes and no as 1 and 0; texts: a decimal with optional sign, point and exponent, `inf`, `true` and `false` |
//! | yes or no | yes and no; 1 and 0; texts: the words of [`word::YES`] and [`word::NO`] in any case |
//! | moment | moments; numbers as milliseconds since 1970, unless they are more likely in another [unit](Epoch); texts: [`parse_date`]'s forms, or such a number |
//! | name | texts; numbers as their shortest decimal; `true` and `false`; moments as ISO 8601; lists of texts joined by `, ` |
//!
//! In each of them a text that is a missing word is missing in any format; as a name it is that only in CSV.
//!
//! # Kinds
//! What a column is good for is decided once from all of its values, whatever their order: [`Census`]. The [`Kind`] that holds it is
//! detected as pandas detects it: [`Sniffed`] for CSV, [`Kinds`] for typed formats. Whole numbers with gaps are numbers; whole numbers of 64
//! bits are exact. Dates in CSV are texts.
//!
//! # Exception
//! [`quality`](crate::quality) judges a CSV as Great Expectations sees it through pandas: spaces belong to the text and make ` NA` a value,
//! and an empty text of a typed format is a value. Dates that its expectations read are read as `dateutil` reads them.
//!
//! Tested by the conformance runner (pandas' kinds through the results of Great Expectations), and by properties.

mod category;
mod cell;
mod census;
mod column;
mod epoch;
mod moment;
mod number;
mod rows;
mod sniff;
mod text;
mod values;
pub mod word;

pub use category::{Categories, MISSING, plain_name};
pub use cell::{Cell, Mismatch, Scalar};
pub use census::{Census, Given, Nature, Reading, is_few};
pub use column::{Column, Kind};
pub use epoch::Epoch;
pub use moment::{Civil, DAY_MS, Moment, days_from_civil, days_in_month, format_date, parse_date};
pub use number::{int, number};
pub use rows::{LeftOut, RowExample, Rows};
pub use sniff::{Kinds, Sniffed};
pub use text::Texts;
#[cfg(feature = "quality")]
pub(crate) use text::{hash_text, mix};
pub use values::{Values, Vector};
pub use word::is_missing;
pub(crate) use word::trim;
