//! A bundle for a terminal out: everything it would be told over HTTP, from the newest state that it showed of itself.
//!
//! Each export says everything anew, so that a bundle that is lost, or comes after a later one, costs nothing. Exports change
//! nothing but the log's inbox, which they empty.

use std::{collections::BTreeSet, path::Path};

use xunjian_domain::{hash::Sha256, ids::TerminalId, ledger::LedgerManifest, text::Language};
use xunjian_proof::{
    dsse::Envelope,
    merkle::Nodes as _,
    note::SignedCheckpoint,
    receipt::Receipt,
    statement::{PlanStatement, Statement as _},
    suite::Signer as _,
};
use xunjian_protocol::{
    package::WorkPackage,
    problem::Problem,
    record::DeliveryState,
    relay::{
        Direction, DownHead, Header, Item, LogStretch, RecordNews, UpHead,
        export::{Export, Plan, Written},
    },
};

use super::{take, turn};
use crate::{
    clock,
    db::{Sql, sql},
    delivery,
    error::Error,
    extras::Extras,
    greeting, intake,
    ledger::{self, read_chunk},
    log::{self, StoredNodes},
    package, session,
    site::Site,
};

/// The newest that a terminal showed of itself.
struct Shown {
    head: UpHead,
    enrolment: String,
}

/// Writes the bundles for a terminal into `folder`.
///
/// # Errors
/// [`Error::Told`] for a terminal that never sent a bundle: the key to seal for comes with its first one.
pub fn write(site: &Site, terminal: &TerminalId, folder: &Path, max_bytes: u64) -> Result<Vec<Written>, Error> {
    let greeting = greeting::hello(site)?;
    let _turn = turn(site)?;
    let Some(Shown { head, enrolment }) = site.db.read(|sql| shown(sql, terminal))? else {
        return Err(Error::told(
            format!("终端 {terminal} 还没有送来过摆渡包：请先在终端上导出一次并在此导入"),
            format!("the terminal {terminal} has sent no bundle yet: export one there and import it here first"),
        ));
    };
    let language = Language::from_tag(&head.language);
    take::judge_again(site, terminal, language)?;
    take::settle(site, terminal)?;
    let extras = Extras::of_header(Some(&head.accepts));
    let (etag, package, problem) = match session::refuse_revoked(site, terminal) {
        Err(Error::Problem(code, detail)) => (String::new(), None, Some(Problem::new(code, detail, language))),
        Err(error) => return Err(error),
        Ok(()) => {
            let (etag, package) = package::build(site, extras)?;
            let is_known = etag == head.etag;
            (etag, (!is_known).then_some(package), None)
        }
    };
    let news = head.open.iter().map(|record| tell(site, terminal, *record)).collect::<Result<Vec<_>, _>>()?;
    let (checkpoint, stretch) = site.db.read(|sql| log_since(site, sql, &head, &news))?;
    let down = DownHead {
        answers: head.number,
        shown: size_of(&head.known).unwrap_or(0),
        hello: greeting,
        enrolment: if enrolment.is_empty() { None } else { Some(serde_json::from_str(&enrolment)?) },
        etag,
        problem,
        chain: intake::chain(site, terminal, head.chain_end)?,
        checkpoint: checkpoint.to_string(),
        package,
    };
    let mut export = Export::begin(Plan {
        folder,
        name: file_name(terminal, &head, checkpoint.checkpoint.size),
        header: Header {
            direction: Direction::Down,
            site: site.settings.root.site.clone(),
            terminal: terminal.clone(),
            sender: site.keys.service.public_key(),
            recipient: Sha256::of(b""),
            bundle: clock::new_id(),
            made_at: clock::now(),
            part: 1,
        },
        recipient: &head.relay_key,
        signer: &site.keys.service,
        max_bytes,
        opening: vec![(Item::Head, serde_json::to_vec(&down)?), (Item::Log, stretch.to_bytes())],
    });
    let mut written = Vec::new();
    for one in &news {
        written.extend(export.document(Item::News, one)?);
    }
    if let Some(package) = &down.package {
        let held: BTreeSet<Sha256> = head.chunks.iter().copied().collect();
        for name in site.db.read(|sql| chunks_of(sql, package))?.difference(&held) {
            let bytes = site.db.read(|sql| ledger::chunk(sql, name))?;
            let bytes = bytes.ok_or_else(|| Error::Damaged(format!("the chunk {name} is missing")))?;
            written.extend(export.put(Item::Chunk, &[], &bytes)?);
        }
    }
    written.extend(export.finish()?);
    Ok(written)
}

