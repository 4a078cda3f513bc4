//! Traces of requests that wait to be written. Where they are too many, those of the connection are lost that has most: one whose
//! directory is being filled must not hide what another one is being set up with.

use std::collections::HashMap;

use crate::{model::ids::ScimConnectionId, store::scim_traces::ScimTrace};

/// How many wait (R32).
const MAX_WAITING: usize = 500;

/// The traces that wait to be written.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    of: HashMap<ScimConnectionId, Vec<ScimTrace>>,
    count: usize,
}

impl Waiting {
    /// Whether there is room for one more of a connection, if need be in the place of one of those that have more.
    pub(super) fn has_room(&self, connection: &ScimConnectionId) -> bool {
        let own = self.of.get(connection).map_or(0, Vec::len);
        self.count < MAX_WAITING || self.of.values().any(|others| others.len() > own)
    }

    /// Keeps it, where there is room.
    pub(super) fn push(&mut self, trace: ScimTrace) {
        if !self.has_room(&trace.scim_connection_id) {
            return;
        }
        if self.count >= MAX_WAITING
            && let Some(most) = self.of.values_mut().max_by_key(|traces| traces.len())
        {
            self.count -= usize::from(most.pop().is_some());
        }
        self.of.entry(trace.scim_connection_id.clone()).or_default().push(trace);
        self.count += 1;
    }

    /// All of them, as they came.
    pub(super) fn take(&mut self) -> Vec<ScimTrace> {
        let mut all: Vec<_> = std::mem::take(self).of.into_values().flatten().collect();
        // As they came, which those of one connection are in already.
        all.sort_by_key(|trace| trace.created_at);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Timestamp,
        ids::{OrganizationId, ScimTraceId},
    };

    fn trace(connection: &ScimConnectionId, number: usize) -> ScimTrace {
        ScimTrace {
            id: ScimTraceId::from_u128(number as u128),
            organization_id: OrganizationId::from_u128(1),
            scim_connection_id: connection.clone(),
            reference_id: number.to_string(),
            method: "GET".into(),
            path: "/Users".into(),
            status: 200,
            rewrites: String::new(),
            body: String::new(),
            created_at: Timestamp::from_millis(i64::try_from(number).unwrap()),
            expires_at: Timestamp::from_millis(0),
        }
    }

    #[test]
    fn whoever_sends_most_loses_first() {
        let [busy, quiet] = [1, 2].map(ScimConnectionId::from_u128);
        let mut waiting = Waiting::default();
        for number in 0..MAX_WAITING + 5 {
            waiting.push(trace(&busy, number));
        }
        assert!(!waiting.has_room(&busy) && waiting.has_room(&quiet));
        for number in 0..10 {
            waiting.push(trace(&quiet, MAX_WAITING + number));
        }
        let all = waiting.take();
        assert_eq!(all.len(), MAX_WAITING);
        assert_eq!(all.iter().filter(|trace| trace.scim_connection_id == quiet).count(), 10);
        assert!(all.is_sorted_by_key(|trace| trace.created_at));
        assert!(waiting.take().is_empty() && waiting.has_room(&busy));
    }
}
