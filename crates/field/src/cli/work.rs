//! `today`, `sync` and `status`.

use std::num::NonZeroU64;

use xunjian_field::{MobileUse, SyncOptions, SyncReport};

use super::{
    Session,
    arguments::{Mobile, SyncPolicyChange},
    failure::{Failure, exit_code},
    output::{Output, say, warnings},
};

pub(super) fn today(session: &Session) -> Result<Output, Failure> {
    let field = session.open()?;
    let today = field.today(&session.person(&field)?)?;
    let mut text = String::new();
    for round in &today.rounds {
        text += &format!("{}（{} – {}）\n", round.round.title, round.round.due_from, round.round.due_by);
        for visit in &round.visits {
            let state = say(session.language, visit.state.zh(), format!("{:?}", visit.state));
            text += &format!("  {state}\t{}/{}\t{}\t{}\n", visit.answered, visit.lines, visit.title, visit.id);
        }
    }
    text += &warnings(session.language, &today.warnings);
    Output::new(&today, text)
}

/// Somebody asked for it, so the kind of network does not matter; the limit does.
pub(super) async fn sync(session: &Session, keep_trying: bool) -> Result<Output, Failure> {
    let field = session.open()?;
    let client = session.client(&field)?.limited(field.sync_policy()?.upload_limit);
    let options = SyncOptions { is_tireless: keep_trying, ..SyncOptions::default() };
    let report = field.sync_now(&client, &options).await?;
    let mut text = say(
        session.language,
        format!(
            "新送达 {} 份；上传记录 {} 份（另有 {} 份服务端已有），照片 {} 张（{} 字节）；仍待送达 {} 份，待处理 {} 份",
            report.delivered,
            report.submitted,
            report.identical,
            report.blobs_sent,
            report.blob_bytes_sent,
            report.still_pending,
            report.quarantined
        ),
        format!(
            "{} delivered; {} records sent ({} were there already), {} photos ({} bytes); {} still pending, {} set aside",
            report.delivered,
            report.submitted,
            report.identical,
            report.blobs_sent,
            report.blob_bytes_sent,
            report.still_pending,
            report.quarantined
        ),
    );
    for fault in &report.errors {
        text += &format!("\n⚠ {}", fault.message.get(session.language));
    }
    Ok(Output::new(&report, text)?.with_exit(report_exit(&report)))
}

/// How a command ends that did what a synchronisation does.
pub(super) fn report_exit(report: &SyncReport) -> u8 {
    worst(report.errors.iter().map(|fault| exit_code(fault.code, fault.retryable)))
}

/// What does not verify outranks what may mend by itself.
pub(super) fn worst(exits: impl IntoIterator<Item = u8>) -> u8 {
    exits.into_iter().max_by_key(|exit| [0, 3, 2, 1, 4].iter().position(|known| known == exit)).unwrap_or(0)
}

pub(super) fn sync_policy(session: &Session, change: &SyncPolicyChange) -> Result<Output, Failure> {
    let field = session.open()?;
    let mut policy = field.sync_policy()?;
    policy.is_automatic = change.automatic.unwrap_or(policy.is_automatic);
    policy.mobile = change.mobile.map_or(policy.mobile, |mobile| match mobile {
        Mobile::All => MobileUse::All,
        Mobile::Records => MobileUse::RecordsOnly,
        Mobile::Nothing => MobileUse::Nothing,
    });
    policy.upload_limit = change.limit.map_or(policy.upload_limit, NonZeroU64::new);
    let policy = field.set_sync_policy(&policy)?;
    let (automatic_zh, automatic) = if policy.is_automatic { ("打开", "on") } else { ("关闭", "off") };
    let (mobile_zh, mobile) = match policy.mobile {
        MobileUse::All => ("全部上传", "everything"),
        MobileUse::RecordsOnly => ("只传记录", "records only"),
        MobileUse::Nothing => ("什么都不传", "nothing"),
    };
    let limit = policy.upload_limit.map(NonZeroU64::get);
    let text = say(
        session.language,
        format!(
            "自动同步：{automatic_zh}；移动网络：{mobile_zh}；照片限速：{}",
            limit.map_or("不限".to_owned(), |limit| format!("每秒 {limit} 字节"))
        ),
        format!(
            "by itself: {automatic}; over a mobile network: {mobile}; limit for photos: {}",
            limit.map_or("none".to_owned(), |limit| format!("{limit} bytes a second"))
        ),
    );
    Output::new(&policy, text)
}

pub(super) fn release(session: &Session, bytes: Option<u64>) -> Result<Output, Failure> {
    let released = session.open()?.release_photos(bytes)?;
    let text = say(
        session.language,
        format!("已释放 {} 张照片的原图，{} 字节", released.photos, released.bytes),
        format!("{} originals removed, {} bytes", released.photos, released.bytes),
    );
    Output::new(&released, text)
}

pub(super) fn status(session: &Session) -> Result<Output, Failure> {
    let field = session.open()?;
    let status = field.status()?;
    let people: Vec<_> = status.people.iter().map(|person| person.name.as_str()).collect();
    let records = status.records;
    let waiting = records.sealed + records.queued + records.partly_sent - records.quarantined;
    let mut text = say(
        session.language,
        format!(
            "{}（{}）· {} · {}\n草稿 {}，待送达 {waiting} 份（照片 {} 张，{} 字节），已送达 {} 份，待处理 {} 份",
            status.terminal_name,
            status.terminal,
            status.site_name,
            people.join("、"),
            status.drafts,
            status.blobs_left,
            status.blob_bytes_left,
            records.delivered,
            records.quarantined
        ),
        format!(
            "{} ({}) · {} · {}\n{} drafts, {waiting} records to deliver ({} photos, {} bytes), {} delivered, {} set aside",
            status.terminal_name,
            status.terminal,
            status.site_name,
            people.join(", "),
            status.drafts,
            status.blobs_left,
            status.blob_bytes_left,
            records.delivered,
            records.quarantined
        ),
    );
    text += &warnings(session.language, &status.warnings);
    Output::new(&status, text)
}
