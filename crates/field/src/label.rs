//! Scanned labels: whose they are, what they name, and whether they hang where this visit is.
//!
//! Everything works offline, and everything scanned is recorded: an unknown code is a fact, not an error.

use rusqlite::Connection;
use serde::Serialize;
use xunjian_domain::{
    ids::{AssetId, LabelPrintId, RackId, RoomId, SystemId},
    label_code::LabelCode,
    reconciliation::SightedBy,
    subject::{Subject, SubjectKind},
    text::Text,
};
use xunjian_proof::{
    keyring::Keyring,
    label::{LabelError, LabelKind, LabelPayload},
    record::{LabelScan, ScanSource, ScanVerdict},
    statement::HolderKind,
    suite::{KeyId, PublicKey},
};

use crate::{
    Field,
    comparison::{self, SubjectView},
    draft::{Desk, DraftRef},
    error::FieldError,
    sighting,
    store::{
        draft,
        ledger::{self, LedgerNo},
        package::{self, PackageHead, PrintRow},
    },
    trust,
};

/// What a scan turned out to be. It is on the disk when this is returned.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ScanReport {
    /// As it will stand in the record.
    pub scan: LabelScan,
    /// What the label names, as shown.
    pub subject: Option<SubjectView>,
    /// What to tell the person.
    pub message: Text,
}

impl Field {
    /// Judges a text read from a label, or typed from beside one, and records it.
    ///
    /// # Errors
    /// [`FieldError::LabelCode`] when a typed code is a slip; anything read from a code is recorded, whatever it is.
    pub fn scan_label(&self, whose: DraftRef<'_>, text: &str, source: ScanSource) -> Result<ScanReport, FieldError> {
        let now = self.now();
        let text = text.trim();
        self.store.write(|connection| {
            let desk = self.desk(connection, whose)?;
            let Judged { verdict, print, subject, key, newer } = judge(connection, &desk, text, source)?;
            let (text, at) = (text.to_owned(), now.clone());
            let scan = LabelScan { text, source, verdict, print, subject: subject.clone(), key, at };
            draft::add_scan(connection, &desk.draft.id, &scan)?;
            // A label scanned again is still here: its sighting may have been taken back in between.
            let is_seen = matches!(
                verdict,
                ScanVerdict::Right | ScanVerdict::WrongRack | ScanVerdict::WrongRoom | ScanVerdict::Repeated
            );
            if let Some(subject) = subject.as_ref().filter(|subject| is_seen && subject.kind.is_asset()) {
                let by = if source == ScanSource::Typed { SightedBy::TypedCode } else { SightedBy::Scan };
                sighting::note_scan(connection, &desk, &AssetId::new(&*subject.id), by)?;
            }
            desk.touch(connection, &now)?;
            let no = desk.layout.round.ledger;
            let subject = subject.map(|subject| comparison::subject_view(connection, no, &subject)).transpose()?;
            let home = match (verdict, &subject) {
                (ScanVerdict::WrongRack | ScanVerdict::WrongRoom, Some(named)) => home(connection, no, named)?,
                _ => String::new(),
            };
            let newer = newer.map_or_else(String::new, |code| code.to_string());
            let about = About { name: subject.as_ref().map_or("", |named| &named.name), home: &home, newer: &newer };
            let message = message(&scan, &about, &desk);
            Ok(ScanReport { scan, subject, message })
        })
    }
}

/// What a text is by itself, wherever it was read.
pub(crate) enum Identified {
    /// A print of this site, with the key that signed the label; no key where the code was typed.
    Print(PrintRow, Option<KeyId>),
    /// Nothing that names a thing here.
    Nothing { verdict: ScanVerdict, print: Option<LabelPrintId>, key: Option<KeyId> },
}

/// What a text is: its verdict, and what it names as far as that is known.
struct Judged {
    verdict: ScanVerdict,
    print: Option<LabelPrintId>,
    subject: Option<Subject>,
    /// The key that signed the label.
    key: Option<KeyId>,
    /// The print that hangs there now, where this one was replaced.
    newer: Option<LabelCode>,
}

