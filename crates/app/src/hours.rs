//! Whether calendars are open, for those who ask.

use domain::calendar::CalendarSpec;
use domain::time::Timestamp;
use engine::calendar::{is_open, next_close, next_open};

/// Whether a calendar is open at a moment, and when that changes next.
#[must_use]
pub fn status(spec: &CalendarSpec, at: Timestamp) -> (bool, Option<Timestamp>) {
    let open = is_open(spec, at);
    (open, if open { next_close(spec, at) } else { next_open(spec, at) })
}
