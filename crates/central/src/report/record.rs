//! 巡检记录 (D.1 no. 11): one visit as it was signed, with its check, and the parts that other reports share: problems with photos,
//! what differs from the ledger, who signed.

use std::collections::{BTreeMap, BTreeSet};

use xunjian_domain::{
    hash::Sha256,
    party::PartyKind,
    reconciliation::{ComparedField, Difference, Verdict},
    report::{Cell, PhotoFile, Picture, SignaturePlace},
    subject::Subject,
    template::Mode,
    time::TimestampMs,
    visit::{Finding, NoPhoto},
};
use xunjian_proof::{
    record::{LayerKind, Record},
    statement::PartyRef,
};

use super::{
    Composed,
    composer::{Composer, Heading, Title, hash, short},
    value,
    words::{follow_up_zh, moment, moment_or_none, review_zh, subject_zh, verdict_zh},
};
use crate::{
    clock,
    console::{
        moves,
        names::Names,
        record::{ConsoleRecord, RecordVerdict, view},
    },
    db::{Sql, sql},
    error::Error,
    log,
    rectification::severity_zh,
    site::Site,
};

/// Media types that a page can show.
const PICTURES: [&str; 3] = ["image/jpeg", "image/png", "image/webp"];

/// The organisations of the site, those that sign first.
pub(super) fn parties(sql: &dyn Sql) -> Result<Vec<PartyRef>, Error> {
    let mut all = Vec::new();
    for row in sql.query(sql!("party_select"), &[])? {
        let kind: PartyKind = serde_json::from_value(row.text(1)?.into())?;
        all.push(PartyRef { id: xunjian_domain::ids::PartyId::new(row.text(0)?), kind, name: row.text(2)?.to_owned() });
    }
    let order = [PartyKind::Provider, PartyKind::Supervisor, PartyKind::Manager, PartyKind::Consumer];
    all.sort_by_key(|party| order.iter().position(|kind| *kind == party.kind));
    Ok(all)
}

/// 签署页: 服务方 made it, 监理方 and 管理方 look at it.
pub(super) fn places(parties: &[PartyRef], made: &str) -> Vec<SignaturePlace> {
    let signing = parties.iter().filter(|party| party.kind != PartyKind::Consumer);
    let place = |party: &PartyRef| SignaturePlace {
        party: format!("{}　{}", party.kind.zh(), party.name),
        meaning: match party.kind {
            PartyKind::Provider => made.to_owned(),
            PartyKind::Supervisor => "已核对本报告所列数字与存证记录，监理意见：".to_owned(),
            PartyKind::Manager | PartyKind::Consumer => "已阅，意见：".to_owned(),
        },
    };
    signing.map(place).collect()
}

/// How a record checked out.
pub(super) fn check_zh(view: &ConsoleRecord) -> String {
    match view.verdict {
        RecordVerdict::Verified => "核验通过".to_owned(),
        RecordVerdict::Waiting => "尚缺回执或照片".to_owned(),
        RecordVerdict::Failed => {
            let failed = view.steps.iter().find(|step| step.passed == Some(false));
            format!("核验不通过：{}", failed.map_or("", |step| step.text.zh.as_str()))
        }
    }
}

/// When it was sealed, as far as that is proved.
pub(super) fn sealed_zh(view: &ConsoleRecord) -> String {
    let between = &view.sealed_between;
    let earliest = between.earliest.map_or_else(|| "未知".to_owned(), moment);
    let latest = between.latest.map_or_else(|| "未封口".to_owned(), moment);
    format!("不早于 {earliest}，不晚于 {latest}")
}

/// Who reviewed it last, and what that person said; empty where nobody did.
pub(super) fn reviewed_zh(view: &ConsoleRecord) -> String {
    let counting = view.countersignatures.iter().rfind(|one| one.failure.is_empty());
    counting.map_or_else(String::new, |one| {
        format!("{} {}（{}）", verdict_zh(one.verdict), one.reviewer, moment(TimestampMs(one.at)))
    })
}

