//! Steps after the opening: the service's own, and those that people signed.

use serde::Serialize;
use xunjian_domain::{
    hash::Sha256,
    party::Role,
    rectification::{Opening, RectificationState, Reinspection, Step, deadline::Reminder},
};
use xunjian_proof::{
    dsse::Envelope,
    rectification::{History, RectificationError, RectificationStep, Signatory, verify_step},
    statement::Statement as _,
};

use super::{evidence::Evidence, find, fold, histories, steps_of, store};
use crate::{calendar, clock, db::Sql, enrol, error::Error, site::Site};

/// How far a signer's clock may be ahead of the service's.
const AHEAD_MS: i64 = 10 * 60_000;

/// What a command expects to be in a signed file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// 提交整改.
    Submission,
    /// 使用方确认.
    Acknowledgement,
    /// 通过 or 退回.
    Verdict,
}

/// What became of a signed step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// The rectification.
    pub rectification: Sha256,
    /// The step.
    pub step: &'static str,
    /// How it stands now.
    pub state: RectificationState,
    /// Whether the step was here already; nothing changed then.
    pub identical: bool,
}

/// Adds a step of the service's own.
fn append(site: &Site, sql: &dyn Sql, actor: &str, history: &mut History, step: Step) -> Result<(), Error> {
    let now = clock::now();
    let said = RectificationStep {
        site: site.settings.root.site.clone(),
        round: history.progress.opening.round.clone(),
        rectification: history.id,
        previous: Some(history.last),
        step,
        by: Signatory::Service { actor: actor.to_owned() },
        at: now,
    };
    let envelope = said.sign(&[&site.keys.service])?;
    let place = history.steps;
    history.take(&said, envelope.sha256(), now).map_err(|error| told_of(&error))?;
    store(site, sql, actor, (&said, &envelope), place, now)
}

/// 分派 to a person who rectifies.
///
/// # Errors
/// [`Error::Told`] when there is no such rectification or person, or it is closed.
pub fn assign(site: &Site, actor: &str, id: &str, to: &str, note: &str) -> Result<History, Error> {
    with(site, |sql| {
        let mut history = find(sql, id)?;
        let person = enrol::find_person(sql, to)?;
        if !person.roles.contains(&Role::Rectifier) {
            return Err(Error::told(
                format!("{} 不是整改人员，不能分派；可用 xunjian user 查看或添加", person.name),
                format!("{} does not rectify and cannot be assigned", person.name),
            ));
        }
        let step = Step::Assigned { to: person.id, name: person.name, note: note.trim().to_owned() };
        append(site, sql, actor, &mut history, step)?;
        Ok(history)
    })
}

/// 反馈 to the 使用方, as it was sent.
///
/// # Errors
/// [`Error::Told`] when there is no such rectification, or nothing is said.
pub fn feed_back(site: &Site, actor: &str, id: &str, to: &str, channel: &str, text: &str) -> Result<History, Error> {
    with(site, |sql| {
        let mut history = find(sql, id)?;
        // Without a name it goes to whose it is.
        let to = if to.trim().is_empty() { history.progress.opening.owning_unit.clone() } else { to.trim().to_owned() };
        let step = Step::FedBack { to, channel: channel.trim().to_owned(), text: text.trim().to_owned() };
        append(site, sql, actor, &mut history, step)?;
        Ok(history)
    })
}

/// 使用方确认, noted for somebody who has no key: the statement says that the service noted it.
///
/// # Errors
/// [`Error::Told`] when there is no such rectification, or nothing was fed back.
pub fn acknowledge(site: &Site, actor: &str, id: &str, who: &str, channel: &str, text: &str) -> Result<History, Error> {
    with(site, |sql| {
        let mut history = find(sql, id)?;
        let (who, channel, text) = (who.trim().to_owned(), channel.trim().to_owned(), text.trim().to_owned());
        append(site, sql, actor, &mut history, Step::Acknowledged { who, channel, text })?;
        Ok(history)
    })
}

fn with(site: &Site, work: impl FnOnce(&dyn Sql) -> Result<History, Error>) -> Result<History, Error> {
    let history = site.db.write(work)?;
    site.sequence()?;
    Ok(history)
}

/// 催办: gives every reminder that is due now and was not given. Run by the service each minute, or by hand.
///
/// # Errors
/// [`Error`] of the database.
pub fn remind(site: &Site, actor: &str) -> Result<Vec<(History, Reminder)>, Error> {
    let given = site.db.read(|sql| {
        let (calendar, now) = (calendar::current(sql)?.calendar, clock::now());
        let is_due = |one: &History| !one.progress.reminders_due(&calendar, now).is_empty();
        Ok::<_, Error>(histories(sql, "")?.iter().any(is_due))
    })?;
    if !given {
        return Ok(Vec::new());
    }
    let given = site.db.write(|sql| {
        let (calendar, now) = (calendar::current(sql)?.calendar, clock::now());
        let mut given = Vec::new();
        for mut history in histories(sql, "")? {
            for reminder in history.progress.reminders_due(&calendar, now) {
                append(site, sql, actor, &mut history, Step::Reminded { reminder })?;
                given.push((history.clone(), reminder));
            }
        }
        Ok::<_, Error>(given)
    })?;
    site.sequence()?;
    for (history, reminder) in &given {
        let (due, urgency) = (reminder.deadline.due.zh(), reminder.urgency.zh());
        tracing::warn!(rectification = %history.id, due, urgency, at = %reminder.deadline.at, "reminder");
    }
    Ok(given)
}

