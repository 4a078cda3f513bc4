//! What messages cost, measured: `cargo test --release --test it -- --ignored --nocapture --test-threads 1 saml::cost`.
//! Nothing is asserted about time, which is not ours to give on a machine that others use.

#![expect(clippy::print_stdout, reason = "who measures wants to read it")]

use std::{
    fs,
    hint::black_box,
    sync::LazyLock,
    thread,
    time::{Duration, Instant},
};

use vestibule::saml::{Decryption, Expected, metadata, redact, response::validate};

use super::{
    bombs::{Bomb, Entry, bombs},
    cases::all,
    logout::Provider,
    support::{NOW, Profile, response, sign_assertion},
};

/// The bar for one hostile input.
const BAR: Duration = Duration::from_millis(20);

/// The least of several runs, in processor time.
fn least(runs: usize, mut run: impl FnMut()) -> Duration {
    let times = (0..runs).map(|_| {
        let start = processor_time();
        run();
        processor_time().saturating_sub(start)
    });
    times.min().unwrap_or_default()
}

/// What this thread has had of the processor, from `/proc`, which Linux has; elsewhere the time of day must do.
fn processor_time() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    // Linux brings its account up to date when a thread gives way.
    thread::yield_now();
    let account = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = account.and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The whole corpus, and what is made to be dear.
#[test]
#[ignore = "measures"]
fn hostile_inputs() {
    let mut times: Vec<(Duration, String)> = Vec::new();
    for case in all().iter().filter(|case| case.outcome != "accept") {
        let profile = Profile::named(case.profile);
        let expected = profile.expected();
        let time = least(5, || drop(black_box(validate(&case.message, &expected))));
        times.push((time, format!("{}: {}", case.name, case.outcome)));
    }
    for Bomb { name, entry, input } in bombs() {
        let mut outcome = String::new();
        let time = least(3, || outcome = black_box(entry.take(&input)));
        times.push((time, format!("{name}: {outcome}")));
        if matches!(entry, Entry::Acs(_)) {
            // What the route does with it beside: it keeps what may be kept.
            let beside = least(3, || drop(black_box(redact(&input))));
            times.push((time + beside, format!("{name}: with all around it")));
        }
    }
    times.sort();
    println!("{} inputs, {} over {BAR:?}; the slowest:", times.len(), over(&times));
    for (time, what) in times.iter().rev().take(25) {
        println!("{:8.2} ms  {what}", milliseconds(*time));
    }
}

fn over(times: &[(Duration, String)]) -> usize {
    times.iter().filter(|(time, _)| *time > BAR).count()
}

impl Entry {
    /// Takes an input in, as its route does, and says what became of it.
    fn take(self, input: &[u8]) -> String {
        let text = || String::from_utf8_lossy(input);
        match self {
            Self::Acs(profile) => {
                let profile = Profile::named(profile);
                validate(input, &profile.expected()).map_or_else(|e| e.code(), |_| "accept").into()
            }
            Self::Form => {
                use vestibule::saml::binding::post;
                post::decode(&text()).map_or_else(|e| e.code(), |_| "ok").into()
            }
            Self::Query => {
                use vestibule::saml::binding::redirect;
                redirect::decode(&text()).map_or_else(|e| e.code(), |_| "ok").into()
            }
            Self::Logout => {
                use vestibule::saml::logout::{Inbound, verify_request};
                let provider = Provider::new();
                let got = verify_request(Inbound::Post(input), &provider.expected());
                got.map_or_else(|e| e.code(), |_| "ok").into()
            }
            Self::Metadata => metadata::parse(input, NOW).map_or_else(|e| e.code(), |_| "ok").into(),
            Self::Candidates => metadata::candidates(input)
                .map_or_else(|e| e.code().into(), |l| format!("{} listed", l.len())),
        }
    }
}

