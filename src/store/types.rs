//! How the model's types are stored: ids and closed sets as text, instants as milliseconds.

use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromStaticSqlRow, Queryable},
    expression::AsExpression,
    internal::derives::as_expression::Bound,
    serialize::{self, Output, ToSql},
    sql_types::{BigInt, Nullable, Text},
};

use crate::model::{
    AuthFactor, ConnectionStatus, DeactivatedBy, DomainMethod, FlowState, MatchedBy, OrganizationStatus,
    SigningAlgorithm, SpKeyPurpose, SubjectKind, Timestamp, TokenEndpointAuthMethod, UserStatus, ids::*,
    secret::TokenHash,
};

/// What `derive(AsExpression, FromSqlRow)` would make, for types that may not know diesel.
macro_rules! expression {
    ($($ty:ty: $sql:ty;)*) => {$(
        impl AsExpression<$sql> for $ty {
            type Expression = Bound<$sql, Self>;
            fn as_expression(self) -> Self::Expression { Bound::new(self) }
        }
        impl<'a> AsExpression<$sql> for &'a $ty {
            type Expression = Bound<$sql, Self>;
            fn as_expression(self) -> Self::Expression { Bound::new(self) }
        }
        impl<'a, 'b> AsExpression<$sql> for &'b &'a $ty {
            type Expression = Bound<$sql, Self>;
            fn as_expression(self) -> Self::Expression { Bound::new(self) }
        }
        impl AsExpression<Nullable<$sql>> for $ty {
            type Expression = Bound<Nullable<$sql>, Self>;
            fn as_expression(self) -> Self::Expression { Bound::new(self) }
        }
        impl<'a> AsExpression<Nullable<$sql>> for &'a $ty {
            type Expression = Bound<Nullable<$sql>, Self>;
            fn as_expression(self) -> Self::Expression { Bound::new(self) }
        }
        impl<'a, 'b> AsExpression<Nullable<$sql>> for &'b &'a $ty {
            type Expression = Bound<Nullable<$sql>, Self>;
            fn as_expression(self) -> Self::Expression { Bound::new(self) }
        }
        impl<DB: Backend> ToSql<Nullable<$sql>, DB> for $ty
        where
            Self: ToSql<$sql, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                ToSql::<$sql, DB>::to_sql(self, out)
            }
        }
        impl<DB: Backend, ST> Queryable<ST, DB> for $ty
        where
            Self: FromStaticSqlRow<ST, DB>,
        {
            type Row = Self;
            fn build(row: Self) -> deserialize::Result<Self> { Ok(row) }
        }
    )*};
}

macro_rules! text {
    ($($ty:ty => $parse:expr;)*) => {
        expression! { $($ty: Text;)* }
        $(
            impl<DB: Backend> ToSql<Text, DB> for $ty
            where
                str: ToSql<Text, DB>,
            {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                    ToSql::<Text, DB>::to_sql(self.as_str(), out)
                }
            }
            impl<DB: Backend> FromSql<Text, DB> for $ty
            where
                String: FromSql<Text, DB>,
            {
                fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
                    let text = <String as FromSql<Text, DB>>::from_sql(bytes)?;
                    let parse: fn(String) -> deserialize::Result<Self> = $parse;
                    parse(text)
                }
            }
        )*
    };
}

macro_rules! parsed_text {
    ($($ty:ty),* $(,)?) => { text! { $($ty => |text| Ok(<$ty>::parse(&text)?);)* } };
}

parsed_text! {
    ProjectId, OrganizationId, DomainId, UserId, IdentityId, SessionId, RefreshTokenId, GroupId,
    SamlConnectionId, SamlIdpKeyId, SamlSpKeyId, ScimConnectionId, ScimApiKeyId, ScimOauthClientId, ScimTraceId,
    OidcConnectionId, OauthClientId,
    OauthClientSecretId, AuthorizationCodeId, SigningKeyId, LoginFlowId, BackendApiKeyId, RoleId, RoleMappingId,
    UserRoleAssignmentId,
    AuditLogEventId, EventId, LoginTraceId, SetupLinkId, SamlTestLoginId,
    AuthFactor, ConnectionStatus, DeactivatedBy, DomainMethod, FlowState, MatchedBy, OrganizationStatus,
    SigningAlgorithm, SpKeyPurpose, SubjectKind, TokenEndpointAuthMethod, UserStatus,
}

text! { TokenHash => |text| Ok(TokenHash::from_stored(text)); }

expression! { Timestamp: BigInt; }

impl<DB: Backend> ToSql<BigInt, DB> for Timestamp
where
    i64: ToSql<BigInt, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        ToSql::<BigInt, DB>::to_sql(self.millis_ref(), out)
    }
}

impl<DB: Backend> FromSql<BigInt, DB> for Timestamp
where
    i64: FromSql<BigInt, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::from_millis(<i64 as FromSql<BigInt, DB>>::from_sql(bytes)?))
    }
}
