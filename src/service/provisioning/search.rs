//! Lists: what columns answer goes to SQL; the rest of a filter or an order is evaluated over a bounded number of rows.

use std::collections::{HashMap, HashSet, VecDeque};

use super::{
    Collection, ProvisioningError, ScimTenant, Shown,
    bookmarks::Bookmark,
    collection::show,
    cursor::{self, Mark},
    groups::MAX_LEVELS,
    order::{left, sorting},
};
use crate::{
    model::ids::GroupId,
    scim::{
        BoundSort, SortKey,
        filter::{BoundFilter, bind_noting, matches},
        list::{Page, Query},
        projection::Projection,
    },
    service::Context,
    store::{
        StoreError, Tx,
        scim_filter::{Compiled, Order, Predicate, Selection, Sorting, TextColumn, TextTest, compile},
        scim_groups,
    },
};

/// The most rows that are looked at one by one.
const MAX_SCAN: i64 = 5_000;

/// How many of them are held at once: a row may be as large as a body.
const SCAN_PAGE: usize = 100;

/// How many rows of a page are read at once, for the same reason: of the last ones only as many as the page has room for.
const PORTION: usize = 128;

/// How much looking one search may cost: bytes of rows, each read once and once more for each term of the filter. What a
/// row weighs and what is asked of it are the client's to choose. 5,000 ordinary users and a few terms stay below it.
const MAX_LOOK: usize = 128 * 1024 * 1024;
const READ_COST: usize = 4;

/// How many members the groups of one page have together, unless its first group alone has more: then the others of these
/// are written as they are read.
const PAGE_MEMBERS: usize = 20_000;

/// How many they are where they are only looked at: no more than one search may cost at the least.
const LOOK_MEMBERS: usize = MAX_LOOK / (200 * (READ_COST + 1));

/// A page ends early, after one resource at the least, where it would hold more than so many bytes.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// A page of what was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// How many there are on all pages; not counted again for later pages by cursor.
    pub total: Option<usize>,
    /// The cursor of the next page, where pages go by cursor and there is one.
    pub next: Option<String>,
    /// Those on this page.
    pub items: Vec<Shown>,
    /// Where the last of them is a group that has more members than a page: with what [`members_after`] goes on.
    ///
    /// [`members_after`]: super::members_after
    pub more: Option<String>,
}

/// The resources of the connection that match (RFC 7644 section 3.4.2).
pub async fn list<C: Collection>(
    cx: &Context,
    tenant: &ScimTenant,
    query: &Query,
) -> Result<Found, ProvisioningError> {
    // Refused before a connection to the database is taken.
    let search = Search::<C>::new(cx, tenant, query)?;
    let is_costly = search.is_costly(tenant, &query.projection);
    let is_of_one = !is_costly && search.is_of_one();
    let _turn = if is_costly { cx.provisioning.costly_turn(tenant).await } else { None };
    if is_of_one && let Some(found) = one_at_a_glance(cx, tenant, query, search).await? {
        return Ok(found);
    }
    let name = cursor::fingerprint(C::resource_type(tenant.catalog).endpoint, query);
    let (known, since) = cx.provisioning.bookmark(cx, tenant, &name);
    let (context, held, query) = (cx.clone(), tenant.clone(), query.clone());
    let page = move |tx: &mut Tx<'_>| page_within::<C>(tx, &context, &held, &query, known);
    let (found, left) = cx.store.read(page).await?;
    if let Some(left) = left {
        cx.provisioning.keep_bookmark(cx, tenant, name, since, left);
    }
    Ok(found)
}

