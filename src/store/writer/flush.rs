//! The flush that makes commits last, on a thread of its own, so that the writer goes on with the next batch meanwhile.
//!
//! With `synchronous=NORMAL` SQLite writes a commit into its write-ahead log and does not flush it. We flush the log and
//! only then answer: what was acknowledged survives a power cut, as with `synchronous=FULL`.

use std::{
    fs::File,
    io,
    sync::mpsc::{Receiver, Sender, channel},
    thread::JoinHandle,
};

use tokio::sync::oneshot;

use super::{StoreError, log::Log};

/// Whoever waits for a flush, and what to tell when it succeeds.
pub(super) type Answers = Vec<(oneshot::Sender<Result<(), StoreError>>, Result<(), StoreError>)>;

/// How the disk is asked, and what happens when it fails.
#[derive(Clone, Copy)]
pub(super) struct Disk {
    /// Makes what was written to a file last.
    pub(super) sync: fn(&File) -> io::Result<()>,
    /// Ends the process. The kernel tells of a failed flush once and may drop what it could not write; SQLite would go on
    /// with a log that has holes, and copy them into the database. At the next start it checks the log, and goes as far as
    /// that is whole, which is as far as anybody was answered.
    pub(super) broken: fn(),
}

/// The thread that flushes. Dropping this waits for its end.
pub(super) struct Flusher {
    queue: Option<Sender<(Log, Answers)>>,
    thread: Option<JoinHandle<()>>,
}

impl Flusher {
    /// `done` is told of every flush.
    pub(super) fn start(
        disk: Disk,
        done: impl Fn(Result<(), StoreError>) + Send + 'static,
    ) -> Result<Self, StoreError> {
        let (queue, commits) = channel();
        let thread = std::thread::Builder::new()
            .name("flusher".into())
            .spawn(move || {
                let _ends = EndsWithThePanic(disk.broken);
                flush(&commits, disk, done);
            })
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Flushes what is in the log, then answers. Whether the thread has taken it, which it does as long as it lives.
    pub(super) fn flush(&self, log: &Log, answers: Answers) -> bool {
        self.queue.as_ref().is_some_and(|queue| queue.send((log.clone(), answers)).is_ok())
    }
}

/// Without the thread nobody would flush and nobody answer: the writer would wait for the end of a flush for ever, behind a
/// commit of which nobody knows whether it lasts. A panic in it is a failed flush.
struct EndsWithThePanic(fn());

impl Drop for EndsWithThePanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!("the thread that flushes has panicked; the process ends");
            (self.0)();
        }
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn flush(commits: &Receiver<(Log, Answers)>, disk: Disk, done: impl Fn(Result<(), StoreError>)) {
    while let Ok((log, answers)) = commits.recv() {
        let flushed = log.sync(disk.sync);
        if let Err(error) = &flushed {
            tracing::error!(%error, "the disk failed to flush; the process ends, so that nothing is written after it");
            (disk.broken)();
        }
        done(flushed.clone());
        for (reply, outcome) in answers {
            // The caller may have gone away; the write stands all the same.
            let _ = reply.send(flushed.clone().and(outcome));
        }
    }
}
