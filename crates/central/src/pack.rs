//! 离线验真包 out of the service: one record or a round, as the log was at one size (docs/adr/0027).
//!
//! A pack is a function of the log at that size, of the cosignatures of that state, and of the stored photos: asked for twice, it
//! is the same bytes. Nothing is written to the log for it. Documents are spooled into a file without a name, photos are hashed
//! where they lie and read a second time when the archive is written: memory holds one document and one buffer at a time.
//!
//! Order of effects: `FILE.part` grows and is flushed, then renamed. What a crash leaves is a part file. The next run for the same
//! file goes on with the log's size that the part was made at, keeps every file in it whose bytes are right, and writes the rest.

mod gather;
mod mask;
mod write;

use xunjian_domain::{hash::Sha256, ids::RoundId};
use xunjian_proof::pack::{PackError, Profile};

pub use self::{
    gather::{Prepared, prepare},
    mask::Masks,
    write::{Written, open_photo, write_file},
};
use crate::{
    db::{Sql, sql},
    error::Error,
};

/// What a pack is asked to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// One record.
    Record(Sha256),
    /// Every delivered record of a round.
    Round(RoundId),
}

/// A pack to be made.
#[derive(Debug, Clone)]
pub struct Request {
    /// Of what.
    pub wanted: Wanted,
    /// Originals or masked copies.
    pub profile: Profile,
    /// What a person marked, for a redacted pack.
    pub masks: Masks,
    /// The log's size to make it at; the newest when `None`.
    pub at: Option<u64>,
    /// Further sizes of the log to prove that it extends: states that somebody knows from elsewhere.
    pub since: Vec<u64>,
}

impl From<PackError> for Error {
    fn from(error: PackError) -> Self {
        match error {
            PackError::Io(source) => Self::Io { what: "pack".to_owned(), source },
            PackError::Statement(error) => Self::Statement(error),
            other => Self::Damaged(other.to_string()),
        }
    }
}

/// The round that a person names: by its id, or by the quarter where that has one round only.
///
/// # Errors
/// [`Error::Told`] when there is none, or more than one.
pub fn find_round(sql: &dyn Sql, named: &str) -> Result<RoundId, Error> {
    let mut found = Vec::new();
    for row in sql.query(sql!("round_all"), &[])? {
        if row.text(0)? == named || row.text(2)? == named {
            found.push((row.text(0)?.to_owned(), row.text(3)?.to_owned()));
        }
    }
    match found.as_slice() {
        [(id, _)] => Ok(RoundId::new(id.as_str())),
        [] => Err(Error::told(format!("没有轮次“{named}”"), format!("there is no round “{named}”"))),
        many => {
            let list: Vec<String> = many.iter().map(|(id, title)| format!("{id} {title}")).collect();
            let list = list.join("；");
            Err(Error::told(
                format!("“{named}”有多个轮次，请改用轮次编号：{list}"),
                format!("“{named}” has several rounds, name one by its id: {list}"),
            ))
        }
    }
}