/// The one resource of a name, or that there is none: what providers ask before each create. Nothing where it takes longer:
/// there are several, or there is much beside it.
async fn one_at_a_glance<C: Collection>(
    cx: &Context,
    tenant: &ScimTenant,
    query: &Query,
    search: Search<C>,
) -> Result<Option<Found>, ProvisioningError> {
    let (of, shown) = (tenant.clone(), query.projection.clone());
    // One more tells whether there are several.
    let selection = Selection { predicate: search.predicate, sorting: None, offset: 0, limit: 2 };
    let look = move |tx: &mut Tx<'_>| {
        let rows = C::page(tx, &of, &selection)?;
        let little = match rows.as_slice() {
            [] => Some((C::Beside::default(), None)),
            [row] => C::gather_little(tx, &of, row, &shown)?,
            _ => None,
        };
        let Some((beside, more)) = little else { return Ok(None) };
        let items = show::<C>(&of, &rows, &beside, &shown)?;
        Ok(Some(Found { total: Some(items.len()), next: None, items, more }))
    };
    cx.store.glance(look).await
}

/// The same within a transaction.
pub(super) fn list_within<C: Collection>(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    query: &Query,
) -> Result<Found, ProvisioningError> {
    Ok(page_within::<C>(tx, cx, tenant, query, None)?.0)
}

/// The same with what an earlier page has left; and what this one leaves.
fn page_within<C: Collection>(
    tx: &mut Tx<'_>,
    cx: &Context,
    tenant: &ScimTenant,
    query: &Query,
    known: Option<Bookmark>,
) -> Result<(Found, Option<Bookmark>), ProvisioningError> {
    let search = Search::<C> { known, ..Search::new(cx, tenant, query)? };
    let Hits { total, rows, beside, more, next, left } = search.run(tx, tenant, &query.projection)?;
    let items = show::<C>(tenant, &rows, &beside, &query.projection)?;
    let endpoint = C::resource_type(tenant.catalog).endpoint;
    let next = next.map(|mark| cursor::seal(cx, tenant, endpoint, query, &mark)).transpose()?;
    let total = total.and_then(|total| usize::try_from(total).ok());
    Ok((Found { total, next, items, more }, left))
}

/// A query made ready for the store.
struct Search<C> {
    predicate: Predicate,
    /// What must be evaluated in memory.
    filter: Option<BoundFilter>,
    sort: Option<BoundSort>,
    sorting: Option<Sorting>,
    start: Start,
    count: usize,
    known: Option<Bookmark>,
    collection: std::marker::PhantomData<C>,
}

/// Where the page begins.
enum Start {
    Offset(usize),
    First,
    After(Mark),
}

struct Hits<C: Collection> {
    total: Option<i64>,
    rows: Vec<C::Row>,
    beside: C::Beside,
    more: Option<String>,
    next: Option<Mark>,
    left: Option<Bookmark>,
}

impl<C: Collection> Search<C> {
    fn new(cx: &Context, tenant: &ScimTenant, query: &Query) -> Result<Self, ProvisioningError> {
        let resource_type = C::resource_type(tenant.catalog);
        let mut met = query.tolerated.clone();
        let filter = query.filter.as_ref().map(|filter| bind_noting(filter, resource_type, &mut met));
        let filter = filter.transpose()?;
        tenant.tolerate(&met)?;
        let Compiled { predicate, is_exact } = match &filter {
            Some(filter) => compile(filter, C::COLUMNS),
            None => Compiled { predicate: Predicate::Always, is_exact: true },
        };
        let sort = query.sort.as_ref().map(|sort| sort.bind(resource_type)).transpose()?;
        let start = match &query.page {
            Page::Index(start) => Start::Offset(start - 1),
            Page::Cursor(None) => Start::First,
            Page::Cursor(Some(text)) => {
                Start::After(cursor::open(cx, tenant, resource_type.endpoint, query, text)?)
            }
        };
        Ok(Self {
            predicate,
            filter: filter.filter(|_| !is_exact),
            sorting: sort.as_ref().and_then(sorting),
            sort,
            start,
            count: query.count,
            known: None,
            collection: std::marker::PhantomData,
        })
    }

    /// Whether it may take long: all but what an index finds at once.
    fn is_costly(&self, tenant: &ScimTenant, shown: &Projection) -> bool {
        let shows_much = C::IS_COSTLY_TO_LIST
            && shown.shows(C::resource_type(tenant.catalog), C::COSTLY)
            && self.count > 0;
        shows_much || !self.is_by_columns() || !self.predicate.is_selective()
    }

