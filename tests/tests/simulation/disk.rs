//! What a power cut leaves of a folder: what was flushed for certain, and of the rest anything.
//!
//! A file's bytes are safe once the file was flushed, its name once the folder was. What was not flushed may be there, as it
//! was before, cut short, or of the right length and zeros; a rename happened or did not, with both its names. Databases are
//! copied as they stand: `SQLite` flushes by itself, and what it promises is not in question here.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap},
    ffi::{OsStr, OsString},
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    rc::Rc,
};

type Inode = u64;

/// What is known to be on the disk.
#[derive(Default)]
struct Disk {
    bytes: HashMap<Inode, Rc<[u8]>>,
    /// Of each folder, relative to the root: its names as they were flushed.
    names: HashMap<PathBuf, BTreeMap<OsString, Inode>>,
    flushes: u64,
}

thread_local! {
    static DISKS: RefCell<BTreeMap<PathBuf, Disk>> = const { RefCell::new(BTreeMap::new()) };
}

/// What a power cut took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Loss {
    /// Files whose bytes are others than they were.
    pub bytes: u64,
    /// Names that came or went.
    pub names: u64,
}

/// From now on flushes under `root` are noted; what is there already is on the disk.
pub fn watch(root: &Path) -> io::Result<()> {
    let mut disk = Disk::default();
    for folder in folders(root, Path::new(""))? {
        let listed = list(&root.join(&folder))?;
        for (name, entry) in &listed {
            if !entry.is_folder && !is_database(name) {
                disk.bytes.insert(entry.inode, fs::read(root.join(&folder).join(name))?.into());
            }
        }
        disk.names.insert(folder, inodes(&listed));
    }
    DISKS.with(|disks| disks.borrow_mut().insert(root.to_owned(), disk));
    Ok(())
}

/// Forgets a root; how many flushes there were.
pub fn forget(root: &Path) -> u64 {
    DISKS.with(|disks| disks.borrow_mut().remove(root)).map_or(0, |disk| disk.flushes)
}

/// A file or folder was flushed.
pub fn flushed(descriptor: i32) {
    // Nobody watches on this thread, or it is ending.
    let _ = DISKS.try_with(|disks| {
        let Ok(mut disks) = disks.try_borrow_mut() else { return };
        if disks.is_empty() {
            return;
        }
        let open = format!("/proc/self/fd/{descriptor}");
        let Ok(path) = fs::read_link(&open) else { return };
        let Some((root, disk)) = disks.iter_mut().find(|(root, _)| path.starts_with(root)) else { return };
        let Ok(about) = fs::metadata(&open) else { return };
        disk.flushes += 1;
        if about.is_dir() {
            if let (Ok(listed), Ok(relative)) = (list(&path), path.strip_prefix(root)) {
                disk.names.insert(relative.to_owned(), inodes(&listed));
            }
        } else if !path.file_name().is_some_and(is_database)
            && let Ok(bytes) = fs::read(&open)
        {
            disk.bytes.insert(about.ino(), bytes.into());
        }
    });
}

/// Copies a folder as a killed program leaves it: everything that was written is there.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for (name, entry) in list(from)? {
        let (here, there) = (from.join(&name), to.join(&name));
        if entry.is_folder {
            copy(&here, &there)?;
        } else if !is_shared_memory(&name) {
            fs::copy(here, there)?;
        }
    }
    Ok(())
}

