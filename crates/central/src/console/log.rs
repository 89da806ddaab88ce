//! The log, what was kept aside, and who did what.

use serde::{Deserialize, Serialize};
use xunjian_domain::{hash::Sha256, text::Text};
use xunjian_proof::{
    dsse::Envelope,
    merkle,
    note::verifier_key,
    statement::{HolderKind, ReviewVerdict},
};

use super::page::{Page, Params, missing, one_more};
use crate::{
    clock,
    db::{Row, sql},
    decide,
    error::Error,
    leaf::Leaf,
    log::{self, StoredNodes, clock_name, to_i64, to_u64},
    site::Site,
};

/// A leaf in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LogItem {
    /// Its place.
    pub index: u64,
    /// `record`, `delivered`, `key_statement`, `revocation`, `plan`, `admin_action`, `decision`, `countersignature`, `ledger_change`,
    /// `rectification` or `closing`.
    pub kind: String,
    /// What it speaks of: a record, a key or a round; empty for the others.
    pub subject: String,
    /// SHA-256 of its bytes.
    pub envelope_sha256: String,
    /// When it was logged.
    pub logged_at: i64,
    /// What it says, in a few words.
    pub summary: Text,
}

/// A leaf with its proof.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LogLeaf {
    /// As in the list.
    pub item: LogItem,
    /// Its hash in the tree.
    pub leaf_hash: String,
    /// The envelope.
    #[cfg_attr(feature = "typescript", ts(type = "unknown"))]
    pub envelope: serde_json::Value,
    /// What is signed in it.
    #[cfg_attr(feature = "typescript", ts(type = "unknown"))]
    pub payload: serde_json::Value,
    /// The hashes from the leaf to the root of the newest checkpoint.
    pub inclusion: Vec<String>,
}

/// The newest checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CheckpointView {
    /// The signed note.
    pub note: String,
    /// The log's name.
    pub origin: String,
    /// Leaves.
    pub size: u64,
    /// The tree's root.
    pub root: String,
    /// The keys to check the note with, as verifiers take them: the log's and the clock's.
    pub keys: Vec<String>,
    /// The time the service's clock put on it.
    pub at: Option<i64>,
}

/// A refused record that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AsideItem {
    /// SHA-256 of its bytes.
    pub envelope: String,
    /// The terminal that sent it.
    pub terminal: String,
    /// Number of the problem.
    pub problem: String,
    /// What exactly was wrong.
    pub detail: String,
    /// When it came first.
    pub received_at: i64,
    /// What the last decision says of it; `null` while nobody decided.
    pub counts: Option<bool>,
    /// Whether it can be looked at beside the records that claim its place, and decided about.
    pub is_decidable: bool,
}

/// Who did what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AuditItem {
    /// Its id.
    pub id: String,
    /// When.
    pub at: i64,
    /// Who: an account, `xunjian` on the service's machine, or a terminal.
    pub actor: String,
    /// What.
    pub action: String,
    /// Details by name, as JSON.
    pub details: String,
}

fn item(row: &Row) -> Result<LogItem, Error> {
    let leaf = Envelope::from_bytes(row.bytes(5)?).map_err(Error::from).and_then(|envelope| Leaf::read(&envelope));
    Ok(LogItem {
        index: to_u64(row.i64(0)?),
        kind: row.text(1)?.to_owned(),
        subject: row.text(2)?.to_owned(),
        envelope_sha256: row.text(3)?.to_owned(),
        logged_at: row.i64(4)?,
        summary: leaf
            .map_or_else(|_| Text::new("字节已改变，无法读取", "its bytes have changed and cannot be read"), summary),
    })
}

