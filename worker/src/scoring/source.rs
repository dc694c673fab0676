//! What a lead is read from.

use plumbline_core::Lead;
use plumbline_core::lead::{LeadError, Limits, Reader, Slots};

/// A lead that can be read by one schema after another.
pub(crate) trait Source {
    /// Reads it by `reader` into `slots`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    fn read(&self, reader: &Reader, limits: &Limits, slots: &mut Slots) -> Result<(), Vec<LeadError>>;
}

/// A lead as a JSON object.
pub(super) struct Json<'a>(pub &'a [u8]);

impl Source for Json<'_> {
    fn read(&self, reader: &Reader, limits: &Limits, slots: &mut Slots) -> Result<(), Vec<LeadError>> {
        reader.read_json(self.0, limits, slots)
    }
}

/// A lead put together from the cells of a table or a tensor.
#[derive(Debug, Default)]
pub(crate) struct Row {
    /// Its values.
    pub lead: Lead,
    /// Cells that are no value of their field.
    pub wrong: Vec<LeadError>,
}

impl Source for Row {
    fn read(&self, reader: &Reader, limits: &Limits, slots: &mut Slots) -> Result<(), Vec<LeadError>> {
        let read = reader.read_lead(&self.lead, limits, slots);
        // What cannot be a value is reported alone: that it is missing says nothing new.
        if self.wrong.is_empty() { read } else { Err(self.wrong.clone()) }
    }
}
