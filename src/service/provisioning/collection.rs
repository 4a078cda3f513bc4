//! What users and groups have in common: each use-case once, over what a resource type says about itself.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Held, ProvisioningError, ScimTenant, error::TAKEN};
use crate::{
    model::Timestamp,
    scim::{
        ScimError,
        dialect::{rewrite_body, rewrite_patch},
        etag,
        patch::Patch,
        projection::Projection,
        resource::{Member, members_of},
        schema::{Catalog, ResourceType},
    },
    service::Context,
    store::{
        StoreError, Tx,
        scim_filter::{self, Predicate, Selection, SortColumn},
    },
};

/// A resource as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Its id.
    pub id: String,
    /// The number of its changes.
    pub version: i64,
    /// Its absolute address.
    pub location: String,
    /// What is shown of it.
    pub body: Value,
}

/// The outcome of a create.
#[derive(Debug, Clone, PartialEq)]
pub struct Created {
    /// The resource.
    pub shown: Shown,
    /// Of a group with many members, as in [`get`].
    pub more: Option<String>,
    /// Whether it was not there for this connection before: new, restored or adopted. Otherwise a provider that is known
    /// to do so has sent its create again, and nothing changed.
    pub is_new: bool,
}

/// What a client wants of a resource that is there.
#[derive(Debug, Clone)]
pub enum Change {
    /// It becomes this (RFC 7644 section 3.5.1).
    Replace {
        /// The body.
        body: Value,
        /// Whom it names as members, which only a group has.
        members: Result<Vec<Member>, ScimError>,
    },
    /// These operations are applied to it (RFC 7644 section 3.5.2).
    Patch(Patch),
}

impl Change {
    /// A replace, read before there is a transaction.
    pub fn replace(body: Value) -> Self {
        Self::Replace { members: members_of(&body), body }
    }
}

/// What became of a change.
#[derive(Debug, Clone)]
pub enum Changed<Row> {
    /// It was made, or there was nothing to change.
    Done(Row),
    /// It waits for an administrator until then; what is written stays written.
    Held(Timestamp),
}

/// What a create left.
#[derive(Debug, Clone)]
pub struct Made<Row> {
    /// The row.
    pub row: Row,
    /// False: it was there, and stays as it is.
    pub is_new: bool,
    /// Whether nothing can be beside it in other tables yet, so that nobody need look.
    pub is_alone: bool,
}

/// What other tables say of some rows; and where that is a part of it, with what it goes on after.
pub type Gathered<Beside> = (Beside, Option<String>);

