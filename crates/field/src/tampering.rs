//! 篡改与回退: what somebody did to the records of this terminal behind the program's back, named and, where a second copy
//! has it, put right.
//!
//! At each unlocking every record row is held against its own bytes: they hash to its id, and say its place, its visit and
//! the record before it. Signatures are checked of what was not delivered yet and of the newest record; through the chain of
//! hashes the newest one signs for all before it. The end of the chain is compared with the one noted at the door and in the
//! keystore of the operating system, and, at each synchronisation, with the service's ([`crate::sync`]).
//!
//! Deliberately not noticed: a rewritten answer of an open draft. Nobody signed for it yet; whoever signs reads it first.

mod examination;

use serde::{Deserialize, Serialize};
use xunjian_domain::{hash::Sha256, text::Text, time::TimestampMs};

use self::examination::examine;
use crate::{
    Field,
    error::FieldError,
    keys::DatabaseKey,
    store::{
        outbox_rows,
        record::{self, ChainEnd},
        salvage::{self, Why},
    },
};

/// Photos named one by one; more of them are only counted.
const PHOTOS_NAMED: usize = 3;

/// The newest record of a terminal, as it is noted outside the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    pub sequence: u64,
    pub record: Sha256,
}

/// What was done to the local data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Tampering {
    /// The row of a sealed record was gone; it was put back from its second copy.
    RecordRemoved {
        /// Its place in the terminal's chain.
        sequence: u64,
        /// The record.
        record: Sha256,
    },
    /// A sealed record stood at another place than it was sealed for; it was put back.
    RecordMoved {
        /// The place it was sealed for.
        sequence: u64,
        /// The record.
        record: Sha256,
    },
    /// The bytes of a sealed record are not those that were signed.
    RecordRewritten {
        /// Its place in the terminal's chain.
        sequence: u64,
        /// The record, by the name its row has.
        record: Sha256,
        /// Whether the signed bytes were put back from their second copy.
        is_mended: bool,
    },
    /// Sealed records are gone, and nothing on this terminal has them.
    RecordsLost {
        /// First place.
        from: u64,
        /// Last place.
        to: u64,
    },
    /// A record names another one before it than the one that stands there.
    ChainBroken {
        /// Its place.
        sequence: u64,
    },
    /// The row that says how sending went was gone; it was put back, and the record is sent.
    OutboxRemoved {
        /// The record's place.
        sequence: u64,
        /// The record.
        record: Sha256,
    },
    /// The newest records are gone: the data folder is an earlier copy of itself, or they were removed with all their copies.
    SetBack {
        /// First place that is missing.
        from: u64,
        /// Last place that is known to have been sealed.
        to: u64,
        /// Whether the service had them and gave them back.
        is_mended: bool,
    },
    /// Two records at one place, both signed by this terminal: the folder was set back, or works on two devices.
    Forked {
        /// The place.
        sequence: u64,
        /// The one here.
        here: Sha256,
        /// The one the service has.
        there: Sha256,
    },
    /// The service does not have records that this terminal takes for delivered; they are sent again.
    NotAtService {
        /// First place.
        from: u64,
        /// Last place.
        to: u64,
    },
    /// The file of a photo is gone.
    PhotoMissing {
        /// The photo.
        photo: Sha256,
    },
    /// The file of a photo is another one, or cut short.
    PhotoReplaced {
        /// The photo.
        photo: Sha256,
    },
}

/// When it was noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Noticed {
    /// By the terminal's clock.
    pub noticed_at: TimestampMs,
    /// What.
    pub tampering: Tampering,
}

impl std::fmt::Display for Tampering {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text().en)
    }
}

impl Tampering {
    /// The record concerned, where it is one.
    #[must_use]
    pub fn record(&self) -> Option<Sha256> {
        match self {
            Self::RecordRemoved { record, .. }
            | Self::RecordMoved { record, .. }
            | Self::RecordRewritten { record, .. }
            | Self::OutboxRemoved { record, .. } => Some(*record),
            Self::Forked { here, .. } => Some(*here),
            _ => None,
        }
    }

    /// The photo concerned, where it is one.
    #[must_use]
    pub fn photo(&self) -> Option<Sha256> {
        match self {
            Self::PhotoMissing { photo } | Self::PhotoReplaced { photo } => Some(*photo),
            _ => None,
        }
    }

