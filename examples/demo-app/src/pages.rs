//! The app's pages.

use serde_json::Value;

use crate::{provider::UserInfo, sessions::Session};

/// The stylesheet.
pub const STYLE: &str = include_str!("style.css");

/// Nobody is signed in.
pub fn welcome() -> String {
    layout(
        "Rocket Notes",
        r#"<p class="eyebrow">Demo app</p>
<h1>Rocket Notes</h1>
<p>A small product that leaves sign-in to Vestibule. Its customers use their own identity providers; it gets one
verified answer: who, and of which organization.</p>
<p><a class="button" href="/sign-in">Sign in</a></p>"#,
    )
}

/// Somebody is: what the app verified itself, and what the gateway answered just now.
pub fn signed_in(session: &Session, userinfo: &UserInfo) -> String {
    let claims = serde_json::to_value(&session.claims).unwrap_or(Value::Null);
    let userinfo = serde_json::to_value(userinfo).unwrap_or(Value::Null);
    let names = userinfo["roles"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let names = names.map(|name| format!("<code>{}</code>", escape(name))).collect::<Vec<_>>().join(" ");
    let roles = match names.as_str() {
        "" => String::new(),
        names => format!("<div><dt>Roles</dt><dd>{names}</dd></div>\n"),
    };
    let text = |value: &Value| escape(value.as_str().unwrap_or("not given"));
    let body = format!(
        r#"<p class="eyebrow">Signed in</p>
<h1>{organization}</h1>
<dl class="facts">
<div><dt>organization_id</dt><dd><code>{organization_id}</code></dd></div>
<div><dt>User</dt><dd>{email}</dd></div>
<div><dt>User id</dt><dd><code>{sub}</code></dd></div>
{roles}</dl>
<h2>ID token claims <span class="tag">verified by this app</span></h2>
<pre tabindex="0">{claims}</pre>
<h2>Userinfo <span class="tag">asked on this request</span></h2>
<pre tabindex="0">{userinfo_text}</pre>
<p class="hint">Reload after the user was deactivated, and this page will refuse.</p>
<form method="post" action="/sign-out"><button class="quiet">Sign out</button></form>"#,
        organization = text(&userinfo["organization"]["display_name"]),
        organization_id = text(&claims["organization_id"]),
        email = text(&userinfo["email"]),
        sub = text(&claims["sub"]),
        claims = escape(&pretty(&claims)),
        userinfo_text = escape(&pretty(&userinfo)),
    );
    layout("Rocket Notes", &body)
}

/// The gateway says that the session does not count any more.
pub fn ended() -> String {
    layout(
        "Session ended",
        r#"<p class="eyebrow bad">Refused</p>
<h1>Your session has ended</h1>
<p>The gateway no longer vouches for it: you signed out, or your account was deactivated.</p>
<p><a class="button" href="/sign-in">Sign in again</a></p>"#,
    )
}

/// The app's session is over.
pub fn signed_out(issuer: &str) -> String {
    let body = format!(
        r#"<h1>You are signed out</h1>
<p>This app has forgotten you. The session at the gateway still stands;
<a href="{}/logout">end it too</a>.</p>
<p><a class="button" href="/sign-in">Sign in again</a></p>"#,
        escape(issuer)
    );
    layout("Signed out", &body)
}

/// Something did not work.
pub fn failed(error: &str) -> String {
    let body = format!(
        r#"<p class="eyebrow bad">Error</p>
<h1>Sign-in did not work</h1>
<pre tabindex="0">{}</pre>
<p><a class="button" href="/">Back</a></p>"#,
        escape(error)
    );
    layout("Error", &body)
}

fn layout(title: &str, body: &str) -> String {
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"#
    )
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// Everything that came from outside goes through here.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