/// The photos of a report, each with where it lies.
#[derive(Default)]
pub(super) struct Gallery {
    files: BTreeMap<Sha256, String>,
    shown: u32,
}

impl Gallery {
    /// Photos as a page shows them. What must be masked leaves no site in a report; what is no picture, has not come or does not
    /// hash to its name is named and not shown.
    pub fn pictures(&mut self, site: &Site, view: &ConsoleRecord, of: (&str, bool), photos: &[Sha256]) -> Vec<Picture> {
        let (what, is_masked) = of;
        let mut pictures = Vec::new();
        for sha256 in photos {
            self.shown += 1;
            let evidence = view.record.iter().flat_map(|record| &record.evidence).find(|one| one.sha256 == *sha256);
            let blob = view.blobs.iter().find(|blob| blob.sha256 == sha256.to_hex());
            let is_picture = evidence.is_some_and(|one| PICTURES.contains(&one.media_type.as_str()));
            let is_safe = evidence.and_then(|one| one.layer.as_ref()).is_some_and(|one| one.kind == LayerKind::Masked);
            let withheld = match blob {
                _ if is_masked && !is_safe => "含人员信息，须遮盖，不随报告展示",
                _ if !is_picture => "不是图片，随验真包提供",
                Some(blob) if blob.stored && blob.intact => "",
                Some(blob) if blob.stored => "存储的字节与哈希不符，请运行 xunjian fsck",
                _ => "尚未送达",
            };
            if withheld.is_empty() {
                let path = site.blobs.object(sha256).to_string_lossy().into_owned();
                self.files.insert(*sha256, path);
            }
            let taken = evidence.map(|one| moment(one.taken.wall_ms)).unwrap_or_default();
            let caption = evidence.map_or("", |one| one.caption.as_str());
            let words: Vec<&str> = [what, caption, &taken].into_iter().filter(|word| !word.is_empty()).collect();
            pictures.push(Picture {
                sha256: *sha256,
                caption: format!("照片 {}　{}", self.shown, words.join("　")),
                withheld: withheld.to_owned(),
            });
        }
        pictures
    }

    /// Where everything shown lies.
    pub fn files(self) -> Vec<PhotoFile> {
        self.files.into_iter().map(|(sha256, path)| PhotoFile { sha256, path }).collect()
    }
}

/// A record with the names its subjects have in the pinned ledger.
pub(super) struct Named<'a> {
    /// As it was checked.
    pub view: &'a ConsoleRecord,
    /// As it was signed.
    pub record: &'a Record,
}

impl<'a> Named<'a> {
    /// `None` for stored bytes that cannot be read.
    pub fn of(view: &'a ConsoleRecord) -> Option<Self> {
        view.record.as_ref().map(|record| Self { view, record })
    }

    /// What people call a subject of the record.
    pub fn name(&self, subject: &Subject) -> String {
        let found = self.view.subjects.iter().find(|one| one.subject == *subject);
        found.map_or_else(|| subject.id.clone(), |one| one.name.clone())
    }

    /// The criterion a finding was made at, with whether its photos must be masked.
    pub fn criterion(&self, finding: &Finding) -> (String, bool) {
        let line = finding.line.and_then(|no| self.record.lines.iter().find(|line| line.no == no));
        let key = line.map(|line| &line.criterion);
        let criteria = self.view.template.iter().flat_map(|template| &template.criteria);
        let is_masked = criteria.into_iter().any(|one| Some(&one.key) == key && one.evidence.mask);
        (key.map(ToString::to_string).unwrap_or_default(), is_masked)
    }

