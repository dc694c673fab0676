//! Fitting: from leads whose outcomes are known to the parts of a model. What is fitted is applied by `model`.

pub mod calibrate;
