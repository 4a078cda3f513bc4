//! SCIM filters as SQL: what columns and rows can tell of a filter becomes a [`Predicate`], each value in it a bound
//! parameter. What they cannot tell is evaluated in memory by the caller, over no more rows than it allows.

mod compile;
mod emails;
mod groups;
mod texts;
mod users;

pub use compile::{Compiled, Resource, compile};
pub(in crate::store) use groups::condition as on_groups;
pub(in crate::store) use texts::escaped;
pub(in crate::store) use users::condition as on_users;

use crate::{model::ids::GroupId, store::fixed::condition};

condition! {
    /// Of every row.
    Yes = "TRUE"
}
condition! {
    /// Of no row.
    No = "FALSE"
}
condition! {
    /// A user who is there and may not sign in.
    Inactive = "users.status = 'inactive'"
}
condition! {
    /// A group with a member: the first is enough, whereas a list of all memberships is as long as they are.
    NotEmpty = "EXISTS (SELECT 1 FROM group_members WHERE group_members.group_id = groups.id)"
}

/// A condition on users or groups. Every part is true or false, never unknown, so that `not` means what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Predicate {
    /// Holds for all.
    Always,
    /// All of them hold.
    And(Vec<Predicate>),
    /// One of them holds.
    Or(Vec<Predicate>),
    /// It does not hold.
    Not(Box<Predicate>),
    /// The text of a column.
    Text(TextColumn, TextTest),
    /// There is no text in the column.
    Missing(TextColumn),
    /// The milliseconds of a column.
    Time(TimeColumn, Order, i64),
    /// `active` is assigned and has this value.
    Active(bool),
    /// `active` is assigned.
    ActiveAssigned,
    /// One of the addresses of a user is like this.
    Email(EmailTest),
    /// A user is a member of one of the groups.
    MemberOf(Vec<GroupId>),
    /// A user is a member of the group or of a group within it, by its id as the client gave it.
    Within(String),
    /// A group has this member.
    HasMember(String),
    /// A group has any member.
    HasMembers,
}

impl Predicate {
    /// Whether an index leads to the few rows of which it can hold.
    pub fn is_selective(&self) -> bool {
        match self {
            Self::And(parts) => parts.iter().any(Self::is_selective),
            Self::Or(parts) => parts.iter().all(Self::is_selective),
            Self::Text(_, TextTest::Equal(_) | TextTest::Ordered(Order::Same, _)) | Self::HasMember(_) => {
                true
            }
            Self::Email(test) => test.is_selective(),
            _ => false,
        }
    }

    /// Whether it is about one row by a name of its own.
    pub fn is_of_one(&self) -> bool {
        use TextColumn::{ExternalId, Id, UserName};
        let is_name = |column: &TextColumn| matches!(column, Id | UserName | ExternalId);
        matches!(self, Self::Text(column, TextTest::Equal(_) | TextTest::Ordered(Order::Same, _)) if is_name(column))
    }

    /// Whether it is one test at the most. Statements of those are kept, as there are few of them; of all the others a
    /// client could make as many as it likes.
    pub(in crate::store) fn is_one_test(&self) -> bool {
        !matches!(
            self,
            Self::And(_) | Self::Or(_) | Self::Not(_) | Self::Email(_) | Self::MemberOf(_) | Self::Within(_)
        )
    }
}

/// A condition that says nothing, and keeps a statement from being kept.
pub(in crate::store) fn not_kept() -> diesel::expression::SqlLiteral<diesel::sql_types::Bool> {
    diesel::dsl::sql("TRUE")
}

/// Columns of text. Names that compare without case are compared folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextColumn {
    /// `id`
    Id,
    /// `externalId`
    ExternalId,
    /// `userName`, for users.
    UserName,
    /// `displayName`
    DisplayName,
}

/// Columns of instants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeColumn {
    /// `meta.created`
    Created,
    /// `meta.lastModified`
    LastModified,
}

/// What a text is compared with, folded where the column is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextTest {
    /// There is one that is not empty.
    Present,
    /// Equal.
    Equal(String),
    /// Contains.
    Contains(String),
    /// Starts with.
    StartsWith(String),
    /// Ends with; only for folded columns.
    EndsWith(String),
    /// By order of code points.
    Ordered(Order, String),
}

/// The orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Greater.
    After,
    /// Greater or equal.
    NotBefore,
    /// Less.
    Before,
    /// Less or equal.
    NotAfter,
    /// Equal.
    Same,
}

/// A condition on one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmailTest {
    /// All of them hold for the same address.
    And(Vec<EmailTest>),
    /// One of them holds.
    Or(Vec<EmailTest>),
    /// It does not hold.
    Not(Box<EmailTest>),
    /// Its folded value.
    Value(TextTest),
    /// Its folded type.
    Type(TextTest),
    /// It is the primary one.
    Primary,
    /// Any address.
    Any,
}

impl EmailTest {
    fn is_selective(&self) -> bool {
        match self {
            Self::And(parts) => parts.iter().any(Self::is_selective),
            Self::Or(parts) => parts.iter().all(Self::is_selective),
            Self::Value(TextTest::Equal(_)) => true,
            _ => false,
        }
    }
}

/// By which column a page is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortColumn {
    /// A text.
    Text(TextColumn),
    /// An instant.
    Time(TimeColumn),
}

/// How a page is ordered; equal ones by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sorting {
    /// The column.
    pub column: SortColumn,
    /// Whether the largest comes first.
    pub descending: bool,
}

/// Which rows to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// What must hold.
    pub predicate: Predicate,
    /// The order; by id where there is none.
    pub sorting: Option<Sorting>,
    /// So many are passed over.
    pub offset: i64,
    /// So many are read.
    pub limit: i64,
}