    /// Whether it asks for the first page of what has a name of its own.
    fn is_of_one(&self) -> bool {
        let is_first = matches!(self.start, Start::Offset(0) | Start::First);
        is_first && self.count > 0 && self.predicate.is_of_one()
    }

    /// Whether columns answer all of it.
    fn is_by_columns(&self) -> bool {
        self.filter.is_none() && self.sort.is_some() == self.sorting.is_some()
    }

    fn run(
        mut self,
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        shown: &Projection,
    ) -> Result<Hits<C>, ProvisioningError> {
        let mut room = MAX_WITHIN;
        self.predicate = expanded(tx, tenant, self.predicate, &mut room)?;
        if self.is_by_columns() {
            Ok(self.by_columns(tx, tenant, shown)?)
        } else {
            self.by_looking(tx, tenant, shown)
        }
    }

    fn by_columns(
        self,
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        shown: &Projection,
    ) -> Result<Hits<C>, StoreError> {
        let counted = !matches!(self.start, Start::After(_));
        let known = |offset| self.known.as_ref().filter(|known| known.passed == offset)?.last.as_ref();
        let (passed, by_cursor, past) = match &self.start {
            Start::Offset(offset) => (to_i64(*offset), false, known(to_i64(*offset))),
            Start::First => (0, true, None),
            Start::After(Mark::Offset(offset)) => (to_i64(*offset), true, None),
            Start::After(mark) => (0, true, Some(mark)),
        };
        // One more tells whether there is a next page.
        let limit = to_i64(self.count) + i64::from(by_cursor);
        let from = match past {
            None if passed > 0 => (VecDeque::from([Predicate::Always]), passed),
            past => (left(past, self.sorting, C::COLUMNS), 0),
        };
        let (mut rows, is_end) = self.rows(tx, tenant, from, limit)?;
        // A page that is not full says itself how many there are: whoever asks for one user pays for one question.
        let shows_all = is_end && (!rows.is_empty() || passed == 0);
        let total = match (counted, shows_all, &self.known) {
            (false, ..) => None,
            (true, true, _) => Some(passed + to_i64(rows.len())),
            // Nobody is left where more were counted: then the count is too old.
            (true, false, Some(known)) if !rows.is_empty() || self.count == 0 => Some(known.total),
            (true, false, _) => Some(C::count(tx, tenant, &self.predicate)?),
        };
        let found = rows.len();
        rows.truncate(self.count);
        let (beside, more) = fill_page::<C>(tx, tenant, &mut rows, shown, PAGE_MEMBERS)?;
        let last = rows.last().map(|row| self.mark(row));
        let left = total.filter(|_| !shows_all && !by_cursor).map(|total| Bookmark {
            total,
            passed: passed + to_i64(rows.len()),
            last: last.clone().or_else(|| past.cloned()),
        });
        let next = last.filter(|_| by_cursor && (rows.len() < found || !is_end));
        Ok(Hits { total, rows, beside, more, next, left })
    }

    /// At most so many rows of these parts, the first of them passed over, as far as a page has room for them; and whether there
    /// are no more behind them.
    fn rows(
        &self,
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        (mut parts, mut offset): (VecDeque<Predicate>, i64),
        limit: i64,
    ) -> Result<(Vec<C::Row>, bool), StoreError> {
        let (mut rows, mut bytes) = (Vec::new(), 0);
        let mut wanted = if self.count == 0 { 0 } else { limit };
        while wanted > 0 && bytes <= PAGE_BYTES {
            let Some(part) = parts.front() else { break };
            let (predicate, limit) = (both(&self.predicate, part), wanted.min(to_i64(PORTION)));
            let selection = Selection { predicate, sorting: self.sorting, offset, limit };
            let portion = C::page(tx, tenant, &selection)?;
            let found = to_i64(portion.len());
            (offset, wanted) = (0, wanted - found);
            bytes += portion.iter().map(C::size).sum::<usize>();
            rows.extend(portion);
            if found < limit {
                parts.pop_front();
            } else if let Some(last) = rows.last() {
                parts = left(Some(&self.mark(last)), self.sorting, C::COLUMNS);
            }
        }
        Ok((rows, parts.is_empty()))
    }

