//! Schedules of agents. Whether one can be used is for the command to say; here only what is no
//! date at all is refused.

use super::calendar::{dated, dates_of_wire, weekly, weekly_of_wire};
use super::codes::Coded;
use super::event::action;
use super::time::timestamp;
use crate::grpc::call::etag;
use crate::proto::v1;
use crate::proto::v1::event::Data;
use domain::event::Change;
use domain::schedule::{AfterShift, Schedule, ScheduleFact, ScheduleSpec};
use tonic::Status;
use uuid::Uuid;

/// The schedule as the wire writes it.
#[must_use]
pub fn schedule(schedule: &Schedule) -> v1::Schedule {
    let spec = &schedule.spec;
    v1::Schedule {
        id: schedule.id.to_string(),
        name: schedule.name.clone(),
        time_zone: spec.time_zone.clone(),
        shifts: spec.shifts.iter().map(weekly).collect(),
        dates: spec.dates.iter().map(dated).collect(),
        breaks: spec.breaks.iter().map(weekly).collect(),
        on_call: spec.on_call.iter().map(weekly).collect(),
        after_shift: spec.after_shift.to_wire(),
        version: schedule.version,
        etag: etag(schedule.version),
        create_time: Some(timestamp(schedule.created_at)),
        update_time: Some(timestamp(schedule.updated_at)),
    }
}

/// What a schedule of the wire says.
///
/// # Errors
/// `VALIDATION_FAILED`: a date that is none.
pub fn spec(wire: &v1::Schedule) -> Result<ScheduleSpec, Status> {
    let weekly = |windows: &[v1::WeeklyWindow]| windows.iter().map(weekly_of_wire).collect();
    Ok(ScheduleSpec {
        time_zone: wire.time_zone.clone(),
        shifts: weekly(&wire.shifts),
        dates: dates_of_wire(&wire.dates, "schedule.dates")?,
        breaks: weekly(&wire.breaks),
        on_call: weekly(&wire.on_call),
        after_shift: AfterShift::of_wire(wire.after_shift).unwrap_or(AfterShift::Away),
    })
}

/// What a fact is about.
#[must_use]
pub const fn subject(fact: &ScheduleFact) -> (v1::ResourceKind, Uuid) {
    match fact {
        ScheduleFact::Saved { schedule_id, .. } | ScheduleFact::Deleted { schedule_id } => {
            (v1::ResourceKind::Schedule, schedule_id.0)
        }
    }
}

/// What the log says, as the feed tells it: as all configuration is told.
#[must_use]
pub fn data(fact: &ScheduleFact) -> Data {
    let (change, version) = match fact {
        ScheduleFact::Saved { change, version, .. } => (*change, *version),
        ScheduleFact::Deleted { .. } => (Change::Deleted, 0),
    };
    let (kind, id) = subject(fact);
    Data::ConfigChanged(v1::ConfigChanged {
        resource_kind: kind as i32,
        resource_id: id.to_string(),
        action: action(change) as i32,
        version,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::calendar::{Date, DatedHours, WeeklyWindow, Window};
    use domain::id::ScheduleId;
    use domain::time::Timestamp;

    fn full() -> Schedule {
        let window =
            |day, start| vec![WeeklyWindow { day, window: Window { start, end: start + 60 } }];
        let date = Date::parse("2026-12-24").expect("a date");
        let windows = vec![Window { start: 540, end: 720 }];
        let spec = ScheduleSpec {
            time_zone: "Europe/Berlin".into(),
            shifts: window(1, 540),
            dates: vec![DatedHours { date, label: "Christmas Eve".into(), windows }],
            breaks: window(2, 720),
            on_call: window(6, 0),
            after_shift: AfterShift::Offline,
        };
        Schedule {
            id: ScheduleId(Uuid::now_v7()),
            name: "Early".into(),
            spec,
            version: 3,
            created_at: Timestamp::from_micros(1),
            updated_at: Timestamp::from_micros(2),
        }
    }

    #[test]
    fn what_a_schedule_says_reads_back() {
        let known = full();
        let wire = schedule(&known);
        assert_eq!(spec(&wire).expect("our own"), known.spec);
        assert_eq!((wire.version, wire.etag.as_str()), (3, "v3"));
        let bare = spec(&v1::Schedule::default()).expect("nothing wrong");
        assert_eq!(bare, ScheduleSpec::default());
        let mut strange = wire;
        strange.dates[0].date = "2026-02-30".into();
        assert!(spec(&strange).is_err());
    }
}
