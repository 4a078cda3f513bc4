//! A client that costs little: one connection, one request at a time, no library.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
};

/// A kept-alive connection.
pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    /// Sends a request; the answer's head and body.
    pub fn send(&mut self, request: &str) -> String {
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        let (mut answer, mut length, mut in_chunks) = (String::new(), 0, false);
        loop {
            let start = answer.len();
            assert!(self.stream.read_line(&mut answer).unwrap() > 0, "the connection was closed: {answer}");
            let line = answer[start..].trim_end().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            in_chunks |= line == "transfer-encoding: chunked";
            if line.is_empty() {
                break;
            }
        }
        if !in_chunks {
            self.read_into(&mut answer, length);
            return answer;
        }
        loop {
            let mut size = String::new();
            self.stream.read_line(&mut size).unwrap();
            let size = usize::from_str_radix(size.trim(), 16).unwrap();
            self.read_into(&mut answer, size);
            // Each chunk ends its line, the empty one too.
            self.stream.read_line(&mut String::new()).unwrap();
            if size == 0 {
                return answer;
            }
        }
    }

    fn read_into(&mut self, answer: &mut String, length: usize) {
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        answer.push_str(&String::from_utf8_lossy(&body));
    }
}

/// Seconds of processor time that each kind of thread has used, by the thread's name without its number.
pub fn by_thread() -> BTreeMap<String, f64> {
    let mut used = BTreeMap::new();
    for task in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
        let name = std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
        let time = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        let time = time.split_whitespace().next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0);
        let name = name.trim().trim_end_matches(|c: char| c.is_ascii_digit() || c == '-').to_owned();
        *used.entry(name).or_default() += time / 1e9;
    }
    used
}

/// Seconds of processor time that `self` (all threads alive) or `thread-self` has used, as the kernel counts.
pub fn processor_time(who: &str) -> f64 {
    let of_thread = |path: std::path::PathBuf| -> f64 {
        let text = std::fs::read_to_string(path.join("schedstat")).unwrap_or_default();
        text.split_whitespace().next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
    };
    if who == "thread-self" {
        return of_thread("/proc/thread-self".into());
    }
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    // utime and stime, in ticks of a hundredth of a second; threads that have ended are counted.
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}
