//! Experiments for JavaScript: who gets which arm, what a test needs, and its verdict. The module of `plumbline/experiment`.

mod assignment;
mod verdict;