fn file_name(terminal: &TerminalId, head: &UpHead, size: u64) -> String {
    let id: String = terminal.as_str().chars().filter(char::is_ascii_alphanumeric).collect();
    let tail = id.get(id.len().saturating_sub(8)..).unwrap_or_default().to_owned();
    format!("xunjian-down-{tail}-{}-{size}", head.number)
}

fn shown(sql: &dyn Sql, terminal: &TerminalId) -> Result<Option<Shown>, Error> {
    let row = sql.first(sql!("relay_terminal_select"), &[terminal.as_str().into()])?;
    let read = |row: crate::db::Row| -> Result<Shown, Error> {
        Ok(Shown { head: serde_json::from_str(row.text(1)?)?, enrolment: row.text(2)?.to_owned() })
    };
    row.map(read).transpose()
}

/// What is to be said of one record that the terminal counts as open.
fn tell(site: &Site, terminal: &TerminalId, record: Sha256) -> Result<RecordNews, Error> {
    let state = delivery::state(site, terminal, &record)?;
    let mut problem = None;
    if state == DeliveryState::Unknown {
        let values = [terminal.as_str().into(), record.to_hex().into()];
        let row = site.db.read(|sql| sql.first(sql!("relay_refusal_select"), &values))?;
        problem = row.map(|row| Ok::<_, Error>(serde_json::from_str(row.text(0)?)?)).transpose()?;
    }
    Ok(RecordNews { record, state, problem })
}

fn size_of(note: &str) -> Option<u64> {
    SignedCheckpoint::parse(note).ok().map(|note| note.checkpoint.size)
}

/// The newest checkpoint, and the log from the oldest state that the terminal has to compare with it: the one it knows, those it
/// wants to see proved, and those its receipts stand under.
fn log_since(
    site: &Site,
    sql: &dyn Sql,
    head: &UpHead,
    news: &[RecordNews],
) -> Result<(SignedCheckpoint, LogStretch), Error> {
    let checkpoint = log::time_token(site, sql, clock::now())?;
    let size = checkpoint.checkpoint.size;
    let receipts = news.iter().filter_map(|one| match &one.state {
        DeliveryState::Delivered { receipt, .. } => Receipt::parse(receipt).ok(),
        _ => None,
    });
    let receipts = receipts.map(|receipt| receipt.checkpoint.checkpoint.size);
    let seen = std::iter::once(&head.known).chain(&head.unproved).filter_map(|note| size_of(note));
    let base = seen.chain(receipts).filter(|seen| *seen > 0).min().unwrap_or(size).min(size);
    let nodes = StoredNodes(sql);
    let mut hashes = Vec::new();
    for (level, index) in LogStretch::subtrees(base) {
        hashes.push(nodes.node(level, index)?);
    }
    for leaf in base..size {
        hashes.push(nodes.node(0, leaf)?);
    }
    Ok((checkpoint, LogStretch { base, size, hashes }))
}

/// Every chunk that a package names.
fn chunks_of(sql: &dyn Sql, package: &WorkPackage) -> Result<BTreeSet<Sha256>, Error> {
    let mut names = BTreeSet::from([package.label_prints]);
    for round in &package.rounds {
        names.extend([round.template.sha256, round.ledger.sha256]);
        names.extend(round.open_findings);
        let manifest: LedgerManifest = read_chunk(sql, &round.ledger.sha256)?;
        names.extend(manifest.chunks.iter().map(|chunk| chunk.sha256));
        let plan = PlanStatement::read(&Envelope::from_bytes(round.plan.as_bytes())?)?.plan;
        names.extend(plan.visits.iter().map(|visit| visit.sha256));
    }
    Ok(names)
}
