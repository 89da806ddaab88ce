//! The pages of a pack for people: Chinese first, English second, no scripts, nothing from outside. They follow from the signed
//! documents alone, so a verifier makes them again and insists on every byte: a page cannot say what no record says.

use std::{collections::BTreeMap, fmt::Write as _};

use xunjian_domain::{
    hash::Sha256,
    outcome::Outcome,
    template::{Mode, Template},
    time::TimestampMs,
    value::{DoorState, Input, LabelState, Value},
    visit::{Finding, FollowUpState, LineResult, Severity},
};

use super::{
    coverage::Coverage,
    manifest::{Maker, PackKind, Profile},
};
use crate::{
    record::{Capture, Evidence, LayerKind, Record},
    statement::SiteRoot,
};

const STYLE: &str = "body{font:16px/1.6 system-ui,'Noto Sans CJK SC','Microsoft YaHei',sans-serif;max-width:64rem;\
margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}table{border-collapse:collapse;width:100%}\
th,td{border:1px solid #999;padding:.3rem .5rem;text-align:left;vertical-align:top}th{background:#eee}\
code{font-size:.85em;overflow-wrap:anywhere}.note{border-left:.3rem solid #8a5a00;padding:.3rem .8rem;background:#fff6e0}\
figure{display:inline-block;width:20rem;margin:.5rem;vertical-align:top}img{max-width:100%;border:1px solid #999}\
.bad{color:#a00000;font-weight:bold}.en{color:#444}";

/// How a photo appears in a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// The original, under this name.
    Original(String),
    /// A masked copy.
    Copy(String),
    /// Not at all: its hash stands.
    LeftOut,
}

/// What the front page says of the pack.
#[derive(Debug, Clone, Copy)]
pub struct Heading<'a> {
    /// The site.
    pub root: &'a SiteRoot,
    /// Fingerprint of its root.
    pub fingerprint: Sha256,
    /// What it is about.
    pub kind: PackKind,
    /// Originals or masked copies.
    pub profile: Profile,
    /// Who made it.
    pub made_by: Maker,
    /// The log's size.
    pub log_size: u64,
    /// How many records of the round were not delivered.
    pub undelivered: usize,
    /// How many photos are not in it.
    pub left_out: usize,
}

/// A record as the front page lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexRow {
    round: String,
    title: String,
    inspector: String,
    terminal: String,
    sealed: TimestampMs,
    stored: TimestampMs,
    outcomes: [usize; 4],
    findings: usize,
    photos: usize,
}

const OUTCOMES: [Outcome; 4] = [Outcome::Normal, Outcome::Abnormal, Outcome::NotApplicable, Outcome::NotChecked];

impl IndexRow {
    /// The row of a record.
    #[must_use]
    pub fn of(record: &Record, stored: TimestampMs) -> Self {
        let count = |outcome| record.lines.iter().filter(|line| line.outcome == outcome).count();
        Self {
            round: record.round.title.clone(),
            title: record.visit.title.clone(),
            inspector: record.inspector.name.clone(),
            terminal: record.terminal.id.to_string(),
            sealed: record.clock.sealed.wall_ms,
            stored,
            outcomes: OUTCOMES.map(count),
            findings: record.findings.len(),
            photos: record.evidence.len(),
        }
    }
}

/// Text for the inside of an element or of an attribute in double quotes.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c if c.is_control() && c != '\n' => safe.push('\u{fffd}'),
            // Marks that turn the direction of writing could make a page say the opposite of a record.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

struct Page(String);

impl Page {
    fn new(title: &str) -> Self {
        let title = escape(title);
        Self(format!(
            "<!doctype html>\n<html lang=\"zh-CN\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
             content=\"width=device-width\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"script-src 'none'; \
             object-src 'none'; frame-src 'none'; connect-src 'none'; form-action 'none'\">\n<title>{title}</title>\n\
             <style>{STYLE}</style>\n<h1>{title}</h1>\n"
        ))
    }

    fn line(&mut self, html: &str) {
        self.0.push_str(html);
        self.0.push('\n');
    }

    fn row(&mut self, cell: &str, cells: &[String]) {
        let cells: String = cells.iter().fold(String::new(), |mut all, html| {
            let _ = write!(all, "<{cell}>{html}</{cell}>");
            all
        });
        self.line(&format!("<tr>{cells}</tr>"));
    }

