//! The door on the disk: two copies with a number and a check sum, each replaced whole. A torn or damaged copy does not
//! count; the newer of those that are whole does.

use std::{
    io,
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};
use xunjian_domain::hash::Sha256;

use crate::{error::FieldError, private};

/// First words of a copy; a later form gets other ones.
const MARK: &str = "xunjian-door-1";

/// Both copies.
pub(super) struct Copies([PathBuf; 2]);

impl Copies {
    pub fn in_folder(folder: &Path) -> Self {
        Self([folder.join("door"), folder.join("door.copy")])
    }

    /// The newest whole copy with its number; nothing when there never was one.
    ///
    /// # Errors
    /// [`FieldError::Damaged`] when there are copies and none is whole.
    pub fn read<T: DeserializeOwned>(&self) -> Result<Option<(u64, T)>, FieldError> {
        let mut newest: Option<(u64, T)> = None;
        let mut is_damaged = false;
        for path in &self.0 {
            match std::fs::read_to_string(path) {
                Ok(text) => match parse(&text) {
                    Some((number, door)) if newest.as_ref().is_none_or(|(known, _)| *known < number) => {
                        newest = Some((number, door));
                    }
                    Some(_) => {}
                    None => is_damaged = true,
                },
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) if error.kind() == io::ErrorKind::InvalidData => is_damaged = true,
                Err(source) => return Err(FieldError::File { path: path.clone(), source }),
            }
        }
        if newest.is_none() && is_damaged {
            return Err(FieldError::Damaged(self.0[0].display().to_string()));
        }
        Ok(newest)
    }

    /// Replaces one copy, then the other. A crash in between leaves the newer one whole.
    pub fn write(&self, number: u64, door: &impl Serialize) -> Result<(), FieldError> {
        let body = serde_json::to_string(door).map_err(|error| FieldError::Damaged(error.to_string()))?;
        let text = format!("{MARK} {number} {}\n{body}", check_sum(number, &body));
        for path in &self.0 {
            private::replace(path, text.as_bytes())
                .map_err(|source| FieldError::File { path: path.clone(), source })?;
        }
        Ok(())
    }
}

fn check_sum(number: u64, body: &str) -> Sha256 {
    Sha256::of(format!("{number}\n{body}").as_bytes())
}

fn parse<T: DeserializeOwned>(text: &str) -> Option<(u64, T)> {
    let (head, body) = text.split_once('\n')?;
    let mut words = head.strip_prefix(MARK)?.split_whitespace();
    let number = words.next()?.parse().ok()?;
    let is_whole = words.next()? == check_sum(number, body).to_hex();
    is_whole.then(|| serde_json::from_str(body).ok()).flatten().map(|door| (number, door))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_torn_anywhere_leaves_the_door_as_it_was_or_as_it_shall_be() {
        let folder = tempfile::tempdir().unwrap();
        let copies = Copies::in_folder(folder.path());
        assert!(copies.read::<Vec<u32>>().unwrap().is_none(), "there never was a door");
        copies.write(1, &vec![1, 2, 3]).unwrap();
        copies.write(2, &vec![4, 5, 6]).unwrap();
        let whole = std::fs::read(&copies.0[0]).unwrap();
        for end in 0..whole.len() {
            std::fs::write(&copies.0[0], &whole[..end]).unwrap();
            assert_eq!(copies.read::<Vec<u32>>().unwrap(), Some((2, vec![4, 5, 6])), "torn at {end}: the copy counts");
        }
        for bit in 0..whole.len() * 8 {
            let mut damaged = whole.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&copies.0[0], &damaged).unwrap();
            assert_eq!(copies.read::<Vec<u32>>().unwrap(), Some((2, vec![4, 5, 6])), "bit {bit}");
        }
        std::fs::write(&copies.0[1], b"").unwrap();
        std::fs::write(&copies.0[0], b"\xff").unwrap();
        assert!(matches!(copies.read::<Vec<u32>>(), Err(FieldError::Damaged(_))), "no whole copy is no empty door");
    }

    #[test]
    fn a_crash_between_the_copies_leaves_the_newer_one() {
        let folder = tempfile::tempdir().unwrap();
        let copies = Copies::in_folder(folder.path());
        copies.write(7, &"old").unwrap();
        let old = std::fs::read(&copies.0[1]).unwrap();
        copies.write(8, &"new").unwrap();
        std::fs::write(&copies.0[1], old).unwrap();
        assert_eq!(copies.read::<String>().unwrap(), Some((8, "new".to_owned())));
    }
}
