//! A host app that signs its users in through Vestibule. Copy it: `provider` is all that an app needs of OpenID Connect,
//! `sessions` what it keeps of its own, and this file puts both behind five routes.

mod config;
mod pages;
mod provider;
mod sessions;

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    http::header,
    web::{self, Data, Query},
};
use serde::Deserialize;

use config::Config;
use provider::{Provider, Standing};
use sessions::Sessions;

#[actix_web::main]
async fn main() -> std::process::ExitCode {
    match serve().await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo app: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let config = Config::from_environment()?;
    let address = ("127.0.0.1", config.port);
    println!("demo app: http://localhost:{} (issuer {})", config.port, config.issuer);
    let provider = Data::new(Provider::new(config)?);
    let sessions = Data::new(Sessions::default());
    let app = move || {
        App::new()
            .app_data(provider.clone())
            .app_data(sessions.clone())
            .route("/", web::get().to(home))
            .route("/sign-in", web::get().to(sign_in))
            .route("/callback", web::get().to(callback))
            .route("/sign-out", web::post().to(sign_out))
            .route("/style.css", web::get().to(style))
    };
    let server = HttpServer::new(app).workers(2);
    let server = server.bind(address).map_err(|error| format!("port {}: {error}", address.1))?;
    Ok(server.run().await?)
}

/// Who is signed in. The provider is asked on each request: a user who was deactivated a second ago is out now.
async fn home(request: HttpRequest, provider: Data<Provider>, sessions: Data<Sessions>) -> HttpResponse {
    let Some(session) = sessions.of(&request) else { return page(pages::welcome()) };
    match provider.standing(&session).await {
        Ok(Standing::Live(userinfo)) => page(pages::signed_in(&session, &userinfo)),
        Ok(Standing::Ended) => {
            sessions.end(&request);
            page_with(HttpResponse::Unauthorized(), pages::ended())
        }
        Err(error) => failed(&error),
    }
}

#[derive(Deserialize)]
struct SignIn {
    email: Option<String>,
    organization: Option<String>,
}

/// Sends the browser to the provider, and remembers what must come back.
async fn sign_in(
    wish: Query<SignIn>,
    request: HttpRequest,
    provider: Data<Provider>,
    sessions: Data<Sessions>,
) -> HttpResponse {
    match provider.begin(wish.email.as_deref(), wish.organization.as_deref()).await {
        Ok((url, pending)) => HttpResponse::SeeOther()
            .insert_header((header::LOCATION, url.to_string()))
            .insert_header((header::SET_COOKIE, sessions.begin(&request, pending)))
            .finish(),
        Err(error) => failed(&error),
    }
}

/// What the provider sends the browser back with (RFC 6749 section 4.1.2, RFC 9207).
#[derive(Deserialize)]
struct Callback {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// Takes the code, verifies everything, and begins the app's own session.
async fn callback(
    answer: Query<Callback>,
    request: HttpRequest,
    provider: Data<Provider>,
    sessions: Data<Sessions>,
) -> HttpResponse {
    let answer = answer.into_inner();
    let state = answer.state.unwrap_or_default();
    let Some(pending) = sessions.take_pending(&request, &state) else {
        return refused("This sign-in was begun in another browser, or ended already.");
    };
    if answer.iss.as_deref() != Some(provider.issuer()) {
        return refused("The answer came from another issuer.");
    }
    if let Some(error) = answer.error {
        return refused(&format!("{error}: {}", answer.error_description.unwrap_or_default()));
    }
    match provider.finish(answer.code.unwrap_or_default(), pending).await {
        Ok(session) => HttpResponse::SeeOther()
            .insert_header((header::LOCATION, "/"))
            .insert_header((header::SET_COOKIE, sessions.start(&request, session)))
            .finish(),
        Err(error) => failed(&error),
    }
}

/// Ends the app's own session. The gateway's goes on, for other apps; its page to end it is `/logout`.
async fn sign_out(request: HttpRequest, provider: Data<Provider>, sessions: Data<Sessions>) -> HttpResponse {
    sessions.end(&request);
    page(pages::signed_out(provider.issuer()))
}

async fn style() -> HttpResponse {
    HttpResponse::Ok().content_type("text/css; charset=utf-8").body(pages::STYLE)
}

fn page(html: String) -> HttpResponse {
    page_with(HttpResponse::Ok(), html)
}

fn page_with(mut response: actix_web::HttpResponseBuilder, html: String) -> HttpResponse {
    response
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; form-action 'self'",
        ))
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .body(html)
}

/// The browser came with something that cannot be used.
fn refused(error: &str) -> HttpResponse {
    page_with(HttpResponse::BadRequest(), pages::failed(error))
}

/// The provider could not be asked, or its answer did not verify.
fn failed(error: &str) -> HttpResponse {
    eprintln!("demo app: {error}");
    page_with(HttpResponse::BadGateway(), pages::failed(error))
}
