//! What a signed message may say (facts 38 to 47).

use super::*;

pub fn cases() -> Vec<Case> {
    [status(), parties(), subject(), times(), requests(), statements(), attributes()]
        .into_iter()
        .flatten()
        .collect()
}

fn status() -> Vec<Case> {
    let value = "urn:oasis:names:tc:SAML:2.0:status:";
    let code = |inner: &str| {
        let xml = base();
        let status = element(&xml, "samlp:Status");
        swap(&xml, &status, inner)
    };
    let failed = format!(
        "<samlp:Status><samlp:StatusCode Value=\"{value}Responder\"><samlp:StatusCode Value=\"{value}NoPassive\"/></samlp:StatusCode><samlp:StatusMessage>no</samlp:StatusMessage></samlp:Status>"
    );
    let without_assertion = |xml: &str| without(xml, "saml:Assertion");
    vec![
        case(
            "status-requester",
            "status_not_success",
            without_assertion(&code(&failed.replace("Responder", "Requester"))),
        ),
        case("status-no-passive", "status_not_success", without_assertion(&code(&failed))),
        case("status-failed-with-assertion", "status_not_success", sign_assertion(&code(&failed))),
        case(
            "status-success-nested-in-failure",
            "status_not_success",
            sign_assertion(&code(&failed.replace("NoPassive", "Success"))),
        ),
        case("status-missing", "status_malformed", sign_assertion(&code(""))),
        case("status-code-missing", "status_malformed", sign_assertion(&code("<samlp:Status/>"))),
        case(
            "status-code-without-value",
            "status_malformed",
            sign_assertion(&code("<samlp:Status><samlp:StatusCode/></samlp:Status>")),
        ),
        case(
            "status-code-twice",
            "status_malformed",
            sent(
                "</samlp:StatusCode>",
                &format!("</samlp:StatusCode><samlp:StatusCode Value=\"{value}Success\"/>"),
            ),
        ),
        case("status-twice", "status_malformed", sent("<samlp:Status>", "<samlp:Status/><samlp:Status>")),
        case("assertion-missing", "assertion_missing", without_assertion(&base())),
    ]
}

