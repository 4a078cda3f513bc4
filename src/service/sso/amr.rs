//! From the AuthnContext class that a provider names to the authentication methods of RFC 8176.

const CLASSES: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:";

/// The methods. `second_factor`: the connection says that this class counts as one (R11).
pub(super) fn methods(class: Option<&str>, second_factor: bool) -> Vec<String> {
    let class = class.and_then(|class| class.strip_prefix(CLASSES)).unwrap_or_default();
    let method = match class {
        "Password" | "PasswordProtectedTransport" => Some("pwd"),
        "Smartcard" | "SmartcardPKI" => Some("sc"),
        "TimeSyncToken" => Some("otp"),
        "MobileOneFactorUnregistered" | "MobileOneFactorContract" => Some("swk"),
        _ => None,
    };
    let second_factor = second_factor.then_some("mfa");
    method.into_iter().chain(second_factor).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_connection_counts_is_a_second_factor() {
        let of = |class: &str, mfa| methods(Some(&format!("{CLASSES}{class}")), mfa);
        assert_eq!(of("PasswordProtectedTransport", false), ["pwd"]);
        assert_eq!(of("TimeSyncToken", true), ["otp", "mfa"]);
        assert_eq!((of("Password", false), of("Smartcard", false)), (vec!["pwd".into()], vec!["sc".into()]));
        assert_eq!(of("MobileOneFactorContract", false), ["swk"]);
        assert_eq!(of("MobileTwoFactorContract", false), [""; 0]);
        assert_eq!(methods(Some("https://refeds.org/profile/mfa"), true), ["mfa"]);
        assert_eq!(methods(None, false), [""; 0]);
    }
}