    /// A table of two columns: what, and its value in HTML.
    fn facts(&mut self, facts: &[(&str, String)]) {
        self.line("<table>");
        for (what, html) in facts {
            self.line(&format!("<tr><th>{what}</th><td>{html}</td></tr>"));
        }
        self.line("</table>");
    }

    fn head(&mut self, level: u8, zh: &str, en: &str) {
        self.line(&format!("<h{level}>{zh} <span class=\"en\">{en}</span></h{level}>"));
    }

    fn table(&mut self, columns: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
        self.line("<table>");
        self.row("th", &columns.iter().map(|column| (*column).to_owned()).collect::<Vec<_>>());
        for row in rows {
            self.row("td", &row);
        }
        self.line("</table>");
    }
}

const WARNING: &str = "<p class=\"note\">本页仅供阅读，不是证据。证据是旁边的签名文件：请用 <code>xunjian-verify</code>（会逐字节重做本页并比对）\
或 <code>verify.py</code> 核验，并与纸质确认单上的站点根指纹比对。<br><span class=\"en\">This page is for reading and proves nothing. The \
signed files beside it are the evidence: check them with <code>xunjian-verify</code>, which makes this page again and compares every \
byte, or with <code>verify.py</code>, and compare the site root's fingerprint with the one on paper.</span></p>";

/// The front page.
#[must_use]
pub fn index(heading: &Heading<'_>, coverage: Option<&Coverage>, rows: &BTreeMap<Sha256, IndexRow>) -> String {
    let (root, fingerprint) = (heading.root, heading.fingerprint);
    let mut page = Page::new(&format!("巡检离线验真包 · {}", root.name));
    page.line(WARNING);
    let kind = match heading.kind {
        PackKind::Record => "单份记录 one record",
        PackKind::Round => "一个轮次 a round",
    };
    let profile = match heading.profile {
        Profile::Full => "完整 full",
        Profile::Redacted => "脱敏：不含原图 redacted, without original photos",
    };
    let made_by = match heading.made_by {
        Maker::Service => "中心服务 the service",
        Maker::Terminal => "终端 a terminal",
    };
    let round = rows.values().next().map(|row| row.round.as_str()).unwrap_or_default();
    page.facts(&[
        ("站点 site", format!("{} <code>{}</code>", escape(&root.name), escape(root.site.as_str()))),
        ("站点根指纹 root fingerprint", format!("<code>{fingerprint}</code>")),
        ("轮次 round", escape(round)),
        ("内容 content", format!("{kind}；{profile}")),
        ("由谁制作 made by", made_by.to_owned()),
        ("日志大小 log size", heading.log_size.to_string()),
        ("未随附的照片 photos left out", heading.left_out.to_string()),
        ("未送达的记录 records not delivered", heading.undelivered.to_string()),
    ]);
    if let Some(found) = coverage {
        page.head(2, "覆盖", "coverage");
        page.facts(&[
            ("送达／计划的巡检 visits", format!("{} / {}", found.visits_delivered, found.visits_planned)),
            ("应检 lines due", found.lines_due.to_string()),
            ("正常 normal", found.normal.to_string()),
            ("异常 abnormal", found.abnormal.to_string()),
            ("不适用 not applicable", found.not_applicable.to_string()),
            ("未检 not checked", found.not_checked.to_string()),
        ]);
        if !found.missing.is_empty() {
            let missing: Vec<String> =
                found.missing.iter().map(|visit| format!("<code>{}</code>", escape(visit.as_str()))).collect();
            page.line(&format!("<p class=\"bad\">缺少的巡检 missing visits: {}</p>", missing.join(" ")));
        }
    }
    page.head(2, "记录", "records");
    let columns = [
        "巡检 visit",
        "巡检人员 inspector",
        "终端 terminal",
        "封存（终端时钟） sealed",
        "送达 delivered",
        "结论 outcomes",
        "问题 findings",
        "照片 photos",
    ];
    page.table(
        &columns,
        rows.iter().map(|(id, row)| {
            let outcomes: Vec<String> =
                OUTCOMES.iter().zip(row.outcomes).map(|(outcome, count)| format!("{} {count}", outcome.zh())).collect();
            vec![
                format!("<a href=\"records/{id}/index.html\">{}</a>", escape(&row.title)),
                escape(&row.inspector),
                format!("<code>{}</code>", escape(&row.terminal)),
                row.sealed.to_string(),
                row.stored.to_string(),
                outcomes.join(" · "),
                row.findings.to_string(),
                row.photos.to_string(),
            ]
        }),
    );
    page.0
}

