//! The app's own sessions, in memory: a cookie with a random name for each. A real app keeps them in its database.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use actix_web::{HttpRequest, http::header};
use openidconnect::{AccessToken, CsrfToken, IdTokenClaims, core::CoreGenderClaim};

use crate::provider::{Pending, VestibuleClaims};

const COOKIE: &str = "demo_app";

/// Enough for a demo; the oldest make room, since anybody can begin a sign-in.
const MOST: usize = 10_000;

/// Somebody who is signed in: what the verified ID token said, and the token to ask with.
#[derive(Clone)]
pub struct Session {
    /// The ID token's claims.
    pub claims: IdTokenClaims<VestibuleClaims, CoreGenderClaim>,
    /// For the userinfo endpoint.
    pub access_token: AccessToken,
}

/// Sign-ins on their way, and sessions, by cookie.
#[derive(Default)]
pub struct Sessions(Mutex<HashMap<String, Entry>>);

#[derive(Default)]
struct Entry {
    pending: Vec<Pending>,
    session: Option<Session>,
}

impl Sessions {
    /// The browser's session.
    pub fn of(&self, request: &HttpRequest) -> Option<Session> {
        self.lock().get(&sent(request)?)?.session.clone()
    }

    /// Remembers a sign-in for this browser. Several tabs may have one each. Returns the cookie to set.
    pub fn begin(&self, request: &HttpRequest, pending: Pending) -> String {
        let mut entries = self.lock();
        let known = sent(request).filter(|cookie| entries.contains_key(cookie));
        let cookie = known.unwrap_or_else(random);
        if entries.len() >= MOST
            && let Some(some) = entries.keys().next().cloned()
        {
            entries.remove(&some);
        }
        let entry = entries.entry(cookie.clone()).or_default();
        if entry.pending.len() >= 10 {
            entry.pending.remove(0);
        }
        entry.pending.push(pending);
        header_value(&cookie)
    }

    /// Takes the sign-in of this browser that has this state: once.
    pub fn take_pending(&self, request: &HttpRequest, state: &str) -> Option<Pending> {
        let mut entries = self.lock();
        let pending = &mut entries.get_mut(&sent(request)?)?.pending;
        let at = pending.iter().position(|pending| pending.state == state)?;
        Some(pending.remove(at))
    }

    /// Begins a session under a new cookie, so that nobody can have planted it before. Returns the cookie to set.
    pub fn start(&self, request: &HttpRequest, session: Session) -> String {
        let mut entries = self.lock();
        let before = sent(request).and_then(|cookie| entries.remove(&cookie));
        let pending = before.map(|entry| entry.pending).unwrap_or_default();
        let cookie = random();
        entries.insert(cookie.clone(), Entry { pending, session: Some(session) });
        header_value(&cookie)
    }

    /// Ends the browser's session.
    pub fn end(&self, request: &HttpRequest) {
        if let Some(cookie) = sent(request) {
            self.lock().remove(&cookie);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// 128 random bits.
fn random() -> String {
    CsrfToken::new_random().into_secret()
}

/// Lax: sent when the provider's page leads back to us, not with other sites' posts. A real app, on https, adds
/// `Secure` and the prefix `__Host-`.
fn header_value(cookie: &str) -> String {
    format!("{COOKIE}={cookie}; Path=/; HttpOnly; SameSite=Lax")
}

fn sent(request: &HttpRequest) -> Option<String> {
    let headers = request.headers().get_all(header::COOKIE).filter_map(|value| value.to_str().ok());
    let mut pairs = headers.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value.to_owned())
}
