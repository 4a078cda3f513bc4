//! `vestibule doctor`: checks what a gateway stands on, and explains each finding.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    process::ExitCode,
};

use super::{Failure, context, output};
use crate::{
    config::{Config, MasterKeySource},
    http::TrustedProxies,
    model::{Clock as _, SystemClock, ids::ProjectId},
    service::{
        Context,
        connections::{self, SpKeyInUse},
        directory,
        egress::Egress,
        installation, signing,
    },
};

/// How grave a finding is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Grade {
    Fine,
    Warning,
    Failure,
}

struct Finding {
    grade: Grade,
    subject: &'static str,
    text: String,
}

const MASTER_KEY: &str = "master key";

/// Prints every finding. The exit code is a failure if one of them is.
pub(super) fn run(config: &Config) -> Result<ExitCode, Failure> {
    let mut findings = vec![
        configuration(config),
        clock(),
        outgoing_tls(),
        listener("listen", config.listen),
        listener("private listen", config.private_listen),
    ];
    let database = database(config);
    // Where a wrong key lies is of no interest.
    if !database.iter().any(|finding| finding.subject == MASTER_KEY) {
        findings.extend(master_key_place(config));
    }
    findings.extend(database);
    for finding in &findings {
        let mark = match finding.grade {
            Grade::Fine => "ok     ",
            Grade::Warning => "warning",
            Grade::Failure => "FAILED ",
        };
        output::line(format!("{mark}  {}: {}", finding.subject, finding.text));
    }
    let failed = findings.iter().any(|finding| finding.grade == Grade::Failure);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn finding(grade: Grade, subject: &'static str, text: impl Into<String>) -> Finding {
    Finding { grade, subject, text: text.into() }
}

/// What is read only where it is used: a mistake in it stops `serve`, or opens or closes what nobody meant.
fn configuration(config: &Config) -> Finding {
    let (subject, proxies) = ("configuration", TrustedProxies::parse(&config.trusted_proxies));
    if let Err(error) = proxies {
        return finding(Grade::Failure, subject, format!("trusted_proxies: {error}"));
    }
    match context::egress(config) {
        Err(error) => finding(Grade::Failure, subject, format!("allowed_egress: {error}")),
        Ok(_) => finding(Grade::Fine, subject, "it can be used"),
    }
}

/// Before this version was written, the clock is certainly wrong, and every assertion would look expired or not yet
/// valid.
fn clock() -> Finding {
    const WRITTEN: i64 = 1_795_000_000_000;
    let now = SystemClock.now();
    if now.millis() < WRITTEN {
        return finding(
            Grade::Failure,
            "clock",
            format!(
                "{now} is before this version was written. Logins fail when the clock is wrong: set up NTP."
            ),
        );
    }
    finding(Grade::Fine, "clock", now.to_string())
}

/// What was written down cannot be newer than now.
fn clock_of_others(ahead: i64) -> Option<Finding> {
    const TOLERATED_MS: i64 = 30_000;
    let seconds = ahead / 1000;
    let text = format!(
        "the newest event of the database is {seconds} s in the future: this clock, or that of another node, is wrong. \
         Logins fail when clocks differ: set up NTP on all."
    );
    (ahead > TOLERATED_MS).then(|| finding(Grade::Failure, "clock", text))
}

/// Metadata is fetched over TLS, which needs the certificates of public authorities.
fn outgoing_tls() -> Finding {
    const PLACES: &[&str] = &[
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/cert.pem",
        "/etc/ssl/ca-bundle.pem",
    ];
    let named = std::env::var("SSL_CERT_FILE").ok();
    let found = named.as_deref().into_iter().chain(PLACES.iter().copied()).find(|p| Path::new(p).exists());
    match found {
        Some(place) => match Egress::authorities(Path::new(place)) {
            0 => finding(
                Grade::Failure,
                "outgoing TLS",
                format!(
                    "{place} has no certificate of an authority that can be read: reinstall ca-certificates."
                ),
            ),
            count => finding(Grade::Fine, "outgoing TLS", format!("{count} authorities in {place}")),
        },
        None => finding(
            Grade::Failure,
            "outgoing TLS",
            "no certificates of authorities: metadata cannot be fetched over https. Install ca-certificates.",
        ),
    }
}

fn listener(subject: &'static str, address: SocketAddr) -> Finding {
    match TcpListener::bind(address) {
        Ok(_) => finding(Grade::Fine, subject, format!("{address} is free")),
        Err(error) => finding(
            Grade::Warning,
            subject,
            format!("{address}: {error}. Right if the gateway is running now, wrong otherwise."),
        ),
    }
}

/// R29: whoever copies the database's folder should not get the key with it.
fn master_key_place(config: &Config) -> Option<Finding> {
    let MasterKeySource::File(key) = config.master_key_source() else {
        return Some(finding(Grade::Fine, MASTER_KEY, "given by the configuration"));
    };
    if !key.exists() {
        let text = format!("{} is not there; `vestibule migrate` makes it for a new database", key.display());
        return Some(finding(Grade::Warning, MASTER_KEY, text));
    }
    let database = config.database_url.strip_prefix("sqlite:")?;
    let folder = |path: &Path| {
        let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
        parent.canonicalize().unwrap_or(parent)
    };
    if folder(key) == folder(Path::new(database)) {
        return Some(finding(
            Grade::Warning,
            MASTER_KEY,
            format!(
                "{} lies beside the database: a copy of the folder opens every sealed secret. \
                 Move it and set VESTIBULE_MASTER_KEY_FILE.",
                key.display()
            ),
        ));
    }
    Some(finding(Grade::Fine, MASTER_KEY, key.display().to_string()))
}

fn database(config: &Config) -> Vec<Finding> {
    let cx = match context::open_with_any_key(config) {
        Ok(cx) => cx,
        Err(error) => return vec![finding(Grade::Failure, "database", error.to_string())],
    };
    let found = context::block_on(async {
        let mut found = vec![finding(Grade::Fine, "database", format!("{} answers", cx.store.kind()))];
        found.extend(clock_of_others(installation::ahead_of_clock(&cx).await?));
        if installation::is_demo(&cx).await? {
            found.push(finding(
                Grade::Warning,
                "database",
                "made by `vestibule demo`: `serve` will refuse it",
            ));
        }
        if !signing::fits_master_key(&cx).await? {
            let text = format!("{}.", context::wrong_key(config));
            found.push(finding(Grade::Failure, MASTER_KEY, text));
        }
        found.extend(projects(&cx).await?);
        Ok(found)
    });
    found.unwrap_or_else(|error| vec![finding(Grade::Failure, "database", error.to_string())])
}

/// Each project's keys must open with the configured master key.
async fn projects(cx: &Context) -> Result<Vec<Finding>, Failure> {
    let projects = directory::list_projects(cx).await?;
    if projects.is_empty() {
        return Ok(vec![finding(Grade::Warning, "projects", "none yet: run `vestibule project create`")]);
    }
    let mut found = Vec::new();
    for project in projects {
        found.push(match directory::check_signing_keys(cx, &project.id).await {
            Ok(()) => {
                finding(Grade::Fine, "signing keys", format!("{} ({})", project.id, project.public_url))
            }
            Err(error) => finding(Grade::Failure, "signing keys", format!("{}: {error}", project.id)),
        });
        let keys = connections::sp_keys_in_use(cx, &project.id).await?;
        found.extend(saml_keys(cx, &keys, &project.id));
        found.extend(weak_signatures(cx, &project.id).await?);
    }
    Ok(found)
}

/// Connections that accept what is no longer secure, because a provider could do no better once.
async fn weak_signatures(cx: &Context, project: &ProjectId) -> Result<Vec<Finding>, Failure> {
    let mut found = Vec::new();
    for organization in directory::list_organizations(cx, project).await? {
        let connections = connections::list(cx, project, &organization.id).await?;
        for connection in connections.iter().filter(|connection| connection.allow_sha1) {
            let text = format!(
                "{} of {} accepts signatures with SHA-1, which can be forged. Let the provider sign with SHA-256, then: \
                 `vestibule saml-connection update {} --allow-sha1 false --project {project}`.",
                connection.id, organization.id, connection.id
            );
            found.push(finding(Grade::Warning, "signatures", text));
        }
    }
    Ok(found)
}

/// Those that sign requests and logout messages and decrypt assertions.
fn saml_keys(cx: &Context, keys: &[SpKeyInUse], project: &ProjectId) -> Vec<Finding> {
    let subject = "keys for SAML";
    let mut found = vec![match connections::check_sp_keys(cx, keys) {
        Ok(()) if keys.is_empty() => {
            finding(Grade::Fine, subject, format!("{project}: none yet; the first need makes them"))
        }
        Ok(()) => finding(Grade::Fine, subject, project.to_string()),
        Err(error) => {
            let meanwhile = "Until then we can sign no request and read nothing that is encrypted to us.";
            finding(Grade::Failure, subject, format!("{project}: {error} {meanwhile}"))
        }
    }];
    let sharing = connections::sharing_connections(keys);
    if sharing > 0 {
        let text = format!(
            "{project}: {sharing} connections, made by an older version, share one encryption key: what is encrypted to \
             one opens on the others. Roll each over: `vestibule keys rotate encryption CONNECTION --project {project}`."
        );
        found.push(finding(Grade::Warning, subject, text));
    }
    found
}
