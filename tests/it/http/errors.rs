//! Errors leave in the form of the path's protocol, with a reference and without their cause.

use insta::assert_snapshot;

use super::*;

#[actix_web::test]
async fn an_unknown_path_is_404_in_the_form_of_its_protocol() {
    let page = call(get("/nowhere")).await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (StatusCode::NOT_FOUND, "text/html; charset=utf-8")
    );
    assert!(page.text().contains("REQ"));
    let scim = call(get("/api/scim/v1/Nothing")).await;
    assert_eq!(scim.header("content-type"), "application/scim+json; charset=utf-8");
    assert_snapshot!(scim.text(), @r#"{"detail":"There is nothing at this address. (reference REQ)","schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404"}"#);
    assert_snapshot!(call(get("/v1/nothing")).await.text(), @r#"{"code":"not_found","message":"There is nothing at this address.","reference":"REQ"}"#);
    assert_snapshot!(call(get("/oauth/nothing")).await.text(), @r#"{"error":"invalid_request","error_description":"There is nothing at this address. (reference REQ)"}"#);
}

#[actix_web::test]
async fn a_wrong_method_is_405_and_names_the_right_ones() {
    let refused = call(TestRequest::delete().uri("/v1/echo").insert_header(("host", "localhost"))).await;
    assert_eq!(refused.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(refused.header("allow"), "POST, GET");
    assert_eq!(refused.json()["code"], "unimplemented");
}

#[actix_web::test]
async fn an_unknown_error_is_500_without_detail() {
    for path in ["/fails", "/oauth/fails", "/scim/v2/fails"] {
        let failed = call(get(path)).await;
        assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        assert!(failed.text().contains("REQ"), "{path}");
        assert!(!failed.body.contains("secrets") && !failed.body.contains("cause"), "{path}");
    }
    assert_eq!(call(get("/oauth/fails")).await.json()["error"], "server_error");
}

#[actix_web::test]
async fn unusable_bodies_are_400_413_415() {
    let json = |body: &str| {
        post("/v1/echo").insert_header(("content-type", "application/json")).set_payload(body.to_owned())
    };
    let bad = call(json("{\"a\":")).await;
    assert_eq!(
        (bad.status, bad.json()["code"].as_str()),
        (StatusCode::BAD_REQUEST, Some("invalid_argument"))
    );
    let large = call(json(&format!("\"{}\"", "x".repeat(70_000)))).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    let typed = call(post("/form").insert_header(("content-type", "text/plain")).set_payload("a=b")).await;
    assert_eq!(typed.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(typed.header("content-type").starts_with("text/html"));
}

#[actix_web::test]
async fn a_response_with_a_body_of_its_own_is_left_alone() {
    let own = call(get("/own")).await;
    assert_eq!((own.status, own.body.as_str()), (StatusCode::NOT_FOUND, "{}"));
}

#[actix_web::test]
async fn error_pages_escape_what_they_show() {
    let page = vestibule::http::pages::ErrorPage {
        title: "<b>",
        message: "\"><script>",
        reference: "req_1",
        onward: None,
    };
    let html = askama::Template::render(&page).unwrap();
    assert!(!html.contains("<script") && !html.contains("<b>"), "{html}");
}