/// The page of a record.
#[must_use]
pub fn record(
    id: &Sha256,
    record: &Record,
    template: &Template,
    stored_at: TimestampMs,
    shown: &dyn Fn(&Evidence) -> Shown,
) -> String {
    let mut page = Page::new(&format!("巡检记录 · {}", record.visit.title));
    page.line(WARNING);
    let present: Vec<String> =
        record.present.iter().map(|one| escape(&format!("{}（{}）", one.name, one.organisation))).collect();
    page.facts(&[
        ("记录编号 record", format!("<code>{id}</code>")),
        ("轮次 round", escape(&record.round.title)),
        ("巡检 visit", format!("{}：{}", record.visit.kind.zh(), escape(&record.visit.title))),
        ("版次 revision", record.visit.revision.to_string()),
        ("巡检人员 inspector", format!("{} <code>{}</code>", escape(&record.inspector.name), record.inspector.key)),
        ("同行人员 present", present.join("、")),
        (
            "终端 terminal",
            format!(
                "{} <code>{}</code>，第 {} 份",
                escape(record.terminal.id.as_str()),
                record.terminal.key,
                record.terminal.sequence
            ),
        ),
        ("封存（终端时钟，仅供参考） sealed, by the terminal's clock", record.clock.sealed.wall_ms.to_string()),
        ("送达（服务声明） delivered, as the service states", stored_at.to_string()),
        ("时钟跳变 clock jumps", record.clock.jumps.len().to_string()),
        ("巡检项表 template", format!("{} v{}", escape(&record.template.id), record.template.version)),
        ("台账版本 ledger version", record.ledger.version.to_string()),
    ]);
    if let Some(amends) = &record.amends {
        let (before, reason) = (amends.record, escape(&amends.reason));
        page.line(&format!("<p class=\"note\">更正 amends <code>{before}</code>：{reason}</p>"));
    }
    lines(&mut page, record, template);
    findings(&mut page, record);
    reconciliation(&mut page, record);
    photos(&mut page, record, shown);
    page.0
}

fn outcome(outcome: Outcome) -> String {
    let sign = match outcome {
        Outcome::Normal => "✓",
        Outcome::Abnormal => "▲",
        Outcome::NotApplicable | Outcome::NotChecked => "—",
    };
    let class = if outcome == Outcome::Abnormal { " class=\"bad\"" } else { "" };
    format!("<span{class}>{sign} {}</span>", outcome.zh())
}

fn lines(page: &mut Page, record: &Record, template: &Template) {
    page.head(2, "巡检内容", "lines");
    let columns = ["#", "印刷内容 as printed", "对象 subject", "方式 mode", "结论 outcome", "记录 recorded"];
    page.table(
        &columns,
        record.lines.iter().map(|line| {
            let printed = template.criterion(&line.criterion).map_or_else(String::new, |one| escape(&one.text));
            let mode = match line.mode {
                Mode::OnSite => "现场",
                Mode::Remote => "远程",
            };
            vec![
                line.no.to_string(),
                format!("{printed}<br><code>{}</code>", escape(line.criterion.as_str())),
                format!("<code>{}</code>", escape(&line.subject.id)),
                mode.to_owned(),
                outcome(line.outcome),
                recorded(line, template),
            ]
        }),
    );
}

