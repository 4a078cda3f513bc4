//! What clients write beside the grammar of filters, where it can mean one thing alone. Parser and binding say what they met;
//! whoever asks them decides whether it is taken.

use std::collections::BTreeSet;

/// What a filter has beside the grammar.
pub type Tolerances = BTreeSet<Tolerance>;

/// One form beside the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tolerance {
    /// A text without quotes, `externalId eq abc`.
    UnquotedText,
    /// `"True"`, or `True`, for a boolean.
    BooleanText,
    /// A number for a text, or a text for a number.
    NumberText,
    /// A complex attribute compared as if it were its `value`, `emails eq "a@b.example"`.
    ComplexCompared,
    /// A sub-attribute behind a selection, `emails[type eq "work"].value eq "a@b.example"`.
    SubOfSelection,
}

impl Tolerance {
    /// What is wrong with it.
    pub fn fault(self) -> &'static str {
        match self {
            Self::UnquotedText => "a text stands in quotes",
            Self::BooleanText => "a boolean is true or false, without quotes",
            Self::NumberText => "a number is compared with a text",
            Self::ComplexCompared => "a complex attribute is compared; name its sub-attribute",
            Self::SubOfSelection => "nothing can follow a selection; name the sub-attribute in the brackets",
        }
    }
}
