//! The real listeners: a graceful stop finishes what was accepted.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
};

use tokio::sync::oneshot;
use vestibule::http::server::serve;

use super::*;

fn ask(address: std::net::SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[actix_web::test]
async fn both_listeners_answer_and_stop_when_told() {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let addresses = [listeners[0].local_addr().unwrap(), listeners[1].local_addr().unwrap()];
    let [public, private] = listeners;
    let (stop, stopped) = oneshot::channel::<()>();
    let server = serve(bare_frame(), public, private, async {
        let _ = stopped.await;
    });
    let caller = async {
        for address in addresses {
            let text = tokio::task::spawn_blocking(move || ask(address)).await.unwrap();
            assert!(text.starts_with("HTTP/1.1 200") && text.ends_with("ok\n"), "{text}");
        }
        stop.send(()).unwrap();
    };
    let (served, ()) = tokio::join!(server, caller);
    served.unwrap();
    assert!(TcpStream::connect(addresses[0]).is_err());
}