    /// The photos of a finding; those of its line where it has none of its own.
    fn photos(&self, finding: &'a Finding) -> &'a [Sha256] {
        let line = finding.line.and_then(|no| self.record.lines.iter().find(|line| line.no == no));
        match line {
            Some(line) if finding.photos.is_empty() => &line.photos,
            _ => &finding.photos,
        }
    }
}

fn no_photo_zh(no_photo: Option<&NoPhoto>) -> String {
    no_photo.map_or_else(String::new, |one| {
        let by = if one.confirmed_by.is_empty() { String::new() } else { format!("（{}确认）", one.confirmed_by) };
        format!("{}{by}", one.reason)
    })
}

/// One problem with everything that was written down of it, and its photos.
pub(super) fn put_finding(
    out: &mut Composer,
    gallery: &mut Gallery,
    (site, named): (&Site, &Named<'_>),
    finding: &Finding,
    state: &str,
) {
    let (criterion, is_masked) = named.criterion(finding);
    let call = |at: &xunjian_domain::visit::DeskCall| format!("{} {}", moment(at.at.wall_ms), at.callee);
    let calls: Vec<String> = finding.desk_call.iter().chain(&finding.later_calls).map(call).collect();
    out.facts(vec![
        ("巡检", named.record.visit.title.clone().into()),
        ("对象", format!("{} {}", subject_zh(finding.subject.kind), named.name(&finding.subject)).into()),
        ("巡检内容", criterion.into()),
        ("严重程度", severity_zh(finding.severity).into()),
        ("问题", finding.description.clone().into()),
        ("责任单位", finding.responsible_unit.clone().into()),
        ("整改期限", finding.due_on.map(|day| day.to_string()).unwrap_or_default().into()),
        ("发现", format!("{} {}", named.record.inspector.name, moment(finding.found.wall_ms)).into()),
        ("致电服务台", calls.join("；").into()),
        ("现场处理", finding.fixed_on_site.clone().into()),
        ("无法拍照", no_photo_zh(finding.no_photo.as_ref()).into()),
        ("整改状态", state.into()),
        ("问题编号", Cell::Code(finding.id.to_string())),
        ("记录", Cell::Code(named.view.item.id.clone())),
    ]);
    let mut photos = gallery.pictures(site, named.view, ("", is_masked), named.photos(finding));
    photos.extend(gallery.pictures(site, named.view, ("处理后", is_masked), &finding.after_photos));
    out.photos(photos);
}

/// Columns of a table of differences.
pub(super) const DISCREPANCIES: [Heading; 5] =
    [("资产", 5, false), ("位置", 5, false), ("结论", 3, false), ("不一致之处", 8, false), ("记录", 4, false)];

/// What does not agree with the ledger in one record.
pub(super) fn discrepancy_rows(names: &Names, named: &Named<'_>) -> Vec<Vec<Cell>> {
    let names = names.clone().with_assets(&named.record.compared);
    let wrong =
        named.record.reconciliation.iter().filter(|one| one.verdicts.iter().any(|verdict| verdict.is_discrepancy()));
    let row = |one: &xunjian_domain::reconciliation::Reconciliation| {
        let entry = one.asset.as_ref().and_then(|id| named.record.compared.iter().find(|entry| entry.id == *id));
        let asset = entry.map_or_else(|| seen_zh(one.sighting.as_ref()), crate::console::names::asset_name);
        let position = entry.map(crate::console::names::position_of).unwrap_or_default();
        let place = format!("{} {position}", named.record.visit.title);
        let verdicts: BTreeSet<&str> = one.verdicts.iter().map(|verdict| verdict.zh()).collect();
        let verdicts: Vec<&str> = verdicts.into_iter().collect();
        let mut differences: Vec<String> =
            moves::differences_of(named.record, one, &names).iter().map(difference_zh).collect();
        if one.verdicts.contains(&Verdict::Missing) {
            differences.push("机柜已清点，未见该资产".to_owned());
        }
        if one.verdicts.contains(&Verdict::NotInLedger) {
            differences.push("现场有，台账无".to_owned());
        }
        let note = one.sighting.as_ref().map(|sighting| sighting.note.clone()).filter(|note| !note.is_empty());
        differences.extend(note);
        vec![
            asset.into(),
            place.trim_end().into(),
            verdicts.join("、").into(),
            differences.join("\n").into(),
            short(&named.view.item.id),
        ]
    };
    wrong.map(row).collect()
}

fn seen_zh(sighting: Option<&xunjian_domain::reconciliation::Sighting>) -> String {
    let parts = sighting.map(|seen| [&seen.brand, &seen.model, &seen.serial]);
    let words: Vec<&str> = parts.iter().flatten().filter_map(|part| part.as_deref()).collect();
    if words.is_empty() { "（未能辨认）".to_owned() } else { words.join(" ") }
}

fn difference_zh(one: &Difference) -> String {
    let field = match one.field {
        ComparedField::Rack => "机柜",
        ComparedField::Units => "U 位",
        ComparedField::Face => "安装面",
        ComparedField::Brand => "品牌",
        ComparedField::Model => "型号",
        ComparedField::Serial => "序列号",
        ComparedField::Quantity => "数量",
        ComparedField::OwningUnit => "归属单位",
        ComparedField::Order => "订单编号",
    };
    let or_none = |text: &str| if text.is_empty() { "（无）".to_owned() } else { text.to_owned() };
    let mut words = format!("{field}：台账 {}", or_none(&one.ledger));
    if let Some(seen) = &one.seen {
        words.push_str(&format!("，现场 {}", or_none(seen)));
    }
    if let Some(ordered) = &one.ordered {
        words.push_str(&format!("，订单 {}", or_none(ordered)));
    }
    words
}

/// How anybody checks a record without this site.
pub(super) fn put_how_to_verify(out: &mut Composer, site: &Site, commands: Vec<String>) -> Result<(), Error> {
    out.paragraph(
        "每份巡检记录由巡检人员和巡检终端双签，连同照片哈希记入仅可追加的透明日志；复核签名、整改步骤与关闭声明同样在日志中。\
         核验不依赖本系统：取得下列离线验真包后，用 xunjian-verify（或 openssl、jq）在断网的机器上即可逐项核对；信任根的指纹以\
         纸质确认件为准，不要采用本报告上的。",
    );
    out.commands(commands);
    out.facts(vec![
        ("站点", site.settings.root.site.to_string().into()),
        ("日志名称", Cell::Code(site.settings.root.log_origin.clone())),
        ("信任根指纹", hash(&site.settings.root.fingerprint()?)),
    ]);
    out.remark(
        "本报告的 PDF 与 XLSX 各有 SHA-256，生成时已记入日志；用 xunjian report check 文件名 可核对一份文件是否逐字节为当时所出。\
         签字盖章后的扫描件是另一个文件，不适用此核对。",
    );
    Ok(())
}

/// Composes the report of one record.
///
/// # Errors
/// [`Error::Problem`] 404.3 for a record that is not here; [`Error::Damaged`] when its bytes cannot be read.
pub fn record(site: &Site, beginning: &str) -> Result<Composed, Error> {
    let at = clock::now();
    let (id, log_size, parties) =
        site.db.read(|sql| Ok::<_, Error>((find(sql, beginning)?, log::tail(sql)?.0, parties(sql)?)))?;
    let view = view(site, &id)?;
    let named = Named::of(&view).ok_or_else(|| Error::Damaged(format!("the record {id} cannot be read")))?;
    let record = named.record;
    let names = site.db.read(|sql| Names::of_version(sql, &record.ledger))?;
    let code = format!("XJJL-{}", &id[..12.min(id.len())]);
    let title = Title { title: "巡检记录", subtitle: record.visit.title.clone(), code, has_cover: false, at };
    let mut out = Composer::new(site, &parties, title);
    let number = out.number();
    let companions = record.present.iter().map(|one| format!("{}（{}）", one.name, one.organisation));
    let companions: Vec<String> = companions.collect();
    for (name, value) in [
        ("报告编号", number.into()),
        ("轮次", record.round.title.clone().into()),
        ("巡检人员", record.inspector.name.clone().into()),
        ("同行人员", companions.join("、").into()),
        ("开始", moment(record.clock.started.wall_ms).into()),
        ("封存", moment(record.clock.sealed.wall_ms).into()),
        ("复核", review_zh(view.item.review).into()),
        ("记录编号", Cell::Code(id.clone())),
    ] {
        let value: Cell = value;
        if value != Cell::Text(String::new()) {
            out.cover(name, value);
        }
    }
    let mut gallery = Gallery::default();
    put_lines(&mut out, &mut gallery, (site, &named));
    put_findings(&mut out, &mut gallery, (site, &named));
    out.chapter("台账校核");
    out.table(
        "与台账不一致",
        &DISCREPANCIES,
        discrepancy_rows(&names, &named),
        if record.rack_closed {
            "已清点，没有不一致"
        } else {
            "没有不一致；未声明清点完毕的机柜不判缺失"
        },
    );
    let unverified = record.reconciliation.iter().filter(|one| one.verdicts.contains(&Verdict::Unverified)).count();
    if unverified > 0 {
        out.warning(format!("另有 {unverified} 项资产未核：没有人看过，不能算一致。"));
    }
    put_check(&mut out, &named);
    out.chapter("核验方法");
    put_how_to_verify(
        &mut out,
        site,
        vec![
            format!("xunjian pack --record {id} --out 验真包.zip"),
            "xunjian-verify 验真包.zip --root 纸质确认件上的指纹".to_owned(),
        ],
    )?;
    let document = out.finish();
    Ok(Composed {
        kind: "record",
        subject: id,
        log_size,
        created_at: at,
        document,
        photos: gallery.files(),
        workbook: None,
    })
}

/// A record by the beginning of its id.
fn find(sql: &dyn Sql, beginning: &str) -> Result<String, Error> {
    let mut found = Vec::new();
    for row in sql.query(sql!("record_all"), &[])? {
        if !beginning.is_empty() && row.text(0)?.starts_with(&beginning.to_ascii_lowercase()) {
            found.push(row.text(0)?.to_owned());
        }
    }
    match found.as_slice() {
        [one] => Ok(one.clone()),
        _ => Err(Error::told(
            format!("没有（或不止一份）编号以“{beginning}”开头的记录，请在控制台“巡检记录”中查看"),
            format!("none or several records begin with “{beginning}”: see the records in the console"),
        )),
    }
}

fn put_lines(out: &mut Composer, gallery: &mut Gallery, (site, named): (&Site, &Named<'_>)) {
    let record = named.record;
    out.chapter("巡检结果");
    let criteria = named.view.template.iter().flat_map(|template| &template.criteria);
    let criteria: BTreeMap<_, _> = criteria.map(|one| (&one.key, one)).collect();
    let row = |line: &xunjian_domain::visit::LineResult| {
        let text = criteria.get(&line.criterion).map_or("", |one| one.text.as_str());
        let mut said: Vec<String> =
            line.checks.iter().map(|check| value::said(named.view.template.as_ref(), check)).collect();
        said.extend([line.reason.clone(), line.note.clone(), no_photo_zh(line.no_photo.as_ref())]);
        said.retain(|words| !words.is_empty());
        let mode = match line.mode {
            Mode::OnSite => "现场",
            Mode::Remote => "远程",
        };
        let bulk = if line.bulk { "（批量）" } else { "" };
        vec![
            Cell::Number(line.no.into()),
            line.criterion.to_string().into(),
            named.name(&line.subject).into(),
            text.into(),
            mode.into(),
            format!("{}{bulk}", line.outcome.zh()).into(),
            said.join("\n").into(),
        ]
    };
    let headings = [
        ("行", 2, true),
        ("编号", 3, false),
        ("对象", 4, false),
        ("巡检内容", 7, false),
        ("方式", 2, false),
        ("结果", 3, false),
        ("检查与说明", 8, false),
    ];
    out.table("逐项结果", &headings, record.lines.iter().map(row).collect(), "没有巡检项");
    let mut photos = Vec::new();
    for line in record.lines.iter().filter(|line| !line.photos.is_empty()) {
        let is_masked = criteria.get(&line.criterion).is_some_and(|one| one.evidence.mask);
        let what = format!("第 {} 行 {}", line.no, line.criterion);
        photos.extend(gallery.pictures(site, named.view, (&what, is_masked), &line.photos));
    }
    out.photos(photos);
}

fn put_findings(out: &mut Composer, gallery: &mut Gallery, (site, named): (&Site, &Named<'_>)) {
    out.chapter("发现的问题");
    if named.record.findings.is_empty() {
        out.paragraph("本次巡检没有发现问题。");
    }
    for finding in &named.record.findings {
        out.section(&head_of(&finding.description));
        put_finding(out, gallery, (site, named), finding, "");
    }
    if !named.record.follow_ups.is_empty() {
        let row = |one: &xunjian_domain::visit::FollowUp| {
            vec![
                Cell::Code(one.finding.to_string()),
                follow_up_zh(one.state).into(),
                one.note.clone().into(),
                moment(one.answered.wall_ms).into(),
            ]
        };
        let headings = [("问题编号", 6, false), ("复查结果", 3, false), ("说明", 8, false), ("时间", 4, false)];
        out.table("以往问题复查", &headings, named.record.follow_ups.iter().map(row).collect(), "");
    }
}

/// The first words of a description, for a heading.
pub(super) fn head_of(description: &str) -> String {
    let line = description.lines().next().unwrap_or_default();
    let head: String = line.chars().take(24).collect();
    if head.chars().count() < line.chars().count() { format!("{head}……") } else { head }
}

fn put_check(out: &mut Composer, named: &Named<'_>) {
    let view = named.view;
    out.chapter("签名与核验");
    out.facts(vec![
        ("核验结论", check_zh(view).into()),
        ("封存时间", sealed_zh(view).into()),
        ("巡检人员", format!("{}　{}", named.record.inspector.name, named.record.inspector.key).into()),
        ("巡检终端", format!("{}　{}", view.item.terminal_name, named.record.terminal.key).into()),
        ("终端链序号", named.record.terminal.sequence.into()),
        ("信封哈希", Cell::Code(view.envelope_sha256.clone())),
        ("日志位置", view.leaf.map_or_else(|| Cell::Text("尚未记入".to_owned()), Cell::Number)),
        ("送达", moment_or_none(view.item.delivered_at.map(TimestampMs)).into()),
        ("时钟跳变", u64::from(view.item.jumps).into()),
    ]);
    let step = |one: &crate::console::steps::StepReport| {
        let passed = match one.passed {
            Some(true) => "通过",
            Some(false) => "不通过",
            None => "待核验",
        };
        vec![one.text.zh.clone().into(), passed.into(), one.reason.clone().into()]
    };
    let headings = [("步骤", 10, false), ("结果", 3, false), ("原因", 8, false)];
    out.table("逐步核验", &headings, view.steps.iter().map(step).collect(), "");
    let said = |one: &crate::review::ReviewEntryView| {
        let party = one.party_kind.map_or("", PartyKind::zh);
        vec![
            format!("{}（{party} {}）", one.reviewer, one.party).into(),
            verdict_zh(one.verdict).into(),
            moment(TimestampMs(one.at)).into(),
            one.comment.clone().into(),
            if one.failure.is_empty() { "有效".into() } else { Cell::Text(one.failure.clone()) },
        ]
    };
    let headings =
        [("复核人", 6, false), ("结论", 2, false), ("时间", 4, false), ("意见", 6, false), ("签名", 3, false)];
    out.table("复核签名", &headings, view.countersignatures.iter().map(said).collect(), "尚无复核签名");
}