    /// Where a page ends whose last row this is.
    fn mark(&self, row: &C::Row) -> Mark {
        let id = C::identity(row).0.to_owned();
        match self.sorting {
            Some(sorting) => Mark::Value(C::sort_value(row, sorting.column), id),
            None => Mark::Id(id),
        }
    }

    /// Looks at each row that the columns leave, a few at a time, and keeps what to sort them by.
    fn by_looking(
        self,
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
        shown: &Projection,
    ) -> Result<Hits<C>, ProvisioningError> {
        let mut hits = self.hits(tx, tenant)?;
        if let Some(sort) = &self.sort {
            hits.sort_by(|(a, _), (b, _)| sort.compare(a, b));
        }
        let (offset, by_cursor) = match self.start {
            Start::Offset(offset) => (offset, false),
            Start::After(Mark::Offset(offset)) => (offset, true),
            Start::First | Start::After(_) => (0, true),
        };
        let ids: Vec<String> = hits.iter().skip(offset).take(self.count).map(|(_, id)| id.clone()).collect();
        let (mut rows, mut bytes) = (Vec::new(), 0);
        for some in ids.chunks(PORTION) {
            let found = C::of_ids(tx, tenant, some)?;
            bytes += found.iter().map(C::size).sum::<usize>();
            let mut by_id: HashMap<String, C::Row> =
                found.into_iter().map(|row| (C::identity(&row).0.to_owned(), row)).collect();
            rows.extend(some.iter().filter_map(|id| by_id.remove(id)));
            if bytes > PAGE_BYTES {
                break;
            }
        }
        let (beside, more) = fill_page::<C>(tx, tenant, &mut rows, shown, PAGE_MEMBERS)?;
        let end = offset.saturating_add(rows.len());
        let next = (by_cursor && self.count > 0 && end < hits.len()).then_some(Mark::Offset(end));
        Ok(Hits { total: Some(to_i64(hits.len())), rows, beside, more, next, left: None })
    }

    /// What matches, in the order of ids.
    fn hits(
        &self,
        tx: &mut Tx<'_>,
        tenant: &ScimTenant,
    ) -> Result<Vec<(SortKey, String)>, ProvisioningError> {
        if C::count(tx, tenant, &self.predicate)? > MAX_SCAN {
            return Err(ProvisioningError::TooManyResults);
        }
        let resource_type = C::resource_type(tenant.catalog);
        let costly = self.filter.as_ref().is_some_and(|filter| filter.ast().mentions(C::COSTLY))
            || self.sort.as_ref().is_some_and(|sort| sort.path().name == C::COSTLY);
        let looked_at = if costly { Projection::everything() } else { Projection::without(C::COSTLY) };
        let terms = self.filter.as_ref().map_or(0, |filter| filter.ast().terms());
        let (mut hits, mut last, mut room) = (Vec::new(), String::new(), MAX_LOOK);
        loop {
            let past = Predicate::Text(TextColumn::Id, TextTest::Ordered(Order::After, last.clone()));
            let predicate = Predicate::And(vec![self.predicate.clone(), past]);
            let selection = Selection { predicate, sorting: None, offset: 0, limit: to_i64(SCAN_PAGE) };
            let mut rows = C::page(tx, tenant, &selection)?;
            let found = rows.len();
            let (beside, more) = fill_page::<C>(tx, tenant, &mut rows, &looked_at, LOOK_MEMBERS)?;
            if more.is_some() {
                return Err(ProvisioningError::TooManyResults);
            }
            let bytes = rows.iter().map(C::size).sum::<usize>() + C::size_beside(&beside);
            let cost = bytes * (READ_COST + terms);
            room = room.checked_sub(cost).ok_or(ProvisioningError::TooManyResults)?;
            let whole = C::render(tenant, &rows, &beside)?;
            for (row, whole) in rows.iter().zip(whole) {
                if self.filter.as_ref().is_none_or(|filter| matches(filter, resource_type, &whole)) {
                    let key = self.sort.as_ref().map_or(SortKey::Missing, |sort| sort.key(&whole));
                    hits.push((key, C::identity(row).0.to_owned()));
                }
            }
            match rows.last() {
                Some(row) if found == SCAN_PAGE || rows.len() < found => last = C::identity(row).0.to_owned(),
                _ => return Ok(hits),
            }
        }
    }
}

