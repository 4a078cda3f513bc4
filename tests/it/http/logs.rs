//! One line per request, and nothing secret in it (R31).

use std::{
    io,
    sync::{Mutex, Once, PoisonError},
};

use tracing_subscriber::fmt::MakeWriter;

use super::*;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap()
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Tracing remembers for the whole process that nobody listens to a place, which another test may have found out
/// first. A listener of everything, for all threads, keeps it from doing so.
fn keep_listening() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
    });
}

#[actix_web::test]
async fn r31_one_line_per_request_without_query_body_or_path() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt().json().with_writer(lines.clone()).finish();
    keep_listening();
    let guard = tracing::subscriber::set_default(subscriber);
    call(get("/ok/SECRET1?email=SECRET2").insert_header(("authorization", "Bearer SECRET3"))).await;
    call(post("/v1/echo?SECRET4").insert_header(("cookie", "a=SECRET5")).set_payload("SECRET6")).await;
    call(get("/SECRET7")).await;
    drop(guard);
    let text = lines.text();
    assert!(!text.contains("SECRET"), "{text}");
    let parsed: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(parsed.len(), 3);
    let fields = &parsed[0]["fields"];
    assert_eq!(
        (&fields["method"], &fields["route"], &fields["status"], &fields["project"]),
        (&"GET".into(), &"/ok/{id}".into(), &200.into(), &ProjectId::from_u128(1).as_str().into())
    );
    assert!(fields["duration_us"].is_u64() && fields["request_id"].is_string());
}

#[actix_web::test]
async fn the_cause_of_a_failure_is_logged_once_with_its_request_id() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt().json().with_writer(lines.clone()).finish();
    keep_listening();
    let guard = tracing::subscriber::set_default(subscriber);
    let answer = call(get("/fails")).await;
    drop(guard);
    let text = lines.text();
    assert_eq!(text.matches("the disk of secrets is full").count(), 1, "{text}");
    assert_eq!(text.matches(answer.header("x-request-id")).count(), 2, "{text}");
}