fn summary(leaf: Leaf) -> Text {
    match leaf {
        Leaf::Record(_, record) => {
            let (title, name) = (&record.visit.title, &record.inspector.name);
            Text::new(format!("巡检记录：{title}（{name}）"), format!("record: {title} ({name})"))
        }
        Leaf::Delivered(delivered) => {
            let (short, photos) = (delivered.record.short(), delivered.blobs.len());
            Text::new(
                format!("送达声明：记录 {short} 与 {photos} 张照片已入库"),
                format!("record {short} and its {photos} photos are stored"),
            )
        }
        Leaf::KeyStatement(statement) => {
            let (name, key) = (&statement.holder_name, statement.key.id().fingerprint());
            Text::new(format!("密钥声明：{name}（{key}）"), format!("key of {name} ({key})"))
        }
        Leaf::Revocation(revocation) => {
            let (key, reason) = (revocation.key.fingerprint(), &revocation.reason);
            Text::new(format!("吊销：{key}（{reason}）"), format!("revoked: {key} ({reason})"))
        }
        Leaf::Plan(statement) => {
            let (title, visits) = (&statement.plan.round.title, statement.plan.visits.len());
            Text::new(format!("巡检计划：{title}，{visits} 次巡检"), format!("plan: {title}, {visits} visits"))
        }
        Leaf::AdminAction(action) => {
            let (actor, what) = (&action.actor, &action.action);
            Text::new(format!("管理操作：{actor} {what}"), format!("{actor}: {what}"))
        }
        Leaf::Countersignature(said) => {
            let (zh, en) = match said.verdict {
                ReviewVerdict::Accepted => ("通过", "accepted"),
                ReviewVerdict::Returned => ("退回", "returned"),
            };
            let record = said.record.short();
            Text::new(format!("复核签名：记录 {record} {zh}"), format!("review: record {record} {en}"))
        }
        Leaf::Decision(decision) => {
            let (zh, en) = decision.counts.map_or_else(
                || ("均不计入".to_owned(), "none counts".to_owned()),
                |record| (format!("记录 {} 计入", record.short()), format!("record {} counts", record.short())),
            );
            let (reason, of) = (&decision.reason, decision.candidates.len());
            Text::new(format!("裁定（{of} 份记录）：{zh}（{reason}）"), format!("decided of {of}: {en} ({reason})"))
        }
        Leaf::LedgerChange(decision) => {
            let (count, reason) = (decision.change_set.changes.len(), &decision.reason);
            let (zh, en) = if decision.approved { ("同意", "approved") } else { ("不同意", "rejected") };
            Text::new(
                format!("台账变更单（{count} 项）：{zh}（{reason}）"),
                format!("change set of the ledger ({count} assets): {en} ({reason})"),
            )
        }
        Leaf::Rectification(said) => {
            let (short, title) = (said.rectification.short(), said.step.title());
            Text::new(format!("整改 {short}：{}", title.zh), format!("rectification {short}: {}", title.en))
        }
        Leaf::Closing(closing) => {
            let whole = &closing.totals.whole;
            let percent = whole.percent().unwrap_or_else(|| "-".to_owned());
            Text::new(
                format!("关闭轮次（{}）：应检 {}，完成率 {percent}%", closing.timing.zh(), whole.due),
                format!("round closed: {} of {} lines, {percent} %", whole.done(), whole.due),
            )
        }
    }
}

const KINDS: [&str; 11] = [
    "record",
    "delivered",
    "key_statement",
    "revocation",
    "plan",
    "admin_action",
    "decision",
    "countersignature",
    "ledger_change",
    "rectification",
    "closing",
];

/// `GET log`: the newest first; `q` looks in subjects and hashes.
///
/// # Errors
/// [`Error::Problem`] 400.3.
pub fn list(site: &Site, params: &Params) -> Result<Page<LogItem>, Error> {
    let (limit, (before, _)) = (params.limit()?, params.after()?);
    let filter = [params.choice("kind", &KINDS)?.into(), params.pattern().into()];
    let mut values = filter.to_vec();
    values.extend([before.into(), one_more(limit).into()]);
    site.db.read(|sql| {
        let total = sql.first(sql!("log_list_count"), &filter)?.map_or(Ok(0), |row| row.i64(0))?;
        let items = sql.query(sql!("log_list"), &values)?.iter().map(item).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(items, limit, to_u64(total), |item| item.index.to_string()))
    })
}

