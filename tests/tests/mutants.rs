//! The mutants still fit the code: each text stands once in its file, so that the next sweep makes what it means to make.

use anyhow::{Result, ensure};
use xunjian_tests::{mutants, workspace};

#[test]
fn every_mutant_can_be_made() -> Result<()> {
    let all = mutants::all()?;
    ensure!(all.len() >= 10, "there are only {} mutants", all.len());
    let copy = tempfile::tempdir()?;
    for mutant in &all {
        for edit in &mutant.edit {
            let place = copy.path().join(&edit.file);
            std::fs::create_dir_all(place.parent().unwrap_or(copy.path()))?;
            std::fs::copy(workspace().join(&edit.file), place)?;
        }
        mutant.make(copy.path())?;
        mutant.unmake(copy.path())?;
        ensure!(!mutant.breaks.is_empty(), "{} does not say what it breaks", mutant.name);
    }
    Ok(())
}
