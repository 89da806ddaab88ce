//! U 盘与存储卡: what is plugged in, for everything that is carried by hand. A tablet has no file manager that a glove can use, so
//! the program looks for them itself.

use std::path::Path;

use serde::Serialize;
use sysinfo::{Disk, Disks};

/// A stick or card that is plugged in and mounted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Carrier {
    /// Where it is mounted.
    pub folder: String,
    /// What it is called: the last part of where it is mounted.
    pub name: String,
    /// Bytes that can still be written.
    pub free_bytes: u64,
}

impl Carrier {
    fn of(disk: &Disk) -> Option<Self> {
        let writable = disk.is_removable() && !disk.is_read_only();
        writable.then(|| Self::at(disk.mount_point(), disk.available_space()))
    }

    fn at(folder: &Path, free_bytes: u64) -> Self {
        let name = folder.file_name().unwrap_or(folder.as_os_str());
        Self { folder: folder.display().to_string(), name: name.to_string_lossy().into_owned(), free_bytes }
    }
}

/// Those there are now, by name.
#[must_use]
pub fn carriers() -> Vec<Carrier> {
    let mut found: Vec<Carrier> = Disks::new_with_refreshed_list().iter().filter_map(Carrier::of).collect();
    found.sort_by(|one, other| (&one.name, &one.folder).cmp(&(&other.name, &other.folder)));
    // One stick may be mounted twice at the same place by name spaces.
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stick_is_called_as_it_is_labelled_and_a_drive_of_windows_by_its_letter() {
        assert_eq!(Carrier::at(Path::new("/media/li/巡检U盘"), 9).name, "巡检U盘");
        assert_eq!(Carrier::at(Path::new("/"), 0).name, "/", "a place without a last part has its whole name");
    }

    #[test]
    fn disks_that_are_built_in_are_no_carriers() {
        let all = Disks::new_with_refreshed_list();
        let fixed = all.iter().filter(|disk| !disk.is_removable());
        let named: Vec<String> = carriers().into_iter().map(|carrier| carrier.folder).collect();
        for disk in fixed {
            assert!(!named.contains(&disk.mount_point().display().to_string()), "{disk:?}");
        }
    }
}
