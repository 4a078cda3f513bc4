//! The people of Acme, the demo's customer.

/// Somebody who can be signed in as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account<'a> {
    /// The address, which is also the NameID.
    pub email: &'a str,
    /// The given name.
    pub first_name: &'a str,
    /// The family name.
    pub last_name: &'a str,
    /// Groups by name.
    pub groups: &'a [&'a str],
}

/// The accounts that the page offers.
pub const ACCOUNTS: &[Account<'static>] = &[
    Account { email: "user@acme.example", first_name: "Uma", last_name: "Sherman", groups: &["Staff"] },
    Account {
        email: "ada@acme.example",
        first_name: "Ada",
        last_name: "Moreno",
        groups: &["Staff", "Engineering"],
    },
    Account {
        email: "kofi@acme.example",
        first_name: "Kofi",
        last_name: "Adler",
        groups: &["Staff", "Finance"],
    },
    Account {
        email: "mei@acme.example",
        first_name: "Mei",
        last_name: "Lindqvist",
        groups: &["Staff", "IT Admins"],
    },
];
