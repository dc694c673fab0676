//! The champion, on the leads that the new model is tested on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use plumbline_core::metric::{Area, Comparison, Labelled as Scores};
use plumbline_core::score::{Options, Workspace};
use plumbline_core::{Bundle, Scorer};
use serde_json::Value;

use crate::Failure;
use crate::client::{Service, encoded};
use crate::input::model_file;
use crate::mlflow::{Place, Source, pull};
use crate::report::train::AgainstChampion;
use crate::table::labelled::Labelled;

/// Of intervals.
const CONFIDENCE: f64 = 0.95;

/// The model that is compared with.
pub struct Champion {
    scorer: Scorer,
}

impl Champion {
    /// The champion at `named`: a bundle, a store's folder, a service's address, or a version in the MLflow at `mlflow`.
    ///
    /// # Errors
    /// It cannot be read, or is not a bundle.
    pub fn open(named: &str, mlflow: &Place) -> Result<Champion, Failure> {
        let bytes = if named.starts_with("models:/") || named.starts_with("runs:/") {
            pull(&mlflow.needed()?, &Source::read(named)?)?.bytes
        } else if named.starts_with("http://") || named.starts_with("https://") {
            let key = std::env::var("PLUMBLINE_KEY").ok().filter(|key| !key.is_empty());
            served(&Service::new(Some(named.to_owned()), None, key))?
        } else if Path::new(named).is_dir() {
            served(&Service::new(None, Some(PathBuf::from(named)), None))?
        } else {
            model_file::read(Path::new(named))?
        };
        let refused = |code: &'static str, message: String| Failure::Model { place: named.to_owned(), code, message };
        let bundle = Bundle::read(&bytes).map_err(|e| refused(e.code(), e.to_string()))?;
        Ok(Champion { scorer: Scorer::new(bundle).map_err(|e| refused(e.code(), e.to_string()))? })
    }

    /// It and `trained` on those leads whose place among those that `trained` reads is marked in `is_test`. A lead that one of the two does not
    /// take is left out for both.
    ///
    /// # Errors
    /// The table lacks columns that the champion needs, or too few leads are left.
    pub fn compared(&self, leads: &Labelled<'_>, trained: &Scorer, is_test: &[bool]) -> Result<AgainstChampion, Failure> {
        let mut place = 0;
        let own = scores(leads, trained, &mut |_| {
            place += 1;
            is_test.get(place - 1) == Some(&true)
        })?;
        let other = scores(leads, &self.scorer, &mut |line| own.contains_key(&line))?;
        let both = own.iter().filter_map(|(line, (score, converted))| Some((*score, other.get(line)?.0, *converted)));
        let both: Vec<(f64, f64, bool)> = both.collect();
        let converted: Vec<bool> = both.iter().map(|(_, _, converted)| *converted).collect();
        let (ours, theirs): (Vec<f64>, Vec<f64>) = both.iter().map(|(own, other, _)| (*own, *other)).unzip();
        let failed = |code: &'static str, message: String| {
            Failure::input(leads.file.display().to_string(), code, format!("the champion cannot be compared: {message}"))
        };
        let labelled = |scores| Scores::new(scores, &converted).map_err(|e| failed(e.code(), e.to_string()));
        let found = Comparison::new(&labelled(&ours)?, &labelled(&theirs)?).map_err(|e| failed(e.code(), e.to_string()))?;
        let found = found.map_err(|e| failed("INSUFFICIENT_DATA", e.to_string()))?;
        let [own, champion] = found.areas;
        let interval = |area: Area| area.cautious_interval(CONFIDENCE);
        let manifest = &self.scorer.bundle().manifest;
        Ok(AgainstChampion {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            leads: both.len() as u64,
            auc: own.auc,
            auc_interval: interval(own),
            champion_auc: champion.auc,
            champion_auc_interval: interval(champion),
            difference: found.difference,
            difference_interval: found.interval(CONFIDENCE),
            p_value: found.p_value,
        })
    }
}

/// The bundle that a service's leads are scored with.
fn served(service: &Service) -> Result<Vec<u8>, Failure> {
    let listed = service.get("/v1/models")?.body;
    let models = listed.get("models").and_then(Value::as_array).into_iter().flatten();
    let mut champions = models.filter(|model| model.get("default").and_then(Value::as_bool) == Some(true));
    let version =
        champions.next().and_then(|model| model.get("version")).and_then(Value::as_str).ok_or_else(|| Failure::Rejected {
            code: "NO_CHAMPION".to_owned(),
            message: "the service serves no champion yet; train without --champion".to_owned(),
        })?;
    Ok(service.get(&format!("/v1/models/{}/bundle", encoded(version)))?.bytes)
}

/// Score and outcome of each `wanted` lead, by its line.
fn scores(
    leads: &Labelled<'_>,
    scorer: &Scorer,
    wanted: &mut dyn FnMut(u64) -> bool,
) -> Result<BTreeMap<u64, (f64, bool)>, Failure> {
    let (mut found, mut work) = (BTreeMap::new(), Workspace::default());
    let schema = &scorer.bundle().manifest.schema;
    leads.each((schema, scorer.reader()), &scorer.needed_fields(), &mut |seen| {
        if wanted(seen.line) {
            let score = scorer.score_read(seen.slots, seen.as_of, &Options::default(), &mut work)?;
            found.insert(seen.line, (score.probability, seen.converted));
        }
        Ok(())
    })?;
    Ok(found)
}
