//! `today`, `sync` and `status`.

use xunjian_field::SyncOptions;

use super::{
    Session,
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

pub(super) async fn sync(session: &Session) -> Result<Output, Failure> {
    let field = session.open()?;
    let client = session.client(&field)?;
    let report = field.sync_now(&client, &SyncOptions::default()).await?;
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
    // What does not verify outranks what may mend by itself.
    let codes = report.errors.iter().map(|fault| exit_code(fault.code, fault.retryable));
    let exit = codes.max_by_key(|exit| [0, 3, 2, 1, 4].iter().position(|known| known == exit)).unwrap_or(0);
    Ok(Output::new(&report, text)?.with_exit(exit))
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
