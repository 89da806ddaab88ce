//! `review …`: the reviewer's list, one record with its check, accepting, returning, and photos; `visit amend` is the answer to it.

use clap::Subcommand;
use serde_json::json;
use xunjian_domain::{hash::Sha256, text::Language};
use xunjian_field::{NewReturn, ReviewItem, ReviewRecord, VisitSelector};
use xunjian_proof::{review::ReviewState, statement::ReviewVerdict};

use super::{
    Session,
    failure::Failure,
    output::{Output, say},
    passphrase,
};

/// RECORD 是记录编号（开头几位即可）或巡检编号 · a record's id or its beginning, or the visit's id
#[derive(Debug, Subcommand)]
pub(crate) enum Review {
    /// 待复核列表，风险高的在前 · what there is to review, by risk
    List,
    /// 逐步核验一份记录，并与上一轮、上一版本对照 · one record: its check, and what changed
    Show { record: String },
    /// 取照片到本机，以便离线复核 · fetch photos to look at them offline
    Photos {
        /// 全部待复核记录 · of every record that waits
        #[arg(required_unless_present = "all")]
        record: Option<String>,
        #[arg(long)]
        all: bool,
    },
    /// 复核通过，一份或多份 · accept one record or many
    Accept {
        #[arg(required = true)]
        records: Vec<String>,
        /// 意见 · what else there is to say
        #[arg(long, default_value = "")]
        comment: String,
    },
    /// 退回，逐项写明原因 · return a record with reasons
    Return {
        record: String,
        /// 某项的问题，写作 12=照片看不清 · what is wrong in a line, as NUMBER=REASON
        #[arg(long = "line", value_name = "NUMBER=REASON")]
        lines: Vec<String>,
        /// 总的意见 · what else there is to say
        #[arg(long, default_value = "")]
        comment: String,
    },
    /// 被退回的巡检 · visits of this terminal that were returned
    Returned,
}

pub(super) async fn run(session: &Session, command: Review) -> Result<Output, Failure> {
    let field = session.open()?;
    let person = session.person(&field)?;
    let language = session.language;
    match command {
        Review::List => {
            let queue = field.review_queue(&person)?;
            let text = queue.items.iter().map(|item| line(item, language)).collect();
            Output::new(&queue, text)
        }
        Review::Show { record } => {
            let view = field.review_record(&record, &person)?;
            let failed = view.steps.iter().any(|step| step.passed == Some(false));
            Ok(Output::new(&view, shown(&view, language))?.with_exit(if failed { 4 } else { 0 }))
        }
        Review::Photos { record, all: _ } => {
            let client = session.client(&field)?;
            let records: Vec<Sha256> = match record {
                Some(record) => vec![field.find_review(&record)?],
                None => {
                    let waits = |item: &ReviewItem| item.state == ReviewState::Waiting && item.photos_missing > 0;
                    let items = field.review_queue(&person)?.items;
                    items.iter().filter(|item| waits(item)).map(|item| item.summary.record).collect()
                }
            };
            let mut fetched = 0;
            for record in records {
                fetched += field.fetch_review_photos(&client, record).await?;
            }
            let text = say(language, format!("取到 {fetched} 张照片"), format!("{fetched} photos fetched"));
            Output::new(&json!({ "fetched": fetched }), text)
        }
        Review::Accept { records, comment } => {
            let records = records.iter().map(|record| field.find_review(record)).collect::<Result<Vec<_>, _>>()?;
            let done = field.countersign(&records, &comment, &person.id, &passphrase::obtain(session)?)?;
            let mut text = String::new();
            for one in &done {
                text += &match &one.error {
                    None => say(
                        language,
                        format!("✓ {}：复核通过已签，待上传\n", one.title),
                        format!("✓ {}: accepted and signed, to be sent\n", one.title),
                    ),
                    Some(error) => format!("✗ {}：{}\n", one.title, error.text.get(language)),
                };
            }
            let exit = u8::from(done.iter().any(|one| one.error.is_some()));
            Ok(Output::new(&done, text)?.with_exit(exit))
        }
        Review::Return { record, lines, comment } => {
            let record = field.find_review(&record)?;
            let reasons = NewReturn { lines: lines.iter().map(|one| reason(one)).collect::<Result<_, _>>()?, comment };
            let said = field.return_record(record, &reasons, &person.id, &passphrase::obtain(session)?)?;
            let text = say(language, "已退回并签名，待上传", "returned and signed, to be sent");
            Output::new(&json!({ "record": record, "countersignature": said }), text)
        }
        Review::Returned => {
            let returned = field.returned_visits()?;
            let mut text = String::new();
            for one in &returned {
                text += &format!("{}  {}（{}）  {}\n", one.visit, one.reviewer_name, one.party_name, one.comment);
                for (line, reason) in &one.lines {
                    text += &format!("  {line}  {reason}\n");
                }
            }
            Output::new(&returned, text)
        }
    }
}

