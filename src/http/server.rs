//! The listeners, and a shutdown that finishes what was accepted.

use std::{future::Future, io, net::TcpListener};

use actix_web::{HttpServer, web};

use super::{private_app, public_app, state::Frame};

/// How long accepted requests may take after the signal to stop, in seconds. Longer than any request should run,
/// shorter than the 30 s after which service managers kill.
const GRACE_SECONDS: u64 = 25;

/// Runs a future to its end on the runtime that [`serve`] needs.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(future)
}

/// Serves both listeners until `shutdown` resolves, then stops accepting and finishes what was accepted.
pub async fn serve(
    frame: Frame,
    public: TcpListener,
    private: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let frame = web::Data::new(frame);
    let of_private = frame.clone();
    let public = HttpServer::new(move || public_app(&frame))
        .disable_signals()
        .shutdown_timeout(GRACE_SECONDS)
        .listen(public)?
        .run();
    // Operators and probes: one worker is plenty.
    let private = HttpServer::new(move || private_app(&of_private))
        .workers(1)
        .disable_signals()
        .shutdown_timeout(GRACE_SECONDS)
        .listen(private)?
        .run();
    let handles = (public.handle(), private.handle());
    let stop = async {
        shutdown.await;
        tracing::info!("stopping: finishing accepted requests");
        handles.0.stop(true).await;
        // Last, so that probes and metrics see the end.
        handles.1.stop(true).await;
    };
    let (public, private, ()) = tokio::join!(public, private, stop);
    public.and(private)
}

/// Resolves when the process is told to stop: SIGTERM from a service manager, SIGINT from a keyboard.
pub async fn termination() {
    let interrupt = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        },
        Err(error) => {
            tracing::warn!(%error, "cannot listen for SIGTERM");
            let _ = interrupt.await;
        }
    }
}
