//! Requests over several connections, and how long each of them took.

use std::time::{Duration, Instant};

use crate::{
    client::{self, Connection},
    gateway::Gateway,
};

/// What came of some requests.
pub struct Measured {
    /// How long each took, the shortest first.
    pub times: Vec<Duration>,
    pub elapsed: Duration,
    /// Microseconds of processor time a request, without the generator's.
    pub processor: f64,
}

impl Measured {
    /// The time that so many of a hundred requests stay below.
    pub fn percentile(&self, of_hundred: usize) -> Duration {
        let last = self.times.len().saturating_sub(1);
        self.times.get((self.times.len() * of_hundred / 100).min(last)).copied().unwrap_or_default()
    }

    pub fn report(&self, what: &str) {
        println!(
            "  {what:34} {:7.0} a second; p50 {:8.2} ms, p99 {:8.2} ms; {:6.0} us of processor time a request",
            self.times.len() as f64 / self.elapsed.as_secs_f64(),
            millis(self.percentile(50)),
            millis(self.percentile(99)),
            self.processor
        );
    }
}

pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Sends each share over a connection of its own, one request after the other, and insists on the statuses.
pub fn drive(gateway: &Gateway, shares: &[Vec<String>], statuses: &[&str]) -> Measured {
    let (start, busy) = (Instant::now(), client::processor_time("self"));
    let (mut times, mut generator) = (Vec::new(), 0.0);
    std::thread::scope(|scope| {
        let threads: Vec<_> = shares
            .iter()
            .map(|share| {
                scope.spawn(move || {
                    let mut connection = Connection::open(gateway.address);
                    let times: Vec<_> =
                        share.iter().map(|request| timed(&mut connection, request, statuses).0).collect();
                    (times, client::processor_time("thread-self"))
                })
            })
            .collect();
        for thread in threads {
            let (some, used) = thread.join().unwrap();
            times.extend(some);
            generator += used;
        }
    });
    let elapsed = start.elapsed();
    times.sort_unstable();
    let busy = client::processor_time("self") - busy - generator;
    Measured { processor: busy * 1e6 / times.len().max(1) as f64, elapsed, times }
}

/// One request: how long it took, and the answer.
pub fn timed(connection: &mut Connection, request: &str, statuses: &[&str]) -> (Duration, String) {
    let start = Instant::now();
    let answer = connection.send(request);
    let time = start.elapsed();
    let status = answer.get(9..12).unwrap_or_default();
    assert!(statuses.contains(&status), "{request}\n\n{answer:.2000}");
    (time, answer)
}

/// The requests, dealt out to so many connections.
pub fn deal(requests: impl Iterator<Item = String>, connections: usize) -> Vec<Vec<String>> {
    let mut shares: Vec<Vec<String>> = (0..connections).map(|_| Vec::new()).collect();
    for (n, request) in requests.enumerate() {
        shares[n % connections].push(request);
    }
    shares
}
