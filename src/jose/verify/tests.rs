//! Hostile tokens, each with the check that refuses it.

use std::sync::LazyLock;

use openssl::{hash::MessageDigest, pkey::PKey, sign::Signer};
use serde_json::{Value, json};

use super::*;
use crate::jose::{ACCESS_TOKEN_TYPE, SigningKey, sign};

const NOW: i64 = 1_700_000_000;

static RSA: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(Algorithm::Rs256).unwrap());
static EC: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(Algorithm::Es256).unwrap());

const EXPECTED: Expected<'_> = Expected {
    typ: ACCESS_TOKEN_TYPE,
    issuer: "https://login.example",
    audience: "https://login.example/oauth/userinfo",
};

fn claims() -> Value {
    json!({ "iss": EXPECTED.issuer, "aud": EXPECTED.audience, "sub": "user_1", "exp": NOW + 1 })
}

fn check(token: &str) -> Result<Value, VerifyError> {
    let keys = [RSA.public().unwrap(), EC.public().unwrap()];
    let now = OffsetDateTime::from_unix_timestamp(NOW).unwrap();
    verify::<Value>(token, &keys, EXPECTED, now).map(Verified::into_claims)
}

fn signed(claims: &Value) -> String {
    sign(&EC, ACCESS_TOKEN_TYPE, claims).unwrap()
}

/// A token with a header of our choice, its signature made by `tail`.
fn forged(header: &Value, claims: &Value, tail: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let part = |value: &Value| base64url::encode(value.to_string().as_bytes());
    let signed = format!("{}.{}", part(header), part(claims));
    let tail = base64url::encode(&tail(signed.as_bytes()));
    format!("{signed}.{tail}")
}

fn by_ec(bytes: &[u8]) -> Vec<u8> {
    let der = Signer::new(MessageDigest::sha256(), EC.private()).unwrap().sign_oneshot_to_vec(bytes).unwrap();
    ecdsa::to_raw(&der).unwrap()
}

#[test]
fn r15_what_we_sign_verifies_with_both_algorithms() {
    for key in [&*RSA, &*EC] {
        let token = sign(key, ACCESS_TOKEN_TYPE, &claims()).unwrap();
        assert_eq!(check(&token).unwrap(), claims());
    }
}

#[test]
fn r15_alg_none_and_alg_confusion_are_refused() {
    let header =
        |alg: &str, key: &SigningKey| json!({ "alg": alg, "kid": key.kid(), "typ": ACCESS_TOKEN_TYPE });
    for alg in ["none", "None", "", "HS256", "RS256", "ES384", "es256"] {
        assert_eq!(
            check(&forged(&header(alg, &EC), &claims(), |_| vec![])),
            Err(VerifyError::Algorithm),
            "{alg}"
        );
    }
    // The public key as an HMAC secret: refused by name, and by the bytes.
    let secret = PKey::hmac(&RSA.private().public_key_to_der().unwrap()).unwrap();
    let hmac = |bytes: &[u8]| {
        Signer::new(MessageDigest::sha256(), &secret).unwrap().sign_oneshot_to_vec(bytes).unwrap()
    };
    assert_eq!(check(&forged(&header("HS256", &RSA), &claims(), hmac)), Err(VerifyError::Algorithm));
    assert_eq!(check(&forged(&header("RS256", &RSA), &claims(), hmac)), Err(VerifyError::Signature));
    // One key's signature under the other's name.
    assert_eq!(check(&forged(&header("RS256", &RSA), &claims(), by_ec)), Err(VerifyError::Signature));
}