/// Reads what is beside the rows, of as many of them as one page may hold. Clients go on after what they got, since a
/// server may give them fewer than they ask for (RFC 7644 section 3.4.2.4, RFC 9865 section 2.1).
fn fill_page<C: Collection>(
    tx: &mut Tx<'_>,
    tenant: &ScimTenant,
    rows: &mut Vec<C::Row>,
    shown: &Projection,
    most: usize,
) -> Result<(C::Beside, Option<String>), StoreError> {
    let mut bytes = 0_usize;
    let fitting = rows.iter().take_while(|row| {
        let is_first = bytes == 0;
        bytes = bytes.saturating_add(C::size(row).max(1));
        is_first || bytes <= PAGE_BYTES
    });
    let fitting = fitting.count();
    rows.truncate(fitting);
    C::gather(tx, tenant, rows, shown, most)
}

/// What both say.
fn both(base: &Predicate, part: &Predicate) -> Predicate {
    match (base, part) {
        (Predicate::Always, one) | (one, Predicate::Always) => one.clone(),
        (base, part) => Predicate::And(vec![base.clone(), part.clone()]),
    }
}

/// The most groups that a filter may stand for: each is a bound value, of which SQLite takes 32,766 in a statement.
const MAX_WITHIN: usize = 10_000;

/// With every `Within` as the group and all groups inside it. `room` is how many groups may still be named.
fn expanded(
    tx: &mut Tx<'_>,
    tenant: &ScimTenant,
    predicate: Predicate,
    room: &mut usize,
) -> Result<Predicate, ProvisioningError> {
    let mut all = |parts: Vec<Predicate>| -> Result<Vec<Predicate>, ProvisioningError> {
        parts.into_iter().map(|part| expanded(tx, tenant, part, room)).collect()
    };
    Ok(match predicate {
        Predicate::And(parts) => Predicate::And(all(parts)?),
        Predicate::Or(parts) => Predicate::Or(all(parts)?),
        Predicate::Not(inner) => Predicate::Not(Box::new(expanded(tx, tenant, *inner, room)?)),
        Predicate::Within(id) => match GroupId::parse(&id) {
            Ok(_) => Predicate::MemberOf(with_descendants(tx, tenant, id, room)?),
            Err(_) => Predicate::Or(Vec::new()),
        },
        other => other,
    })
}

fn with_descendants(
    tx: &mut Tx<'_>,
    tenant: &ScimTenant,
    id: String,
    room: &mut usize,
) -> Result<Vec<GroupId>, ProvisioningError> {
    let mut next = scim_groups::existing(tx, &tenant.connection.id, &[id])?;
    let mut seen: HashSet<GroupId> = next.iter().cloned().collect();
    for _ in 1..MAX_LEVELS {
        if next.is_empty() || seen.len() > *room {
            break;
        }
        let children = scim_groups::children(tx, &tenant.organization.id, &next)?;
        next =
            children.into_iter().map(|(_, child)| child).filter(|child| seen.insert(child.clone())).collect();
    }
    let too_many = ProvisioningError::TooManyMembers("the filter is about more than 10000 nested groups");
    *room = room.checked_sub(seen.len()).ok_or(too_many)?;
    Ok(seen.into_iter().collect())
}

fn to_i64(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