/// A resource type of provisioning.
pub trait Collection: Send + Sync + 'static {
    /// Its row in the database.
    type Row: Clone + Send + 'static;
    /// What other tables say of some rows, as far as it is shown.
    type Beside: Default + Send + 'static;
    /// What the body of a create says.
    type Draft: Send + Sync + 'static;
    /// What a change names beside the row that it changes.
    type Met;

    /// The columns that filters find.
    const COLUMNS: scim_filter::Resource;
    /// The attribute that is costly to read.
    const COSTLY: &'static str;
    /// Whether a list that shows it is costly, however few resources it has.
    const IS_COSTLY_TO_LIST: bool;

    /// The attribute table.
    fn resource_type(catalog: Catalog) -> &'static ResourceType;
    /// Id and version.
    fn identity(row: &Self::Row) -> (&str, i64);
    /// What a sorted page goes on from: the value of the column.
    fn sort_value(row: &Self::Row, column: SortColumn) -> Value;

    /// The row of that id, if the connection holds it (R20).
    fn find(tx: &mut Tx<'_>, tenant: &ScimTenant, id: &str) -> Result<Self::Row, ProvisioningError>;
    /// The same, locked for a change.
    fn lock(tx: &mut Tx<'_>, tenant: &ScimTenant, id: &str) -> Result<Self::Row, ProvisioningError>;
    /// How many match.
    fn count(tx: &mut Tx<'_>, tenant: &ScimTenant, predicate: &Predicate) -> Result<i64, StoreError>;
    /// A page of them.
    fn page(tx: &mut Tx<'_>, tenant: &ScimTenant, page: &Selection) -> Result<Vec<Self::Row>, StoreError>;
    /// Those of the ids.
    fn of_ids(tx: &mut Tx<'_>, tenant: &ScimTenant, ids: &[String]) -> Result<Vec<Self::Row>, StoreError>;
    /// About how many bytes a row takes.
    fn size(row: &Self::Row) -> usize;
    /// About how many bytes there are beside rows.
    fn size_beside(beside: &Self::Beside) -> usize;
    /// Reads what is beside the rows of a page; what is costly only where the projection shows it. Where that would be too
    /// much for one page, rows at its end are dropped. Of a first row that alone has more than `most` beside it, only that
    /// much: with what [`members_after`] goes on, then.
    ///
    /// [`members_after`]: super::members_after
    fn gather(
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        rows: &mut Vec<Self::Row>,
        projection: &Projection,
        most: usize,
    ) -> Result<Gathered<Self::Beside>, StoreError>;
    /// The same of one row, where some of it may be left for later: then with what it goes on after.
    fn gather_one(
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        row: &Self::Row,
        projection: &Projection,
    ) -> Result<Gathered<Self::Beside>, StoreError>;
    /// The same, if it is no more than may be read where everybody waits meanwhile.
    fn gather_little(
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        row: &Self::Row,
        projection: &Projection,
    ) -> Result<Option<Gathered<Self::Beside>>, StoreError>;
    /// The rows as they are shown, before projection.
    fn render(
        tenant: &ScimTenant,
        rows: &[Self::Row],
        beside: &Self::Beside,
    ) -> Result<Vec<Map<String, Value>>, StoreError>;

    /// Checks the body of a create.
    fn draft(catalog: Catalog, body: &Value) -> Result<Self::Draft, ScimError>;
    /// A new id.
    fn new_id(cx: &Context) -> String;
    /// Creates it.
    fn create(
        tx: &mut Tx<'_>,
        cx: &Context,
        tenant: &ScimTenant,
        id: &str,
        draft: &Self::Draft,
    ) -> Result<Changed<Made<Self::Row>>, ProvisioningError>;
    /// Finds and locks what a change names, before the row of this id is.
    fn meet(
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        id: &str,
        change: &Change,
    ) -> Result<Self::Met, ProvisioningError>;
    /// Changes it. A change to what is there already writes nothing.
    fn change(
        tx: &mut Tx<'_>,
        cx: &Context,
        tenant: &ScimTenant,
        before: Self::Row,
        change: (&Change, &Self::Met),
    ) -> Result<Changed<Self::Row>, ProvisioningError>;
    /// Deletes it.
    fn delete(
        tx: &mut Tx<'_>,
        cx: &Context,
        tenant: &ScimTenant,
        before: Self::Row,
    ) -> Result<Changed<()>, ProvisioningError>;
}

/// Creates a resource (RFC 7644 section 3.3).
pub async fn create<C: Collection>(
    cx: &Context,
    tenant: &ScimTenant,
    mut body: Value,
    projection: &Projection,
) -> Result<Created, ProvisioningError> {
    let resource_type = C::resource_type(tenant.catalog);
    tenant.hear(|| rewrite_body(resource_type, &mut body));
    let draft = Arc::new(C::draft(tenant.catalog, &body)?);
    let id = C::new_id(cx);
    // Only what needs the database is done in the transaction: there is one writer for everybody.
    let written = once_more_if_taken(async || {
        let (context, of, looked_at) = (cx.clone(), tenant.clone(), projection.clone());
        let (draft, id) = (Arc::clone(&draft), id.clone());
        let written = cx.store.write(move |tx| {
            let made = match C::create(tx, &context, &of, &id, &draft)? {
                Changed::Done(made) => made,
                Changed::Held(until) => return Ok(Changed::Held(until)),
            };
            let beside = if made.is_alone {
                Some((C::Beside::default(), None))
            } else {
                C::gather_little(tx, &of, &made.row, &looked_at)?
            };
            Ok::<_, ProvisioningError>(Changed::Done((made, beside)))
        });
        written.await
    });
    match written.await? {
        Changed::Done((made, beside)) => {
            let (beside, more) = beside_of::<C>(cx, tenant, &made.row, projection, beside).await?;
            let shown = show_one::<C>(tenant, made.row, &beside, projection)?;
            Ok(Created { shown, more, is_new: made.is_new })
        }
        Changed::Held(until) => Err(Held { until, now: cx.now() }.into()),
    }
}

/// Does it a second time where another request took a name or an address after it had looked: the answer to what is there
/// now may be another one (decision 010). A third time is no longer a race.
async fn once_more_if_taken<T>(
    attempt: impl AsyncFn() -> Result<T, ProvisioningError>,
) -> Result<T, ProvisioningError> {
    match attempt().await {
        Err(ProvisioningError::Conflict(TAKEN)) => attempt().await,
        outcome => outcome,
    }
}

/// One resource of the connection. Of a group with many members the first ones: then with what [`members_after`] goes on.
///
/// [`members_after`]: super::members_after
pub async fn get<C: Collection>(
    cx: &Context,
    tenant: &ScimTenant,
    id: &str,
    projection: &Projection,
) -> Result<(Shown, Option<String>), ProvisioningError> {
    // A group may have many members to show.
    if !C::IS_COSTLY_TO_LIST {
        let (id, of, looked_at) = (id.to_owned(), tenant.clone(), projection.clone());
        let look = move |tx: &mut Tx<'_>| {
            let row = C::find(tx, &of, &id)?;
            let Some((beside, more)) = C::gather_little(tx, &of, &row, &looked_at)? else { return Ok(None) };
            Ok::<_, ProvisioningError>(Some((show_one::<C>(&of, row, &beside, &looked_at)?, more)))
        };
        if let Some(shown) = cx.store.glance(look).await? {
            return Ok(shown);
        }
    }
    let (id, tenant, projection) = (id.to_owned(), tenant.clone(), projection.clone());
    let look = move |tx: &mut Tx<'_>| {
        let row = C::find(tx, &tenant, &id)?;
        let (beside, more) = C::gather_one(tx, &tenant, &row, &projection)?;
        Ok((show_one::<C>(&tenant, row, &beside, &projection)?, more))
    };
    cx.store.read(look).await
}

/// Replaces a resource (RFC 7644 section 3.5.1). The answer is as that of [`get`].
pub async fn replace<C: Collection>(
    cx: &Context,
    tenant: &ScimTenant,
    target: Target<'_>,
    mut body: Value,
    projection: &Projection,
) -> Result<(Shown, Option<String>), ProvisioningError> {
    tenant.hear(|| rewrite_body(C::resource_type(tenant.catalog), &mut body));
    change::<C>(cx, tenant, target, Change::replace(body), projection).await
}

/// Patches a resource (RFC 7644 section 3.5.2). The answer is as that of [`get`].
pub async fn patch<C: Collection>(
    cx: &Context,
    tenant: &ScimTenant,
    target: Target<'_>,
    mut body: Value,
    projection: &Projection,
) -> Result<(Shown, Option<String>), ProvisioningError> {
    let resource_type = C::resource_type(tenant.catalog);
    tenant.hear(|| rewrite_patch(resource_type, target.id, &mut body));
    let patch = Patch::parse(resource_type, &body)?;
    tenant.tolerate(patch.tolerated())?;
    change::<C>(cx, tenant, target, Change::Patch(patch), projection).await
}

/// Deletes a resource (RFC 7644 section 3.6).
pub async fn delete<C: Collection>(
    cx: &Context,
    tenant: &ScimTenant,
    target: Target<'_>,
) -> Result<(), ProvisioningError> {
    let (context, tenant, target) = (cx.clone(), tenant.clone(), target.to_owned());
    let deleted = cx.store.write(move |tx| {
        let before = C::lock(tx, &tenant, &target.id)?;
        target.check_version(C::identity(&before).1)?;
        C::delete(tx, &context, &tenant, before)
    });
    match deleted.await? {
        Changed::Done(()) => Ok(()),
        Changed::Held(until) => Err(Held { until, now: cx.now() }.into()),
    }
}

/// Which resource, and in which version (RFC 7644 section 3.14). None is demanded: providers send none.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The id in the path.
    pub id: &'a str,
    /// `If-Match`.
    pub if_match: Option<&'a str>,
}

struct OwnedTarget {
    id: String,
    if_match: Option<String>,
}

impl Target<'_> {
    fn to_owned(self) -> OwnedTarget {
        OwnedTarget { id: self.id.to_owned(), if_match: self.if_match.map(str::to_owned) }
    }
}

