//! In which order the operations of a bulk request are done: each after those that it refers to, else as they came. It is
//! found in time that grows with the request and not with its square: the references are the client's to choose.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{BulkMethod, BulkOperation};

/// What is still to be done, in order.
#[derive(Debug)]
pub struct Order {
    operations: Vec<Waiting>,
    /// By the name of an operation that is still to come: who waits for it.
    to_come: HashMap<String, Vec<usize>>,
    /// Those that wait for nobody, those that create, and all, by their place in the request.
    ready: BTreeSet<usize>,
    creates: BTreeSet<usize>,
    waiting: BTreeSet<usize>,
}

/// The operation that is next.
#[derive(Debug, PartialEq, Eq)]
pub struct Next {
    /// Its place in the request.
    pub index: usize,
    /// What it refers to and is still to come. Only where the operations that are left wait for each other in a circle.
    pub too_early: HashSet<String>,
}

#[derive(Debug)]
struct Waiting {
    name: Option<String>,
    /// Names of other operations of the request; what else it refers to will never come.
    refers_to: HashSet<String>,
    /// How many of them are still to come.
    missing: usize,
}

impl Order {
    /// The order of these operations, whose names are unique.
    pub fn of(operations: &[BulkOperation]) -> Self {
        let mut to_come: HashMap<String, Vec<usize>> = operations
            .iter()
            .filter_map(|operation| Some((operation.bulk_id.clone()?, Vec::new())))
            .collect();
        let mut order = Self {
            operations: Vec::with_capacity(operations.len()),
            to_come: HashMap::new(),
            ready: BTreeSet::new(),
            creates: BTreeSet::new(),
            waiting: (0..operations.len()).collect(),
        };
        for (index, operation) in operations.iter().enumerate() {
            let mut refers_to = operation.references();
            refers_to.retain(|name| to_come.contains_key(name));
            for name in &refers_to {
                to_come.entry(name.clone()).or_default().push(index);
            }
            if refers_to.is_empty() {
                order.ready.insert(index);
            }
            if operation.method == BulkMethod::Post {
                order.creates.insert(index);
            }
            let (name, missing) = (operation.bulk_id.clone(), refers_to.len());
            order.operations.push(Waiting { name, refers_to, missing });
        }
        Self { to_come, ..order }
    }
}

impl Iterator for Order {
    type Item = Next;

    fn next(&mut self) -> Option<Next> {
        // In a circle, some create must come before what it refers to.
        let first = [&self.ready, &self.creates, &self.waiting].into_iter().find_map(BTreeSet::first);
        let index = *first?;
        for set in [&mut self.ready, &mut self.creates, &mut self.waiting] {
            set.remove(&index);
        }
        let taken = self.operations.get(index)?;
        let is_to_come = |name: &&String| self.to_come.contains_key(*name);
        let too_early = taken.refers_to.iter().filter(is_to_come).cloned().collect();
        for dependent in taken.name.as_ref().and_then(|name| self.to_come.remove(name)).unwrap_or_default() {
            let Some(waiting) = self.operations.get_mut(dependent) else { continue };
            waiting.missing -= 1;
            if waiting.missing == 0 && self.waiting.contains(&dependent) {
                self.ready.insert(dependent);
            }
        }
        Some(Next { index, too_early })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::bulk::{BULK_REQUEST_URN, BulkRequest, MAX_OPERATIONS};

    /// The order of operations that are named by their place and refer to these places.
    fn order(operations: &[(&str, Vec<usize>)]) -> Vec<(usize, usize)> {
        let operations: Vec<_> = operations
            .iter()
            .enumerate()
            .map(|(index, (method, refers_to))| {
                let path = if *method == "POST" { "/Users".to_owned() } else { format!("/Users/{index}") };
                let refers_to: Vec<String> = refers_to.iter().map(|other| format!("bulkId:{other}")).collect();
                json!({ "method": method, "path": path, "bulkId": index.to_string(), "data": { "x": refers_to } })
            })
            .collect();
        let body = json!({ "schemas": [BULK_REQUEST_URN], "Operations": operations });
        let order = Order::of(&BulkRequest::parse(&body).unwrap().operations);
        order.map(|next| (next.index, next.too_early.len())).collect()
    }

    #[test]
    fn scim_078_each_comes_after_those_that_it_refers_to() {
        let operations = [("POST", vec![2]), ("PUT", vec![]), ("POST", vec![]), ("PATCH", vec![0, 9])];
        assert_eq!(order(&operations), [(1, 0), (2, 0), (0, 0), (3, 0)], "nobody waits for what never comes");
    }

    #[test]
    fn scim_078_in_a_circle_a_create_comes_first() {
        assert_eq!(
            order(&[("PUT", vec![1]), ("POST", vec![0]), ("POST", vec![2])]),
            [(1, 1), (0, 0), (2, 1)]
        );
        assert_eq!(order(&[("PUT", vec![1]), ("PATCH", vec![0, 1])]), [(0, 1), (1, 1)]);
    }

    #[test]
    fn scim_078_as_many_as_there_may_be_that_all_refer_to_each_other() {
        let all = |index| ("POST", (index + 1..MAX_OPERATIONS).collect());
        let backwards = (0..MAX_OPERATIONS).rev().map(|index| (index, 0));
        assert_eq!(order(&(0..MAX_OPERATIONS).map(all).collect::<Vec<_>>()), backwards.collect::<Vec<_>>());
    }
}
