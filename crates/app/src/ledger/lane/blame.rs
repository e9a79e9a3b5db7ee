//! Whom to blame when a batch failed for itself: it is cut into smaller ones until one command, or
//! what is due in one tenant, is alone. The rest goes on.

use super::Part;

/// Whether there is but one thing to blame: a command, or the timers of a tenant.
pub(super) fn is_single(parts: &[Part]) -> bool {
    match parts {
        [part] => part.work.len() + usize::from(part.timers) <= 1,
        _ => false,
    }
}

/// Smaller batches of the same work: tenant by tenant, then command by command and what is due by
/// itself. The last one runs first, so they are given in reverse.
pub(super) fn split(parts: Vec<Part>) -> Vec<(Vec<Part>, bool)> {
    let mut smaller: Vec<(Vec<Part>, bool)> = Vec::new();
    if parts.len() > 1 {
        smaller.extend(parts.into_iter().map(|part| (vec![part], true)));
    } else {
        for part in parts {
            let Part { tenant, work, timers } = part;
            let alone = |work, timers| (vec![Part { tenant, work, timers }], true);
            smaller.extend(work.into_iter().map(|submission| alone(vec![submission], false)));
            smaller.extend(timers.then(|| alone(Vec::new(), true)));
        }
    }
    smaller.reverse();
    smaller
}
