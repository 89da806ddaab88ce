//! 关闭轮次: the service draws a closing up, people sign it, and from then on nothing counts into the round. The archive of a
//! closed round is its evidence pack at the log's size right behind the closing: frozen, because the log below a size never
//! changes.
//!
//! Order of effects: the closing, the round's end, the inbox of the log and the audit are one transaction. What was drawn up is a
//! file and nothing more: whatever comes into the log for the round before both have signed makes it void.

use std::{fs::File, path::Path};

use serde::Serialize;
use xunjian_domain::{hash::Sha256, ids::RoundId};
use xunjian_proof::{
    closing::{Closing, ClosingError, Timing, merge, verify_closing, verify_signatures},
    coverage::lines_sha256,
    dsse::Envelope,
    jcs,
    pack::{
        Profile,
        check::{Pins, Report, check},
    },
};

use crate::{
    clock,
    coverage::{self, Counted},
    db::{Sql, sql},
    delivery,
    error::Error,
    log::{self, to_i64},
    pack::{self, Masks, Request, Wanted, Written},
    site::Site,
};

/// A closed round.
#[derive(Debug, Clone, Serialize)]
pub struct Closed {
    /// The round.
    pub round: RoundId,
    /// SHA-256 of the closing's envelope.
    pub closing: Sha256,
    /// Who signed, by name.
    pub signed_by: Vec<String>,
    /// Whether it was closed already, by the same closing; nothing changed then.
    pub identical: bool,
}

/// What an archive came to.
#[derive(Debug, Clone, Serialize)]
pub struct ArchiveReport {
    /// Whether everything fits, and a closing is in it whose numbers were derived again.
    pub is_right: bool,
    /// Everything that was checked.
    #[serde(flatten)]
    pub report: Report,
}

fn told_of(error: &ClosingError) -> Error {
    let zh = match error {
        ClosingError::NotASignatory(_) => {
            "签名人无权签署关闭声明：须为服务方人员，或监理方、管理方的复核人员，且不是管理员"
        }
        ClosingError::Missing(_) => "还缺一方的签名：须有服务方，以及监理方或管理方",
        ClosingError::SamePerson(_) => "同一人签了两次，须由两方的不同人员签名",
        ClosingError::OtherNumbers(_) => "声明中的数字与计划和日志不符",
        ClosingError::Foreign => "声明属于另一个站点、轮次或计划",
        ClosingError::Keyring(_) => "签名密钥未经站点根声明，或起草时尚未生效",
        ClosingError::Envelope(_) => "签名不正确",
        ClosingError::Malformed(_) | ClosingError::Statement(_) | ClosingError::Document(_) => "文件不是完整的关闭声明",
    };
    Error::told(format!("{zh}，未关闭（{error}）"), format!("not closed: {error}"))
}

fn is_closed(round: &RoundId) -> Error {
    Error::told(format!("轮次 {round} 已关闭"), format!("the round {round} is closed already"))
}

/// Draws a closing up for people to sign. Nothing is stored.
///
/// # Errors
/// [`Error::Told`] when there is no such round, it is closed, or it is early or late and no reason is given.
pub fn draw_up(site: &Site, actor: &str, round: &RoundId, reason: &str) -> Result<Closing, Error> {
    // What is complete is declared delivered first: nobody is to be left out because the service was slow.
    delivery::deliver_ready(site)?;
    site.db.read_long(|sql| {
        if coverage::closing(sql, round)?.is_some() {
            return Err(is_closed(round));
        }
        let counted = coverage::of_round(sql, round)?;
        let (now, due_by) = (clock::now(), counted.plan.plan.round.due_by);
        let timing = Timing::of(now, &counted.plan.plan.round);
        if timing != Timing::OnTime && reason.trim().is_empty() {
            let (zh, en) = if timing == Timing::Early { ("提前", "early") } else { ("逾期", "late") };
            return Err(Error::told(
                format!("本轮截止日为 {due_by}，现在属于{zh}关闭，请用 --reason 写明原因"),
                format!("the last due day is {due_by}: closing now is {en}, give the reason with --reason"),
            ));
        }
        let totals_sha256 = jcs::hash(&counted.totals)?;
        Ok(Closing {
            site: site.settings.root.site.clone(),
            round: round.clone(),
            plan: counted.plan_sha256,
            log_size: counted.log_size,
            log_root: counted.log_root,
            lines_sha256: lines_sha256(&counted.coverage)?,
            totals: counted.totals,
            totals_sha256,
            timing,
            reason: reason.trim().to_owned(),
            drawn_up_at: now,
            drawn_up_by: actor.to_owned(),
        })
    })
}

/// Checks that a closing's numbers are those of the log as it was, and that nothing came for the round since.
fn check_numbers(sql: &dyn Sql, closing: &Closing) -> Result<(), Error> {
    let (newest, _) = log::tail(sql)?;
    if closing.log_size > newest {
        return Err(told_of(&ClosingError::Foreign));
    }
    let then = coverage::at_size(sql, &closing.round, closing.log_size)?;
    if then.log_root != closing.log_root {
        return Err(told_of(&ClosingError::OtherNumbers("log's root")));
    }
    check_counted(closing, &then)?;
    let now = coverage::at_size(sql, &closing.round, newest)?;
    if now.coverage != then.coverage {
        return Err(Error::told(
            "起草之后本轮又有记录、裁定或复核签名进入日志，未关闭；请重新起草并签名",
            "records, decisions or reviews of the round came into the log since it was drawn up: draw it up anew",
        ));
    }
    Ok(())
}

