//! Puts the pages that were built into `web/dist` into the binary. Without any, as where no Node
//! is, the list is empty and the server says so.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Where the pages are built. The folder is always there; what is in it is not kept.
pub(crate) const FOLDER: &str = "web/dist";

/// Rust source of `BUILT`: every file by its name in the folder.
pub(crate) fn generate(root: &Path) -> Result<String, Box<dyn Error>> {
    let folder = root.join(FOLDER);
    let mut names = Vec::new();
    for (prefix, folder) in [("", folder.clone()), ("assets/", folder.join("assets"))] {
        if !folder.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_file() && !name.starts_with('.') {
                names.push(format!("{prefix}{name}"));
            }
        }
    }
    names.sort();
    let mut out =
        String::from("/// The pages of this build.\nconst BUILT: &[(&str, &[u8])] = &[\n");
    for name in names {
        let path = folder.join(&name).canonicalize()?;
        writeln!(out, "    ({name:?}, include_bytes!({:?})),", path.display().to_string())?;
    }
    out.push_str("];\n");
    Ok(out)
}
