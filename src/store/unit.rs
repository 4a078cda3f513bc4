//! A unit of work without its types, so that the ways in which one is run (pool, writer, sandbox) exist once, and not once
//! for each of the hundreds of closures that services hand over. They were about a tenth of the lines that LLVM saw.

use std::{
    error::Error,
    sync::{Arc, Mutex, PoisonError},
};

use super::{StoreError, Tx};

/// What is run.
pub(in crate::store) type Work = Box<dyn FnMut(&mut Tx<'_>) -> Ran + Send>;

/// What became of one run. What it found, or why it refused, is kept for [`Outcome::after`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Ran {
    /// What it wrote is to be kept.
    Done,
    /// It failed: what it wrote is to be undone.
    Refused {
        /// It lost to another transaction, and may be run again.
        contended: bool,
    },
}

/// Where the last run left its result.
pub(in crate::store) struct Outcome<T, E>(Arc<Mutex<Option<Result<T, E>>>>);

/// A unit that may be run more than once: a write.
pub(in crate::store) fn repeatable<T, E, F>(work: F) -> (Work, Outcome<T, E>)
where
    F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: Error + From<StoreError> + Send + 'static,
{
    let (kept, outcome) = Outcome::new();
    let run = move |tx: &mut Tx<'_>| {
        let result = tx.run(&work);
        let ran = match &result {
            Ok(_) => Ran::Done,
            Err(error) => Ran::Refused { contended: is_contention(error) },
        };
        kept.put(result);
        ran
    };
    (Box::new(run), outcome)
}

/// A unit that is run at most once: a read.
pub(in crate::store) fn once<T, E, F>(work: F) -> (Work, Outcome<T, E>)
where
    F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let (kept, outcome) = Outcome::new();
    let mut work = Some(work);
    let run = move |tx: &mut Tx<'_>| {
        let Some(work) = work.take() else { return Ran::Refused { contended: false } };
        let result = tx.run(work);
        let ran = if result.is_ok() { Ran::Done } else { Ran::Refused { contended: false } };
        kept.put(result);
        ran
    };
    (Box::new(run), outcome)
}

impl<T, E> Outcome<T, E> {
    fn new() -> (Self, Self) {
        let kept = Arc::new(Mutex::new(None));
        (Self(Arc::clone(&kept)), Self(kept))
    }

    fn put(&self, result: Result<T, E>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
    }
}

impl<T, E: From<StoreError>> Outcome<T, E> {
    /// The unit's own result, where the database around it did not fail. A unit that left none has panicked.
    pub(in crate::store) fn after(self, ended: Result<(), StoreError>) -> Result<T, E> {
        ended?;
        let result = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        result.unwrap_or_else(|| Err(StoreError::Panicked.into()))
    }
}

/// Whether contention is the cause somewhere down the chain of causes.
fn is_contention(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<StoreError>().is_some_and(StoreError::is_contention) {
            return true;
        }
        cause = error.source();
    }
    false
}
