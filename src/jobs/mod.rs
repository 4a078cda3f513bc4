//! Background work.

use std::time::Duration;

use tokio::{sync::oneshot, task::JoinHandle, time::MissedTickBehavior};

use crate::service::{Context, connections, installation, provisioning::admin::keys};

/// How often expired rows are forgotten, and metadata that is due is fetched.
const HOUSEKEEPING: Duration = Duration::from_secs(60);

/// How often what is remembered of SCIM requests is written down.
const WRITING_DOWN: Duration = Duration::from_secs(5);

/// The running jobs.
pub struct Jobs {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Starts the jobs on the present runtime.
pub fn start(cx: Context) -> Jobs {
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(async move {
        tokio::select! {
            () = housekeeping(&cx) => {}
            () = fetching(&cx) => {}
            () = writing_down(&cx) => {}
            _ = stopped => {}
        }
        write_down(&cx).await;
    });
    Jobs { stop, task }
}

impl Jobs {
    /// Stops the jobs. What a job has handed to the database is finished there.
    pub async fn stop(self) {
        drop(self.stop);
        let _ = self.task.await;
    }
}

async fn housekeeping(cx: &Context) {
    let mut ticks = tokio::time::interval(HOUSEKEEPING);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match installation::forget_expired(cx).await {
            Ok(0) => {}
            Ok(rows) => tracing::debug!(rows, "forgot expired rows"),
            Err(error) => tracing::warn!(%error, "could not forget expired rows"),
        }
        if let Err(error) = connections::warn_of_expiry(cx).await {
            tracing::warn!(%error, "certificates could not be looked through");
        }
        if let Err(error) = keys::warn_of_expiry(cx).await {
            tracing::warn!(%error, "could not announce the tokens that end soon");
        }
    }
}

/// In a loop of its own: twenty slow providers must not keep expired rows from being forgotten.
async fn fetching(cx: &Context) {
    let mut ticks = tokio::time::interval(HOUSEKEEPING);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match connections::refresh_due(cx, &cx.egress).await {
            Ok(0) => {}
            Ok(count) => tracing::debug!(count, "fetched metadata"),
            Err(error) => tracing::warn!(%error, "metadata could not be refreshed"),
        }
    }
}

async fn writing_down(cx: &Context) {
    let mut ticks = tokio::time::interval(WRITING_DOWN);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        write_down(cx).await;
    }
}

async fn write_down(cx: &Context) {
    if let Err(error) = cx.provisioning.flush(cx).await {
        tracing::warn!(%error, "the SCIM log could not be written down");
    }
}
