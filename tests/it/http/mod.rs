//! The HTTP frame: what surrounds every handler.

mod errors;
mod frame;
mod hosts;
mod logs;
mod pages;
mod server;

use std::sync::Arc;

use actix_web::{
    App, HttpResponse,
    body::{BoxBody, to_bytes},
    dev::ServiceResponse,
    http::StatusCode,
    test::{self, TestRequest},
    web,
};
use serde_json::Value;
use vestibule::{
    http::{AppFactory, Endpoint, Frame, HttpError, Sites, app},
    model::ids::ProjectId,
    testing::{MockClock, SeededRng},
};

/// What a test wants of an answer.
struct Answer {
    status: StatusCode,
    headers: actix_web::http::header::HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body with the request id replaced: it is another each time.
    fn text(&self) -> String {
        self.body.replace(self.header("x-request-id"), "REQ")
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

fn sites() -> Sites {
    let mut sites = Sites::default();
    sites.add(&ProjectId::from_u128(1), "https://login.a.example").unwrap();
    sites.add(&ProjectId::from_u128(2), "http://localhost:8080").unwrap();
    sites
}

fn bare_frame() -> Frame {
    Frame::new(sites(), Arc::new(MockClock::new()), Arc::new(SeededRng::new(1)))
}

fn frame() -> web::Data<Frame> {
    web::Data::new(bare_frame())
}

/// Endpoints that misbehave in every way that the frame must hold.
const TROUBLE: &[Endpoint] = &[
    Endpoint::get("/ok/{id}", || web::to(|| async { "fine" })),
    Endpoint::get("/panic", || web::to(panics)),
    Endpoint::get("/fails", || {
        web::to(|| async { Err::<&str, _>(HttpError::internal("the disk of secrets is full")) })
    }),
    Endpoint::post("/form", || {
        web::to(|_: web::Form<std::collections::HashMap<String, String>>| async { "form" })
    }),
    Endpoint::post("/v1/echo", || {
        web::to(|body: web::Json<Value>| async { HttpResponse::Ok().json(body.0) })
    }),
    Endpoint::get("/v1/echo", || web::to(|| async { "got" })),
    Endpoint::get("/oauth/fails", || web::to(|| async { Err::<&str, _>(HttpError::internal("cause")) })),
    Endpoint::get("/scim/v2/fails", || web::to(|| async { Err::<&str, _>(HttpError::internal("cause")) })),
    Endpoint::get("/own", || {
        web::to(|| async { HttpResponse::NotFound().content_type("application/json").body("{}") })
    }),
];

async fn panics() -> &'static str {
    panic!("a handler panics, for the test")
}

async fn call(request: TestRequest) -> Answer {
    call_app(app(&frame(), TROUBLE), request).await
}

async fn call_app(app: App<impl AppFactory<Future: 'static> + 'static>, request: TestRequest) -> Answer {
    let app = test::init_service(app).await;
    answer(test::call_service(&app, request.to_request()).await).await
}

async fn answer(response: ServiceResponse<BoxBody>) -> Answer {
    let (status, headers) = (response.status(), response.headers().clone());
    let body = to_bytes(response.into_body()).await.unwrap();
    Answer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path).insert_header(("host", "login.a.example"))
}

fn post(path: &str) -> TestRequest {
    TestRequest::post().uri(path).insert_header(("host", "login.a.example"))
}
