//! Where pages by index ended, so that the next page of a search need not pass over all pages before it, nor count all
//! that matches: a provider that reads a directory page by page would pay for the whole of it with each page. A node
//! remembers it for its next page, for a few seconds, and until a change through the connection.

use super::cursor::Mark;
use crate::model::{Millis, Timestamp};

/// Changes on other nodes, by the operator, and of clients that did not wait for their answer, are seen in totals after so
/// long at the latest.
const LIFETIME: Millis = 10_000;

/// The most searches of one connection that are read page by page at once.
const KEPT: usize = 8;

/// What one page by index leaves for the next.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bookmark {
    /// How many resources match.
    pub(super) total: i64,
    /// How many of them came before the next page.
    pub(super) passed: i64,
    /// The last of those; nobody has looked where there is none.
    pub(super) last: Option<Mark>,
}

/// The bookmarks of one connection.
#[derive(Debug, Default)]
pub(super) struct Bookmarks {
    /// How many changes there were so far.
    changes: u64,
    kept: Vec<(String, Timestamp, Bookmark)>,
}

/// The state of a connection that a page was read in, at the earliest.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Since(u64);

impl Bookmarks {
    /// Something may have changed: what was read before it says nothing of what is there now.
    pub(super) fn invalidate(&mut self) {
        self.changes += 1;
        self.kept.clear();
    }

    /// What an earlier page of the search left, and the state to be named with what this one leaves.
    pub(super) fn find(&self, search: &str, now: Timestamp) -> (Option<Bookmark>, Since) {
        let good = |(of, until, _): &&(String, Timestamp, Bookmark)| of == search && *until > now;
        let found = self.kept.iter().find(good).map(|(_, _, bookmark)| bookmark.clone());
        (found, Since(self.changes))
    }

    /// Keeps what a page left, unless something has changed since it began to be read. The total ages from when it was
    /// counted, however many pages go by it.
    pub(super) fn keep(&mut self, search: String, since: Since, now: Timestamp, bookmark: Bookmark) {
        if since.0 != self.changes {
            return;
        }
        let before = self.kept.iter().position(|(of, ..)| *of == search).map(|at| self.kept.remove(at));
        let until = match before {
            Some((_, until, old)) if old.total == bookmark.total && until > now => until,
            _ => now.plus(LIFETIME),
        };
        if self.kept.len() == KEPT {
            self.kept.remove(0);
        }
        self.kept.push((search, until, bookmark));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn bookmark(total: i64, passed: i64) -> Bookmark {
        Bookmark { total, passed, last: Some(Mark::Id(format!("u{passed}"))) }
    }

    #[test]
    fn a_bookmark_is_for_its_search_and_ages_from_when_it_was_counted() {
        let mut bookmarks = Bookmarks::default();
        let (none, since) = bookmarks.find("a", at(0));
        assert_eq!(none, None);
        bookmarks.keep("a".into(), since, at(0), bookmark(9, 3));
        assert_eq!(bookmarks.find("b", at(0)).0, None);
        assert_eq!(bookmarks.find("a", at(5_000)).0, Some(bookmark(9, 3)));

        bookmarks.keep("a".into(), since, at(5_000), bookmark(9, 6));
        assert_eq!(bookmarks.find("a", at(LIFETIME - 1)).0, Some(bookmark(9, 6)));
        assert_eq!(bookmarks.find("a", at(LIFETIME)).0, None);
    }

    #[test]
    fn a_change_ends_what_was_read_before_it_and_what_was_being_read() {
        let mut bookmarks = Bookmarks::default();
        let (_, since) = bookmarks.find("a", at(0));
        bookmarks.keep("a".into(), since, at(0), bookmark(9, 3));
        bookmarks.invalidate();
        assert_eq!(bookmarks.find("a", at(0)).0, None);
        bookmarks.keep("a".into(), since, at(0), bookmark(9, 6));
        assert_eq!(bookmarks.find("a", at(0)).0, None);
    }

    #[test]
    fn the_oldest_gives_way() {
        let mut bookmarks = Bookmarks::default();
        let since = bookmarks.find("", at(0)).1;
        for n in 0..=KEPT {
            bookmarks.keep(n.to_string(), since, at(0), bookmark(9, 3));
        }
        assert_eq!(bookmarks.find("0", at(0)).0, None);
        assert_eq!(bookmarks.find("1", at(0)).0, Some(bookmark(9, 3)));
    }
}
