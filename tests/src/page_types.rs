//! The TypeScript types of `ui/src/gen`: what the pages share with engine and service, one file a type and an index of
//! them all. `make gen` writes the folder; `tests/tests/page_types.rs` fails when it is not what the Rust types say.

use std::{collections::BTreeMap, path::Path};

use ts_rs::Config;

/// Every file of the folder: its name and its text.
///
/// # Errors
/// When a type cannot be written, or the temporary folder fails.
pub fn files() -> anyhow::Result<BTreeMap<String, String>> {
    let folder = tempfile::tempdir()?;
    // Nothing we count exceeds 2^53: signed documents forbid it (JCS), and the rest are sizes and milliseconds.
    let config = Config::new().with_out_dir(folder.path()).with_large_int("number");
    xunjian_field::typescript::export(&config)?;
    xunjian_central::typescript::export(&config)?;
    let mut files = read(folder.path())?;
    let index: String = files
        .keys()
        .map(|file| file.trim_end_matches(".ts"))
        .map(|name| format!("export type {{ {name} }} from './{name}'\n"))
        .collect();
    files.insert(
        "index.ts".to_owned(),
        format!("// Made by `make gen` from the Rust types; not to be edited.\n{index}"),
    );
    Ok(files)
}

/// The files of a folder.
///
/// # Errors
/// When it cannot be read.
pub fn read(folder: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    std::fs::read_dir(folder)?
        .map(|entry| {
            let entry = entry?;
            Ok((entry.file_name().to_string_lossy().into_owned(), std::fs::read_to_string(entry.path())?))
        })
        .collect()
}