    /// What happened and what to do.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one sentence a variant; splitting the list would hide one")]
    pub fn text(&self) -> Text {
        match self {
            Self::RecordRemoved { sequence, record } => Text::new(
                format!(
                    "第 {sequence} 号记录（{}）曾被人从本机数据库删除，已由副本恢复，内容与签名完好；请查明谁动过本机，并尽快同步",
                    record.short()
                ),
                format!(
                    "Record no. {sequence} ({}) had been deleted from the database; it was put back from its copy, content and \
                     signatures intact. Find out who had access to this terminal, and synchronise soon",
                    record.short()
                ),
            ),
            Self::RecordMoved { sequence, record } => Text::new(
                format!(
                    "第 {sequence} 号记录（{}）在本机数据库中被人调换过顺序，已按签名内容复原；请查明谁动过本机，并尽快同步",
                    record.short()
                ),
                format!(
                    "Record no. {sequence} ({}) had been moved to another place in the database; it stands again where it was \
                     signed for. Find out who had access to this terminal, and synchronise soon",
                    record.short()
                ),
            ),
            Self::RecordRewritten { sequence, record, is_mended: true } => Text::new(
                format!(
                    "第 {sequence} 号记录（{}）的内容被人改写过，已用副本恢复为签名时的原文；请查明谁动过本机，并尽快同步",
                    record.short()
                ),
                format!(
                    "The bytes of record no. {sequence} ({}) had been rewritten; the signed ones were put back from their copy. \
                     Find out who had access to this terminal, and synchronise soon",
                    record.short()
                ),
            ),
            Self::RecordRewritten { sequence, record, is_mended: false } => Text::new(
                format!(
                    "第 {sequence} 号记录（{}）的内容已不是签名时的原文，本机也没有副本：它不会被服务端接受。请保留本机和数据目录，联系管理员和监理方",
                    record.short()
                ),
                format!(
                    "The bytes of record no. {sequence} ({}) are not those that were signed, and there is no copy here: the service \
                     will refuse it. Keep this terminal and its data folder, and call the administrator and the supervisor",
                    record.short()
                ),
            ),
            Self::RecordsLost { from, to } => Text::new(
                format!(
                    "第 {from} 至 {to} 号已封存记录不在本机，也没有副本：请保留本机和数据目录，联系管理员，核对服务端是否已收到；缺号会一直可见"
                ),
                format!(
                    "The sealed records no. {from} to {to} are not on this terminal and have no copy here: keep it and its data \
                     folder, and ask the administrator whether the service has them. The gap stays visible"
                ),
            ),
            Self::ChainBroken { sequence } => Text::new(
                format!("第 {sequence} 号记录所指的前一份记录与本机的不符：请保留本机和数据目录，联系管理员和监理方"),
                format!(
                    "Record no. {sequence} names another record before it than the one here: keep this terminal and its data \
                     folder, and call the administrator and the supervisor"
                ),
            ),
            Self::OutboxRemoved { sequence, record } => Text::new(
                format!(
                    "第 {sequence} 号记录（{}）曾被人从待上传队列删除，已放回队列，同步时会照常上传；请查明谁动过本机",
                    record.short()
                ),
                format!(
                    "Record no. {sequence} ({}) had been taken out of the outbox; it is back in it and goes up at the next \
                     synchronisation. Find out who had access to this terminal",
                    record.short()
                ),
            ),
            Self::SetBack { from, to, is_mended: true } => Text::new(
                format!(
                    "本机数据被恢复成了较早的副本，第 {from} 至 {to} 号记录不在其中；服务端有这些记录，已取回本机，不必重做。请查明是谁恢复的；副本之后未上传的草稿和照片需要重做"
                ),
                format!(
                    "The data here are an earlier copy, without the records no. {from} to {to}. The service has them and gave \
                     them back: do not walk those visits again. Find out who copied the data back; drafts and photos made since \
                     and never sent must be made again"
                ),
            ),
            Self::SetBack { from, to, is_mended: false } => Text::new(
                format!(
                    "本机缺少第 {from} 至 {to} 号记录：数据被恢复成了较早的副本，或这些记录被人删除。请先同步，取回服务端已有的记录；仍缺的请联系管理员。之后封存的记录会接着第 {to} 号编号，缺号会一直可见"
                ),
                format!(
                    "The records no. {from} to {to} are missing here: the data are an earlier copy, or these records were removed. \
                     Synchronise first to get back what the service has; call the administrator about what is still missing. What \
                     is sealed from now on is numbered after {to}, and the gap stays visible"
                ),
            ),
            Self::Forked { sequence, here, there } => Text::new(
                format!(
                    "第 {sequence} 号有两份记录，都由本终端签名（本机 {}，服务端 {}）：数据被恢复过，或同一份数据用在了两台设备上。两份都保留；请停用另一份数据，由管理员决定采用哪份",
                    here.short(),
                    there.short()
                ),
                format!(
                    "There are two records no. {sequence}, both signed by this terminal ({} here, {} at the service): the data were \
                     copied back, or work on two devices. Both are kept; take the other copy of the data out of use, and let the \
                     administrator decide which one counts",
                    here.short(),
                    there.short()
                ),
            ),
            Self::NotAtService { from, to } => Text::new(
                format!(
                    "第 {from} 至 {to} 号记录在本机标为已上传，服务端却没有：已重新上传。请联系管理员，查明是本机被改动还是服务端数据被恢复过"
                ),
                format!(
                    "The records no. {from} to {to} count as sent here, but the service does not have them: they are sent again. Call \
                     the administrator to find out whether this terminal was altered or the service was set back"
                ),
            ),
            Self::PhotoMissing { photo } => Text::new(
                format!(
                    "照片 {} 的文件不见了：如有备份请放回；任务尚未封存的请重拍，已封存的请联系管理员，不要删除数据目录",
                    photo.short()
                ),
                format!(
                    "The file of photo {} is gone: put it back if there is a copy; take it again if the visit is still open, \
                     otherwise call the administrator. Keep the data folder",
                    photo.short()
                ),
            ),
            Self::PhotoReplaced { photo } => Text::new(
                format!(
                    "照片 {} 的文件被换过或截短，不是拍摄时的内容，不会上传：任务尚未封存的请删除后重拍，已封存的请联系管理员，不要删除数据目录",
                    photo.short()
                ),
                format!(
                    "The file of photo {} was replaced or cut short and is not what was taken; it will not be sent. Remove it and \
                     take it again if the visit is still open, otherwise call the administrator. Keep the data folder",
                    photo.short()
                ),
            ),
        }
    }
}

