//! The address of a store on PostgreSQL: `postgres://user:password@host:port/database?schema=…`, and how it is connected to.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use postgres::config::SslMode;
use postgres::{Client, Config, NoTls};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::driver;
use crate::store::SqlError;

/// A server that says nothing for so long is taken to be gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where a store is: a database and a schema in it.
#[derive(Debug, Clone)]
pub struct Address {
    config: Config,
    /// Certificates trusted besides Mozilla's: of a server whose certificate the owner made.
    roots: Vec<CertificateDer<'static>>,
    /// The schema with the store's tables.
    pub schema: String,
}

impl Address {
    /// Whether `text` is the address of a PostgreSQL database, and no file.
    pub fn is_one(text: &str) -> bool {
        ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme))
    }

    /// Reads an address. Besides libpq's parameters it knows `schema` (`plumbline` where there is none) and `sslrootcert`, a file of
    /// certificates in PEM. TLS is used where the server offers it, unless `sslmode=disable`; with `require`, `verify-ca` and `verify-full` always. A server's
    /// certificate is always verified.
    ///
    /// # Errors
    /// [`SqlError::Address`], which never shows the password.
    pub fn read(text: &str) -> Result<Address, SqlError> {
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let (mut schema, mut roots) = ("plumbline".to_owned(), Vec::new());
        let mut others = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("schema", name)) => schema = name.to_owned(),
                Some(("sslrootcert", path)) => {
                    let read = CertificateDer::pem_file_iter(Path::new(path)).and_then(Iterator::collect::<Result<Vec<_>, _>>);
                    roots = read.map_err(|e| SqlError::Address(format!("sslrootcert {path} cannot be read: {e}")))?;
                }
                // A certificate is always verified, with its name.
                Some(("sslmode", "verify-full" | "verify-ca")) => others.push("sslmode=require"),
                _ => others.push(pair),
            }
        }
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if schema.is_empty() || schema.len() > 50 || !schema.chars().all(is_name) || schema.starts_with("pg_") {
            return Err(SqlError::Address(format!("schema is {schema:?}; use lower-case letters, digits and underscores")));
        }
        let text = if others.is_empty() { base.to_owned() } else { format!("{base}?{}", others.join("&")) };
        let mut config: Config = text.parse().map_err(|e: postgres::Error| SqlError::Address(super::chain(&e)))?;
        if config.get_application_name().is_none() {
            config.application_name("plumbline");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(PATIENCE);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(PATIENCE);
        }
        Ok(Address { config, roots, schema })
    }

    /// The same database with another schema.
    #[must_use]
    pub fn with_schema(&self, schema: &str) -> Address {
        Address { schema: schema.to_owned(), ..self.clone() }
    }

    /// Server and schema, without user and password.
    pub fn shown(&self) -> String {
        let host = self.config.get_hosts().first().map_or_else(String::new, |host| match host {
            postgres::config::Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            postgres::config::Host::Unix(path) => path.display().to_string(),
        });
        format!("postgres://{host}/{} (schema {})", self.config.get_dbname().unwrap_or_default(), self.schema)
    }

    pub(super) fn connect(&self) -> Result<Client, SqlError> {
        if self.config.get_ssl_mode() == SslMode::Disable {
            return self.config.connect(NoTls).map_err(driver);
        }
        let mut roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        roots.add_parsable_certificates(self.roots.iter().cloned());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| SqlError::Address(format!("TLS: {e}")))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        self.config.connect(MakeRustlsConnect::new(config)).map_err(driver)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_server_database_and_schema() {
        let shown = |text: &str| Address::read(text).map(|address| address.shown());
        let full = shown("postgres://ann:secret@db.example:5433/sales?schema=leads_1&sslmode=disable");
        assert_eq!(full, Ok("postgres://db.example/sales (schema leads_1)".to_owned()));
        assert_eq!(shown("postgresql://localhost/sales"), Ok("postgres://localhost/sales (schema plumbline)".to_owned()));
        for wrong in [
            "postgres://localhost/d?schema=No\"pe",
            "postgres://localhost/d?color=red",
            "postgres://localhost/d?sslrootcert=/none",
        ] {
            assert!(matches!(shown(wrong), Err(SqlError::Address(_))), "{wrong}");
        }
        assert!(Address::is_one("postgres://x") && !Address::is_one("folder"));
    }
}
