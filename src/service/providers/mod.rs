//! Identity providers as data: how each names our values, what it sends by default, its quirks, and how its metadata is
//! recognised. One file per provider in `idp-configs/`, compiled in; a new provider is a new file and a line here.

mod config;
mod detect;

use std::sync::LazyLock;

use figment::providers::{Format as _, Toml};

pub use config::{
    Claims, Detection, Fact, MappedAttribute, Provider, ProviderError, Saml, Scim, Setting, Source, SpField,
    SpValue,
};
pub use detect::{detect, detect_by};

/// The provider of a connection whose provider is not known.
pub const GENERIC: &str = "generic";

/// The files, in the order in which people are asked to choose. The generic one is the last.
const FILES: &[&str] = &[
    include_str!("../../../idp-configs/okta.toml"),
    include_str!("../../../idp-configs/entra.toml"),
    include_str!("../../../idp-configs/google.toml"),
    include_str!("../../../idp-configs/onelogin.toml"),
    include_str!("../../../idp-configs/jumpcloud.toml"),
    include_str!("../../../idp-configs/pingone.toml"),
    include_str!("../../../idp-configs/pingfederate.toml"),
    include_str!("../../../idp-configs/auth0.toml"),
    include_str!("../../../idp-configs/keycloak.toml"),
    include_str!("../../../idp-configs/adfs.toml"),
    include_str!("../../../idp-configs/rippling.toml"),
    include_str!("../../../idp-configs/cyberark.toml"),
    include_str!("../../../idp-configs/duo.toml"),
    include_str!("../../../idp-configs/lastpass.toml"),
    include_str!("../../../idp-configs/authentik.toml"),
    include_str!("../../../idp-configs/shibboleth.toml"),
    include_str!("../../../idp-configs/simplesamlphp.toml"),
    include_str!("../../../idp-configs/generic.toml"),
];

static PROVIDERS: LazyLock<Vec<Provider>> = LazyLock::new(|| {
    // Compiled in, and read by a test: a file that cannot be read does not get into a build.
    FILES.iter().map(|text| Toml::from_str(text).expect("the provider files are read by a test")).collect()
});

/// The names that are recognised with no mapping: the generic ones, then what any provider adds.
static RECOGNISED: LazyLock<Claims> = LazyLock::new(|| {
    let mut all = generic().saml.claims.clone();
    for provider in PROVIDERS.iter() {
        let own = &provider.saml.claims;
        for (names, more) in [
            (&mut all.email, &own.email),
            (&mut all.first_name, &own.first_name),
            (&mut all.last_name, &own.last_name),
            (&mut all.display_name, &own.display_name),
            (&mut all.groups, &own.groups),
            (&mut all.groups_link, &own.groups_link),
        ] {
            for name in more {
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
        }
    }
    all
});

/// Every provider, in the order in which people are asked to choose.
pub fn all() -> &'static [Provider] {
    &PROVIDERS
}

/// The provider of this id, else the generic one.
pub fn of(id: &str) -> &'static Provider {
    find(id).unwrap_or_else(generic)
}

/// The provider of this id.
pub fn find(id: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|provider| provider.id == id)
}

/// What is recognised without any mapping, whoever sends it.
pub fn recognised() -> &'static Claims {
    &RECOGNISED
}

fn generic() -> &'static Provider {
    // The last file, and a test says that it is there.
    PROVIDERS.last().expect("there is a generic provider")
}

#[cfg(test)]
mod tests;