fn recorded(line: &LineResult, template: &Template) -> String {
    let mut parts = Vec::new();
    let criterion = template.criterion(&line.criterion);
    for check in &line.checks {
        let known = criterion.and_then(|criterion| criterion.check(&check.check));
        let label = known.map_or_else(|| check.check.as_str().to_owned(), |known| known.label.zh.clone());
        let input = known.map(|known| &known.input);
        let value = check.value.as_ref().map_or_else(String::new, |value| format!("：{}", of_value(value, input)));
        parts.push(format!("{}{}{}", escape(&label), escape(&value), outcome_sign(check.outcome)));
    }
    let words = [("理由", &line.reason), ("说明", &line.note)];
    parts.extend(
        words.iter().filter(|(_, text)| !text.is_empty()).map(|(what, text)| format!("{what}：{}", escape(text))),
    );
    if let Some(none) = &line.no_photo {
        parts.push(format!("无法拍照：{}", escape(&none.reason)));
    }
    if line.bulk {
        parts.push("一键正常".to_owned());
    }
    if !line.photos.is_empty() {
        parts.push(format!("照片 {}", links(&line.photos)));
    }
    parts.join("<br>")
}

fn outcome_sign(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Normal => "",
        Outcome::Abnormal => " ▲",
        Outcome::NotApplicable | Outcome::NotChecked => " —",
    }
}

fn links(photos: &[Sha256]) -> String {
    let link = |sha256: &Sha256| format!("<a href=\"#p{sha256}\">{}</a>", sha256.short());
    photos.iter().map(link).collect::<Vec<_>>().join(" ")
}

fn yes(is: bool) -> &'static str {
    if is { "是" } else { "否" }
}

fn of_value(value: &Value, input: Option<&Input>) -> String {
    let door = |state: &DoorState| match state {
        DoorState::Locked => "已上锁",
        DoorState::Unlocked => "未上锁",
        DoorState::NoDoor => "无门",
    };
    let label = |state: &LabelState| match state {
        LabelState::Right => "正确",
        LabelState::Wrong => "不符",
        LabelState::Unreadable => "无法识读",
        LabelState::Missing => "无标签",
    };
    match value {
        Value::Choice { key } => match input {
            Some(Input::Choice { options }) => {
                options.iter().find(|one| one.key == *key).map_or_else(|| key.clone(), |one| one.label.zh.clone())
            }
            _ => key.clone(),
        },
        Value::Count { count } => match input {
            Some(Input::Count { unit, .. }) => format!("{count} {}", unit.zh),
            _ => count.to_string(),
        },
        Value::Readings { readings } => {
            let one = |reading: &xunjian_domain::reading::Reading| {
                let limit = reading.limit.as_ref().map_or("", |limit| if limit.within { "" } else { "（超限）" });
                format!("{} {} {}{limit}", reading.point, reading.value, reading.quantity.unit())
            };
            readings.iter().map(one).collect::<Vec<_>>().join("，")
        }
        Value::EarliestFootage { on } => format!("最早可回放 {on}"),
        Value::Doors { front, rear } => format!("前门{}，后门{}", door(front), door(rear)),
        Value::RackLabels { front, rear } => format!("前{}，后{}", label(front), label(rear)),
        Value::Reconciliation { quantity } => format!("数量 {quantity}"),
        Value::OrderMatch { order_matches, owner_matches } => {
            format!("订单相符{}，归属相符{}", yes(*order_matches), yes(*owner_matches))
        }
        Value::UnitCounts { units } => {
            let one = |unit: &xunjian_domain::value::UnitCount| {
                let ordered = unit.ordered.map_or_else(|| "—".to_owned(), |count| count.to_string());
                format!("{} 订单{ordered} 台账{} 在线{}", unit.owning_unit, unit.in_ledger, unit.online)
            };
            units.iter().map(one).collect::<Vec<_>>().join("；")
        }
        Value::Expiries { items } => {
            items.iter().map(|item| format!("{} 至 {}", item.place, item.expires_on)).collect::<Vec<_>>().join("；")
        }
        Value::Register { own_entry_found, incomplete_entries } => {
            format!("有本次登记{}，不完整 {incomplete_entries} 条", yes(*own_entry_found))
        }
        Value::Contacts { posted, current } => format!("已张贴{}，为最新{}", yes(*posted), yes(*current)),
    }
}

