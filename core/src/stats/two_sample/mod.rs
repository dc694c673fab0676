//! Two samples of a quantity, such as the value of a deal: whether their means, their places or their spreads differ.

mod anderson;
mod levene;
mod mann_whitney;
mod sample;
mod t_test;

pub use anderson::{AndersonDarling, anderson_darling};
pub use levene::levene;
pub use mann_whitney::MannWhitney;
pub use sample::Sample;
pub use t_test::{TTest, cohens_d, student, welch};
