//! The stylesheet and the icon, under paths that carry a hash of their content: cached for a year, and a new release
//! is seen at once.

use std::sync::LazyLock;

use actix_web::{HttpResponse, http::header, web};

use crate::http::{Endpoint, HttpError};

pub(super) const ENDPOINTS: &[Endpoint] = &[Endpoint::get("/assets/{name}", || web::to(asset))];

struct Asset {
    path: String,
    content_type: &'static str,
    content: &'static str,
}

// Derived from constants: the same in every gateway of the process.
static STYLESHEET: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("style", "css", "text/css; charset=utf-8", include_str!("assets/style.css")));
static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", include_str!("assets/icon.svg")));

static SUBMIT_SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("submit", "js", "text/javascript; charset=utf-8", include_str!("assets/submit.js"))
});

static COPY_SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("copy", "js", "text/javascript; charset=utf-8", include_str!("assets/copy.js"))
});

static FILTER_SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("filter", "js", "text/javascript; charset=utf-8", include_str!("assets/filter.js"))
});

pub(super) fn filter_script_path() -> &'static str {
    &FILTER_SCRIPT.path
}

pub(super) fn copy_script_path() -> &'static str {
    &COPY_SCRIPT.path
}

pub(super) fn submit_script_path() -> &'static str {
    &SUBMIT_SCRIPT.path
}

pub(super) fn stylesheet_path() -> &'static str {
    &STYLESHEET.path
}

pub(super) fn icon_path() -> &'static str {
    &ICON.path
}

impl Asset {
    fn new(stem: &str, extension: &str, content_type: &'static str, content: &'static str) -> Self {
        let hash = fnv1a(content.as_bytes());
        Self { path: format!("/assets/{stem}-{hash:016x}.{extension}"), content_type, content }
    }
}

/// FNV-1a: tells versions apart, guards nothing.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

async fn asset(name: web::Path<String>) -> Result<HttpResponse, HttpError> {
    let path = format!("/assets/{name}");
    let asset = [&*STYLESHEET, &*ICON, &*SUBMIT_SCRIPT, &*COPY_SCRIPT, &*FILTER_SCRIPT]
        .into_iter()
        .find(|asset| asset.path == path);
    let asset = asset.ok_or_else(|| HttpError::not_found("There is nothing at this address."))?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, asset.content_type))
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(asset.content))
}
