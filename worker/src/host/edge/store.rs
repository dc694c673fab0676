//! The store of a Durable Object, behind three imports.
#![expect(unsafe_code, reason = "an extern block is unsafe to write: its functions are the shell's and take plain numbers")]

use std::cell::RefCell;

use scoped_tls_hkt::scoped_thread_local;

use super::wire;
use crate::store::{Param, Sql, SqlError, SqlValue, changes_rows};

#[link(wasm_import_module = "plumbline")]
unsafe extern "C" {
    /// Runs a statement with the parameters at `params`. Returns the rows it changed if `counts` is not 0, or [`FAILED`].
    safe fn sql_execute(counts: u32, statement: *const u8, length: usize, params: *const u8, size: usize) -> f64;
    /// Runs a query and writes its rows at `sql_reserve`. Returns 0, [`FAILED`] or [`LARGE_INTEGER`].
    safe fn sql_query(statement: *const u8, length: usize, params: *const u8, size: usize) -> i32;
    /// Calls `sql_work` inside a transaction. Returns 1 if it took effect, 0 if the work was undone, or [`FAILED`].
    safe fn sql_transaction() -> i32;
}

/// The store failed; the text of its error is at `sql_reserve`.
const FAILED: i32 = -1;
/// The result holds an integer that JavaScript has rounded.
const LARGE_INTEGER: i32 = -2;

thread_local! {
    static RESULT: RefCell<Vec<u8>> = RefCell::default();
}

scoped_thread_local! {
    /// What the innermost transaction does; true if it wants its effects kept.
    static mut WORK: for<'a> &'a mut dyn FnMut() -> bool
}

/// The address where the shell writes `n` bytes of a result or an error, during a call of an import.
#[unsafe(no_mangle)]
pub extern "C" fn sql_reserve(n: usize) -> *mut u8 {
    RESULT.with_borrow_mut(|result| {
        result.clear();
        result.resize(n, 0);
        result.as_mut_ptr()
    })
}

/// Does the work of the transaction that `sql_transaction` has begun; 0 if it is to be undone.
#[unsafe(no_mangle)]
pub extern "C" fn sql_work() -> u32 {
    WORK.with(|work| u32::from(work()))
}

/// The store of the Durable Object that the shell has put in place.
pub(super) struct ObjectSql;

impl Sql for ObjectSql {
    fn execute(&mut self, statement: &str, params: &[Param<'_>]) -> Result<u64, SqlError> {
        let params = wire::encode(params)?;
        let counts = u32::from(changes_rows(statement));
        let changed = sql_execute(counts, statement.as_ptr(), statement.len(), params.as_ptr(), params.len());
        if changed < 0.0 { Err(failure()) } else { Ok(changed as u64) }
    }

    fn query(&mut self, statement: &str, params: &[Param<'_>]) -> Result<Vec<Vec<SqlValue>>, SqlError> {
        let params = wire::encode(params)?;
        match sql_query(statement.as_ptr(), statement.len(), params.as_ptr(), params.len()) {
            FAILED => Err(failure()),
            LARGE_INTEGER => Err(SqlError::LargeInteger),
            _ => wire::decode(&RESULT.take()).ok_or_else(|| SqlError::Driver("a result that cannot be read".into())),
        }
    }

    fn transaction(&mut self, work: &mut dyn FnMut(&mut dyn Sql) -> Result<(), SqlError>) -> Result<(), SqlError> {
        let mut done = Ok(());
        let mut run = || {
            done = work(&mut ObjectSql);
            done.is_ok()
        };
        let ended = WORK.set(&mut run, || sql_transaction());
        if ended == FAILED { done.and(Err(failure())) } else { done }
    }
}

fn failure() -> SqlError {
    SqlError::Driver(String::from_utf8_lossy(&RESULT.take()).into_owned())
}
