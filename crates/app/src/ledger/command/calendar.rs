//! Business calendars come to be, change and go. One that cannot be used is refused when it is
//! saved. Running clocks go on by the version they were started under.

use super::queue::Patch;
use super::{Command, Done, Keys, No, check_version, in_use, name_taken};
use crate::ledger::draft::Draft;
use crate::ledger::rows::NamedKind;
use domain::calendar::{Calendar, CalendarSpec, DATE_WINDOWS_MAX, DATES_MAX, Versions, WEEKLY_MAX};
use domain::event::{Change, Event};
use domain::id::CalendarId;
use domain::refusal::Refusal;
use domain::sla::{CALENDARS_MAX, SlaFact};
use domain::time::Timestamp;
use engine::calendar;
use engine::floor::{Floor, Item};

/// Creates or changes a calendar.
#[derive(Clone)]
pub struct SaveCalendar {
    /// Which one; none makes a new one.
    pub id: Option<CalendarId>,
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
    /// Its name, if that is different.
    pub name: Option<String>,
    /// Its description, if that is different.
    pub description: Option<String>,
    /// What is different in what it says.
    pub patch: Patch<CalendarSpec>,
}

impl Command for SaveCalendar {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.calendars.extend(self.id);
        keys.names = true;
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let (mut calendar, change) = match self.id {
            Some(id) => {
                let found = draft.rows.calendars.get(id).cloned();
                (found.ok_or_else(|| Refusal::not_found("calendar", id))?, Change::Updated)
            }
            None => (new_calendar(draft.id(), draft.now), Change::Created),
        };
        check_version(self.version, calendar.version, "calendar", calendar.id)?;
        let mut spec = calendar.versions.latest().clone();
        (self.patch)(&mut spec);
        spec.dates.sort_by_key(|hours| hours.date);
        calendar.name = self.name.clone().unwrap_or(calendar.name);
        calendar.description = self.description.clone().unwrap_or(calendar.description);
        check(draft, &calendar, &spec)?;
        calendar.version += 1;
        calendar.updated_at = draft.now;
        let (id, version) = (calendar.id, calendar.version);
        if change == Change::Created {
            calendar.versions = Versions::new(version, spec.clone());
        } else {
            calendar.versions.push(version, spec.clone());
        }
        draft.rows.take_name(NamedKind::Calendar, &calendar.name, id.0);
        draft.rows.calendars.put(id, calendar);
        let spec = Box::new(spec);
        draft.record(Event::Sla(SlaFact::CalendarSaved { calendar_id: id, spec, change, version }));
        Ok(Done::with(id))
    }
}

fn new_calendar(id: CalendarId, now: Timestamp) -> Calendar {
    Calendar {
        id,
        name: String::new(),
        description: String::new(),
        versions: Versions::new(0, CalendarSpec::default()),
        version: 0,
        created_at: now,
        updated_at: now,
    }
}

fn check(draft: &Draft, calendar: &Calendar, spec: &CalendarSpec) -> Result<(), No> {
    let wrong = |field: &str, text| Err(Refusal::field(&format!("calendar.{field}"), text).into());
    if calendar.name.is_empty() {
        return wrong("name", "a calendar has a name");
    }
    if calendar.version == 0 && draft.floor.promises().calendars.len() >= CALENDARS_MAX {
        let text = "the tenant has as many calendars as it may";
        return Err(Refusal::field("calendar", text).into());
    }
    let crowded = spec.dates.iter().any(|hours| hours.windows.len() > DATE_WINDOWS_MAX);
    if spec.weekly.len() > WEEKLY_MAX || spec.dates.len() > DATES_MAX || crowded {
        return wrong("weekly", "the calendar has more windows than it may");
    }
    if let Err(fault) = calendar::check(spec) {
        return wrong(&fault.field, fault.text);
    }
    if draft.rows.name_taken(NamedKind::Calendar, &calendar.name, calendar.id.0) {
        return Err(name_taken("calendar").into());
    }
    Ok(())
}

/// Deletes a calendar that nothing goes by.
#[derive(Clone, Debug)]
pub struct DeleteCalendar {
    /// Which one.
    pub id: CalendarId,
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
}

impl Command for DeleteCalendar {
    fn keys(&self, _: &Floor, keys: &mut Keys) {
        keys.calendars.push(self.id);
        keys.names = true;
    }

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let id = self.id;
        let found = draft.rows.calendars.get(id).cloned();
        let calendar = found.ok_or_else(|| Refusal::not_found("calendar", id))?;
        check_version(self.version, calendar.version, "calendar", calendar.id)?;
        let floor = &draft.floor;
        let promised =
            floor.promises().policies.values().any(|(_, policy)| {
                policy.targets.iter().any(|target| target.calendar_id == Some(id))
            });
        let counts = |item: &Item| {
            let mut clocks = item.sla.iter().flat_map(|sla| sla.clocks.iter());
            clocks.any(|clock| clock.term.calendar.is_some_and(|(held, _)| held == id))
        };
        let used_by = [
            (floor.queues().any(|(_, spec)| spec.calendar_id == Some(id)), "queue"),
            (promised, "sla_policy"),
            (floor.items().any(|(_, item)| counts(item)), "interaction"),
        ];
        if let Some((_, user)) = used_by.into_iter().find(|(used, _)| *used) {
            return Err(in_use("calendar", id, user).into());
        }
        draft.rows.calendars.remove(id);
        draft.rows.free_name(NamedKind::Calendar, id.0);
        draft.record(Event::Sla(SlaFact::CalendarDeleted { calendar_id: id }));
        Ok(Done::with(id))
    }
}