/// Reads a text as a label, or as the code typed from beside one.
pub(crate) fn identify(connection: &Connection, text: &str, source: ScanSource) -> Result<Identified, FieldError> {
    let nothing = |verdict, print, key| Ok(Identified::Nothing { verdict, print, key });
    let head = PackageHead::require(connection)?;
    match LabelPayload::parse(text) {
        Ok(label) => {
            let keyring = trust::keyring(connection)?;
            match label.verify(&head.label_host, &keyring.root().site, &press_keys(&keyring)) {
                Ok((id, key)) => match package::print(connection, &id)? {
                    // A print of a rack is never the label of an asset, whoever signed it.
                    Some(print) if LabelKind::of(print.subject.kind) != Some(label.kind()) => {
                        nothing(ScanVerdict::Forged, Some(id), Some(key))
                    }
                    Some(print) => Ok(Identified::Print(print, Some(key))),
                    // Signed by this site, but printed after the package was pulled.
                    None => nothing(ScanVerdict::Unknown, Some(id), Some(key)),
                },
                Err(LabelError::Foreign(_)) => nothing(ScanVerdict::Foreign, None, None),
                Err(_) => nothing(ScanVerdict::Forged, None, None),
            }
        }
        Err(_) if source == ScanSource::Typed => {
            let code: LabelCode = text.parse()?;
            match package::print_by_code(connection, &code)? {
                Some(print) => Ok(Identified::Print(print, None)),
                None => nothing(ScanVerdict::Unknown, None, None),
            }
        }
        Err(_) => nothing(ScanVerdict::NotALabel, None, None),
    }
}

fn judge(connection: &Connection, desk: &Desk, text: &str, source: ScanSource) -> Result<Judged, FieldError> {
    let (print, key) = match identify(connection, text, source)? {
        Identified::Print(print, key) => (print, key),
        Identified::Nothing { verdict, print, key } => {
            return Ok(Judged { verdict, print, subject: None, key, newer: None });
        }
    };
    let verdict = if !print.replaced_by.is_empty() {
        ScanVerdict::Revoked
    } else if draft::scans(connection, &desk.draft.id)?.iter().any(|scan| is_counted(scan, &print.id)) {
        ScanVerdict::Repeated
    } else {
        place(connection, desk, &print.subject)?
    };
    let newer = (verdict == ScanVerdict::Revoked).then(|| newest(connection, &print)).transpose()?;
    Ok(Judged { verdict, print: Some(print.id), subject: Some(print.subject), key, newer })
}

/// More often than this nobody reprints one label; a package that says so goes in circles.
const MOST_REPRINTS: usize = 64;

/// The code beside the newest print of a label that was replaced, perhaps more than once.
fn newest(connection: &Connection, print: &PrintRow) -> Result<LabelCode, FieldError> {
    let mut id = LabelPrintId::new(&*print.replaced_by);
    for _ in 0..MOST_REPRINTS {
        match package::print(connection, &id)? {
            Some(next) if !next.replaced_by.is_empty() => id = LabelPrintId::new(next.replaced_by),
            _ => break,
        }
    }
    Ok(LabelCode::of_print(id.as_str()))
}

fn is_counted(scan: &LabelScan, print: &LabelPrintId) -> bool {
    let is_seen = matches!(scan.verdict, ScanVerdict::Right | ScanVerdict::WrongRack | ScanVerdict::WrongRoom);
    is_seen && scan.print.as_ref() == Some(print)
}

fn press_keys(keyring: &Keyring) -> Vec<PublicKey> {
    keyring
        .statements()
        .filter(|statement| statement.holder_kind == HolderKind::Label)
        .filter(|statement| keyring.revocation(&statement.key.id()).is_none())
        .map(|statement| statement.key.clone())
        .collect()
}

/// Whether what the label names belongs where this visit is.
fn place(connection: &Connection, desk: &Desk, named: &Subject) -> Result<ScanVerdict, FieldError> {
    let no = desk.layout.round.ledger;
    let visit = &desk.layout.visit;
    let (rack, room) = match named.kind {
        SubjectKind::Room => match ledger::room_name(connection, no, &RoomId::new(&*named.id))? {
            Some(_) => (None, RoomId::new(&*named.id)),
            None => return Ok(ScanVerdict::Unknown),
        },
        SubjectKind::Rack => match ledger::rack(connection, no, &RackId::new(&*named.id))? {
            Some(rack) => (Some(rack.id), rack.room),
            None => return Ok(ScanVerdict::Unknown),
        },
        _ => match ledger::asset(connection, no, &AssetId::new(&*named.id))? {
            Some(asset) => (Some(asset.rack), asset.room),
            None => return Ok(ScanVerdict::Unknown),
        },
    };
    let is_member = match visit.subject.kind {
        SubjectKind::BackupSystem | SubjectKind::StorageSystem => {
            ledger::system(connection, no, &SystemId::new(&*visit.subject.id))?
                .is_some_and(|system| system.members.iter().any(|member| member.as_str() == named.id))
        }
        _ => false,
    };
    let is_this_room = visit.room.as_ref() == Some(&room);
    Ok(match visit.subject.kind {
        _ if is_member => ScanVerdict::Right,
        SubjectKind::Rack if rack.as_ref().is_some_and(|rack| rack.as_str() == visit.subject.id) => ScanVerdict::Right,
        // The room's own label stands at its door; it is no other rack.
        SubjectKind::Rack if is_this_room && rack.is_none() => ScanVerdict::Right,
        SubjectKind::Rack if is_this_room => ScanVerdict::WrongRack,
        _ if is_this_room => ScanVerdict::Right,
        _ => ScanVerdict::WrongRoom,
    })
}

