//! The store of a Durable Object, behind two imports.
#![expect(unsafe_code, reason = "an extern block is unsafe to write: both functions are the shell's and take plain numbers")]

use std::cell::RefCell;

use crate::store::{Param, Sql, SqlError, SqlValue};

#[link(wasm_import_module = "plumbline")]
unsafe extern "C" {
    /// Runs a statement with parameters (each: a tag byte, then its payload) and writes its rows as a JSON array of arrays at
    /// `sql_reserve`, or its error's text. Returns the length, negative for an error.
    safe fn sql_run(statement: *const u8, statement_len: usize, params: *const u8, params_len: usize) -> i32;
}

thread_local! {
    static RESULT: RefCell<Vec<u8>> = RefCell::default();
}

/// The address where the shell writes `n` bytes of a result, during `sql_run`.
#[unsafe(no_mangle)]
pub extern "C" fn sql_reserve(n: usize) -> *mut u8 {
    RESULT.with_borrow_mut(|result| {
        result.clear();
        result.resize(n, 0);
        result.as_mut_ptr()
    })
}

/// The store of the Durable Object the shell has put in place. Each call into a shard is one transaction of the shell's.
pub(super) struct ObjectSql;

impl Sql for ObjectSql {
    fn execute(&mut self, statement: &str, params: &[Param<'_>]) -> Result<u64, SqlError> {
        self.query(statement, params).map(|_| 0)
    }

    fn query(&mut self, statement: &str, params: &[Param<'_>]) -> Result<Vec<Vec<SqlValue>>, SqlError> {
        let params = encode(params);
        let length = sql_run(statement.as_ptr(), statement.len(), params.as_ptr(), params.len());
        let result = RESULT.take();
        if length < 0 {
            return Err(SqlError::Driver(String::from_utf8_lossy(&result).into_owned()));
        }
        let rows: Vec<Vec<serde_json::Value>> = match result.is_empty() {
            true => Vec::new(),
            false => serde_json::from_slice(&result).map_err(|error| SqlError::Driver(error.to_string()))?,
        };
        Ok(rows.into_iter().map(|row| row.into_iter().map(value).collect()).collect())
    }

    fn transaction(&mut self, work: &mut dyn FnMut(&mut dyn Sql) -> Result<(), SqlError>) -> Result<(), SqlError> {
        work(self)
    }
}

fn encode(params: &[Param<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut sized = |tag: u8, bytes: &[u8]| {
        out.push(tag);
        out.extend((bytes.len() as u32).to_le_bytes());
        out.extend(bytes);
    };
    for param in params {
        match param {
            Param::Null => sized(0, &[]),
            Param::Integer(i) => sized(1, &(*i as f64).to_le_bytes()),
            Param::Real(x) => sized(1, &x.to_le_bytes()),
            Param::Text(text) => sized(2, text.as_bytes()),
            Param::Blob(bytes) => sized(3, bytes),
        }
    }
    out
}

fn value(json: serde_json::Value) -> SqlValue {
    match json {
        serde_json::Value::Number(n) => {
            n.as_i64().map_or_else(|| SqlValue::Real(n.as_f64().unwrap_or(f64::NAN)), SqlValue::Integer)
        }
        serde_json::Value::String(text) => SqlValue::Text(text),
        serde_json::Value::Array(bytes) => SqlValue::Blob(bytes.iter().filter_map(|b| u8::try_from(b.as_u64()?).ok()).collect()),
        _ => SqlValue::Null,
    }
}
