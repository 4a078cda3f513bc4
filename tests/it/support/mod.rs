//! What the tests share: a database each, and a gateway on top of it.

pub mod database;
pub mod gateway;
pub mod races;

pub use database::{Kind, TestDatabase};
pub use gateway::Gateway;

/// Declares a test that runs on SQLite and on PostgreSQL, each time on a database of its own.
///
/// ```ignore
/// on_both_databases! {
///     async fn a_user_can_sign_in(gateway: Gateway) { ... }
/// }
/// ```
macro_rules! on_both_databases {
    ($($(#[$meta:meta])* async fn $name:ident($given:ident: $type:ty) $body:block)*) => {$(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn run($given: $type) $body

            #[actix_web::test]
            async fn sqlite() {
                run(<$type>::start($crate::support::Kind::Sqlite).await).await
            }

            #[actix_web::test]
            async fn postgres() {
                run(<$type>::start($crate::support::Kind::Postgres).await).await
            }
        }
    )*};
}
pub(crate) use on_both_databases;
