//! The newest deployment and the keys in force, as control announces them to each shard: hosts learn of both from any of them, of the
//! deployment with every batch they store.

use plumbline_core::route::Deployed;

use super::{LogShard, meta};
use crate::store::{Sql, SqlError};

const DOCUMENT: &str = "deployment";
const EPOCH: &str = "deployment:epoch";
const ACCESS: &str = "access";

impl<S: Sql> LogShard<S> {
    /// Keeps the deployment in `document`, unless one that is as new is kept already; returns whether it does.
    ///
    /// # Errors
    /// [`SqlError::Driver`]: the store failed, or the document cannot be read. The one kept before is kept on.
    pub fn announce(&mut self, document: &str) -> Result<bool, SqlError> {
        let read = |e: serde_json::Error| SqlError::Driver(format!("the deployment cannot be read: {e}"));
        let deployed: Deployed = serde_json::from_str(document).map_err(read)?;
        let mut is_newer = false;
        self.sql.transaction(&mut |sql| {
            let kept = meta::number(sql, EPOCH)?.unwrap_or(0);
            is_newer = i64::try_from(deployed.epoch).is_ok_and(|epoch| epoch > kept);
            if is_newer {
                meta::set(sql, DOCUMENT, document)?;
                meta::set(sql, EPOCH, &deployed.epoch.to_string())?;
            }
            Ok(())
        })?;
        Ok(is_newer)
    }

    /// The newest deployment announced, as it came.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn announced(&mut self) -> Result<Option<String>, SqlError> {
        meta::get(&mut self.sql, DOCUMENT)
    }

    /// Keeps the keys in force, as control says them.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn keep_access(&mut self, keys: &str) -> Result<(), SqlError> {
        meta::set(&mut self.sql, ACCESS, keys)
    }

    /// The keys in force, as control said them last.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn access(&mut self) -> Result<Option<String>, SqlError> {
        meta::get(&mut self.sql, ACCESS)
    }

    /// Its number; 0 where none was announced.
    ///
    /// # Errors
    /// [`SqlError::Driver`].
    pub fn epoch(&mut self) -> Result<u64, SqlError> {
        Ok(meta::number(&mut self.sql, EPOCH)?.and_then(|epoch| u64::try_from(epoch).ok()).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use plumbline_core::route::AllocationSettings;

    use super::*;
    use crate::store::memory::Memory;

    #[test]
    fn the_newest_deployment_is_kept_whatever_order_they_come_in() {
        let mut shard = LogShard::open(Memory::new()).unwrap();
        assert_eq!((shard.epoch(), shard.announced()), (Ok(0), Ok(None)));
        let document = |epoch| {
            let allocation = AllocationSettings::champion_only("1");
            serde_json::to_string(&Deployed { epoch, effective_ms: 5, allocation, models: Vec::new() }).unwrap()
        };
        for (epoch, is_newer) in [(4, true), (4, false), (3, false), (9, true), (7, false)] {
            assert_eq!(shard.announce(&document(epoch)), Ok(is_newer), "{epoch}");
        }
        assert!(shard.announce("{}").is_err() && shard.announce(&document(10).replace("models", "moodels")).is_err());
        assert_eq!((shard.epoch(), shard.announced()), (Ok(9), Ok(Some(document(9)))));
    }
}
