//! `enrol` and `pull`.

use xunjian_field::{Enrolment, FieldError, http::HttpClient};

use super::{
    Session,
    arguments::Enrol,
    failure::Failure,
    output::{Output, say, warnings},
    passphrase,
};

pub(super) async fn enrol(session: &Session, enrol: Enrol) -> Result<Output, Failure> {
    let field = session.open()?;
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
    let pinned = if enrolled.root_pinned {
        say(session.language, "已与给出的指纹核对一致", "equal to the fingerprint given")
    } else {
        say(session.language, "请与纸面指纹逐位核对", "compare it with the one on paper, digit by digit")
    };
    let text = say(
        session.language,
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
    );
    Output::new(&enrolled, text)
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
