//! What the process takes of its machine, under the names every exporter uses. Where the system
//! does not tell, nothing is told.

use metrics::gauge;
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
    // Counted in fractions, which only gauges take here.
    gauge!("process_cpu_seconds_total").set(used.cpu_seconds);
    gauge!("process_resident_memory_bytes").set(used.resident);
    gauge!("process_threads").set(used.threads);
    if let Ok(files) = fs::read_dir("/proc/self/fd") {
        gauge!("process_open_fds").set(files.count() as f64);
    }
}

struct Used {
    cpu_seconds: f64,
    resident: f64,
    threads: f64,
}

/// The fields after the name of the program, which may hold anything, and its parenthesis.
fn read(stat: &str) -> Option<Used> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let fields: Vec<f64> = rest.split(' ').skip(1).filter_map(|text| text.parse().ok()).collect();
    // Counted from the parent's id, the first of them.
    let (user, system) = (*fields.get(10)?, *fields.get(11)?);
    let cpu_seconds = (user + system) / TICKS;
    Some(Used { cpu_seconds, threads: *fields.get(16)?, resident: *fields.get(20)? * PAGE })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_s_line_is_read() {
        let line = "12 (a ) b) S 1 2 3 4 5 6 7 8 9 10 250 50 13 14 20 0 7 0 99 4096 100 21";
        let used = read(line).expect("whole");
        assert_eq!((used.cpu_seconds, used.threads), (3.0, 7.0));
        assert_eq!(used.resident, 409_600.0);
        assert!(read("12 (x) S 1").is_none() && read("").is_none());
    }
}