/// R26: how long it takes until decryption has failed, by what is wrong. Within one cipher all of it is about as long as
/// the private key operation, which is what an attacker sees.
#[test]
#[ignore = "measures"]
fn decryption_failures() {
    let rounds = count("VESTIBULE_ROUNDS", 2_000);
    for (cipher, names) in [
        (
            "GCM",
            &[
                "encrypted-key-flipped",
                "encrypted-to-somebody-else",
                "encrypted-gcm-claimed-as-128",
                "encrypted-tag-flipped",
                "encrypted-content-flipped",
                "encrypted-control-character",
                "encrypted-two-elements",
            ][..],
        ),
        (
            "CBC",
            &[
                "encrypted-cbc-key-flipped",
                "encrypted-cbc-padding-zero",
                "encrypted-cbc-padding-17",
                "encrypted-cbc-padding-255",
                "encrypted-cbc-flipped-and-signed",
            ],
        ),
    ] {
        let profile = Profile::named("default");
        let expected = profile.expected();
        let cases: Vec<_> =
            names.iter().map(|name| all().iter().find(|c| c.name == *name).expect("a case")).collect();
        let mut times = vec![Vec::with_capacity(rounds); cases.len()];
        for round in 0..rounds {
            // Each takes its turn at each place, so that none profits from what ran before it.
            for place in 0..cases.len() {
                let which = (round + place * (1 + round % (cases.len() - 1))) % cases.len();
                let start = Instant::now();
                let refused = black_box(validate(&cases[which].message, &expected));
                times[which].push(start.elapsed());
                assert_eq!(refused.expect_err("refused").code(), "decryption_failed");
            }
        }
        let medians: Vec<f64> = times.iter_mut().map(|times| quantile(times, 0.5)).collect();
        for ((case, median), times) in cases.iter().zip(&medians).zip(&mut times) {
            println!(
                "{cipher} {:36} {} bytes: median {:.1} us, {:.4} of the first; p10 {:.1}, p90 {:.1}",
                case.name,
                case.message.len(),
                median,
                median / medians[0],
                quantile(times, 0.1),
                quantile(times, 0.9),
            );
        }
    }
}

/// In microseconds.
fn quantile(times: &mut [Duration], share: f64) -> f64 {
    times.sort();
    let at = (times.len() as f64 * share) as usize;
    times[at.min(times.len() - 1)].as_secs_f64() * 1e6
}

/// What the process holds after a tenth, a half and all of a million validations: the same each time.
#[test]
#[ignore = "measures"]
fn memory() {
    let validations = count("VESTIBULE_VALIDATIONS", 1_000_000);
    let names: Vec<String> = (0..10)
        .map(|n| format!("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/attribute{n}"))
        .collect();
    let value = "x".repeat(90);
    let values = [value.as_str()];
    let attributes: Vec<(&str, &[&str])> = names.iter().map(|name| (name.as_str(), &values[..])).collect();
    let good = sign_assertion(&response(&attributes));
    let forged = good.replace("ada@", "eve@");
    let encrypted = all().iter().find(|c| c.name == "encrypted-cbc-padding-17").expect("a case");
    let profile = Profile::named("default");
    let decryption = Decryption { random: &[1; 32], ..profile.expected().decryption };
    let expected = Expected { decryption, ..profile.expected() };
    println!("a response of {} bytes, one in ten forged, one in a hundred encrypted", good.len());
    for n in 1..=validations {
        match n % 100 {
            0 => assert!(validate(&encrypted.message, &expected).is_err()),
            rest if rest % 10 == 1 => assert!(validate(forged.as_bytes(), &expected).is_err()),
            _ => assert!(validate(good.as_bytes(), &expected).is_ok()),
        }
        if [validations / 100, validations / 10, validations / 2, validations].contains(&n) {
            println!("after {n} validations: {}", resident());
        }
    }
}

/// From `/proc`, which Linux has.
fn resident() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or("VmRSS: unknown");
    line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
}

fn count(variable: &str, usual: usize) -> usize {
    std::env::var(variable).ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}
