//! 离线验真包: one file that holds records with everything needed to check them, offline and for ever (docs/adr/0027).
//!
//! The file is a zip that every archive program opens, and there is exactly one sequence of bytes for it: the manifest comes
//! first and names every other file with size and hash, and everything between the files' own bytes follows from those
//! (`zip`). A reader therefore never believes the archive's structure, it recomputes it (`reader`); a byte that is changed
//! anywhere, a file that is dropped, added, renamed or moved, a second directory: all are other bytes, and the first one
//! that differs is named.
//!
//! Pure: sources and targets are `Read` and `Write`. What a pack must say to be believed is judged in `xunjian-verify`.

pub mod check;
pub mod contents;
pub mod coverage;
pub mod layout;
pub mod manifest;
pub mod name;
pub mod page;
pub mod reader;
pub mod rendition;
pub mod texts;
pub mod zip;

pub use self::{
    contents::{Contents, Draft, Head, LogProof, PackError, RecordProofs},
    layout::{Layout, Planned},
    manifest::{LeftOut, Maker, Manifest, PackKind, Profile, WhyLeftOut},
    reader::{Broken, PackReader},
};
