//! The service's [`Sql`] natively: SQLite in a file, or PostgreSQL, and where a store is.

mod sqlite;

use std::path::{Path, PathBuf};

use plumbline_worker::store::postgres::{Address, Postgres};
use plumbline_worker::store::{Owner, Param, Sql, SqlError, SqlValue, examine};

use crate::Failure;
pub use sqlite::Sqlite;

/// The file of the shard in a store's folder.
const LOG: &str = "log.sqlite";
/// The file of the control object.
const CONTROL: &str = "control.sqlite";

/// An open store.
#[derive(Debug)]
pub enum Store {
    /// A file of SQLite, or a store in memory.
    Sqlite(Sqlite),
    /// A schema of a PostgreSQL database.
    Postgres(Box<Postgres>),
}

/// Where a store is.
#[derive(Debug, Clone)]
pub enum Place {
    /// In memory, lost at exit.
    Memory,
    /// In a file of SQLite.
    File(PathBuf),
    /// In a schema of a PostgreSQL database.
    Postgres(Box<Address>),
}

/// Where the lifecycle is: its control object and its log are a store each.
#[derive(Debug, Clone)]
pub struct Home {
    /// The control object's.
    pub control: Place,
    /// The log's.
    pub log: Place,
}

impl Home {
    /// What `--store` names: a folder, which is made, or the address of a PostgreSQL database.
    ///
    /// # Errors
    /// The folder cannot be made, or the address cannot be read.
    pub fn of(named: &Path) -> Result<Home, Failure> {
        if let Some(text) = named.to_str().filter(|text| Address::is_one(text)) {
            let address = Address::read(text).map_err(|e| Failure::usage(e.code(), e.to_string()))?;
            let log = address.with_schema(&format!("{}_log", address.schema));
            return Ok(Home { control: Place::Postgres(Box::new(address)), log: Place::Postgres(Box::new(log)) });
        }
        std::fs::create_dir_all(named).map_err(Failure::write(named.display().to_string()))?;
        Ok(Home { control: Place::File(named.join(CONTROL)), log: Place::File(named.join(LOG)) })
    }

    /// Tries the store that `named` is, without changing it.
    ///
    /// # Errors
    /// Why it cannot be used. It holds no password.
    pub fn probe(named: &Path) -> Result<(), String> {
        if let Some(text) = named.to_str().filter(|text| Address::is_one(text)) {
            let address = Address::read(text).map_err(|e| e.to_string())?;
            let log = address.with_schema(&format!("{}_log", address.schema));
            return [(address, Owner::Control), (log, Owner::Shard)].into_iter().try_for_each(|(address, owner)| {
                let said = |e: SqlError| format!("{e} [{}]", e.code());
                let mut store = Postgres::open(address).map_err(said)?;
                if store.has_tables().map_err(said)? { examine(&mut store, owner).map_err(said) } else { Ok(()) }
            });
        }
        if !named.is_dir() {
            return Err("there is no such folder; plumbline serve --store makes it".to_owned());
        }
        [(CONTROL, Owner::Control), (LOG, Owner::Shard)].into_iter().try_for_each(|(file, owner)| {
            let path = named.join(file);
            let missing = || format!("{file} is missing; plumbline serve --store makes it");
            if path.is_file() { Sqlite::probe(&path, owner).map_err(|why| format!("{file}: {why}")) } else { Err(missing()) }
        })
    }

    /// Whether a lifecycle has been here.
    ///
    /// # Errors
    /// The store cannot be opened or read.
    pub fn has_tables(&self) -> Result<bool, Failure> {
        match &self.log {
            Place::Memory => Ok(false),
            Place::File(path) => Ok(path.exists()),
            Place::Postgres(_) => self.log.open().and_then(|mut store| store.has_tables()).map_err(|e| self.log.failure(&e)),
        }
    }
}

impl Place {
    /// Opens the store.
    ///
    /// # Errors
    /// It cannot be opened or reached.
    pub fn open(&self) -> Result<Store, SqlError> {
        match self {
            Place::Memory => Sqlite::open(None).map(Store::Sqlite),
            Place::File(path) => Sqlite::open(Some(path)).map(Store::Sqlite),
            Place::Postgres(address) => Postgres::open(address.as_ref().clone()).map(|store| Store::Postgres(Box::new(store))),
        }
    }

    /// The place in words, without a password.
    pub fn shown(&self) -> String {
        match self {
            Place::Memory => "the in-memory store".to_owned(),
            Place::File(path) => path.display().to_string(),
            Place::Postgres(address) => address.shown(),
        }
    }

    /// The failure of a command because of this store.
    pub fn failure(&self, error: &SqlError) -> Failure {
        Failure::Service { code: error.code(), message: format!("{}: {error}", self.shown()) }
    }
}

impl Store {
    /// A store in memory.
    ///
    /// # Errors
    /// SQLite gives none.
    pub fn in_memory() -> Result<Store, SqlError> {
        Place::Memory.open()
    }

    /// Whether a commit is on the disk when it returns. Without, a store is filled many times faster, and a machine that loses power loses
    /// it: for a store that is made anew.
    ///
    /// # Errors
    /// The store failed.
    pub fn durable(&mut self, is_durable: bool) -> Result<(), SqlError> {
        match self {
            Store::Sqlite(store) => store.durable(is_durable),
            Store::Postgres(store) => store.durable(is_durable),
        }
    }

    fn has_tables(&mut self) -> Result<bool, SqlError> {
        match self {
            Store::Sqlite(_) => Ok(true),
            Store::Postgres(store) => store.has_tables(),
        }
    }

    fn inner(&mut self) -> &mut dyn Sql {
        match self {
            Store::Sqlite(store) => store,
            Store::Postgres(store) => store.as_mut(),
        }
    }
}

impl Sql for Store {
    fn execute(&mut self, statement: &str, params: &[Param<'_>]) -> Result<u64, SqlError> {
        self.inner().execute(statement, params)
    }

    fn query(&mut self, statement: &str, params: &[Param<'_>]) -> Result<Vec<Vec<SqlValue>>, SqlError> {
        self.inner().query(statement, params)
    }

    fn transaction(&mut self, work: &mut dyn FnMut(&mut dyn Sql) -> Result<(), SqlError>) -> Result<(), SqlError> {
        self.inner().transaction(work)
    }

    fn scrub(&mut self) {
        self.inner().scrub();
    }
}
