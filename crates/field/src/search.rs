//! 按名称、序列号查找: assets by any part of their name, serial, asset tag or owning unit, for a label that is torn or missing.
//!
//! Any two characters find. SQLite's own trigram index needs three, which is one too many for Chinese (“公安”), and a scan
//! of 100,000 rows takes fifty times as long as a look-up. So each text is cut into overlapping pairs of characters,
//! and a wanted text is a phrase of such pairs: exact, with no limit on which characters (docs/adr/0018). Pairs
//! are spelled in hexadecimal, because SQLite's Unicode tables do not know rare characters of names.

use std::collections::HashMap;

use rusqlite::Connection;
use serde::Serialize;
use xunjian_domain::{
    ids::{RackId, VisitId},
    ledger::LedgerEntry,
    subject::{Subject, SubjectKind},
};

use crate::{
    Field,
    error::FieldError,
    lookup::VisitName,
    rack_view,
    store::{
        ledger::LedgerNo,
        package,
        person::Person,
        search::{self, Found, Match, Place},
    },
    today::Standing,
};

/// Most assets a page shows.
pub(crate) const PAGE: usize = 50;

/// An asset that fits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AssetHit {
    /// Its ledger row.
    pub asset: LedgerEntry,
    /// Its room and rack, `一号机房 · A01`.
    pub rack_name: String,
    /// The visits of the round that go to its rack.
    pub visits: Vec<VisitName>,
}

/// A page of assets that fit, best first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AssetPage {
    /// At most 50: whole serials, tags and names first, then parts of them, then owning units; each in ledger order.
    pub hits: Vec<AssetHit>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<String>,
}

impl Field {
    /// Finds assets by any part of two characters or more of name, serial, asset tag or owning unit; several words must all
    /// fit. `visit` says which round's ledger is meant; without it the newest open round's. `after` is a page's `next`.
    ///
    /// # Errors
    /// [`FieldError::TooShortToSearch`], [`FieldError::NoPackage`], [`FieldError::UnknownVisit`], or
    /// [`FieldError::BadInput`] for an `after` that no page gave.
    pub fn search_assets(
        &self,
        person: &Person,
        visit: Option<&VisitId>,
        text: &str,
        after: Option<&str>,
    ) -> Result<AssetPage, FieldError> {
        let query = Query::of(text).ok_or(FieldError::TooShortToSearch)?;
        let after = after.map(Place::parse).transpose()?;
        let (no, is_ready) = self.store.read(|connection| {
            let no = match visit {
                Some(visit) => self.layouts.of(connection, visit)?.round.ledger,
                None => {
                    let round = package::open_round_ids(connection)?.pop().ok_or(FieldError::NoPackage)?;
                    self.layouts.round(connection, &round)?.ledger
                }
            };
            Ok((no, search::is_ready(connection, no)?))
        })?;
        // A ledger that software before version 4 of the database pulled.
        if !is_ready {
            self.store.write(|connection| search::make_ready(connection, no))?;
        }
        self.store.read(|connection| {
            let mut found = search::find(connection, no, &query, after, PAGE + 1)?;
            let next = (found.len() > PAGE).then(|| found.truncate(PAGE)).and(found.last().map(Found::place));
            let standing = Standing::load(connection, person)?;
            let mut racks = HashMap::new();
            let mut hits = Vec::with_capacity(found.len());
            for Found { asset, .. } in found {
                // A page lies in few racks: each is asked for once.
                if !racks.contains_key(&asset.rack) {
                    racks.insert(asset.rack.clone(), rack_of(connection, no, &standing, &asset.rack)?);
                }
                let (rack_name, visits) = racks.get(&asset.rack).cloned().unwrap_or_default();
                hits.push(AssetHit { asset, rack_name, visits });
            }
            Ok(AssetPage { hits, next: next.map(|place| place.to_string()) })
        })
    }
}

/// What a rack is called, and the visits that go there.
fn rack_of(
    connection: &Connection,
    no: LedgerNo,
    standing: &Standing,
    id: &RackId,
) -> Result<(String, Vec<VisitName>), FieldError> {
    let rack = Subject { kind: SubjectKind::Rack, id: id.to_string() };
    let visits = package::visits_by_subject(connection, &rack)?
        .into_iter()
        .map(|(id, title)| VisitName { state: standing.state(&id), id, title })
        .collect();
    Ok((rack_view::rack_name(connection, no, id)?, visits))
}

/// What is looked for: the texts to match as phrases of pairs, and the words as typed.
pub(crate) struct Query {
    phrases: String,
    /// As typed, for whole serials, tags and names.
    pub whole: String,
}

impl Query {
    /// `None` where a word has fewer than two characters.
    pub fn of(text: &str) -> Option<Self> {
        let words: Vec<String> = text.split_whitespace().map(pairs).collect();
        if words.is_empty() || words.iter().any(String::is_empty) {
            return None;
        }
        let phrases = words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" AND ");
        Some(Self { phrases, whole: text.trim().to_owned() })
    }

    /// The expression that SQLite matches for one class of hits.
    pub fn expression(&self, class: Match) -> String {
        let phrases = &self.phrases;
        match class {
            // Whole texts are looked up, not matched.
            Match::Whole => String::new(),
            Match::Part => format!("{{name serial asset_tag}} : ({phrases})"),
            Match::Owner => format!("({phrases}) NOT ({{name serial asset_tag}} : ({phrases}))"),
        }
    }
}

/// A text as overlapping pairs of its characters, each in hexadecimal: `4e91z5e73 5e73z53f0` for 云平台. Case, width and white
/// space do not count.
pub(crate) fn pairs(text: &str) -> String {
    let characters: Vec<char> =
        text.chars().map(narrow).filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    let spelled = characters.windows(2).map(|pair| format!("{:x}z{:x}", u32::from(pair[0]), u32::from(pair[1])));
    spelled.collect::<Vec<_>>().join(" ")
}

/// Full-width letters, digits and signs as their narrow selves (U+FF01 to U+FF5E).
fn narrow(c: char) -> char {
    match u32::from(c) {
        code @ 0xff01..=0xff5e => char::from_u32(code - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_into_pairs_whatever_their_case_and_width() {
        assert_eq!(pairs("云平台"), "4e91z5e73 5e73z53f0");
        assert_eq!(pairs("ＳＮ-０１"), pairs("sn -01"));
        assert_eq!(pairs("𠮷田"), "20bb7z7530", "a character outside the basic plane is one character");
        assert_eq!(pairs("机"), "");
    }

    #[test]
    fn one_character_is_too_little_and_every_word_must_fit() {
        assert!(Query::of(" 机 ").is_none());
        assert!(Query::of("公安 a").is_none());
        assert!(Query::of("").is_none());
        let query = Query::of("公安  sn-1").unwrap();
        assert_eq!(query.phrases, "\"516cz5b89\" AND \"73z6e 6ez2d 2dz31\"");
        assert_eq!(query.whole, "公安  sn-1");
    }

    #[test]
    fn no_text_can_break_out_of_its_phrase() {
        for text in ["\"\" OR 1", "name:*", "公安\") OR (\"", "NEAR(a b)"] {
            if let Some(query) = Query::of(text) {
                let quoted = query.phrases.split(" AND ").all(|phrase| {
                    let inner = phrase.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
                    inner.is_some_and(|inner| inner.chars().all(|c| c.is_ascii_alphanumeric() || c == ' '))
                });
                assert!(quoted, "{text}: {}", query.phrases);
            }
        }
    }
}
