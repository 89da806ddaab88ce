//! Writes `ui/src/gen` anew: `make gen`.

use std::path::Path;

fn main() -> anyhow::Result<()> {
    let folder = Path::new("ui/src/gen");
    let files = xunjian_tests::page_types::files()?;
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    for (name, text) in &files {
        std::fs::write(folder.join(name), text)?;
    }
    println!("{}: {} files", folder.display(), files.len());
    Ok(())
}
