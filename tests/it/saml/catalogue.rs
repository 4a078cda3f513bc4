//! The catalogue of attacks, line by line: which cases and which tests stand for each. A line without one fails.

use std::{collections::BTreeSet, fs, path::Path};

use super::cases::all;

/// What stands for a line.
enum By {
    /// Cases of the corpus.
    Cases(&'static [&'static str]),
    /// Tests, by file below `tests/it` and name.
    Tests(&'static [(&'static str, &'static str)]),
}
use By::{Cases, Tests};

const CATALOGUE: &[(u8, By)] = &[
    // Signature wrapping.
    (1, Cases(&["xsw1-response-inside-signature"])),
    (2, Cases(&["xsw2-response-before-signature"])),
    (
        3,
        Cases(&["xsw3-evil-before-genuine", "xsw3-evil-after-genuine", "okta-evil-first", "entra-evil-last"]),
    ),
    (4, Cases(&["xsw4-evil-around-genuine", "keycloak-evil-around", "encrypted-evil-around-genuine"])),
    (5, Cases(&["xsw5-genuine-appended"])),
    (6, Cases(&["xsw6-genuine-inside-signature", "encrypted-genuine-inside-signature"])),
    (
        7,
        Cases(&[
            "xsw7-genuine-in-extensions",
            "xsw7-evil-in-extensions",
            "encrypted-genuine-evil-in-extensions",
        ]),
    ),
    (8, Cases(&["xsw8-genuine-in-object", "object-in-signature"])),
    (9, Cases(&["genuine-in-status-detail", "genuine-only-in-status-detail", "response-in-status-detail"])),
    (10, Cases(&["foreign-digest-value-in-extensions"])),
    (
        11,
        Cases(&["doctype-internal-entity", "signature-in-namespace-with-u-0080", "default-namespace-twice"]),
    ),
    (12, Cases(&["two-signed-infos", "evil-signed-info-first", "signed-info-after-value"])),
    (13, Cases(&["comment-in-digest-value", "element-in-digest-value"])),
    (14, Cases(&["instruction-in-signature-value", "name-id-split-by-instruction"])),
    (15, Cases(&["xsw3-evil-before-genuine", "genuine-in-status-detail", "response-inside-response"])),
    (16, Cases(&["relative-namespace-in-assertion", "digest-value-of-nothing"])),
    (
        17,
        Cases(&[
            "doctype-attribute-default",
            "doctype-billion-laughs",
            "assertion-appended-to-signed-response",
        ]),
    ),
    (18, Cases(&["name-id-edited", "attribute-added", "both-signed-assertion-edited"])),
    (19, Cases(&["id-twice", "id-as-xml-id", "id-as-Id", "id-as-lower-case", "id-in-foreign-namespace"])),
    (
        20,
        Cases(&[
            "id-empty",
            "reference-uri-bare-hash",
            "reference-uri-missing",
            "reference-uri-empty",
            "reference-uri-http",
            "reference-uri-file",
            "reference-uri-cid",
            "reference-uri-xpointer",
        ]),
    ),
    (
        21,
        Cases(&["two-references", "no-reference", "reference-type-manifest", "reference-to-a-third-element"]),
    ),
    (
        22,
        Cases(&[
            "two-signatures-on-assertion",
            "two-signatures-on-response",
            "two-signatures-of-two-keys",
            "signature-inside-subject",
            "signature-beside-assertion",
        ]),
    ),
    (
        23,
        Cases(&[
            "transform-xpath",
            "transform-xslt",
            "transform-base64",
            "transform-with-comments",
            "transform-three",
            "inclusive-c14n-without-switch",
            "inclusive-by-switch",
        ]),
    ),
    (
        24,
        Cases(&[
            "prefix-list-huge",
            "prefix-list-too-long",
            "prefix-list-of-undeclared-prefixes",
            "prefix-list-changed",
        ]),
    ),
    (25, Cases(&["id-only-in-foreign-namespace", "attribute-twice"])),
    (
        26,
        Cases(&[
            "response-in-foreign-namespace",
            "assertion-in-foreign-namespace",
            "prefix-redefined-inside",
            "no-namespace",
        ]),
    ),
    (
        27,
        Cases(&[
            "response-inside-response",
            "assertion-as-root",
            "genuine-in-advice",
            "unsigned-in-advice-of-genuine",
        ]),
    ),
    (28, Cases(&["two-roots", "garbage-before", "garbage-after"])),
    (
        29,
        Cases(&[
            "signature-stripped",
            "signature-stripped-and-edited",
            "attribute-edited",
            "carriage-return-added",
            "space-added-between-elements",
        ]),
    ),
    (30, Cases(&["assertion-appended-to-signed-response", "encrypted-evil-appended-to-signed-response"])),
    // Keys and algorithms.
    (31, Cases(&["hmac-keyed-with-pem", "hmac-keyed-with-der", "hmac-keyed-with-public-key"])),
    (
        32,
        Cases(&[
            "signed-by-a-stranger-with-own-certificate",
            "key-value-in-key-info",
            "retrieval-method-in-key-info",
            "key-name-in-key-info",
        ]),
    ),
    (
        33,
        Cases(&[
            "issuers-wrong",
            "response-issuer-wrong",
            "assertion-issuer-wrong",
            "okta-from-another-issuer",
        ]),
    ),
    (
        34,
        Cases(&[
            "rsa-sha1",
            "digest-sha1",
            "rsa-md5",
            "dsa-sha1",
            "rsa-pss-salt-0",
            "ecdsa-value-short",
            "ecdsa-value-as-der",
            "algorithm-unknown",
            "rsa-claimed-for-an-ec-key",
        ]),
    ),
    (35, Tests(&[("saml/keys.rs", "dates_of_certificates_are_warnings")])),
    (
        36,
        Cases(&[
            "long-signature-lines",
            "signature-value-with-other-characters",
            "signature-value-without-padding",
            "digest-value-trailing-bits",
            "signature-value-url-safe",
        ]),
    ),
    (37, Cases(&["no-signing-keys", "no-signing-keys-and-unsigned"])),
    // Protocol.
    (
        38,
        Cases(&[
            "status-requester",
            "status-missing",
            "status-code-twice",
            "status-success-nested-in-failure",
        ]),
    ),
    (
        39,
        Cases(&[
            "destination-wrong",
            "recipient-wrong",
            "destination-missing-on-signed-response",
            "recipient-missing",
        ]),
    ),
    (
        40,
        Cases(&[
            "audience-wrong",
            "audience-missing",
            "second-audience-restriction-foreign",
            "two-restrictions-both-ours",
        ]),
    ),
    (
        41,
        Cases(&[
            "confirmation-expired",
            "conditions-expired-by-180-seconds",
            "conditions-not-yet-valid-by-181-seconds",
            "response-from-the-future",
            "session-expired",
            "confirmation-with-start",
            "confirmation-without-end",
            "instant-without-z",
            "instant-with-offset",
            "instant-leap-second",
            "instant-year-10000",
        ]),
    ),
    (
        42,
        Tests(&[
            ("sso/replay.rs", "a_response_is_used_once"),
            ("sso/replay.rs", "an_assertion_is_used_once_whatever_is_around_it"),
            ("sso/replay.rs", "of_many_at_once_one_wins"),
        ]),
    ),
    (
        43,
        Cases(&[
            "in-response-to-another-request",
            "unsolicited-where-requested",
            "unsolicited-with-in-response-to",
            "in-response-to-differs-in-confirmation",
            "in-response-to-differs-in-response",
        ]),
    ),
    (43, Tests(&[("sso/browser.rs", "r07_a_response_in_another_browser_is_refused")])),
    (
        44,
        Cases(&[
            "response-issuer-wrong",
            "assertion-issuer-missing",
            "issuer-format-email",
            "no-response-issuer",
        ]),
    ),
    (
        45,
        Cases(&[
            "response-version-1-1",
            "assertion-version-1-1",
            "confirmation-holder-of-key",
            "authn-statement-missing",
            "condition-unknown",
            "one-time-use",
        ]),
    ),
    (
        46,
        Cases(&[
            "name-id-empty",
            "name-id-blank",
            "name-id-for-another-provider",
            "no-name-id-but-stable-attribute",
            "name-id-split-by-comment-after-signing",
            "attribute-value-with-comment",
            "email-twice",
            "attribute-value-with-element",
            "attribute-value-nil",
        ]),
    ),
    (47, Cases(&["authn-context-weaker", "forced-authn-not-done", "status-no-passive"])),
    // XML and transport.
    (
        48,
        Cases(&[
            "doctype-empty",
            "doctype-internal-entity",
            "doctype-parameter-entity",
            "doctype-external-file",
            "doctype-external-http",
            "doctype-entity-file",
            "doctype-billion-laughs",
            "doctype-attribute-default",
        ]),
    ),
    (
        49,
        Cases(&[
            "deep-100",
            "deep-200000",
            "attributes-10000",
            "namespaces-redeclared",
            "namespaces-of-their-own",
            "prefixes-looked-up",
            "siblings-100000",
            "one-text-of-900-kb",
            "thousands-of-groups",
            "too-large",
        ]),
    ),
    (
        50,
        Cases(&[
            "truncated",
            "root-unclosed",
            "prefix-undeclared",
            "nul-byte",
            "control-character",
            "surrogate-in-utf-8",
            "overlong-utf-8",
        ]),
    ),
    (
        51,
        Cases(&[
            "utf-16-with-bom",
            "utf-32",
            "utf-7-declared",
            "declaration-and-bom",
            "latin1-declared-over-ascii",
        ]),
    ),
    (
        52,
        Tests(&[
            ("../../src/saml/binding/post.rs", "everything_else_is_refused"),
            ("../../src/saml/binding/post.rs", "wrapped_lines_are_read"),
            ("sso/endpoints.rs", "unusable_input_is_refused_by_its_status"),
        ]),
    ),
    (
        53,
        Tests(&[
            ("../../src/saml/binding/redirect.rs", "the_stream_is_raw_and_ends_the_message"),
            ("../../src/saml/binding/redirect.rs", "hostile_queries_are_refused"),
            ("saml/logout.rs", "a_query_counts_as_it_was_sent"),
            ("saml/logout.rs", "nothing_unsigned_is_believed"),
        ]),
    ),
    (
        54,
        Cases(&[
            "encrypted-to-somebody-else",
            "encrypted-cbc-padding-zero",
            "encrypted-aes128-cbc-without-outer-signature",
            "encrypted-rsa-1-5",
            "encrypted-tag-of-15-bytes",
            "encrypted-content-truncated",
            "encrypted-cipher-reference",
            "encrypted-to-others-as-well",
            "encrypted-five-keys",
            "encrypted-nested-data",
            "name-id-encrypted",
            "attribute-encrypted",
            "encrypted-evil-beside-genuine",
        ]),
    ),
    (
        55,
        Tests(&[
            ("saml/logout.rs", "nothing_unsigned_is_believed"),
            ("saml/logout.rs", "who_and_where_and_when"),
            ("saml/logout.rs", "sessions_are_several_or_all"),
            ("saml/logout.rs", "a_response_answers_the_request_that_was_made"),
        ]),
    ),
    (
        56,
        Tests(&[
            ("saml/metadata.rs", "a_pin_demands_its_signature"),
            ("saml/metadata.rs", "lifetimes_are_the_shortest"),
            ("saml/metadata.rs", "one_of_thousands_is_chosen"),
            ("saml/metadata.rs", "unusable_metadata_says_why"),
            ("saml/metadata.rs", "browsers_are_sent_to_https_only"),
            ("sso/metadata.rs", "r25_nothing_inside_is_called_and_no_redirect_followed"),
        ]),
    ),
    (
        57,
        Tests(&[
            ("../../src/saml/binding/redirect.rs", "what_is_encoded_decodes"),
            ("sso/idp_initiated.rs", "r09_a_foreign_deep_link_is_left_out"),
            ("sso/idp_initiated.rs", "r09_a_deep_link_beyond_2048_bytes_is_none"),
        ]),
    ),
];

#[test]
fn every_line_has_something_that_stands_for_it() {
    let lines: BTreeSet<u8> = CATALOGUE.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, (1..=57).collect());
    let names: BTreeSet<&str> = all().iter().map(|case| case.name.as_str()).collect();
    let mut missing = Vec::new();
    for (line, by) in CATALOGUE {
        match by {
            Cases(cases) => {
                missing.extend(cases.iter().filter(|c| !names.contains(**c)).map(|c| format!("{line}: {c}")));
            }
            Tests(tests) => {
                for (file, test) in *tests {
                    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it").join(file);
                    let text = fs::read_to_string(path).unwrap_or_default();
                    if !text.contains(&format!("fn {test}(")) {
                        missing.push(format!("{line}: {file} {test}"));
                    }
                }
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
