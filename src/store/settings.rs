//! Facts about this installation itself.

use diesel::prelude::*;

use super::{StoreError, Tx, schema::settings};

/// The facts about this installation itself, such as whether it was made by `demo`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = settings)]
pub struct Setting {
    pub name: String,
    pub value: String,
}

/// The value of a setting.
pub fn find(tx: &mut Tx<'_>, name: &str) -> Result<Option<String>, StoreError> {
    Ok(settings::table.find(name).select(settings::value).get_result(tx.connection).optional()?)
}

/// Writes a setting that is not there yet.
pub fn insert(tx: &mut Tx<'_>, setting: &Setting) -> Result<(), StoreError> {
    diesel::insert_into(settings::table).values(setting).execute(tx.connection)?;
    Ok(())
}
