//! What routing goes by in all queues changes. The floor holds the settings, so nothing is read.

use super::queue::Patch;
use super::{Command, Done, Keys, No, check_version};
use crate::ledger::draft::Draft;
use domain::event::Event;
use domain::queue::RoutingSettings;
use engine::floor::Floor;

/// Changes the tenant's routing settings.
#[derive(Clone)]
pub struct SaveSettings {
    /// The version the caller saw; zero if they do not care.
    pub version: i64,
    /// What is different.
    pub patch: Patch<RoutingSettings>,
}

impl Command for SaveSettings {
    fn keys(&self, _: &Floor, _: &mut Keys) {}

    fn decide(&self, draft: &mut Draft) -> Result<Done, No> {
        let mut settings = *draft.floor.settings();
        check_version(self.version, settings.version, "routing_settings", draft.tenant)?;
        (self.patch)(&mut settings);
        settings.version += 1;
        settings.updated_at = draft.now;
        draft.rows.routing_settings = Some(settings);
        let tenant_id = draft.tenant;
        draft.record(Event::RoutingSettingsSaved { tenant_id, settings });
        Ok(Done::with(tenant_id))
    }
}
