//! The master key, found before anything is opened. One that is made is made once, beside a new
//! database: never beside one that is there, and never in a folder that somebody may have mistyped.

use crate::config::Config;
use anyhow::{Context as _, Result, bail};
use secrecy::ExposeSecret;
use std::path::Path;
use store::MasterKey;

/// The key that wraps all others: from the environment, a file, or made beside the SQLite file.
pub(crate) fn master_key(config: &Config) -> Result<MasterKey> {
    if let Some(text) = &config.master_key.text {
        return Ok(MasterKey::from_base64(text.expose_secret())?);
    }
    let file = &config.master_key.file;
    let Some(database) = config.sqlite_path() else {
        return Ok(MasterKey::from_file(file, false)?);
    };
    if let Some(folder) = database.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        ready_folder(folder, config.is_usual_database())?;
    }
    if !file.as_os_str().is_empty() {
        return Ok(MasterKey::from_file(file, false)?);
    }
    let beside = beside(&database, ".key");
    // A new key could not open what is there.
    if database.exists() && !beside.exists() {
        bail!(
            "{} is there but its master key {} is not: put it back, or name it by \
             master_key.file",
            database.display(),
            beside.display()
        );
    }
    Ok(MasterKey::from_file(&beside, true)?)
}

/// Has the folder of the database be there. Only that of the usual place is made, for its owner's
/// eyes: a path that was mistyped shall not become an empty database.
fn ready_folder(folder: &Path, usual: bool) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if !usual {
        bail!("the folder {} of database.url is not there; make it first", folder.display());
    }
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        made => made.with_context(|| {
            format!("the folder {} of the database cannot be made", folder.display())
        }),
    }
}

/// A path that is another one with a suffix.
fn beside(path: &Path, suffix: &str) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Overrides;

    #[test]
    fn a_folder_that_is_not_there_is_not_made_for_a_path_that_was_given() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = folder.path().join("mistyped");
        let mut config = Config::load(None, [], &Overrides::default()).expect("the defaults");
        config.database.url = format!("sqlite:{}", missing.join("a.sqlite").display());
        let told = master_key(&config).expect_err("its folder is missing").to_string();
        assert!(told.contains("mistyped of database.url is not there"), "{told}");
        assert!(!missing.exists());
        ready_folder(&missing, true).expect("the usual one is made");
        let key = master_key(&config);
        assert!(key.is_ok() && missing.join("a.sqlite.key").exists());
    }
}
