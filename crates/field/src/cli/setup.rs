//! `enrol`, `pull`, `passphrase` and `recovery-request`.

use std::path::{Path, PathBuf};

use serde_json::json;
use xunjian_domain::text::Language;
use xunjian_field::{Enrolled, Enrolment, Field, FieldError, http::HttpClient};

use super::{
    Session,
    arguments::Enrol,
    failure::Failure,
    output::{Output, say, warnings},
    passphrase,
};

pub(super) async fn enrol(session: &Session, enrol: Enrol) -> Result<Output, Failure> {
    let field = session.locked()?;
    open_for_newcomer(session, &field, &enrol)?;
    let service = match &session.service {
        Some(url) => url.clone(),
        None => field.service_url().map_err(|_| {
            FieldError::BadInput(say(
                session.language,
                "请用 --service 给出服务地址",
                "give the service's address with --service",
            ))
        })?,
    };
    let passphrase = passphrase::obtain(session)?;
    let client = HttpClient::anonymous(&service, session.language)?;
    let enrolment = Enrolment {
        code: &enrol.code,
        terminal_name: &enrol.name,
        service_url: &service,
        root_fingerprint: enrol.root_fingerprint.as_deref(),
        passphrase: &passphrase,
    };
    let enrolled = field.enrol(&client, &enrolment).await?;
    Output::new(&enrolled, told(session.language, &enrolled))
}

/// Who was enrolled, and what is to be compared with paper.
pub(super) fn told(language: Language, enrolled: &Enrolled) -> String {
    let pinned = if enrolled.root_pinned {
        say(language, "已与给出的指纹核对一致", "equal to the fingerprint given")
    } else {
        say(language, "请与纸面指纹逐位核对", "compare it with the one on paper, digit by digit")
    };
    say(
        language,
        format!(
            "已登记：{}（{}），站点 {}\n站点根指纹 {}（{pinned}）\n人员密钥 {}\n终端密钥 {}\n密钥经站点根确认后生效",
            enrolled.person_name,
            enrolled.party.name,
            enrolled.site_name,
            enrolled.root_fingerprint,
            enrolled.person_key,
            enrolled.terminal_key
        ),
        format!(
            "Enrolled: {} ({}), site {}\nSite root {} ({pinned})\nPerson key {}\nTerminal key {}\nThe keys count once the site root has signed for them",
            enrolled.person_name,
            enrolled.party.name,
            enrolled.site_name,
            enrolled.root_fingerprint,
            enrolled.person_key,
            enrolled.terminal_key
        ),
    )
}

/// Where people work already, a colleague or the recovery key opens the data first.
pub(super) fn open_for_newcomer(session: &Session, field: &Field, enrol: &Enrol) -> Result<(), Failure> {
    if let Some(file) = &enrol.recovery {
        let bytes = std::fs::read(file).map_err(|source| FieldError::File { path: file.clone(), source })?;
        return Ok(field.take_recovery(&serde_json::from_slice(&bytes).map_err(Failure::input)?)?);
    }
    if let Some(colleague) = &enrol.colleague {
        let passphrase = passphrase::obtain_colleagues(session, enrol.colleague_passphrase_file.as_deref())?;
        field.unlock(colleague, &passphrase)?;
    }
    Ok(())
}

pub(super) fn change_passphrase(session: &Session, new_file: Option<PathBuf>) -> Result<Output, Failure> {
    let field = session.locked()?;
    let person = field.at_the_door(session.person.as_deref())?;
    let old = passphrase::obtain(session)?;
    let new = passphrase::obtain_new(session, new_file.as_deref())?;
    field.change_passphrase(person.as_str(), &old, &new)?;
    let text = say(
        session.language,
        "口令已更换，旧口令不再有效",
        "The passphrase is changed; the old one no longer opens anything",
    );
    Output::new(&json!({ "person": person, "changed": true }), text)
}

pub(super) fn recovery_request(session: &Session, file: &Path) -> Result<Output, Failure> {
    let request = session.locked()?.ask_recovery()?;
    let bytes = serde_json::to_vec_pretty(&request).map_err(Failure::input)?;
    std::fs::write(file, bytes).map_err(|source| FieldError::File { path: file.to_owned(), source })?;
    let (name, spoken) = (&request.terminal_name, request.spoken());
    let text = say(
        session.language,
        format!(
            "已写出 {}。请交给恢复密钥保管人，并在电话里核对：{name}，{spoken}\n收到应答文件后：xunjian-field enrol --recovery 应答文件 --code 登记码 --name {name}",
            file.display()
        ),
        format!(
            "Written to {}. Take it to the keeper of the recovery key and compare on the phone: {name}, {spoken}\nWith the answer: xunjian-field enrol --recovery ANSWER --code CODE --name {name}",
            file.display()
        ),
    );
    Output::new(&json!({ "file": file, "spoken": spoken, "terminal": request.terminal }), text)
}

pub(super) async fn pull(session: &Session) -> Result<Output, Failure> {
    let field = session.open()?;
    let client = session.client(&field)?;
    let report = field.pull(&client).await?;
    if let Some(url) = &session.service {
        field.set_service_url(url)?;
    }
    let mut text = if report.changed {
        say(
            session.language,
            format!("任务包已更新：{} 个轮次，{} 项任务，{} 项应检", report.rounds, report.visits, report.lines),
            format!("Work package updated: {} rounds, {} visits, {} lines", report.rounds, report.visits, report.lines),
        )
    } else {
        say(session.language, "任务包没有变化", "The work package is current")
    };
    text.push_str(&warnings(session.language, &report.warnings));
    Output::new(&report, text)
}
