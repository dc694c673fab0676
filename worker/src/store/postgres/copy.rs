//! A table or a query of any PostgreSQL database as CSV: what a model is trained on. It can change nothing.

use std::io::{self, Write};

use super::{Address, driver};
use crate::store::SqlError;

/// Dates as ISO 8601 in UTC, doubles with all their digits, and no change of anything.
const SESSION: &str = "SET default_transaction_read_only = on; SET timezone = 'UTC'; SET datestyle = 'ISO'; SET extra_float_digits = 1; \
    SET client_encoding = 'UTF8'";

impl Address {
    /// Writes the rows of `query`, in PostgreSQL's own words, to `out` as CSV with a header; how many bytes. NULL is an empty cell.
    ///
    /// # Errors
    /// [`SqlError`] with the server's words; the outer error where `out` cannot be written.
    pub fn copy(&self, query: &str, out: &mut dyn Write) -> io::Result<Result<u64, SqlError>> {
        let opened = self.connect().and_then(|mut client| client.batch_execute(SESSION).map_err(driver).map(|()| client));
        let mut client = match opened {
            Ok(client) => client,
            Err(e) => return Ok(Err(e)),
        };
        let query = query.trim().trim_end_matches(';');
        let mut rows = match client.copy_out(&format!("COPY ({query}\n) TO STDOUT (FORMAT csv, HEADER true)")) {
            Ok(rows) => rows,
            Err(e) => return Ok(Err(driver(e))),
        };
        // What breaks off on the way is the server's; what cannot be written is ours.
        let mut buffer = vec![0; 1 << 16];
        let mut bytes = 0;
        loop {
            match io::Read::read(&mut rows, &mut buffer) {
                Ok(0) => return Ok(Ok(bytes)),
                Ok(read) => {
                    out.write_all(buffer.get(..read).unwrap_or_default())?;
                    bytes += read as u64;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Ok(Err(SqlError::Driver(e.to_string()))),
            }
        }
    }

    /// The query of all rows of `table`, which may name its schema: `crm.leads`.
    pub fn all_of(table: &str) -> String {
        let quoted: Vec<String> = table.split('.').map(|part| format!("\"{}\"", part.replace('"', "\"\""))).collect();
        format!("SELECT * FROM {}", quoted.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_comes_as_csv_and_changes_nothing() {
        let Some(address) = std::env::var("PLUMBLINE_TEST_POSTGRES").ok().filter(|address| !address.is_empty()) else { return };
        let address = Address::read(&address).unwrap();
        let copy = |query: &str| {
            let mut out = Vec::new();
            address.copy(query, &mut out).unwrap().map(|_| String::from_utf8(out).unwrap())
        };
        let query = "SELECT 1 AS a, NULL::text AS b, 'x,\"y' AS c, true AS d, timestamptz '2026-11-29 10:00+01' AS e; ";
        assert_eq!(copy(query).unwrap(), "a,b,c,d,e\n1,,\"x,\"\"y\",t,2026-11-29 09:00:00+00\n");
        for wrong in ["SELECT nothing", "DELETE FROM pg_class RETURNING 1", "SELECT 1) TO STDOUT; DROP TABLE x; --"] {
            assert!(matches!(copy(wrong), Err(SqlError::Driver(_) | SqlError::ReadOnly(_))), "{wrong}: {:?}", copy(wrong));
        }
        assert_eq!(Address::all_of("crm.le\"ads"), "SELECT * FROM \"crm\".\"le\"\"ads\"");
    }
}
