//! The pages' assets, and that pages keep to the policy that they are served with.

use askama::Template;
use vestibule::http::{
    pages::{LeavePage, LoginPage, NoticePage, leave},
    public_app,
};

use super::*;

fn all_pages() -> Vec<String> {
    let login = LoginPage { product: "A&B", email: "\"><x", flow: "f", problem: Some("<p>") };
    let leave = LeavePage { heading: "Continue", destination: "https://idp.example/sso?a=1&b=\"2" };
    let notice = NoticePage { title: "Signed out", message: "Bye.", link: Some(("Sign in", "/login")) };
    vec![login.render().unwrap(), leave.render().unwrap(), notice.render().unwrap()]
}

#[actix_web::test]
async fn pages_hold_no_script_and_no_inline_style() {
    for page in all_pages() {
        assert!(!page.contains("<script") && !page.contains(" style=") && !page.contains("<style"), "{page}");
        assert!(!page.contains(" onclick") && !page.contains("javascript:"), "{page}");
        assert!(page.contains("<html lang=\"en\">") && page.contains("width=device-width"), "{page}");
        assert!(!page.contains("\"><x") && !page.contains("A&B\""), "{page}");
    }
}

#[actix_web::test]
async fn assets_are_found_by_their_hash_and_cached() {
    let page = all_pages().remove(0);
    let at = page.find("/assets/style-").unwrap();
    let path = page[at..].split('"').next().unwrap().to_owned();
    let style = call_app(public_app(&frame()), get(&path)).await;
    assert_eq!((style.status, style.header("content-type")), (StatusCode::OK, "text/css; charset=utf-8"));
    assert_eq!(style.header("cache-control"), "public, max-age=31536000, immutable");
    let old = call_app(public_app(&frame()), get("/assets/style-0000000000000000.css")).await;
    assert_eq!(old.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn leaving_the_origin_is_a_page_that_navigates() {
    let response = leave("https://idp.example/sso?a=1&b=2", "Continue");
    assert_eq!(response.status(), StatusCode::OK);
    let body = String::from_utf8(to_bytes(response.into_body()).await.unwrap().to_vec()).unwrap();
    assert!(
        body.contains(r#"<meta http-equiv="refresh" content="0;url=https://idp.example/sso?a=1&#38;b=2">"#),
        "{body}"
    );
    assert!(body.contains(r#"href="https://idp.example/sso?a=1&#38;b=2""#), "{body}");
}
