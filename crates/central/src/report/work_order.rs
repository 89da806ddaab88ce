//! 服务工单、事件单 (D.1 no. 10): one rectification with its steps, each a signed leaf of the log. A problem with a clock is an
//! incident (事件单), every other one a work order (工单).

use xunjian_domain::{
    rectification::{Reinspection, Step, deadline::Due},
    report::Cell,
    time::TimestampMs,
};
use xunjian_proof::rectification::Signatory;

use super::{
    Composed,
    composer::{Composer, Title, hash, short},
    record::{Gallery, parties, places, put_how_to_verify},
    words::{moment, moment_or_none, subject_zh},
};
use crate::{
    calendar, clock,
    console::record::view,
    enrol,
    error::Error,
    log,
    rectification::{self, StoredStep, severity_zh},
    site::Site,
};

/// Composes the paper of one rectification, named by the beginning of its id.
///
/// # Errors
/// [`Error::Told`] when none or several begin so.
pub fn work_order(site: &Site, beginning: &str) -> Result<Composed, Error> {
    let at = clock::now();
    let (standing, steps, people, log_size, parties) = site.db.read(|sql| {
        let history = rectification::find(sql, beginning)?;
        let steps = rectification::steps_of(sql, &history.id)?;
        let standing = rectification::standing(history, &calendar::current(sql)?.calendar, at);
        Ok::<_, Error>((standing, steps, enrol::people(sql)?, log::tail(sql)?.0, parties(sql)?))
    })?;
    let (progress, opening) = (&standing.progress, &standing.progress.opening);
    let is_incident = opening.severity.respond_within_minutes().is_some();
    let id = standing.id.to_hex();
    let title = Title {
        title: if is_incident { "事件单" } else { "运维工单" },
        subtitle: format!("{} {}", opening.place, opening.subject_name),
        code: format!("{}-{}", if is_incident { "SJD" } else { "GD" }, &id[..12]),
        has_cover: false,
        at,
    };
    let mut out = Composer::new(site, &parties, title);
    let number = out.number();
    out.cover("报告编号", number);
    out.cover("状态", format!("{}{}", progress.state.zh(), if standing.is_overdue { "（逾期）" } else { "" }));
    out.cover("严重程度", severity_zh(opening.severity));
    out.cover("归属或责任单位", opening.owning_unit.clone());
    let name_of = |id: &xunjian_domain::ids::PersonId| {
        let found = people.iter().find(|person| person.id == *id);
        found.map_or_else(|| id.to_string(), |person| format!("{}（{}）", person.name, person.party.kind.zh()))
    };
    out.chapter("问题");
    out.facts(vec![
        ("位置", opening.place.clone().into()),
        ("对象", format!("{} {}", subject_zh(opening.subject.kind), opening.subject_name).into()),
        ("巡检内容", opening.criterion.as_ref().map(ToString::to_string).unwrap_or_default().into()),
        ("问题", opening.description.clone().into()),
        ("校核结论", opening.verdicts.iter().map(|one| one.zh()).collect::<Vec<_>>().join("、").into()),
        ("发现", format!("{} {}", name_of(&opening.found_by), moment(opening.found_at)).into()),
        ("致电服务台", moment_or_none(opening.called_at).into()),
        ("整改期限", opening.due_on.map(|day| day.to_string()).unwrap_or_default().into()),
        ("记录", hash(&opening.record)),
    ]);
    out.chapter("时限");
    let due = |due: Due| standing.deadlines.iter().find(|one| one.due == due);
    let still = |one: Option<&xunjian_domain::rectification::deadline::Deadline>| {
        one.map_or_else(String::new, |one| {
            format!("{}{}", moment(one.at), if one.at <= at { "（已逾期）" } else { "" })
        })
    };
    out.facts(vec![
        ("立项", moment(progress.opened_at).into()),
        ("首次响应", moment_or_none(progress.responded_at).into()),
        ("响应时限", still(due(Due::Response)).into()),
        ("下次反馈时限", still(due(Due::Feedback)).into()),
        ("反馈（次）", (progress.fed_back_at.len() as u64).into()),
        ("使用方确认", moment_or_none(progress.acknowledged_at).into()),
        ("提交", moment_or_none(progress.submitted.as_ref().map(|(_, at)| *at)).into()),
        ("退回（次）", u64::from(progress.rejections).into()),
        ("关闭", moment_or_none(progress.accepted.as_ref().map(|(_, at, _)| *at)).into()),
    ]);
    if is_incident {
        out.remark(
            "业务中断或数据丢失：5 分钟内响应、至少每 30 分钟反馈、7×24（5.3.2.7）；性能下降：10 分钟内响应、每工作小时反馈、5×8（5.3.2.8）。时限自发现时起算。",
        );
    }
    out.chapter("处理过程");
    let rows = steps.iter().map(|step| {
        let who = match &step.said.by {
            Signatory::Service { actor } => format!("服务端（{actor}）"),
            Signatory::Person { person } => name_of(person),
        };
        let at: TimestampMs = step.said.at;
        vec![
            step.said.step.title().zh.into(),
            said(step, &name_of).into(),
            who.into(),
            moment(at).into(),
            short(&step.envelope.to_hex()),
        ]
    });
    let headings =
        [("步骤", 3, false), ("内容", 8, false), ("签名", 4, false), ("时间", 4, false), ("日志叶", 4, false)];
    out.table("处理过程", &headings, rows.collect(), "");
    let mut gallery = Gallery::default();
    if !opening.before_photos.is_empty() {
        out.chapter("照片");
        let record = view(site, &opening.record.to_hex())?;
        // Who opened it knew only the hashes; whether a line's photos must be masked stands in the template.
        let key = opening.criterion.as_ref();
        let criteria = record.template.iter().flat_map(|template| &template.criteria);
        let is_masked = criteria.into_iter().any(|one| Some(&one.key) == key && one.evidence.mask);
        let photos = gallery.pictures(site, &record, ("整改前", is_masked), &opening.before_photos);
        out.photos(photos);
    }
    out.chapter("核验方法");
    put_how_to_verify(
        &mut out,
        site,
        vec![
            format!("xunjian pack --round {} --out 验真包.zip", opening.round),
            "xunjian-verify 验真包.zip --root 纸质确认件上的指纹".to_owned(),
        ],
    )?;
    out.chapter("签署页");
    out.signatures(places(&parties, "确认上列处理过程属实。"));
    Ok(Composed {
        kind: "work_order",
        subject: id,
        log_size,
        created_at: at,
        document: out.finish(),
        photos: gallery.files(),
        workbook: None,
    })
}

