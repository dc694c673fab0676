//! The MLflow server that a trained model goes to.

use crate::Failure;
use crate::mlflow::{Experiment, Place, Published, Record, Server, checked_name, publish};
use crate::report::model_card::ModelCard;
use crate::report::train::TrainWarning;

/// The server and the experiment.
pub struct Registry<'a> {
    server: Server,
    experiment: &'a str,
}

impl<'a> Registry<'a> {
    /// The registry that was named, if one was, and a warning where it does not answer: it may do so when the model is trained. One that rejects
    /// the credentials will not.
    ///
    /// # Errors
    /// The address is not one of HTTP, or the server rejects the request.
    pub fn open(place: &Place, experiment: &'a Experiment) -> Result<(Option<Registry<'a>>, Option<TrainWarning>), Failure> {
        let Some(server) = place.server()? else { return Ok((None, None)) };
        let warning = match server.probe() {
            Err(Failure::Service { code, message }) => {
                let message = format!("{message}. The model is trained, and goes there if it answers by then");
                Some(TrainWarning { code, column: None, message })
            }
            probed => probed.map(|()| None)?,
        };
        Ok((Some(Registry { server, experiment: &experiment.experiment }), warning))
    }

    /// Writes run and version of the bundle `bytes`, with its card.
    ///
    /// # Errors
    /// As [`publish`].
    pub fn publish(&self, card: &ModelCard<'_>, bytes: Vec<u8>) -> Result<Published, Failure> {
        let name = checked_name(&card.bundle.manifest.name)?;
        let mut record = Record::of(card.bundle, bytes);
        record.files.extend(card.files());
        record.metrics.extend(card.champion.iter().flat_map(|against| against.metrics()));
        publish(&self.server, &record, (self.experiment, name, None))
    }
}