impl OwnedTarget {
    fn check_version(&self, version: i64) -> Result<(), ProvisioningError> {
        if etag::if_match_holds(self.if_match.as_deref(), version) {
            Ok(())
        } else {
            Err(ProvisioningError::Stale)
        }
    }
}

/// Locks, changes and saves in one transaction.
async fn change<C: Collection>(
    cx: &Context,
    tenant: &ScimTenant,
    target: Target<'_>,
    change: Change,
    projection: &Projection,
) -> Result<(Shown, Option<String>), ProvisioningError> {
    let change = Arc::new((change, target.to_owned()));
    let changed = once_more_if_taken(async || {
        let (context, of, looked_at) = (cx.clone(), tenant.clone(), projection.clone());
        let change = Arc::clone(&change);
        let changed = cx.store.write(move |tx| {
            let (change, target) = &*change;
            let met = C::meet(tx, &of, &target.id, change)?;
            let before = C::lock(tx, &of, &target.id)?;
            target.check_version(C::identity(&before).1)?;
            Ok::<_, ProvisioningError>(match C::change(tx, &context, &of, before, (change, &met))? {
                Changed::Done(row) => {
                    let beside = C::gather_little(tx, &of, &row, &looked_at)?;
                    Changed::Done((row, beside))
                }
                Changed::Held(until) => Changed::Held(until),
            })
        });
        changed.await
    });
    match changed.await? {
        Changed::Done((row, beside)) => {
            let (beside, more) = beside_of::<C>(cx, tenant, &row, projection, beside).await?;
            Ok((show_one::<C>(tenant, row, &beside, projection)?, more))
        }
        Changed::Held(until) => Err(Held { until, now: cx.now() }.into()),
    }
}

