//! Photos that come again: the same file, or one that looks nearly the same, in another visit or at another line.
//!
//! Pointed out at once and kept in the record, never refused: a photo may honestly serve twice, and a rack that did not
//! change looks as it did last quarter. Several shots of one line are no re-use, nor is an annotated copy of its original,
//! nor what another person or an amended record of the same visit shows.

use rusqlite::Connection;
use xunjian_domain::{hash::Sha256, text::Text, time::TimestampMs};
use xunjian_proof::record::{Evidence, PhotoReuse};

use crate::{
    error::FieldError,
    photo::Look,
    store::{
        draft::{self, UsedBefore},
        photo_look,
    },
};

/// Most earlier photos named for one new photo: the nearest ones.
const MOST_NAMED: usize = 3;

/// An earlier photo that a new one repeats.
pub(crate) struct Earlier {
    of: Sha256,
    distance: u32,
    is_same_file: bool,
    place: UsedBefore,
}

/// The earlier photos that `photo` repeats, nearest first; the same file alone where there is one.
pub(crate) fn earlier(
    connection: &Connection,
    draft: &str,
    line: Option<u32>,
    photo: &Evidence,
    look: Option<Look>,
) -> Result<Vec<Earlier>, FieldError> {
    let of = photo.sha256;
    if let Some(place) = draft::used_before(connection, draft, line, of)? {
        return Ok(vec![Earlier { of, distance: 0, is_same_file: true, place }]);
    }
    let Some(look) = look else { return Ok(Vec::new()) };
    let original = photo.layer.as_ref().map(|layer| layer.of);
    let mut near = photo_look::near(connection, look)?;
    near.retain(|(other, _)| *other != of && Some(*other) != original);
    near.sort_by_key(|(other, distance)| (*distance, *other));
    let mut found = Vec::new();
    for (of, distance) in near {
        let Some(place) = draft::used_before(connection, draft, line, of)? else { continue };
        let is_kin = place.layer_of.is_some_and(|its| its == photo.sha256 || Some(its) == original);
        if !is_kin {
            found.push(Earlier { of, distance, is_same_file: false, place });
        }
        if found.len() == MOST_NAMED {
            break;
        }
    }
    Ok(found)
}

impl Earlier {
    /// As the record keeps it. `None` for the same file at another line of this visit: there both lines name it already.
    pub fn to_record(&self) -> Option<PhotoReuse> {
        let is_told_by_the_lines = self.is_same_file && self.place.is_of_this_draft;
        // 0 is said of the same bytes only.
        let distance = if self.is_same_file { 0 } else { self.distance.max(1) };
        (!is_told_by_the_lines).then_some(PhotoReuse { of: self.of, distance })
    }

    /// What the person should look at.
    pub fn warning(&self) -> Text {
        let UsedBefore { title, line, taken_at, is_of_this_draft, .. } = &self.place;
        if self.is_same_file && *is_of_this_draft {
            return Text::new(
                format!("这张照片已用于本次巡检第{line}项；请确认它也拍到了这一项"),
                format!("This photo already serves line {line} of this visit. Does it show this item, too?"),
            );
        }
        let day = TimestampMs(*taken_at).day_in_china();
        let (item, of_line) = if *line == 0 {
            (String::new(), String::new())
        } else {
            (format!(" 第{line}项"), format!(", line {line}"))
        };
        let (same, the_same) =
            if self.is_same_file { ("相同", "the same as") } else { ("几乎相同", "nearly the same as") };
        Text::new(
            format!("这张照片与 {day} {title}{item}的照片{same}，记录会如实标注；请确认是否应重新拍摄"),
            format!(
                "This photo is {the_same} that of {day}, {title}{of_line}; the record says so. Should it be taken anew?"
            ),
        )
    }
}