fn parties() -> Vec<Case> {
    let issuer = format!("<saml:Issuer>{IDP}</saml:Issuer>");
    let both_issuers = |new: &str| sign_assertion(&base().replace(&issuer, new));
    let assertion_issuer = |new: &str| {
        let xml = base();
        let assertion = element(&xml, "saml:Assertion");
        sign_assertion(&swap(&xml, &assertion, &swap(&assertion, &issuer, new)))
    };
    vec![
        case(
            "destination-wrong",
            "destination_mismatch",
            sent(&format!("Destination=\"{ACS}\""), "Destination=\"https://evil.example/acs\""),
        ),
        case(
            "destination-empty",
            "destination_mismatch",
            sent(&format!("Destination=\"{ACS}\""), "Destination=\"\""),
        ),
        case(
            "destination-with-slash",
            "destination_mismatch",
            sent(&format!("Destination=\"{ACS}\""), &format!("Destination=\"{ACS}/\"")),
        ),
        case(
            "destination-missing-on-signed-response",
            "destination_missing",
            sign_response(&swap(&base(), &format!(" Destination=\"{ACS}\""), "")),
        ),
        case(
            "issuers-wrong",
            "issuer_mismatch",
            both_issuers("<saml:Issuer>https://other.example</saml:Issuer>"),
        ),
        case(
            "response-issuer-wrong",
            "issuer_mismatch",
            sent(&issuer, "<saml:Issuer>https://other.example</saml:Issuer>"),
        ),
        case(
            "assertion-issuer-wrong",
            "issuer_mismatch",
            assertion_issuer("<saml:Issuer>https://other.example</saml:Issuer>"),
        ),
        case("assertion-issuer-missing", "issuer_missing", assertion_issuer("")),
        case("assertion-issuer-empty", "issuer_mismatch", assertion_issuer("<saml:Issuer/>")),
        case("assertion-issuer-twice", "element_repeated", assertion_issuer(&format!("{issuer}{issuer}"))),
        case(
            "response-issuer-missing-though-signed",
            "issuer_missing",
            sign_response(&swap(&base(), &issuer, "")),
        ),
        case(
            "issuer-format-email",
            "issuer_format",
            both_issuers(&issuer.replace(
                "Issuer>h",
                "Issuer Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\">h",
            )),
        ),
        case(
            "issuer-with-comment",
            "comment_in_text",
            both_issuers(&issuer.replace("example", "ex<!-- -->ample")),
        ),
        case(
            "audience-wrong",
            "audience_mismatch",
            sent(&format!("<saml:Audience>{SP}"), "<saml:Audience>https://other.example"),
        ),
        case("audience-empty", "audience_mismatch", sent(&format!("<saml:Audience>{SP}"), "<saml:Audience>")),
        case("audience-restriction-empty", "audience_mismatch", sent(&element(&base(), "saml:Audience"), "")),
        case(
            "audience-missing",
            "audience_missing",
            sign_assertion(&without(&base(), "saml:AudienceRestriction")),
        ),
        case("conditions-missing", "audience_missing", sign_assertion(&without(&base(), "saml:Conditions"))),
        case(
            "second-audience-restriction-foreign",
            "audience_mismatch",
            sent(
                "<saml:AudienceRestriction>",
                "<saml:AudienceRestriction><saml:Audience>https://x.example</saml:Audience></saml:AudienceRestriction><saml:AudienceRestriction>",
            ),
        ),
        case(
            "audience-in-foreign-namespace",
            "audience_mismatch",
            sent("<saml:Audience>", "<saml:Audience xmlns:saml=\"urn:x\">"),
        ),
        case(
            "condition-unknown",
            "unknown_condition",
            sent("<saml:AudienceRestriction>", "<saml:Condition xsi:type=\"x\"/><saml:AudienceRestriction>"),
        ),
        case(
            "audience-restriction-in-foreign-namespace",
            "unknown_condition",
            sent(
                "<saml:AudienceRestriction>",
                "<AudienceRestriction xmlns=\"urn:x\"/><saml:AudienceRestriction>",
            ),
        ),
        case(
            "condition-in-foreign-namespace",
            "unknown_condition",
            sent("<saml:AudienceRestriction>", "<x:OneTimeUse xmlns:x=\"urn:x\"/><saml:AudienceRestriction>"),
        ),
        case(
            "response-version-1-1",
            "version",
            sent("ID=\"_response\" Version=\"2.0\"", "ID=\"_response\" Version=\"1.1\""),
        ),
        case(
            "assertion-version-1-1",
            "version",
            sent("ID=\"_assertion\" Version=\"2.0\"", "ID=\"_assertion\" Version=\"1.1\""),
        ),
        case("version-missing", "version", sent("ID=\"_response\" Version=\"2.0\"", "ID=\"_response\"")),
    ]
}

