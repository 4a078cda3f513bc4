//! What real identity providers send, rewritten into what the strict core takes. Each rewrite has a name, a
//! provider and a reason, and says when it was used, so that an admin can see what their provider does. None of
//! them guesses at meaning: each maps one known form to the one thing it can mean.

mod body;
mod keys;
mod operations;
mod provider;
mod urns;
mod values;

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "`json!` in a call reads best by value")]
mod tests;

use std::collections::BTreeSet;

pub use body::{rewrite_body, rewrite_message};
pub use operations::rewrite_patch;
pub use provider::Provider;

use super::filter::Tolerance;

/// The rewrites that a request needed.
pub type Rewrites = BTreeSet<Rewrite>;

/// One known deviation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rewrite {
    /// `"True"` where a boolean belongs.
    BooleanText,
    /// `Add`, `Replace`, `Remove`.
    CapitalOperation,
    /// The elements to remove are listed in the value.
    RemoveWithValue,
    /// `name.givenName` or `urn:...:department` as a key of a value without path.
    KeyAsPath,
    /// An operation on a selection that selects nothing creates the element.
    CreateAbsent,
    /// `id`, `meta` and the like in the value of a PATCH, as they were read.
    EchoedReadOnly,
    /// An array with one element where a single value belongs.
    ListOfOne,
    /// A URN that differs from a known one in its colons.
    NearMissUrn,
    /// The URNs of SCIM 1.1, with either version number.
    OldUrn,
    /// A text where an object with a `value` belongs, empty to remove it.
    PlainForComplex,
    /// An attribute of an extension among those of the base schema.
    ExtensionAtTopLevel,
    /// More than one primary element in one list.
    SeveralPrimaries,
    /// `"schemas": []`.
    EmptySchemas,
    /// No `schemas` at all.
    NoSchemas,
    /// `{"members": [...]}` where the members belong.
    WrappedValue,
    /// `"7"` where a number belongs, or 7 where a text does.
    NumberText,
    /// A text without quotes in a filter.
    UnquotedValue,
    /// A complex attribute where its `value` belongs, in a filter.
    ComparedComplex,
    /// `emails[type eq "work"].value eq ...` in a filter.
    SubOfSelection,
    /// A create that has come before.
    RepeatedCreate,
    /// A certificate in lines, or without its padding.
    LooseBinary,
}

impl Rewrite {
    /// Every rewrite.
    pub const ALL: [Self; 21] = [
        Self::BooleanText,
        Self::CapitalOperation,
        Self::RemoveWithValue,
        Self::KeyAsPath,
        Self::CreateAbsent,
        Self::EchoedReadOnly,
        Self::ListOfOne,
        Self::NearMissUrn,
        Self::OldUrn,
        Self::PlainForComplex,
        Self::ExtensionAtTopLevel,
        Self::SeveralPrimaries,
        Self::EmptySchemas,
        Self::NoSchemas,
        Self::WrappedValue,
        Self::NumberText,
        Self::UnquotedValue,
        Self::ComparedComplex,
        Self::SubOfSelection,
        Self::RepeatedCreate,
        Self::LooseBinary,
    ];

    /// The stable name, for counters and logs.
    pub fn code(self) -> &'static str {
        match self {
            Self::BooleanText => "boolean_text",
            Self::CapitalOperation => "capital_operation",
            Self::RemoveWithValue => "remove_with_value",
            Self::KeyAsPath => "key_as_path",
            Self::CreateAbsent => "create_absent",
            Self::EchoedReadOnly => "echoed_read_only",
            Self::ListOfOne => "list_of_one",
            Self::NearMissUrn => "near_miss_urn",
            Self::OldUrn => "old_urn",
            Self::PlainForComplex => "plain_for_complex",
            Self::ExtensionAtTopLevel => "extension_at_top_level",
            Self::SeveralPrimaries => "several_primaries",
            Self::EmptySchemas => "empty_schemas",
            Self::NoSchemas => "no_schemas",
            Self::WrappedValue => "wrapped_value",
            Self::NumberText => "number_text",
            Self::UnquotedValue => "unquoted_value",
            Self::ComparedComplex => "compared_complex",
            Self::SubOfSelection => "sub_of_selection",
            Self::RepeatedCreate => "repeated_create",
            Self::LooseBinary => "loose_binary",
        }
    }

    /// What is sent, in words for an admin, and who is known to send it: whoever does, it is true of them.
    pub fn explanation(self) -> String {
        format!("{}, as {}", self.reason(), self.known_of())
    }

    fn known_of(self) -> &'static str {
        match self {
            Self::EchoedReadOnly => "Okta does",
            Self::OldUrn => "OneLogin does",
            Self::SeveralPrimaries => "PingFederate does",
            Self::ComparedComplex => "PingFederate and Microsoft Entra ID do",
            Self::EmptySchemas => "WSO2 Identity Server does",
            Self::NoSchemas => "midPoint and authentik do",
            Self::WrappedValue | Self::NumberText => "Apache Syncope does",
            Self::RepeatedCreate => "Rippling does",
            // Which of them do is not known.
            Self::LooseBinary => "some directories do",
            Self::KeyAsPath => "Microsoft Entra ID does with the flag aadOptscim062020",
            _ => "Microsoft Entra ID does",
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Self::BooleanText => "sends booleans as the texts True and False",
            Self::CapitalOperation => "writes the operations of a PATCH with a capital letter",
            Self::RemoveWithValue => "lists the members to remove in the value, not in the path",
            Self::KeyAsPath => "puts paths in the keys of a value",
            Self::CreateAbsent => "sets values of an email, phone or address that does not exist yet",
            Self::EchoedReadOnly => "sends back what it has read and cannot set",
            Self::ListOfOne => "wraps single values in a list",
            Self::NearMissUrn => "sends the URN of the enterprise extension with a colon missing",
            Self::OldUrn => "sends the schema URNs of SCIM 1.1",
            Self::PlainForComplex => {
                "sends a plain text for the manager or an address, and an empty one to remove it"
            }
            Self::ExtensionAtTopLevel => "sends attributes of the enterprise extension outside of it",
            Self::SeveralPrimaries => "marks several addresses as primary, of which the first one counts",
            Self::EmptySchemas => "leaves the list of schemas empty",
            Self::NoSchemas => "leaves the list of schemas out",
            Self::WrappedValue => "puts the members into an object of the same name",
            Self::NumberText => {
                "sends a value in the type that it has there, a number as text or a text as number"
            }
            Self::UnquotedValue => "compares with texts without quotes in filters",
            Self::ComparedComplex => "compares addresses and the manager as if they were texts in filters",
            Self::SubOfSelection => "names a sub-attribute behind a selection in filters",
            Self::LooseBinary => "breaks certificates into lines, or leaves their padding out",
            Self::RepeatedCreate => "sends a create again, and is answered with the user that is there",
        }
    }
}

impl From<Tolerance> for Rewrite {
    fn from(tolerance: Tolerance) -> Self {
        match tolerance {
            Tolerance::UnquotedText => Self::UnquotedValue,
            Tolerance::BooleanText => Self::BooleanText,
            Tolerance::NumberText => Self::NumberText,
            Tolerance::ComplexCompared => Self::ComparedComplex,
            Tolerance::SubOfSelection => Self::SubOfSelection,
        }
    }
}
