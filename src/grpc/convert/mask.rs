//! Update masks: which fields of a noun a call sets. Paths have one level, as the fields of the
//! message are named. Without a mask every field that is populated is set; with one exactly those
//! it names, also to nothing. A path of no field, or of one that only the server writes, is
//! refused.

use crate::grpc::status::refusal;
use domain::refusal::{Reason, Refusal};
use prost_types::FieldMask;
use tonic::Status;

/// Most paths of a mask.
pub const PATHS_MAX: usize = 32;

/// How much of a refused path is told, in characters.
const TOLD_MAX: usize = 64;

/// A field that may be changed, and whether the message says anything in it.
pub type Field = (&'static str, bool);

/// The fields that are set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields(Vec<&'static str>);

impl Fields {
    /// All of them: a new noun is set as a whole.
    #[must_use]
    pub fn all(of: &[Field]) -> Self {
        Self(of.iter().map(|(name, _)| *name).collect())
    }

    /// Those an update sets.
    ///
    /// # Errors
    /// `FIELD_MASK_INVALID` with the first path that cannot be set.
    pub fn of_update(mask: Option<&FieldMask>, of: &[Field]) -> Result<Self, Status> {
        let paths = mask.map(|mask| mask.paths.as_slice()).unwrap_or_default();
        if paths.is_empty() {
            let populated = of.iter().filter(|(_, populated)| *populated);
            return Ok(Self(populated.map(|(name, _)| *name).collect()));
        }
        let known = |path: &String| {
            let field = of.iter().find(|(name, _)| name == path);
            field.map(|(name, _)| *name).ok_or_else(|| refused(path))
        };
        let mut fields = paths.iter().take(PATHS_MAX).map(known).collect::<Result<Vec<_>, _>>()?;
        if let Some(path) = paths.get(PATHS_MAX) {
            return Err(refused(path));
        }
        fields.dedup();
        Ok(Self(fields))
    }

    /// Whether a field is set.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains(&name)
    }

    /// A field's value, if the field is set.
    pub fn get<T>(&self, name: &str, value: impl FnOnce() -> T) -> Option<T> {
        self.has(name).then(value)
    }
}

fn refused(path: &str) -> Status {
    let told: String = path.chars().take(TOLD_MAX).collect();
    refusal(Refusal::new(Reason::FieldMaskInvalid).with("path", told))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::StatusExt;

    const OF: &[Field] = &[("name", true), ("description", false), ("team_ids", true)];

    fn mask(paths: &[&str]) -> FieldMask {
        FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() }
    }

    #[test]
    fn without_a_mask_the_populated_fields_are_set() {
        for none in [None, Some(mask(&[]))] {
            let fields = Fields::of_update(none.as_ref(), OF).expect("no path, no fault");
            assert_eq!(fields, Fields(vec!["name", "team_ids"]));
        }
    }

    #[test]
    fn a_mask_sets_exactly_what_it_names_also_to_nothing() {
        let fields = Fields::of_update(Some(&mask(&["description"])), OF).expect("a field");
        assert!(fields.has("description") && !fields.has("name"));
        assert_eq!(fields.get("description", || 1), Some(1));
        assert_eq!(fields.get("name", || 1), None);
        assert!(Fields::all(OF).has("description"));
    }

    #[test]
    fn the_first_path_that_cannot_be_set_is_told() {
        for path in ["id", "*", "name.first", "", "Name", "update_time"] {
            let status = Fields::of_update(Some(&mask(&["name", path, "x"])), OF)
                .expect_err("it is no field to set");
            let info = status.get_details_error_info().expect("one error info");
            assert_eq!(info.reason, "FIELD_MASK_INVALID");
            assert_eq!(info.metadata.get("path").map(String::as_str), Some(path));
        }
    }

    #[test]
    fn a_mask_is_short() {
        assert!(Fields::of_update(Some(&mask(&["name"; PATHS_MAX])), OF).is_ok());
        let status = Fields::of_update(Some(&mask(&["name"; PATHS_MAX + 1])), OF);
        assert_eq!(status.expect_err("one too many").code(), tonic::Code::InvalidArgument);
        let long = "p".repeat(10_000);
        let status = Fields::of_update(Some(&mask(&[&long])), OF).expect_err("no field");
        let info = status.get_details_error_info().expect("one error info");
        assert_eq!(info.metadata["path"].len(), TOLD_MAX, "enough to find it");
    }
}
