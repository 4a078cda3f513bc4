//! R28: the Host header chooses a configured project, or the request is refused.

use vestibule::http::{private_app, public_app};

use super::*;

#[actix_web::test]
async fn r28_an_unknown_host_gets_421_on_every_public_route() {
    for host in ["evil.example", "", "login.a.example.evil.example"] {
        let request = TestRequest::get().uri("/nowhere").insert_header(("host", host));
        assert_eq!(call_app(public_app(&frame()), request).await.status, StatusCode::MISDIRECTED_REQUEST);
    }
    let forwarded = TestRequest::get()
        .uri("/nowhere")
        .insert_header(("host", "evil.example"))
        .insert_header(("x-forwarded-host", "login.a.example"));
    assert_eq!(call_app(public_app(&frame()), forwarded).await.status, StatusCode::MISDIRECTED_REQUEST);
}

#[actix_web::test]
async fn r28_two_host_headers_are_nobodys() {
    let twice = get("/nowhere").append_header(("host", "localhost"));
    assert_eq!(call_app(public_app(&frame()), twice).await.status, StatusCode::MISDIRECTED_REQUEST);
}

#[actix_web::test]
async fn probes_and_the_private_listener_are_reached_by_any_name() {
    let probe = || TestRequest::get().uri("/healthz").insert_header(("host", "10.0.0.7"));
    assert_eq!(call_app(public_app(&frame()), probe()).await.body, "ok\n");
    assert_eq!(call_app(private_app(&frame()), probe()).await.body, "ok\n");
    let metrics = TestRequest::get().uri("/metrics").insert_header(("host", "10.0.0.7"));
    assert_eq!(call_app(private_app(&frame()), metrics).await.status, StatusCode::OK);
}

#[actix_web::test]
async fn metrics_are_not_public() {
    assert_eq!(call_app(public_app(&frame()), get("/metrics")).await.status, StatusCode::NOT_FOUND);
}