/// What is beside a row that was written; where that was too much to be read while everybody's writes wait, as it is now.
async fn beside_of<C: Collection>(
    cx: &Context,
    tenant: &ScimTenant,
    row: &C::Row,
    projection: &Projection,
    known: Option<Gathered<C::Beside>>,
) -> Result<Gathered<C::Beside>, StoreError> {
    let (row, tenant, projection) = match known {
        Some(known) => return Ok(known),
        None => (row.clone(), tenant.clone(), projection.clone()),
    };
    cx.store.read(move |tx: &mut Tx<'_>| C::gather_one(tx, &tenant, &row, &projection)).await
}

/// What is pushed is kept as it came, and a page of resources is read at once.
const MAX_STORED: usize = 128 * 1024;

/// Refuses attributes that a page could not bear.
pub(super) fn check_size(attributes: Option<&str>) -> Result<(), ProvisioningError> {
    if attributes.is_some_and(|text| text.len() > MAX_STORED) {
        return Err(ProvisioningError::TooLarge(MAX_STORED));
    }
    Ok(())
}

/// The rows as they are shown.
pub(super) fn show<C: Collection>(
    tenant: &ScimTenant,
    rows: &[C::Row],
    beside: &C::Beside,
    projection: &Projection,
) -> Result<Vec<Shown>, StoreError> {
    let resource_type = C::resource_type(tenant.catalog);
    let whole = C::render(tenant, rows, beside)?;
    let shown = rows.iter().zip(whole).map(|(row, whole)| {
        let (id, version) = C::identity(row);
        Shown {
            id: id.to_owned(),
            version,
            location: format!("{}{}/{id}", tenant.base, resource_type.endpoint),
            body: Value::Object(projection.apply(resource_type, whole)),
        }
    });
    Ok(shown.collect())
}

fn show_one<C: Collection>(
    tenant: &ScimTenant,
    row: C::Row,
    beside: &C::Beside,
    projection: &Projection,
) -> Result<Shown, StoreError> {
    let mut shown = show::<C>(tenant, &[row], beside, projection)?;
    shown.pop().ok_or_else(|| StoreError::Damaged("a row that is not shown".into()))
}
