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

    async fn what_a_sign_in_works_without_is_offered_by_its_name_there(admin: Admin) {
        let mut admin = admin.opened().await;
        let logout = format!(">http://localhost/api/saml/v1/{}/slo</code>", admin.connection);
        for (provider, names) in [
            ("okta", ["Single Logout URL", "Signature Certificate", "Encryption Certificate"]),
            ("entra", ["Logout Url (Optional)", "Verification certificates (optional)", "Token encryption, Import Certificate"]),
            ("google", ["Logout URL", "Signing certificate", "Encryption certificate"]),
        ] {
            admin.post("/setup/provider", &[("provider", provider)]).await;
            let page = admin.get("/setup/values").await.body;
            let (needed, optional) = page.split_once("<h2>Optional</h2>").unwrap_or_else(|| panic!("{page}"));
            for name in names {
                let name = format!("<dt>{name}</dt>");
                assert!(optional.contains(&name) && !needed.contains(&name), "{provider}, {name}: {page}");
            }
            assert!(optional.contains(&logout) && !needed.contains(&logout), "{provider}: {page}");
            for file in ["signing.pem", "signing.crt", "encryption.pem", "encryption.crt"] {
                assert_eq!(link_to(optional, file), format!("/setup/values/{file}"), "{provider}");
            }
        }
    }

    async fn certificates_are_downloaded_as_our_metadata_has_them(admin: Admin) {
        let mut admin = admin.opened().await;
        let metadata = admin.get(&format!("/api/saml/v1/{}/metadata", admin.connection)).await.body;
        let in_metadata = |usage: &str| {
            let descriptor = metadata.split(&format!("use=\"{usage}\"")).nth(1).unwrap();
            let text = descriptor.split("X509Certificate>").nth(1).unwrap().split('<').next().unwrap().to_owned();
            text.split_whitespace().collect::<String>()
        };
        for usage in ["signing", "encryption"] {
            for extension in ["pem", "crt"] {
                let file = admin.get(&format!("/setup/values/{usage}.{extension}")).await;
                let disposition = format!("attachment; filename=\"vestibule-{usage}.{extension}\"");
                assert_eq!(file.header("content-disposition"), disposition);
                let certificate = openssl::x509::X509::from_pem(file.body.as_bytes()).unwrap();
                let der = openssl::base64::encode_block(&certificate.to_der().unwrap());
                assert_eq!(der, in_metadata(usage), "{usage}");
                assert!(!file.body.contains("PRIVATE"));
            }
        }
        for unknown in ["signing", "signing.key", "master.pem"] {
            assert_eq!(admin.get(&format!("/setup/values/{unknown}")).await.status, StatusCode::NOT_FOUND, "{unknown}");
        }
    }
}