/// Copies a folder as a power cut leaves it.
pub fn copy_after_power_cut(from: &Path, to: &Path, random: &mut fastrand::Rng) -> io::Result<Loss> {
    DISKS.with(|disks| {
        let disks = disks.borrow();
        let disk = disks.get(from).ok_or(io::ErrorKind::NotFound)?;
        let mut places = HashMap::new();
        for folder in folders(from, Path::new(""))? {
            for (name, entry) in list(&from.join(&folder))? {
                places.insert(entry.inode, folder.join(name));
            }
        }
        // Half of all power cuts take whatever they may.
        let mood = if random.bool() { Mood::Harsh } else { Mood::Any };
        let mut cut = PowerCut { disk, from, to, places, random, mood, kept: HashMap::new(), loss: Loss::default() };
        cut.folder(Path::new(""))?;
        Ok(cut.loss)
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    Harsh,
    Any,
}

struct PowerCut<'a> {
    disk: &'a Disk,
    from: &'a Path,
    to: &'a Path,
    /// Where each file is now.
    places: HashMap<Inode, PathBuf>,
    random: &'a mut fastrand::Rng,
    mood: Mood,
    /// Whether what happened last to the names of a file is on the disk: a rename has two names and happens once.
    kept: HashMap<Inode, bool>,
    loss: Loss,
}

impl PowerCut<'_> {
    fn keeps(&mut self, inode: Inode) -> bool {
        let (mood, random) = (self.mood, &mut *self.random);
        *self.kept.entry(inode).or_insert_with(|| mood == Mood::Any && random.bool())
    }

    fn folder(&mut self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(self.to.join(folder))?;
        let now = list(&self.from.join(folder)).unwrap_or_default();
        let flushed = self.disk.names.get(folder).cloned().unwrap_or_default();
        let names: BTreeSet<&OsString> = now.keys().chain(flushed.keys()).collect();
        for name in names {
            if is_shared_memory(name) {
                continue;
            }
            let (new, old) = (now.get(name), flushed.get(name).copied());
            if let Some(new) = new.filter(|_| is_database(name)) {
                debug_assert!(!new.is_folder);
                fs::copy(self.from.join(folder).join(name), self.to.join(folder).join(name))?;
                continue;
            }
            let stays = match (new.map(|entry| entry.inode), old) {
                (Some(new), Some(old)) if new == old => Some(new),
                (Some(new), old) => {
                    if self.keeps(new) {
                        Some(new)
                    } else {
                        self.lose_name(old)
                    }
                }
                (None, Some(old)) => {
                    if self.keeps(old) {
                        None
                    } else {
                        self.lose_name(Some(old))
                    }
                }
                (None, None) => None,
            };
            let Some(inode) = stays else { continue };
            if new.is_some_and(|entry| entry.is_folder) {
                self.folder(&folder.join(name))?;
            } else {
                self.file(inode, &folder.join(name))?;
            }
        }
        Ok(())
    }

    fn lose_name(&mut self, back: Option<Inode>) -> Option<Inode> {
        self.loss.names += 1;
        back
    }

    fn file(&mut self, inode: Inode, place: &Path) -> io::Result<()> {
        let now = self.places.get(&inode).map(|path| fs::read(self.from.join(path))).transpose()?;
        let flushed = self.disk.bytes.get(&inode);
        let left: Vec<u8> = match (now, flushed) {
            (Some(now), Some(flushed)) if now[..] == flushed[..] => now,
            (None, flushed) => flushed.map(|bytes| bytes.to_vec()).unwrap_or_default(),
            (Some(now), flushed) => {
                let safe = flushed.map_or(&[][..], |bytes| &bytes[..]);
                let left = self.unflushed(&now, safe);
                self.loss.bytes += u64::from(left != now);
                left
            }
        };
        fs::write(self.to.join(place), left)
    }

    /// A file that was written to since it was flushed.
    fn unflushed(&mut self, now: &[u8], safe: &[u8]) -> Vec<u8> {
        let harsh = self.mood == Mood::Harsh;
        match self.random.u32(..if harsh { 3 } else { 6 }) {
            // As it was flushed: of a new file nothing.
            0 => safe.to_vec(),
            // The length came to the disk before the bytes.
            1 => {
                let common = now.iter().zip(safe).take_while(|(now, safe)| now == safe).count();
                let mut bytes = now[..common].to_vec();
                bytes.resize(now.len(), 0);
                bytes
            }
            2 => now[..self.random.usize(..=now.len())].to_vec(),
            _ => now.to_vec(),
        }
    }
}

struct Entry {
    inode: Inode,
    is_folder: bool,
}

fn list(folder: &Path) -> io::Result<BTreeMap<OsString, Entry>> {
    let entries = fs::read_dir(folder)?.map(|entry| {
        let entry = entry?;
        let about = entry.metadata()?;
        Ok((entry.file_name(), Entry { inode: about.ino(), is_folder: about.is_dir() }))
    });
    entries.collect()
}

fn inodes(listed: &BTreeMap<OsString, Entry>) -> BTreeMap<OsString, Inode> {
    listed.iter().map(|(name, entry)| (name.clone(), entry.inode)).collect()
}

/// Every folder under `root`, relative to it.
fn folders(root: &Path, relative: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = vec![relative.to_owned()];
    for (name, entry) in list(&root.join(relative))? {
        if entry.is_folder {
            found.extend(folders(root, &relative.join(name))?);
        }
    }
    Ok(found)
}

/// A database and its log, which `SQLite` flushes and reads by its own rules.
fn is_database(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.ends_with(".db") || name.ends_with(".db-wal") || name.ends_with(".db-journal")
}

/// Made anew by whoever opens the database.
fn is_shared_memory(name: &OsStr) -> bool {
    name.to_string_lossy().ends_with(".db-shm")
}