impl Field {
    /// What was noticed on this terminal so far, oldest first, then what is wrong with its photos now.
    ///
    /// # Errors
    /// [`FieldError::Locked`].
    pub fn tampering(&self) -> Result<Vec<Noticed>, FieldError> {
        let mut noticed = self.kept.noticed(&self.database_key()?.kept());
        let (recovery, noticed_at) = (self.recovery(), self.now().wall_ms);
        let missing = recovery.missing.into_iter().map(|photo| Tampering::PhotoMissing { photo });
        let replaced = recovery.replaced.into_iter().map(|photo| Tampering::PhotoReplaced { photo });
        noticed.extend(missing.chain(replaced).map(|tampering| Noticed { noticed_at, tampering }));
        Ok(noticed)
    }

    /// The same as sentences; many photos are counted.
    pub(crate) fn tampering_warnings(&self) -> Result<Vec<Text>, FieldError> {
        let all = self.tampering()?;
        let (photos, records): (Vec<_>, Vec<_>) = all.iter().partition(|noticed| noticed.tampering.photo().is_some());
        let mut texts: Vec<Text> = records.iter().map(|noticed| noticed.tampering.text()).collect();
        if photos.len() <= PHOTOS_NAMED {
            texts.extend(photos.iter().map(|noticed| noticed.tampering.text()));
        } else {
            let count = photos.len();
            texts.push(Text::new(
                format!("有 {count} 张照片的文件不见了、被换过或截短，请不要删除数据目录并联系管理员"),
                format!(
                    "{count} photos have lost their files, or have others in their place: keep the data folder and call the \
                     administrator"
                ),
            ));
        }
        texts.extend(self.log_contradiction()?.map(|contradiction| contradiction.text()));
        Ok(texts)
    }

    /// Keeps what was noticed; what is known already stays as it is. Returns what is new.
    pub(crate) fn notice(&self, key: &DatabaseKey, found: &[Tampering]) -> Result<(), FieldError> {
        let mut noticed = self.kept.noticed(&key.kept());
        let known = noticed.len();
        let noticed_at = self.now().wall_ms;
        for tampering in found {
            if !noticed.iter().any(|before| before.tampering == *tampering) {
                noticed.push(Noticed { noticed_at, tampering: tampering.clone() });
            }
        }
        if noticed.len() > known { self.kept.put_noticed(&key.kept(), &noticed) } else { Ok(()) }
    }

    /// Examines the records of the store that was just opened, and puts right what copies can put right. The database that
    /// was tampered with is moved aside as it is.
    pub(crate) fn put_records_right(&self, key: &DatabaseKey) -> Result<(), FieldError> {
        let head = self.door.head()?;
        let examined = self.store.read(|connection| examine(connection, &self.kept, &key.kept(), head))?;
        // Named first: a crash in what follows must not leave a mended database that says nothing.
        self.notice(key, &examined.found)?;
        if examined.is_mendable {
            let at = self.now().wall_ms;
            let why = Why::Tampering(&examined.replaced);
            self.store.rebuild(key, |path| salvage::salvage(path, key, &self.kept, &*self.ids, at, why).map(drop))?;
        }
        let gone = self.store.read(outbox_rows::missing)?;
        let gone: Vec<Tampering> =
            gone.into_iter().map(|(record, sequence)| Tampering::OutboxRemoved { sequence, record }).collect();
        if !gone.is_empty() {
            self.notice(key, &gone)?;
            self.store.write(outbox_rows::put_back)?;
        }
        self.note_head()
    }

    /// Notes the end of the chain outside the database. It only ever goes forward.
    pub(crate) fn note_head(&self) -> Result<(), FieldError> {
        let end = self.store.read(record::chain_end)?;
        end.map_or(Ok(()), |end| self.door.advance_head(Head { sequence: end.sequence, record: end.id }))
    }

    /// The record that the next one names as the one before it: the newest here, or a newer one that is gone. So the next
    /// one leaves a gap that everybody sees, instead of taking a place that was taken.
    pub(crate) fn head_before(&self, end: Option<&ChainEnd>) -> Result<Option<Head>, FieldError> {
        let here = end.map(|end| Head { sequence: end.sequence, record: end.id });
        let noted = self.door.head()?;
        Ok(here.into_iter().chain(noted).max_by_key(|head| head.sequence))
    }
}
