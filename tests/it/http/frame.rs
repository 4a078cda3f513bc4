//! Request ids, panics, security headers, metrics.

use vestibule::http::private_app;

use super::*;

#[actix_web::test]
async fn every_response_has_a_request_id_of_our_own() {
    let mut seen = std::collections::HashSet::new();
    let app = test::init_service(app(&frame(), TROUBLE)).await;
    for path in ["/ok/1", "/nowhere", "/panic", "/fails"] {
        let request = get(path).insert_header(("x-request-id", "req_forged"));
        let answer = answer(test::call_service(&app, request.to_request()).await).await;
        let id = answer.header("x-request-id").to_owned();
        assert!(id.starts_with("req_") && id.len() == 29, "{id}");
        assert!(seen.insert(id));
    }
}

#[actix_web::test]
async fn a_panic_is_500_with_a_reference_and_the_server_lives_on() {
    let app = test::init_service(app(&frame(), TROUBLE)).await;
    for _ in 0..3 {
        let answer = answer(test::call_service(&app, get("/panic").to_request()).await).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(answer.body.contains(answer.header("x-request-id")));
        assert!(!answer.body.contains("for the test"));
    }
    assert_eq!(test::call_service(&app, get("/ok/1").to_request()).await.status(), StatusCode::OK);
}

#[actix_web::test]
async fn security_headers_are_on_every_response() {
    for path in ["/ok/1", "/nowhere", "/panic"] {
        let answer = call(get(path)).await;
        let policy = answer.header("content-security-policy");
        for part in ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{path}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000", "{path}");
    }
    let loopback = call(TestRequest::get().uri("/ok/1").insert_header(("host", "localhost:8080"))).await;
    assert_eq!(loopback.header("strict-transport-security"), "");
}

#[actix_web::test]
async fn metrics_count_by_pattern_and_are_private_to_a_gateway() {
    let (one, other) = (frame(), frame());
    let service = test::init_service(app(&one, TROUBLE)).await;
    for path in ["/ok/1", "/ok/2", "/secret-path"] {
        test::call_service(&service, get(path).to_request()).await;
    }
    let metrics = call_app(private_app(&one), TestRequest::get().uri("/metrics")).await;
    let counted = r#"vestibule_http_requests_total{method="GET",route="/ok/{id}",status="200"} 2"#;
    assert!(metrics.body.contains(counted), "{}", metrics.body);
    assert!(metrics.body.contains("vestibule_http_request_duration_seconds_bucket"));
    assert!(metrics.body.contains("vestibule_build_info{version="));
    assert!(!metrics.body.contains("secret-path"));
    let elsewhere = call_app(private_app(&other), TestRequest::get().uri("/metrics")).await;
    assert!(!elsewhere.body.contains("/ok/{id}"));
}

#[actix_web::test]
async fn ready_only_when_the_check_says_so() {
    assert_eq!(call_app(private_app(&frame()), get("/readyz")).await.body, "ready\n");
    let down =
        bare_frame().ready_when(|| Box::pin(std::future::ready(Err("migrations are missing".to_owned()))));
    let answer = call_app(private_app(&web::Data::new(down)), get("/readyz")).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!answer.body.contains("migrations"));
}