fn subject() -> Vec<Case> {
    let name_id = element(&base(), "saml:NameID");
    let named = |new: &str| sent(&name_id, new);
    let data = |from: &str, to: &str| {
        let confirmation = element(&base(), "saml:SubjectConfirmation");
        sent(&confirmation, &swap(&confirmation, from, to))
    };
    let until = " NotOnOrAfter=\"2026-01-15T12:05:00Z\"";
    vec![
        case("name-id-missing", "name_id_missing", named("")),
        case("name-id-missing-and-stable-attribute-too", "name_id_missing", named("")).at("stable-attribute"),
        case(
            "stable-attribute-blank",
            "name_id_missing",
            sign_assertion(&swap(
                &swap(&without(&base(), "saml:NameID"), "Name=\"firstName\"", "Name=\"uid\""),
                ">Ada<",
                "> <",
            )),
        )
        .at("stable-attribute"),
        case("name-id-empty", "name_id_invalid", named("<saml:NameID/>")),
        case("name-id-blank", "name_id_invalid", named("<saml:NameID> \n </saml:NameID>")),
        case(
            "name-id-nil",
            "name_id_invalid",
            named("<saml:NameID xsi:nil=\"true\">ada@acme.example</saml:NameID>"),
        ),
        case(
            "name-id-long",
            "name_id_invalid",
            named(&format!("<saml:NameID>{}</saml:NameID>", "a".repeat(1025))),
        ),
        case(
            "name-id-qualifier-long",
            "value_too_long",
            named(&format!("<saml:NameID NameQualifier=\"{}\">a</saml:NameID>", "q".repeat(1025))),
        ),
        case(
            "assertion-id-long",
            "value_too_long",
            sign_response(&swap(&base(), "ID=\"_assertion\"", &format!("ID=\"_{}\"", "a".repeat(1024)))),
        ),
        case(
            "session-index-long",
            "value_too_long",
            sent("SessionIndex=\"", &format!("SessionIndex=\"{}", "s".repeat(1025))),
        ),
        case("name-id-twice", "element_repeated", named(&format!("{name_id}{name_id}"))),
        case(
            "name-id-split-by-comment",
            "comment_in_text",
            named("<saml:NameID>ada@acme.example<!-- -->.evil.example</saml:NameID>"),
        ),
        case(
            "name-id-split-by-comment-after-signing",
            "comment_in_text",
            tampered(">ada@acme.example<", ">ada<!---->@acme.example<"),
        ),
        case(
            "name-id-split-by-instruction",
            "comment_in_text",
            named("<saml:NameID>ada<?x?>@acme.example</saml:NameID>"),
        ),
        case(
            "name-id-with-element",
            "element_in_text",
            named("<saml:NameID>ada<b>@acme.example</b></saml:NameID>"),
        ),
        case(
            "name-id-for-another-provider",
            "sp_name_qualifier_mismatch",
            sent("<saml:NameID ", "<saml:NameID SPNameQualifier=\"https://other.example\" "),
        ),
        case("subject-missing", "subject_missing", sign_assertion(&without(&base(), "saml:Subject"))),
        case("subject-twice", "element_repeated", sent("<saml:Subject>", "<saml:Subject/><saml:Subject>")),
        case(
            "confirmation-missing",
            "bearer_missing",
            sign_assertion(&without(&base(), "saml:SubjectConfirmation")),
        ),
        case("confirmation-holder-of-key", "bearer_missing", data("cm:bearer", "cm:holder-of-key")),
        case(
            "confirmation-data-missing",
            "recipient_missing",
            sign_assertion(&without(&base(), "saml:SubjectConfirmationData")),
        ),
        case("recipient-missing", "recipient_missing", data(&format!(" Recipient=\"{ACS}\""), "")),
        case(
            "recipient-wrong",
            "recipient_mismatch",
            data(&format!("Recipient=\"{ACS}\""), "Recipient=\"https://evil.example/acs\""),
        ),
        case("confirmation-without-end", "confirmation_not_on_or_after_missing", data(until, "")),
        case(
            "confirmation-with-start",
            "confirmation_not_before",
            data(until, &format!(" NotBefore=\"2026-01-15T11:00:00Z\"{until}")),
        ),
        case("confirmation-expired", "confirmation_expired", data("12:05:00", "11:57:00")),
    ]
}

