//! What the process takes of its machine, under the names every exporter uses. Where the system
//! does not tell, nothing is told.

use metrics::{counter, gauge};
use std::fs;

/// Clock ticks in a second, as Linux shows times to programs.
const TICKS: f64 = 100.0;

/// Bytes of a page of memory.
const PAGE: f64 = 4096.0;

/// Takes the figures of now.
pub(super) fn look() {
    let Some(used) = fs::read_to_string("/proc/self/stat").ok().and_then(|stat| read(&stat)) else {
        return;
    };
    counter!("process_cpu_milliseconds_total").absolute(used.cpu_millis);
    gauge!("process_resident_memory_bytes").set(used.resident);
    gauge!("process_threads").set(used.threads);
    if let Ok(files) = fs::read_dir("/proc/self/fd") {
        gauge!("process_open_fds").set(files.count() as f64);
    }
}

struct Used {
    cpu_millis: u64,
    resident: f64,
    threads: f64,
}

/// The fields after the name of the program, which may hold anything, and its parenthesis.
fn read(stat: &str) -> Option<Used> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let fields: Vec<f64> = rest.split(' ').skip(1).filter_map(|text| text.parse().ok()).collect();
    // Counted from the parent's id, the first of them.
    let (user, system) = (*fields.get(10)?, *fields.get(11)?);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "ticks are few")]
    let cpu_millis = ((user + system) * 1000.0 / TICKS) as u64;
    Some(Used { cpu_millis, threads: *fields.get(16)?, resident: *fields.get(20)? * PAGE })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_s_line_is_read() {
        let line = "12 (a ) b) S 1 2 3 4 5 6 7 8 9 10 250 50 13 14 20 0 7 0 99 4096 100 21";
        let used = read(line).expect("whole");
        assert_eq!((used.cpu_millis, used.threads), (3000, 7.0));
        assert_eq!(used.resident, 409_600.0);
        assert!(read("12 (x) S 1").is_none() && read("").is_none());
    }
}