#[test]
fn r15_every_binding_is_checked() {
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        check(&signed(&claims))
    };
    assert_eq!(with("iss", "https://evil.example".into()), Err(VerifyError::Issuer));
    assert_eq!(with("aud", "https://login.example".into()), Err(VerifyError::Audience));
    assert_eq!(with("aud", json!([EXPECTED.audience])), Err(VerifyError::Claims));
    assert_eq!(with("exp", NOW.into()), Err(VerifyError::Expired));
    assert_eq!(with("exp", Value::Null), Err(VerifyError::Claims));
    assert_eq!(with("exp", json!("9999999999")), Err(VerifyError::Claims));
    assert_eq!(with("nbf", (NOW + 1).into()), Err(VerifyError::NotYetValid));
    assert!(with("nbf", NOW.into()).is_ok());
    assert_eq!(check(&sign(&EC, "JWT", &claims()).unwrap()), Err(VerifyError::Type));
    let stranger = SigningKey::generate(Algorithm::Es256).unwrap();
    assert_eq!(check(&sign(&stranger, ACCESS_TOKEN_TYPE, &claims()).unwrap()), Err(VerifyError::UnknownKey));
}

#[test]
fn headers_with_anything_else_are_refused() {
    let base = json!({ "alg": "ES256", "kid": EC.kid(), "typ": ACCESS_TOKEN_TYPE });
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("jwk", json!({})),
        ("jku", json!("https://evil.example")),
        ("x5c", json!([])),
        ("b64", json!(false)),
        ("kid", json!(1)),
    ] {
        let mut header = base.clone();
        header[name] = value;
        assert_eq!(check(&forged(&header, &claims(), by_ec)), Err(VerifyError::Header), "{name}");
    }
    for missing in ["alg", "kid", "typ"] {
        let mut header = base.clone();
        header.as_object_mut().unwrap().remove(missing);
        assert_eq!(check(&forged(&header, &claims(), by_ec)), Err(VerifyError::Header), "{missing}");
    }
}

#[test]
fn doubled_claims_are_refused() {
    let double = format!(r#"{{"iss":"x",{}"#, &claims().to_string()[1..]);
    let header = json!({ "alg": "ES256", "kid": EC.kid(), "typ": ACCESS_TOKEN_TYPE }).to_string();
    let signed = format!("{}.{}", base64url::encode(header.as_bytes()), base64url::encode(double.as_bytes()));
    let token = format!("{signed}.{}", base64url::encode(&by_ec(signed.as_bytes())));
    assert_eq!(check(&token), Err(VerifyError::Claims));
}

#[test]
fn every_edited_or_cut_token_is_refused() {
    let token = signed(&claims());
    for at in 0..token.len() {
        assert!(check(&token[..at]).is_err(), "cut at {at}");
        let mut edited = token.clone().into_bytes();
        edited[at] = if edited[at] == b'A' { b'B' } else { b'A' };
        assert!(check(std::str::from_utf8(&edited).unwrap()).is_err(), "edited at {at}");
    }
}

#[test]
fn other_shapes_are_refused() {
    let token = signed(&claims());
    for bad in
        [String::new(), ".".into(), "..".into(), "a.b.c.d".into(), format!("{token}.x"), format!("{token}.")]
    {
        assert!(check(&bad).is_err(), "{bad}");
    }
    assert_eq!(check(&format!("{token}.{token}")), Err(VerifyError::NotCompact));
    assert_eq!(check(&format!("{token}=")), Err(VerifyError::NotBase64Url));
    assert_eq!(check(&format!(" {token}")), Err(VerifyError::NotBase64Url));
    assert_eq!(check(&"a".repeat(MAX_LENGTH + 1)), Err(VerifyError::TooLong));
}

#[test]
fn signatures_of_odd_lengths_and_values_are_refused() {
    let header = json!({ "alg": "ES256", "kid": EC.kid(), "typ": ACCESS_TOKEN_TYPE });
    for length in [0, 1, 32, 63, 64, 65, 128] {
        for fill in [0, 0xff] {
            let token = forged(&header, &claims(), |_| vec![fill; length]);
            assert_eq!(check(&token), Err(VerifyError::Signature), "{length} {fill}");
        }
    }
}
