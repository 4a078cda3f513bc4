//! The providers' keys, read once. Reading a certificate costs more than checking a signature with it.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    saml::{VerificationKey, dsig::KeyError},
    store::saml_connections::SamlIdpKey,
};

/// More connections than one gateway serves in an hour; a key takes about 2 kB.
const CAPACITY: usize = 10_000;

/// Keys by the text of their certificate. What a text means never changes, so that nothing here can be stale: which
/// texts count for a connection is asked of the database each time.
#[derive(Debug, Default)]
pub struct KeyCache(Mutex<HashMap<String, VerificationKey>>);

impl KeyCache {
    /// The key in the certificate of a row.
    pub fn key(&self, row: &SamlIdpKey) -> Result<VerificationKey, KeyError> {
        if let Some(key) = self.lock().get(&row.certificate) {
            return Ok(key.clone());
        }
        let key = VerificationKey::from_text(&row.certificate)?;
        let mut keys = self.lock();
        if keys.len() >= CAPACITY {
            keys.clear();
        }
        keys.insert(row.certificate.clone(), key.clone());
        Ok(key)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, VerificationKey>> {
        // A panic elsewhere leaves the map whole: every change of it is one call.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