fn times() -> Vec<Case> {
    let conditions = |from: &str, to: &str| {
        let element = element(&base(), "saml:Conditions");
        sent(&element, &swap(&element, from, to))
    };
    let start =
        |value: &str| conditions("NotBefore=\"2026-01-15T11:59:55Z\"", &format!("NotBefore=\"{value}\""));
    let malformed = "instant_malformed";
    vec![
        case("conditions-expired-by-180-seconds", "expired", conditions("12:05:00", "11:57:00")),
        case("conditions-not-yet-valid-by-181-seconds", "not_yet_valid", start("2026-01-15T12:03:01Z")),
        case("expired-a-year-ago", "confirmation_expired", sign_assertion(&base().replace("2026-", "2025-"))),
        case(
            "response-from-the-future",
            "issued_in_future",
            sent("IssueInstant=\"2026-01-15T12:00:00Z\"", "IssueInstant=\"2026-01-15T12:03:01Z\""),
        ),
        case(
            "assertion-from-the-future",
            "issued_in_future",
            sent(
                "ID=\"_assertion\" Version=\"2.0\" IssueInstant=\"2026-01-15T12:00:00Z\"",
                "ID=\"_assertion\" Version=\"2.0\" IssueInstant=\"2026-01-15T12:03:01Z\"",
            ),
        ),
        case("issue-instant-missing", malformed, sent(" IssueInstant=\"2026-01-15T12:00:00Z\"", "")),
        case("instant-without-z", malformed, start("2026-01-15T11:59:55")),
        case("instant-with-offset", malformed, start("2026-01-15T11:59:55+01:00")),
        case("instant-leap-second", malformed, start("2026-01-15T11:59:60Z")),
        case("instant-year-10000", malformed, start("10000-01-15T11:59:55Z")),
        case("instant-negative-year", malformed, start("-2026-01-15T11:59:55Z")),
        case("instant-empty", malformed, start("")),
        case("instant-at-the-end-of-time", "not_yet_valid", start("9999-12-31T23:59:59Z")),
        case(
            "session-expired",
            "session_expired",
            sent(
                "SessionNotOnOrAfter=\"2026-01-15T20:00:00Z\"",
                "SessionNotOnOrAfter=\"2026-01-15T11:57:00Z\"",
            ),
        ),
        case(
            "authn-from-the-future",
            "authn_in_future",
            sent("AuthnInstant=\"2026-01-15T11:58:00Z\"", "AuthnInstant=\"2026-01-15T12:03:01Z\""),
        ),
        case(
            "forced-authn-not-done",
            "authn_too_old",
            sent("AuthnInstant=\"2026-01-15T11:58:00Z\"", "AuthnInstant=\"2026-01-15T11:56:29Z\""),
        )
        .at("force-authn"),
    ]
}

fn requests() -> Vec<Case> {
    let attribute = format!(" InResponseTo=\"{REQUEST}\"");
    let xml = base();
    let confirmation = element(&xml, "saml:SubjectConfirmation");
    let in_response =
        |new: &str| sent(&format!("{attribute}><saml:Issuer>"), &format!("{new}><saml:Issuer>"));
    let in_confirmation = |new: &str| sent(&confirmation, &swap(&confirmation, &attribute, new));
    vec![
        case(
            "in-response-to-another-request",
            "in_response_to_mismatch",
            sign_assertion(&xml.replace(REQUEST, "_other")),
        ),
        case(
            "in-response-to-differs-in-response",
            "in_response_to_mismatch",
            in_response(" InResponseTo=\"_other\""),
        ),
        case(
            "in-response-to-differs-in-confirmation",
            "in_response_to_mismatch",
            in_confirmation(" InResponseTo=\"_other\""),
        ),
        case("in-response-to-empty", "in_response_to_missing", {
            sign_assertion(&base().replace(&format!("InResponseTo=\"{REQUEST}\""), "InResponseTo=\"\""))
        }),
        case("in-response-to-missing-in-response", "in_response_to_missing", in_response("")),
        case("in-response-to-missing-in-confirmation", "in_response_to_missing", in_confirmation("")),
        case(
            "unsolicited-where-requested",
            "in_response_to_missing",
            sign_assertion(&xml.replace(&attribute, "")),
        ),
        case("unsolicited-with-in-response-to", "in_response_to_unexpected", sign_assertion(&xml))
            .at("unsolicited"),
        case("unsolicited-with-dummy", "accept", sign_assertion(&xml)).at("unsolicited-with-dummy"),
        case("unsolicited-with-dummy-left-out", "accept", sign_assertion(&xml.replace(&attribute, "")))
            .at("unsolicited-with-dummy"),
        case("unsolicited-with-in-response-to-in-confirmation", "in_response_to_unexpected", in_response(""))
            .at("unsolicited"),
    ]
}