/// `visit amend VISIT`.
pub(super) fn amend(session: &Session, visit: &str) -> Result<Output, Failure> {
    let field = session.open()?;
    let person = session.person(&field)?;
    let visit = field.find_visit(&VisitSelector::Text(visit.to_owned()))?;
    let view = field.amend(&visit, &person)?;
    let text = say(
        session.language,
        format!("已重新打开“{}”，第 {} 版；改好后照常签名封存", view.visit.title, view.returned.revision + 1),
        format!(
            "“{}” is open again as revision {}: mend it and seal as usual",
            view.visit.title,
            view.returned.revision + 1
        ),
    );
    Output::new(&view, text)
}

fn reason(text: &str) -> Result<(u32, String), Failure> {
    let (number, reason) = text.split_once('=').unwrap_or_default();
    let number = number.trim().parse().map_err(|_| Failure::input(format!("{text}: NUMBER=REASON")))?;
    Ok((number, reason.to_owned()))
}

fn state(state: ReviewState, language: Language) -> String {
    match state {
        ReviewState::Waiting => say(language, "待复核", "waiting"),
        ReviewState::Accepted => say(language, "已通过", "accepted"),
        ReviewState::Returned => say(language, "已退回", "returned"),
        ReviewState::Amended => say(language, "已更正", "amended"),
    }
}

fn line(item: &ReviewItem, language: Language) -> String {
    let summary = &item.summary;
    let risks: Vec<String> = summary.risks.iter().map(|risk| format!("{:?} {}", risk.kind, risk.amount)).collect();
    let failure = if summary.failure.is_empty() { String::new() } else { format!("  ✗ {}", summary.failure) };
    format!(
        "{}\t{}\t{}\t{}\t{}\t[{}]{failure}\n",
        summary.record.short(),
        state(item.state, language),
        summary.weight,
        summary.title,
        summary.inspector_name,
        risks.join(", ")
    )
}

fn shown(view: &ReviewRecord, language: Language) -> String {
    let verdict = if view.verified {
        say(language, "校验通过", "verified")
    } else {
        say(language, "未通过", "not verified")
    };
    let mut text = format!("{}\n{}\n{verdict}\n", view.item.summary.title, view.item.summary.record);
    for step in &view.steps {
        let sign = match step.passed {
            Some(true) => "✓",
            Some(false) => "✗",
            None => "—",
        };
        text += &format!("{sign} {} {}\n", step.text.get(language), step.reason.get(language));
    }
    for one in &view.countersignatures {
        let verdict = match one.verdict {
            ReviewVerdict::Accepted => say(language, "通过", "accepted"),
            ReviewVerdict::Returned => say(language, "退回", "returned"),
        };
        let failure = one.failure.as_ref().map(|failure| format!("  ✗ {}", failure.get(language))).unwrap_or_default();
        text += &format!("{verdict}  {}（{}）  {}{failure}\n", one.reviewer_name, one.party_name, one.comment);
    }
    for (zh, en, side) in [
        ("与上一版本相比", "since the revision before", &view.amends),
        ("与上一轮相比", "since the last round", &view.last_round),
    ] {
        let Some(side) = side else { continue };
        let difference = &side.difference;
        text += &say(
            language,
            format!(
                "{zh}：{} 项不同，{} 项相同，异常 {} → {}\n",
                difference.lines.len(),
                difference.same_lines,
                difference.abnormal.0,
                difference.abnormal.1
            ),
            format!(
                "{en}: {} lines differ, {} are the same, abnormal {} → {}\n",
                difference.lines.len(),
                difference.same_lines,
                difference.abnormal.0,
                difference.abnormal.1
            ),
        );
    }
    text
}
