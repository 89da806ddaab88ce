//! Writes the demo site's files into `demo/`: the ledger in both forms, its virtual machines and its orders.
//! The same bytes on every run, so that a changed file is a changed generator.

use std::{error::Error, fs, path::Path};

use xunjian_testkit::messy_ledger::MessyLedger;

/// The seed of the demo site.
const SEED: u64 = 2026;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo");
    let site = MessyLedger::from_seed(SEED);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("ledger.xlsx"), site.xlsx()?)?;
    fs::write(folder.join("ledger-gbk.csv"), site.gbk_csv())?;
    fs::write(folder.join("virtual_machines.csv"), site.virtual_machines_csv())?;
    fs::write(folder.join("orders.csv"), site.orders_csv())?;
    Ok(())
}