/// `GET log/INDEX`.
///
/// # Errors
/// [`Error::Problem`] 404.3.
pub fn leaf(site: &Site, index: u64) -> Result<LogLeaf, Error> {
    site.db.read(|sql| {
        let row = sql.first(sql!("log_entry_at"), &[to_i64(index).into()])?;
        let row = row.ok_or_else(|| missing(format!("leaf {index}")))?;
        let bytes = row.bytes(5)?;
        let envelope = serde_json::from_slice(bytes).unwrap_or(serde_json::Value::Null);
        let payload = Envelope::from_bytes(bytes).ok().and_then(|envelope| envelope.payload().ok());
        let payload = payload.and_then(|payload| serde_json::from_slice(&payload).ok());
        let (size, _) = log::tail(sql)?;
        let proof = merkle::inclusion_proof(&StoredNodes(sql), index, size)?;
        Ok(LogLeaf {
            item: item(&row)?,
            leaf_hash: merkle::leaf_hash(bytes).to_hex(),
            envelope,
            payload: payload.unwrap_or_default(),
            inclusion: proof.iter().map(Sha256::to_hex).collect(),
        })
    })
}

/// `GET log/checkpoint`.
///
/// # Errors
/// [`Error::Damaged`] while the log is empty.
pub fn checkpoint(site: &Site) -> Result<CheckpointView, Error> {
    site.db.read(|sql| {
        let note = log::time_token(site, sql, clock::now())?;
        let keyring = site.keyring(sql)?;
        let origin = &site.settings.root.log_origin;
        let names = [(HolderKind::Log, origin.clone()), (HolderKind::Clock, clock_name(origin))];
        let mut keys = Vec::new();
        for (kind, name) in names {
            for statement in keyring.of_kind(kind) {
                keys.push(verifier_key(&name, &statement.key)?);
            }
        }
        Ok(CheckpointView {
            origin: note.checkpoint.origin.clone(),
            size: note.checkpoint.size,
            root: note.checkpoint.root.to_hex(),
            keys,
            at: keyring.time_of(&note).ok().map(|seconds| to_i64(seconds.saturating_mul(1000))),
            note: note.to_string(),
        })
    })
}

/// `GET aside`: the newest first.
///
/// # Errors
/// [`Error::Problem`] 400.3.
pub fn aside(site: &Site, params: &Params) -> Result<Page<AsideItem>, Error> {
    let (limit, (at, last)) = (params.limit()?, params.after()?);
    let values = [at.into(), last.first().map_or("", String::as_str).into(), one_more(limit).into()];
    site.db.read(|sql| {
        let decided = decide::of_aside(sql)?;
        let read = |row: &Row| -> Result<AsideItem, Error> {
            let (envelope, problem) = (row.text(0)?.to_owned(), row.text(2)?.to_owned());
            Ok(AsideItem {
                terminal: row.text(1)?.to_owned(),
                detail: row.text(3)?.to_owned(),
                received_at: row.i64(4)?,
                counts: envelope.parse().ok().and_then(|hash: Sha256| decided.get(&hash).copied()),
                is_decidable: decide::decidable(&problem),
                envelope,
                problem,
            })
        };
        let total = sql.first(sql!("set_aside_total"), &[])?.map_or(Ok(0), |row| row.i64(0))?;
        let items = sql.query(sql!("set_aside_list"), &values)?.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(items, limit, to_u64(total), |item| format!("{}~{}", item.received_at, item.envelope)))
    })
}

/// `GET audit`: the newest first.
///
/// # Errors
/// [`Error::Problem`] 400.3.
pub fn audit(site: &Site, params: &Params) -> Result<Page<AuditItem>, Error> {
    let (limit, (at, last)) = (params.limit()?, params.after()?);
    let filter = [params.pattern().into()];
    let mut values = filter.to_vec();
    values.extend([at.into(), last.first().map_or("", String::as_str).into(), one_more(limit).into()]);
    let read = |row: &Row| -> Result<AuditItem, Error> {
        let text = |at| Ok::<_, Error>(row.text(at)?.to_owned());
        Ok(AuditItem { id: text(0)?, at: row.i64(1)?, actor: text(2)?, action: text(3)?, details: text(4)? })
    };
    site.db.read(|sql| {
        let total = sql.first(sql!("audit_list_count"), &filter)?.map_or(Ok(0), |row| row.i64(0))?;
        let items = sql.query(sql!("audit_list"), &values)?.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(items, limit, to_u64(total), |item| format!("{}~{}", item.at, item.id)))
    })
}