fn statements() -> Vec<Case> {
    vec![
        case(
            "authn-statement-missing",
            "authn_statement_missing",
            sign_assertion(&without(&base(), "saml:AuthnStatement")),
        ),
        case(
            "authn-instant-missing",
            "instant_malformed",
            sent(" AuthnInstant=\"2026-01-15T11:58:00Z\"", ""),
        ),
        case("authn-context-weaker", "authn_context_mismatch", sign_assertion(&base())).at("mfa"),
        case(
            "authn-context-missing",
            "authn_context_mismatch",
            sign_assertion(&without(&base(), "saml:AuthnContext")),
        )
        .at("mfa"),
        case(
            "unknown-child-of-assertion",
            "unexpected_element",
            sent("<saml:Subject>", "<saml:Statement/><saml:Subject>"),
        ),
        case(
            "unknown-child-of-response",
            "unexpected_element",
            sent("<samlp:Status>", "<samlp:Other/><samlp:Status>"),
        ),
        case(
            "foreign-status-in-response",
            "unexpected_element",
            sent("<samlp:Status>", "<Status xmlns=\"urn:x\"/><samlp:Status>"),
        ),
        case(
            "subject-in-response",
            "unexpected_element",
            sent("<samlp:Status>", "<saml:Subject/><samlp:Status>"),
        ),
        case("text-in-response", "unexpected_text", sent("<samlp:Status>", "text<samlp:Status>")),
        case("text-in-assertion", "unexpected_text", sent("<saml:Subject>", "text<saml:Subject>")),
    ]
}

fn attributes() -> Vec<Case> {
    let first = "<saml:AttributeStatement>";
    let with = |attribute: &str| sent(first, &format!("{first}{attribute}"));
    vec![
        case("attribute-value-with-comment", "comment_in_text", sent(">Ada<", ">A<!-- -->da<")),
        case(
            "attribute-value-with-name-id",
            "element_in_text",
            sent(">Ada<", "><saml:NameID>eve@acme.example</saml:NameID><"),
        ),
        case("attribute-value-with-element", "element_in_text", sent(">Ada<", ">A<b>da</b><")),
        case(
            "attribute-value-nil",
            "attribute_null",
            sent(
                "<saml:AttributeValue xsi:type=\"xs:string\">Ada",
                "<saml:AttributeValue xsi:nil=\"true\">Ada",
            ),
        ),
        case(
            "attribute-value-nil-and-typed",
            "attribute_null",
            sent(
                "<saml:AttributeValue xsi:type=\"xs:string\">Ada",
                "<saml:AttributeValue xsi:type=\"xs:string\" xsi:nil=\"true\">Ada",
            ),
        ),
        case("attribute-without-name", "attribute_name_missing", with("<saml:Attribute/>")),
        case("attribute-with-blank-name", "attribute_name_missing", with("<saml:Attribute Name=\" \"/>")),
        case(
            "email-twice",
            "attribute_repeated",
            with(
                "<saml:Attribute Name=\"email\"><saml:AttributeValue>eve@acme.example</saml:AttributeValue></saml:Attribute>",
            ),
        ),
        case(
            "stable-attribute-twice",
            "attribute_repeated",
            with("<saml:Attribute Name=\"uid\"/><saml:Attribute Name=\"uid\"/>"),
        )
        .at("stable-attribute"),
    ]
}