fn findings(page: &mut Page, record: &Record) {
    if !record.findings.is_empty() {
        page.head(2, "问题", "findings");
        let columns = ["问题 finding", "等级 severity", "责任单位 responsible", "期限 due", "照片 photos"];
        let row = |finding: &Finding| {
            let severity = match finding.severity {
                Severity::Outage => "业务中断或数据丢失",
                Severity::Degraded => "性能下降",
                Severity::Major => "重要",
                Severity::Minor => "一般",
            };
            let fixed = if finding.fixed_on_site.is_empty() {
                String::new()
            } else {
                format!("<br>当场处理：{}", escape(&finding.fixed_on_site))
            };
            vec![
                format!("{}{fixed}<br><code>{}</code>", escape(&finding.description), escape(finding.id.as_str())),
                severity.to_owned(),
                escape(&finding.responsible_unit),
                finding.due_on.map_or_else(String::new, |due| due.to_string()),
                links(&[finding.photos.as_slice(), &finding.after_photos].concat()),
            ]
        };
        page.table(&columns, record.findings.iter().map(row));
    }
    if !record.follow_ups.is_empty() {
        page.head(2, "复查", "earlier problems looked at again");
        let columns = ["问题 finding", "结果 state", "说明 note", "照片 photos"];
        page.table(
            &columns,
            record.follow_ups.iter().map(|answer| {
                let state = match answer.state {
                    FollowUpState::Rectified => "已整改",
                    FollowUpState::Remains => "仍存在",
                    FollowUpState::CannotTell => "无法判断",
                };
                let finding = format!("<code>{}</code>", escape(answer.finding.as_str()));
                vec![finding, state.to_owned(), escape(&answer.note), links(&answer.after_photos)]
            }),
        );
    }
}

fn reconciliation(page: &mut Page, record: &Record) {
    if record.reconciliation.is_empty() {
        return;
    }
    page.head(2, "校核", "reconciliation");
    let closed = if record.rack_closed { "已声明清点完毕" } else { "未声明清点完毕" };
    page.line(&format!("<p>{closed}</p>"));
    page.table(
        &["资产 asset", "台账 ledger", "结论 verdict", "说明 note"],
        record.reconciliation.iter().map(|one| {
            let row = one.asset.as_ref().and_then(|id| record.compared.iter().find(|row| row.id == *id));
            let ledger = row.map_or_else(String::new, |row| {
                let span = row.span.map_or_else(String::new, |span| format!("U{span} "));
                format!("{span}{} {} {}", row.brand, row.model, row.serial)
            });
            let name = row.map_or_else(String::new, |row| row.name.clone());
            let verdicts: Vec<&str> = one.verdicts.iter().map(|verdict| verdict.zh()).collect();
            let note = one.sighting.as_ref().map_or("", |seen| seen.note.as_str());
            vec![escape(&name), escape(&ledger), verdicts.join("、"), escape(note)]
        }),
    );
}

fn photos(page: &mut Page, record: &Record, shown: &dyn Fn(&Evidence) -> Shown) {
    page.head(2, "照片", "photos");
    for photo in &record.evidence {
        let sha256 = photo.sha256;
        let capture = match photo.capture {
            Capture::Camera => "应用内拍摄",
            Capture::File => "选自文件",
            Capture::Imported => "导入",
        };
        let layer = photo.layer.as_ref().map_or_else(String::new, |layer| {
            let kind = match layer.kind {
                LayerKind::Markup => "标注副本",
                LayerKind::Masked => "遮盖副本",
            };
            format!("，{kind}，原图 {}", layer.of.short())
        });
        let picture = match shown(photo) {
            Shown::Original(name) if photo.media_type.starts_with("image/") => {
                format!("<a href=\"../../{name}\"><img loading=\"lazy\" alt=\"\" src=\"../../{name}\"></a>")
            }
            Shown::Original(name) => format!("<a href=\"../../{name}\">{name}</a>"),
            Shown::Copy(name) => format!(
                "<a href=\"../../{name}\"><img loading=\"lazy\" alt=\"\" src=\"../../{name}\"></a><br>脱敏副本 masked copy"
            ),
            Shown::LeftOut => "<p class=\"note\">未随附，仅有哈希 left out, only the hash stands</p>".to_owned(),
        };
        page.line(&format!(
            "<figure id=\"p{sha256}\">{picture}<figcaption>{}{}，{} 字节，{capture}{layer}，{}<br><code>{sha256}</code></figcaption></figure>",
            escape(&photo.caption),
            if photo.caption.is_empty() { "" } else { "，" },
            photo.bytes,
            photo.taken.wall_ms
        ));
    }
}