/// Takes a step in that a person signed. The same one again changes nothing.
///
/// # Errors
/// [`Error::Told`] saying why it does not count.
pub fn take(site: &Site, actor: &str, envelope: &Envelope, wanted: Wanted) -> Result<Taken, Error> {
    let taken = site.db.write(|sql| {
        let keyring = site.keyring(sql)?;
        let (said, person) = verify_step(envelope, &keyring).map_err(|error| told_of(&error))?;
        let hash = envelope.sha256();
        let kind = said.step.kind();
        check_wanted(&said, wanted)?;
        let known = steps_of(sql, &said.rectification)?;
        let mut history = fold(&known)?.ok_or_else(|| {
            let id = said.rectification.short();
            Error::told(format!("没有编号为 {id} 的整改"), format!("there is no rectification {id}"))
        })?;
        if known.iter().any(|step| step.envelope == hash) {
            let state = history.progress.state;
            return Ok(Taken { rectification: history.id, step: kind, state, identical: true });
        }
        if keyring.revocation(&person.key.id()).is_some() {
            return Err(Error::told("签名人的密钥已吊销，未收入", "the signer's key was revoked; not taken in"));
        }
        let now = clock::now();
        if said.at.0 > now.0 + AHEAD_MS {
            return Err(Error::told(
                format!("签名时间 {} 晚于服务端时间 {now}，请校准签名终端的时钟后重签", said.at),
                format!(
                    "it was signed at {}, later than now ({now}): set the terminal's clock right and sign again",
                    said.at
                ),
            ));
        }
        if let Step::Accepted { reinspection, .. } = &said.step {
            check_evidence(sql, &history.progress.opening, &said, reinspection)?;
        }
        let place = history.steps;
        history.take(&said, hash, now).map_err(|error| told_of(&error))?;
        store(site, sql, actor, (&said, envelope), place, now)?;
        Ok(Taken { rectification: history.id, step: kind, state: history.progress.state, identical: false })
    })?;
    site.sequence()?;
    Ok(taken)
}

fn check_wanted(said: &RectificationStep, wanted: Wanted) -> Result<(), Error> {
    let is_wanted = match wanted {
        Wanted::Submission => matches!(said.step, Step::Submitted { .. }),
        Wanted::Acknowledgement => matches!(said.step, Step::Acknowledged { .. }),
        Wanted::Verdict => matches!(said.step, Step::Accepted { .. } | Step::Rejected { .. }),
    };
    if is_wanted && matches!(said.by, Signatory::Person { .. }) {
        return Ok(());
    }
    let title = said.step.title();
    Err(Error::told(
        format!("文件所签的是“{}”，与命令不符，未收入", title.zh),
        format!("the file says “{}”, which is not what this command takes in", title.en),
    ))
}

/// The document that a verdict rests on is here, delivered or logged, and shows what it is said to show.
fn check_evidence(
    sql: &dyn Sql,
    opening: &Opening,
    said: &RectificationStep,
    reinspection: &Reinspection,
) -> Result<(), Error> {
    let hash = reinspection.document();
    let missing = || {
        Error::told(
            format!("库中没有所依据的复查文件 {hash}，或尚未送达，未收入"),
            format!("the document {hash} that it rests on is not here, or was not delivered"),
        )
    };
    let evidence = Evidence::find(sql, reinspection)?.ok_or_else(missing)?;
    evidence.check(opening, said).map_err(|error| told_of(&error))
}

/// Why a step does not count, for people.
pub(super) fn told_of(error: &RectificationError) -> Error {
    use xunjian_domain::rectification::StepError;
    let zh = match error {
        RectificationError::Step(StepError::Closed) => "该整改已关闭",
        RectificationError::Step(StepError::NotAssigned(_)) => {
            "只有当前被分派的整改人员可以提交；请先分派，或由其本人签名"
        }
        RectificationError::Step(StepError::OwnWork(_)) => "发现人、被分派人或提交人不能复核自己的问题，请由另一人签名",
        RectificationError::Step(StepError::NothingSubmitted) => "尚未提交整改，没有可退回的内容",
        RectificationError::Step(StepError::AlreadySubmitted) => "已提交，正在等待复核",
        RectificationError::Step(StepError::NothingFedBack) => {
            "尚未反馈，没有可确认的内容；请先用 xunjian finding feedback 记录反馈"
        }
        RectificationError::OwnReinspection(_) => "复查人不能同时关闭，请由另一人签名",
        RectificationError::NotShown(_) => "所依据的文件不能说明问题已整改",
        RectificationError::NotAllowed { .. } => "签名人没有签署此步骤的身份",
        RectificationError::OtherSigner { .. } => "签名人与所写人员不是同一人",
        RectificationError::OutOfOrder { .. } => "签名之后该整改又有了新的步骤，请重新导出并签名",
        RectificationError::Foreign => "文件属于另一个站点、轮次或整改",
        RectificationError::Keyring(_) => "签名密钥未经站点根声明，或当时无效",
        RectificationError::Envelope(_) => "签名不正确",
        RectificationError::Statement(_) | RectificationError::Step(_) => "内容不完整或次序不对",
    };
    Error::told(format!("{zh}，未收入（{error}）"), format!("not taken in: {error}"))
}