fn check_counted(closing: &Closing, counted: &Counted) -> Result<(), Error> {
    let plan = (&counted.plan.plan, counted.plan_sha256);
    closing.check_against(plan, &counted.coverage).map_err(|error| told_of(&error))
}

/// Closes a round with the signatures of both sides, in one envelope or in several over the same statement.
///
/// # Errors
/// [`Error::Told`] saying what is missing or does not fit; then the round stays open.
pub fn close(site: &Site, actor: &str, signed: &[Envelope]) -> Result<Closed, Error> {
    let envelope = merge(signed).map_err(|error| told_of(&error))?;
    delivery::deliver_ready(site)?;
    let closed = site.db.write(|sql| {
        let keyring = site.keyring(sql)?;
        let (closing, people) = verify_closing(&envelope, &keyring).map_err(|error| told_of(&error))?;
        let (hash, round) = (envelope.sha256(), closing.round.clone());
        let signed_by = people.iter().map(|one| format!("{}（{}）", one.holder_name, one.party.kind.zh())).collect();
        if let Some((_, before, _)) = coverage::closing(sql, &round)? {
            if before.sha256() == hash {
                return Ok(Closed { round, closing: hash, signed_by, identical: true });
            }
            return Err(is_closed(&round));
        }
        if people.iter().any(|one| keyring.revocation(&one.key.id()).is_some()) {
            return Err(Error::told("一个签名人的密钥已吊销，未关闭", "a signer's key was revoked; not closed"));
        }
        check_numbers(sql, &closing)?;
        let now = clock::now();
        let values = [
            round.as_str().into(),
            hash.to_hex().into(),
            envelope.to_bytes().into(),
            to_i64(closing.log_size).into(),
            closing.drawn_up_at.0.into(),
            now.0.into(),
        ];
        sql.execute(sql!("round_closing_insert"), &values)?;
        sql.execute(sql!("round_close"), &[round.as_str().into(), now.0.into()])?;
        log::enqueue(sql, "closing", &envelope)?;
        for visit in sql.query(sql!("round_visits"), &[round.as_str().into()])? {
            sql.execute(sql!("record_summary_current"), &[visit.text(0)?.into()])?;
        }
        fail::fail_point!("closing.before_commit");
        let details = [("closing", hash.to_hex()), ("round", round.to_string())];
        let details: Vec<(&str, &str)> = details.iter().map(|(name, value)| (*name, value.as_str())).collect();
        log::audit(site, sql, actor, "round.close", &details)?;
        Ok(Closed { round, closing: hash, signed_by, identical: false })
    })?;
    site.sequence()?;
    Ok(closed)
}

/// Checks one side's signature before the other has signed: who signed what.
///
/// # Errors
/// [`Error::Told`] when it does not count.
pub fn look_at(site: &Site, envelope: &Envelope) -> Result<(Closing, Vec<String>), Error> {
    site.db.read(|sql| {
        let keyring = site.keyring(sql)?;
        let (closing, people) = verify_signatures(envelope, &keyring).map_err(|error| told_of(&error))?;
        let names = people.iter().map(|one| format!("{}（{}）", one.holder_name, one.party.kind.zh())).collect();
        Ok((closing, names))
    })
}

/// What the archive of a closed round holds: every delivered record with its photos, everything that was said of them, what
/// became of the problems, and the closing, as the log was right behind it.
///
/// # Errors
/// [`Error::Told`] when the round is open.
pub fn archive_request(site: &Site, round: &RoundId) -> Result<Request, Error> {
    site.sequence()?;
    let found = site.db.read(|sql| coverage::closing(sql, round))?;
    let Some((closing, _, Some(place))) = found else {
        return Err(Error::told(
            format!("轮次 {round} 尚未关闭，不能归档；请先 xunjian round close"),
            format!("the round {round} is not closed: close it before it is archived"),
        ));
    };
    Ok(Request {
        wanted: Wanted::Round(round.clone()),
        profile: Profile::Full,
        masks: Masks::default(),
        at: Some(place + 1),
        since: vec![closing.log_size],
    })
}

/// Writes the archive of a closed round, as [`archive_request`] says what is in it.
///
/// # Errors
/// [`Error::Told`] when the round is open; as [`pack::write_file`] otherwise.
pub fn archive(site: &Site, round: &RoundId, out: &Path) -> Result<Written, Error> {
    pack::write_file(site, &archive_request(site, round)?, out)
}

/// Checks an archive without the site: every byte and signature, and the closing's numbers, derived again.
///
/// # Errors
/// [`Error::Io`] when the file cannot be read.
pub fn check_archive(file: &Path, root: Option<Sha256>) -> Result<ArchiveReport, Error> {
    let input = File::open(file).map_err(Error::io(file.display().to_string()))?;
    let pins = Pins { root, ..Pins::default() };
    let report = check(std::io::BufReader::new(input), &pins);
    let is_right = report.failures.is_empty() && !report.closed.is_empty();
    Ok(ArchiveReport { is_right, report })
}
