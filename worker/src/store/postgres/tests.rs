//! The driver on a real server, whose address is in `PLUMBLINE_TEST_POSTGRES`. `npm test` starts one and runs all tests of this crate on it.

use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::store::contract;

/// A new schema, which is dropped with it.
#[derive(Debug)]
pub(crate) struct Schema {
    pub store: Postgres,
}

impl Schema {
    /// A new schema of the database that the environment names.
    pub fn of_the_environment() -> Option<Schema> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let address = std::env::var("PLUMBLINE_TEST_POSTGRES").ok().filter(|address| !address.is_empty())?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let schema = format!("test_{}_{number}", std::process::id());
        let mut store = Postgres::open(Address::read(&address).unwrap().with_schema(&schema)).unwrap();
        store.durable(false).unwrap();
        Some(Schema { store })
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let drop_it = format!("DROP SCHEMA \"{}\" CASCADE", self.store.address.schema);
        if let Ok(client) = self.store.client() {
            client.batch_execute(&drop_it).unwrap_or_default();
        }
    }
}

#[test]
fn keeps_the_contract_of_the_store() {
    if let Some(mut schema) = Schema::of_the_environment() {
        assert_eq!(contract::check(&mut schema.store), Ok(()));
    }
}
