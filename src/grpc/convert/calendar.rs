//! Business calendars. Whether one can be used is for the command to say; here only what is no
//! date, day or window at all is refused.

use super::mask::{Field, Fields};
use super::time::timestamp;
use super::{settle, wrong};
use crate::grpc::call::etag;
use crate::proto::v1;
use app::ledger::command::queue::Patch;
use domain::calendar::{Calendar, CalendarSpec, Date, DatedHours, WeeklyWindow, Window};
use std::sync::Arc;
use tonic::Status;

/// The calendar as the wire writes it.
#[must_use]
pub fn calendar(calendar: &Calendar) -> v1::Calendar {
    let spec = calendar.versions.latest();
    v1::Calendar {
        id: calendar.id.to_string(),
        name: calendar.name.clone(),
        description: calendar.description.clone(),
        time_zone: spec.time_zone.clone(),
        always_open: spec.always_open,
        closed: spec.closed,
        weekly: spec.weekly.iter().map(weekly).collect(),
        dates: spec.dates.iter().map(dated).collect(),
        version: calendar.version,
        etag: etag(calendar.version),
        create_time: Some(timestamp(calendar.created_at)),
        update_time: Some(timestamp(calendar.updated_at)),
    }
}

/// A weekly window as the wire writes it.
pub(super) fn weekly(weekly: &WeeklyWindow) -> v1::WeeklyWindow {
    v1::WeeklyWindow {
        day: i32::from(weekly.day),
        start_minute: i32::from(weekly.window.start),
        end_minute: i32::from(weekly.window.end),
    }
}

/// The hours of a date as the wire writes them.
pub(super) fn dated(hours: &DatedHours) -> v1::DatedHours {
    let window = |window: &Window| v1::DayWindow {
        start_minute: i32::from(window.start),
        end_minute: i32::from(window.end),
    };
    v1::DatedHours {
        date: hours.date.to_string(),
        label: hours.label.clone(),
        windows: hours.windows.iter().map(window).collect(),
    }
}

/// The fields that a caller sets.
#[must_use]
pub fn fields(calendar: &v1::Calendar) -> [Field; 7] {
    [
        ("name", !calendar.name.is_empty()),
        ("description", !calendar.description.is_empty()),
        ("time_zone", !calendar.time_zone.is_empty()),
        ("always_open", calendar.always_open),
        ("closed", calendar.closed),
        ("weekly", !calendar.weekly.is_empty()),
        ("dates", !calendar.dates.is_empty()),
    ]
}

/// What sets these fields of what a calendar says as the message has them.
///
/// # Errors
/// `VALIDATION_FAILED`: a date that is none.
pub fn patch(calendar: &v1::Calendar, fields: Fields) -> Result<Patch<CalendarSpec>, Status> {
    let wanted = of_wire(calendar)?;
    Ok(Arc::new(move |spec| apply(spec, &wanted, &fields)))
}

fn of_wire(calendar: &v1::Calendar) -> Result<CalendarSpec, Status> {
    Ok(CalendarSpec {
        time_zone: calendar.time_zone.clone(),
        always_open: calendar.always_open,
        closed: calendar.closed,
        weekly: calendar.weekly.iter().map(weekly_of_wire).collect(),
        dates: dates_of_wire(&calendar.dates, "calendar.dates")?,
    })
}

/// The hours of dates; `path` is where a fault is told.
///
/// # Errors
/// `VALIDATION_FAILED`: a date that is none.
pub(super) fn dates_of_wire(
    wire: &[v1::DatedHours],
    path: &str,
) -> Result<Vec<DatedHours>, Status> {
    let mut dates = Vec::with_capacity(wire.len());
    for (at, hours) in wire.iter().enumerate() {
        let Some(date) = Date::parse(&hours.date) else {
            let path = format!("{path}[{at}].date");
            settle(vec![wrong(path, "must be a date of the calendar")])?;
            continue;
        };
        let windows = hours.windows.iter().map(|w| window(w.start_minute, w.end_minute));
        dates.push(DatedHours { date, label: hours.label.clone(), windows: windows.collect() });
    }
    Ok(dates)
}

/// A weekly window.
pub(super) fn weekly_of_wire(wire: &v1::WeeklyWindow) -> WeeklyWindow {
    WeeklyWindow {
        day: u8::try_from(wire.day).unwrap_or_default(),
        window: window(wire.start_minute, wire.end_minute),
    }
}

/// A window; the contract's rules keep its minutes small.
fn window(start: i32, end: i32) -> Window {
    let minute = |minute: i32| u16::try_from(minute).unwrap_or_default();
    Window { start: minute(start), end: minute(end) }
}

fn apply(spec: &mut CalendarSpec, wanted: &CalendarSpec, fields: &Fields) {
    if fields.has("time_zone") {
        spec.time_zone.clone_from(&wanted.time_zone);
    }
    if fields.has("always_open") {
        spec.always_open = wanted.always_open;
    }
    if fields.has("closed") {
        spec.closed = wanted.closed;
    }
    if fields.has("weekly") {
        spec.weekly.clone_from(&wanted.weekly);
    }
    if fields.has("dates") {
        spec.dates.clone_from(&wanted.dates);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::calendar::Versions;
    use domain::id::CalendarId;
    use domain::time::Timestamp;
    use uuid::Uuid;

    fn full() -> Calendar {
        let window = Window { start: 540, end: 1560 };
        let spec = CalendarSpec {
            time_zone: "Europe/Berlin".into(),
            always_open: true,
            closed: true,
            weekly: vec![WeeklyWindow { day: 5, window }],
            dates: vec![DatedHours {
                date: Date::parse("2026-12-24").expect("a date"),
                label: "Christmas Eve".into(),
                windows: vec![window],
            }],
        };
        Calendar {
            id: CalendarId(Uuid::now_v7()),
            name: "Office".into(),
            description: "Where we sit".into(),
            versions: Versions::new(3, spec),
            version: 3,
            created_at: Timestamp::from_micros(5),
            updated_at: Timestamp::from_micros(6),
        }
    }

    #[test]
    fn what_a_calendar_says_reads_back() {
        let calendar = full();
        let wire = super::calendar(&calendar);
        assert_eq!((wire.version, wire.etag.as_str()), (3, "v3"));
        let mut made = CalendarSpec::default();
        patch(&wire, Fields::all(&fields(&wire))).expect("our own")(&mut made);
        assert_eq!(made, *calendar.versions.latest());
        assert!(fields(&wire).iter().all(|(_, populated)| *populated));
    }

    #[test]
    fn each_field_alone_is_set_alone() {
        let wire = super::calendar(&full());
        for (name, _) in &fields(&wire)[2..] {
            let mask = prost_types::FieldMask { paths: vec![(*name).into()] };
            let only = Fields::of_update(Some(&mask), &fields(&wire)).expect("a field");
            let mut made = CalendarSpec::default();
            patch(&wire, only).expect("our own")(&mut made);
            let shown = super::calendar(&Calendar { versions: Versions::new(1, made), ..full() });
            let shown = fields(&shown);
            let set = shown[2..].iter().filter(|(_, set)| *set).map(|(name, _)| *name);
            assert_eq!(set.collect::<Vec<_>>(), [*name]);
        }
    }

    #[test]
    fn a_date_is_one() {
        let hours = v1::DatedHours { date: "2026-02-30".into(), ..Default::default() };
        let wire = v1::Calendar { dates: vec![hours], ..Default::default() };
        assert!(of_wire(&wire).is_err());
    }
}