/// Where the ledger has a thing: `一号机房 · A02`; empty for a room, which is its own place.
fn home(connection: &Connection, no: LedgerNo, named: &SubjectView) -> Result<String, FieldError> {
    let rack = match (named.kind, &named.ledger) {
        (SubjectKind::Rack, _) => ledger::rack(connection, no, &RackId::new(&*named.id))?,
        (_, Some(entry)) => ledger::rack(connection, no, &entry.rack)?,
        _ => None,
    };
    let Some(rack) = rack else { return Ok(String::new()) };
    let room = ledger::room_name(connection, no, &rack.room)?.unwrap_or_default();
    Ok(format!("{room} · {}", rack.name))
}

/// What a sentence about a scan names.
struct About<'a> {
    name: &'a str,
    home: &'a str,
    newer: &'a str,
}

fn message(scan: &LabelScan, about: &About<'_>, desk: &Desk) -> Text {
    let About { name, home, newer } = about;
    let title = &desk.layout.visit.title;
    let is_rack = scan.subject.as_ref().is_some_and(|subject| subject.kind == SubjectKind::Rack);
    match scan.verdict {
        ScanVerdict::Right => Text::new(format!("一致：{name}"), format!("Right: {name}")),
        ScanVerdict::WrongRack if is_rack => Text::new(
            format!("不在本机柜：这是另一机柜 {home} 的标签，已记录；当前巡检是“{title}”"),
            format!("Another rack: this is the label of {home}. Recorded; this visit is “{title}”"),
        ),
        ScanVerdict::WrongRack => Text::new(
            format!("位置不符：{name} 按台账在另一机柜 {home}，已记录；当前巡检是“{title}”"),
            format!("Wrong place: by the ledger {name} is in {home}. Recorded; this visit is “{title}”"),
        ),
        ScanVerdict::WrongRoom => {
            let place = if home.is_empty() { name } else { home };
            Text::new(
                format!("不在本机房：{name} 属于别的机房（{place}），已记录；请确认当前巡检是否为“{title}”"),
                format!("Wrong room: {name} belongs to {place}. Recorded; is “{title}” the visit you mean?"),
            )
        }
        ScanVerdict::Unknown => Text::new(
            "标签有效，但本机台账里没有它所指的对象，已记录；联网后请重新拉取任务包",
            "The label is genuine, but the ledger here does not have what it names. Recorded; pull again when online",
        ),
        ScanVerdict::Revoked => Text::new(
            format!("标签已作废：{name} 的现行标签是 {newer}，已记录；请撕下旧标签，扫描现行标签"),
            format!("This label was replaced: {name} now has {newer}. Recorded; remove this one and scan that"),
        ),
        ScanVerdict::Foreign => Text::new(
            "这是其他站点的标签，已记录；请扫描本站点的标签",
            "A label of another site. Recorded; scan a label of this site",
        ),
        ScanVerdict::Forged => Text::new(
            "标签签名不正确，不是本站点打印的，已记录；请拍照并报告管理员",
            "The label's signature is wrong: this site did not print it. Recorded; take a photo and tell the administrator",
        ),
        ScanVerdict::NotALabel => Text::new(
            "这不是巡检标签，内容已按原文记录；如是设备序列号，请用设备登记（sight）",
            "Not an inspection label; its text was recorded. If it is a serial number, use sight",
        ),
        ScanVerdict::Repeated => {
            Text::new(format!("重复扫描：{name} 在本次巡检中已扫过"), format!("Scanned before in this visit: {name}"))
        }
    }
}
