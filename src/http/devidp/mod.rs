//! The development identity provider's pages, on a listener of their own. Nothing in `serve` leads here (R29).

mod metadata;
mod sso;

use std::{io, net::TcpListener, sync::Arc};

use actix_web::{App, HttpServer, web};

use super::{AppFactory, Endpoint, Frame, Sites, middleware::HostPolicy, pages, route::app};
use crate::{devidp::DevIdp, service::Context};

/// The provider's endpoints; the pages' stylesheet beside them.
pub fn endpoints() -> Vec<Endpoint> {
    let own = [
        Endpoint::get("/devidp/sso", || web::to(sso::sso)),
        Endpoint::get("/devidp/metadata", || web::to(metadata::metadata)),
    ];
    [&own, pages::ENDPOINTS].concat()
}

/// The application of the provider's listener.
pub fn devidp_app(frame: &web::Data<Frame>) -> App<impl AppFactory + use<>> {
    app(frame, &endpoints()).app_data(HostPolicy::Any)
}

/// Serves the provider until the process ends. It vouches for anyone, so it is refused on any address but loopback.
pub fn spawn(cx: &Context, idp: DevIdp, listener: TcpListener) -> io::Result<()> {
    if !listener.local_addr()?.ip().is_loopback() {
        return Err(io::Error::other("the development provider listens on loopback only"));
    }
    let frame = Frame::new(Sites::default(), Arc::clone(&cx.clock), Arc::clone(&cx.rng))
        .with(Arc::new(cx.clone()))
        .with(Arc::new(idp));
    let frame = web::Data::new(frame);
    let server =
        HttpServer::new(move || devidp_app(&frame)).workers(1).disable_signals().listen(listener)?.run();
    actix_web::rt::spawn(server);
    Ok(())
}
