//! Where the leads come from: a file, a table of a PostgreSQL database, or a service that keeps them. Leads from elsewhere are written to a temporary file first.

use std::path::{Path, PathBuf};

use plumbline_worker::store::postgres::Address;
use tempfile::NamedTempFile;

use super::Train;
use crate::Failure;
use crate::client::{self, Service};
use crate::delta::{self, Snapshot};
use crate::output::Interrupt;

/// The leads.
pub struct DataSource {
    /// The file that is read.
    pub file: PathBuf,
    /// What messages and the bundle call it, without a password; none: its path.
    pub place: Option<String>,
    /// What the model is called where nothing else names it.
    pub stem: String,
    /// What the data is called in the bundle.
    pub name: String,
    /// The column with the outcome, where the source has a fixed one or the user named it.
    pub outcome: Option<String>,
    /// The column with the time.
    pub time: Option<String>,
    /// Where the snapshot is from; empty for a file.
    pub uri: String,
    /// The version of a table that has some.
    pub table_version: String,
    /// The days that it is of; empty where that is not known.
    pub window: String,
    /// Removed at the end.
    _temporary: Option<NamedTempFile>,
}

impl DataSource {
    /// The leads that the arguments of `train` name.
    ///
    /// # Errors
    /// They cannot be read, or options contradict each other.
    pub fn of(train: &Train, interrupt: &Interrupt) -> Result<DataSource, Failure> {
        let usage = |message: &str| Err(Failure::usage("ARGUMENTS", message));
        let Some(data) = &train.data else { return DataSource::of_service(train, interrupt) };
        if let Some(text) = data.to_str().filter(|text| Address::is_one(text)) {
            return DataSource::of_database(train, text, interrupt);
        }
        if train.query.is_some() {
            return usage("--query is for a PostgreSQL database: name its address as DATA (postgres://…)");
        }
        if data.as_os_str() == "-" {
            return usage("the leads are read more than once, so they must be a file");
        }
        if delta::is_table(data) {
            return DataSource::of_delta(train, data, interrupt);
        }
        if train.table_version.is_some() {
            return usage("--table-version is for a table of Delta Lake: a folder with _delta_log");
        }
        let text = |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned());
        Ok(DataSource {
            file: data.clone(),
            place: None,
            stem: text(data.file_stem()).unwrap_or_else(|| "model".to_owned()),
            name: text(data.file_name()).unwrap_or_default(),
            outcome: train.labels.outcome.clone(),
            time: train.labels.time.clone(),
            uri: String::new(),
            table_version: String::new(),
            window: String::new(),
            _temporary: None,
        })
    }

    /// A table of Delta Lake, at a version.
    fn of_delta(train: &Train, folder: &Path, interrupt: &Interrupt) -> Result<DataSource, Failure> {
        let snapshot = Snapshot::open(folder, train.table_version)?;
        let file = snapshot.rows(folder, interrupt)?;
        // The name alone: the bundle must not depend on where the folder is.
        let folder_name = folder.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
        let stem = folder_name.unwrap_or_else(|| "leads".to_owned());
        let version = snapshot.version.unwrap_or_default().to_string();
        Ok(DataSource {
            file: file.path().to_owned(),
            place: Some(format!("{}, version {version}", folder.display())),
            name: format!("{stem}, version {version}"),
            uri: format!("delta:{stem}"),
            table_version: version,
            stem,
            outcome: train.labels.outcome.clone(),
            time: train.labels.time.clone(),
            window: String::new(),
            _temporary: Some(file),
        })
    }

    /// A table or a query of the database at `text`.
    fn of_database(train: &Train, text: &str, interrupt: &Interrupt) -> Result<DataSource, Failure> {
        let (base, parameters) = text.split_once('?').unwrap_or((text, ""));
        let is_table = |pair: &&str| pair.starts_with("table=");
        let table =
            parameters.split('&').find(is_table).and_then(|pair| pair.strip_prefix("table=")).filter(|name| !name.is_empty());
        let others: Vec<&str> = parameters.split('&').filter(|pair| !pair.is_empty() && !is_table(pair)).collect();
        let (query, stem) = match (&train.query, table) {
            (Some(query), None) => (query.clone(), "leads".to_owned()),
            (None, Some(table)) => (Address::all_of(table), table.rsplit('.').next().unwrap_or(table).to_owned()),
            _ => {
                let message = "name what is read: ?table=leads or ?table=crm.leads in the address, or --query \"SELECT …\"";
                return Err(Failure::usage("ARGUMENTS", message));
            }
        };
        let address = if others.is_empty() { base.to_owned() } else { format!("{base}?{}", others.join("&")) };
        let address = Address::read(&address).map_err(|e| Failure::usage(e.code(), e.to_string()))?;
        let shown = address.shown();
        let server = shown.split_once(" (").map_or(shown.as_str(), |(server, _)| server);
        let place = table.map_or_else(|| format!("{server}, query"), |table| format!("{server}, table {table}"));
        let failed = || Failure::write("a temporary file");
        let mut file = tempfile::Builder::new().prefix("plumbline-table-").suffix(".csv").tempfile().map_err(failed())?;
        interrupt.guard(file.path());
        let copied = address.copy(&query, &mut file).map_err(failed())?;
        copied.map_err(|e| Failure::input(&place, e.code(), e.to_string()))?;
        Ok(DataSource {
            file: file.path().to_owned(),
            name: place.clone(),
            uri: place.clone(),
            table_version: String::new(),
            place: Some(place),
            stem,
            outcome: train.labels.outcome.clone(),
            time: train.labels.time.clone(),
            window: String::new(),
            _temporary: Some(file),
        })
    }

    /// Leads that a service keeps, whose outcome is final.
    fn of_service(train: &Train, interrupt: &Interrupt) -> Result<DataSource, Failure> {
        if train.labels.outcome.is_some() || train.labels.time.is_some() || train.query.is_some() {
            let message =
                "the leads of a service have an outcome and a time of their own: leave out --outcome, --time and --query";
            return Err(Failure::usage("ARGUMENTS", message));
        }
        let service = Service::new(train.url.clone(), train.store.clone(), train.key.clone());
        let found = service.labelled(None, train.days, interrupt)?;
        let place = format!("leads of {}", found.window);
        Ok(DataSource {
            file: found.file.path().to_owned(),
            name: place.clone(),
            uri: format!("plumbline:leads/{}", found.window),
            table_version: String::new(),
            place: Some(place),
            stem: "leads".to_owned(),
            outcome: Some(client::OUTCOME.to_owned()),
            time: Some(client::TIME.to_owned()),
            window: found.window,
            _temporary: Some(found.file),
        })
    }
}
