//! Our values, as they are handed to a provider.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::*;
use crate::support::on_both_databases;

/// What the first link with this text on it leads to.
fn link_to<'a>(page: &'a str, text: &str) -> &'a str {
    let before = page.split(&format!(">{text}</a>")).next().filter(|before| before.len() < page.len());
    let before = before.unwrap_or_else(|| panic!("no link {text:?}: {page}"));
    before.rsplit("href=\"").next().unwrap().split('"').next().unwrap()
}

/// In how many days a document of ours ends.
fn days_left(admin: &Admin, document: &str) -> i64 {
    let end = document.split("validUntil=\"").nth(1).unwrap().split('"').next().unwrap();
    let end = OffsetDateTime::parse(end, &Rfc3339).unwrap();
    (end - admin.world.gateway.now().to_datetime()).whole_days()
}

on_both_databases! {
    async fn the_file_stays_good_for_years_and_the_address_for_days(admin: Admin) {
        let mut admin = admin.opened().await;
        let address = format!("http://localhost/api/saml/v1/{}/metadata", admin.connection);
        for provider in ["okta", "google", "pingone", "keycloak", "adfs", "generic"] {
            admin.post("/setup/provider", &[("provider", provider)]).await;
            let page = admin.get("/setup/values").await.body;
            let file = link_to(&page, "download our metadata").to_owned();
            assert_eq!(file, format!("{address}?download"), "{provider}");
            assert!(!page.contains(&format!("href=\"{address}\"")), "{provider}: a file that ends after days: {page}");
            assert_eq!(page.matches(&format!(">{address}</code>")).count(), 1, "{provider}: {page}");
        }
        let file = admin.get("/setup/values").await.body;
        let file = admin.get(link_to(&file, "download our metadata")).await;
        assert!(file.header("content-disposition").starts_with("attachment"), "{:?}", file.headers);
        assert!(days_left(&admin, &file.body) > 9 * 365);
        let fetched = admin.get(&address).await;
        assert_eq!(days_left(&admin, &fetched.body), 14);
    }
}