/// What a step says.
fn said(step: &StoredStep, name_of: &dyn Fn(&xunjian_domain::ids::PersonId) -> String) -> String {
    let words = match &step.said.step {
        Step::Opened { opening } => vec![opening.description.clone()],
        Step::Assigned { to, note, .. } => vec![format!("分派给{}", name_of(to)), note.clone()],
        Step::Reminded { reminder } => {
            vec![format!("催办：{}期限 {}", reminder.deadline.due.zh(), moment(reminder.deadline.at))]
        }
        Step::FedBack { to, channel, text } => vec![format!("向{to}反馈（{channel}）"), text.clone()],
        Step::Acknowledged { who, channel, text } => vec![format!("{who}确认（{channel}）"), text.clone()],
        Step::Submitted { done } => vec![done.clone()],
        Step::Accepted { reinspection, comment } => vec![evidence(reinspection), comment.clone()],
        Step::Rejected { reason } => vec![reason.clone()],
    };
    words.into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join("\n")
}

/// What shows that it is put right.
fn evidence(reinspection: &Reinspection) -> String {
    let what = match reinspection {
        Reinspection::FollowUp { .. } => "复查记录",
        Reinspection::OnSite { .. } => "现场已处理，见记录",
        Reinspection::Line { .. } => "同一巡检项复检正常，见记录",
        Reinspection::Reconciled { .. } => "复核一致，见记录",
        Reinspection::LedgerChanged { .. } => "台账已更正，见变更单决定",
    };
    let Cell::Code(document) = short(&reinspection.document().to_hex()) else { return what.to_owned() };
    format!("{what} {document}")
}
