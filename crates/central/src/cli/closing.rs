//! `round coverage`, `round indicators`, `round close`, `round archive`, `round check`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, ValueEnum};
use serde_json::json;
use xunjian_domain::{
    completion::CompletionRate,
    coverage::{CoveredLine, LineState},
    hash::Sha256,
    text::Language,
};
use xunjian_proof::dsse::Envelope;

use super::{Context, admin, say};
use crate::{closing, coverage, error::Error, log::COMMAND_LINE, pack, site::Site};

/// `xunjian round coverage`
#[derive(Args)]
pub struct Coverage {
    /// 轮次：季度如 2026Q4，或轮次编号 · The round.
    round: String,
    /// 列出某个数字背后的全部计划行 · List the lines behind a number.
    #[arg(long, value_enum)]
    list: Option<State>,
}

/// Which lines.
#[derive(Clone, Copy, ValueEnum)]
pub enum State {
    /// 正常 · normal.
    Normal,
    /// 异常 · abnormal.
    Abnormal,
    /// 不适用，复核认可 · not applicable, accepted.
    NotApplicable,
    /// 不适用，未经复核认可 · not applicable, not accepted.
    NotApplicableUnaccepted,
    /// 未检 · not checked.
    NotChecked,
    /// 漏检 · missed.
    Missed,
}

impl From<State> for LineState {
    fn from(state: State) -> Self {
        match state {
            State::Normal => Self::Normal,
            State::Abnormal => Self::Abnormal,
            State::NotApplicable => Self::NotApplicable,
            State::NotApplicableUnaccepted => Self::NotApplicableUnaccepted,
            State::NotChecked => Self::NotChecked,
            State::Missed => Self::Missed,
        }
    }
}

/// `xunjian round close`
#[derive(Args)]
pub struct Close {
    /// 轮次：季度或编号；起草时需要 · The round, to draw a closing up.
    #[arg(required_unless_present = "signed")]
    round: Option<String>,
    /// 起草：写成文件交服务方与监理方（或管理方）签名 · Draw up: file for both sides to sign.
    #[arg(long, value_name = "FILE", requires = "round", conflicts_with = "signed")]
    draft: Option<PathBuf>,
    /// 提前或逾期关闭的原因 · Why it is early or late.
    #[arg(long, default_value = "", conflicts_with = "signed")]
    reason: String,
    /// 收入签名并关闭：双方签名的文件，可多次 · Take the signatures in and close.
    #[arg(long, value_name = "FILE")]
    signed: Vec<PathBuf>,
}

fn rate(language: Language, rate: &CompletionRate) -> String {
    let percent = rate.percent().unwrap_or_else(|| "-".to_owned());
    let (due, normal, abnormal, missed) = (rate.due, rate.normal, rate.abnormal, rate.missed());
    let accepted = rate.not_applicable_accepted;
    let (pending, unchecked) = (rate.not_applicable - accepted, rate.not_checked);
    say(
        language,
        format!(
            "应检 {due}  正常 {normal}  异常 {abnormal}  不适用 {accepted}（另有未认可 {pending}）  未检 {unchecked}  漏检 {missed}  完成率 {percent}%"
        ),
        format!(
            "due {due}  normal {normal}  abnormal {abnormal}  not applicable {accepted} ({pending} more not accepted)  not checked {unchecked}  missed {missed}  {percent} %"
        ),
    )
}

fn listed(line: &CoveredLine, title: &str) -> String {
    let record = line.record.map_or_else(|| "-".to_owned(), |record| record.short());
    format!("{title}  #{}  {}  {}  {}  {record}", line.line, line.criterion, line.state.zh(), line.reason)
}

impl Coverage {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let site = context.site()?;
        let (counted, beside) = site.db.read_long(|sql| {
            let counted = coverage::of_round(sql, &pack::find_round(sql, &self.round)?)?;
            let beside = coverage::beside(sql, &counted)?;
            Ok::<_, Error>((counted, beside))
        })?;
        let state = self.list.map(LineState::from);
        let lines: Vec<&CoveredLine> =
            state.map(|state| counted.coverage.lines_of(state).collect()).unwrap_or_default();
        let json = json!({
            "round": counted.plan.plan.round, "log_size": counted.log_size, "log_root": counted.log_root,
            "totals": counted.totals, "formula": CompletionRate::FORMULA_ZH, "exclusions": counted.plan.plan.exclusions,
            "visits": counted.coverage.visits, "lines": lines, "beside": beside,
        });
        context.print(&json, |language| {
            let totals = &counted.totals;
            let title = |visit: &CoveredLine| {
                let found = counted.coverage.visits.iter().find(|one| one.visit == visit.visit);
                found.map_or("", |one| one.title.as_str()).to_owned()
            };
            let (planned, delivered, accepted) =
                (totals.visits_planned, totals.visits_delivered, totals.visits_accepted);
            let mut text = vec![
                counted.plan.plan.round.title.clone(),
                rate(language, &totals.whole),
                say(
                    language,
                    format!(
                        "巡检：计划 {planned}，有回执且计入 {delivered}，复核通过 {accepted}；排除 {} 项",
                        totals.excluded
                    ),
                    format!(
                        "visits: {planned} planned, {delivered} delivered, {accepted} accepted; {} left out",
                        totals.excluded
                    ),
                ),
            ];
            for room in &totals.rooms {
                let name = counted.coverage.visits.iter().find(|visit| visit.room == room.room);
                let name = name.map_or("", |visit| visit.title.split(" · ").next().unwrap_or_default());
                text.push(format!(
                    "  {name}  {}/{}  {}",
                    room.visits_delivered,
                    room.visits_planned,
                    rate(language, &room.rate)
                ));
            }
            let sentences = [
                (beside.not_counted.len(), "未计入的记录（未送达或迟到）", "records that do not count"),
                (beside.gaps.len(), "终端链缺口或分叉", "holes or forks of terminals' chains"),
                (beside.idle.len(), "到期未使用的分派", "assignments that expired unused"),
            ];
            text.extend(
                sentences.map(|(count, zh, en)| say(language, format!("{zh}：{count}"), format!("{en}: {count}"))),
            );
            text.extend(
                beside.gaps.iter().map(|gap| format!("  {}  {}  {}–{}", gap.terminal, gap.kind, gap.from, gap.to)),
            );
            text.extend(beside.idle.iter().map(|one| format!("  {}  {}", one.title, one.person)));
            text.extend(lines.iter().map(|line| listed(line, &title(line))));
            text.push(CompletionRate::FORMULA_ZH.to_owned());
            text.join("\n")
        });
        Ok(ExitCode::SUCCESS)
    }
}

/// `xunjian round indicators`
pub(super) fn indicators(context: &Context, round: &str) -> Result<ExitCode, Error> {
    let site = context.site()?;
    let round = site.db.read(|sql| pack::find_round(sql, round))?;
    let all = coverage::indicators_of(&site, &round)?;
    let json: Vec<_> = all.iter().map(|one| json!({ "indicator": one, "value": one.value() })).collect();
    context.print(&json!(json), |language| {
        let lines = all.iter().map(|one| {
            let counts = one
                .counted
                .as_ref()
                .map_or_else(String::new, |counted| format!("  {}/{}", counted.part, counted.whole));
            format!(
                "{}  {}  {}{counts}\n  {}",
                one.clause,
                one.name.get(language),
                one.value().get(language),
                one.formula.get(language)
            )
        });
        lines.collect::<Vec<_>>().join("\n")
    });
    Ok(ExitCode::SUCCESS)
}

impl Close {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let site = context.site()?;
        if !self.signed.is_empty() {
            return close(context, &site, &self.signed);
        }
        let named = self.round.unwrap_or_default();
        let round = site.db.read(|sql| pack::find_round(sql, &named))?;
        let closing = closing::draw_up(&site, COMMAND_LINE, &round, &self.reason)?;
        if let Some(out) = &self.draft {
            admin::write_json(out, &closing)?;
        }
        context.print(&json!({ "closing": closing, "draft": self.draft }), |language| {
            let (hash, size, root) = (closing.totals_sha256, closing.log_size, closing.log_root);
            let next = self.draft.as_ref().map_or_else(
                || say(language, "未写文件；用 --draft FILE 写出交双方签名", "nothing was written: use --draft FILE"),
                |out| {
                    let out = out.display();
                    say(
                        language,
                        format!("已起草 {out}：请服务方与监理方（或管理方）各自运行 xunjian-field close-round {out} --sign --out 文件"),
                        format!("drawn up in {out}: both sides run `xunjian-field close-round {out} --sign --out FILE`"),
                    )
                },
            );
            format!("{}\n{}：{hash}\n{size}  {root}\n{next}", rate(language, &closing.totals.whole), say(language, "数字的哈希", "hash of the numbers"))
        });
        Ok(ExitCode::SUCCESS)
    }
}

fn close(context: &Context, site: &Site, files: &[PathBuf]) -> Result<ExitCode, Error> {
    let envelopes = files
        .iter()
        .map(|file| Ok(Envelope::from_bytes(admin::read_text(file)?.trim().as_bytes())?))
        .collect::<Result<Vec<_>, Error>>()?;
    let closed = closing::close(site, COMMAND_LINE, &envelopes)?;
    context.print(&json!(closed), |language| {
        let (round, who) = (&closed.round, closed.signed_by.join("、"));
        let again =
            if closed.identical { say(language, "（此前已关闭）", " (closed before)") } else { String::new() };
        say(
            language,
            format!("轮次 {round} 已关闭{again}，签名：{who}；之后到达的记录照常存证，不再计入本轮"),
            format!("the round {round} is closed{again}, signed by {who}; what comes later is kept and counts no more"),
        )
    });
    Ok(ExitCode::SUCCESS)
}

/// `xunjian round archive`
pub(super) fn archive(context: &Context, round: &str, out: &Path) -> Result<ExitCode, Error> {
    let site = context.site()?;
    let round = site.db.read(|sql| pack::find_round(sql, round))?;
    let written = closing::archive(&site, &round, out)?;
    context.print(&json!(written), |language| {
        let (file, bytes, records) = (written.file.display(), written.bytes, written.records);
        say(
            language,
            format!("已归档 {file}：{records} 份记录，{bytes} 字节；核对：xunjian round check {file} --root 纸上的指纹"),
            format!("archived in {file}: {records} records, {bytes} bytes; check it: xunjian round check {file} --root FINGERPRINT"),
        )
    });
    Ok(ExitCode::SUCCESS)
}

/// `xunjian round check`: exit code 0 when everything fits, 1 when it does not, 3 when no root was pinned.
pub(super) fn check(context: &Context, file: &Path, root: Option<Sha256>) -> Result<ExitCode, Error> {
    let checked = closing::check_archive(file, root)?;
    context.print(&json!(checked), |language| {
        let report = &checked.report;
        let steps = report.steps.iter().map(|step| format!("✓ {step}"));
        let notices = report.notices.iter().map(|notice| format!("· {notice}"));
        let failures = report.failures.iter().map(|one| format!("✗ {} [{}] {}", one.file, one.step, one.reason));
        let end = match (checked.is_right, root.is_some()) {
            (true, true) => {
                say(language, "通过：数字已由计划与记录重新得出", "verified: the numbers follow from plan and records")
            }
            (true, false) => say(
                language,
                "自洽，未核对信任根（用 --root 给出纸上的指纹）",
                "consistent, but no root was pinned (--root)",
            ),
            (false, _) if report.failures.is_empty() => say(
                language,
                "不是已关闭轮次的归档：包内没有关闭声明",
                "no archive of a closed round: there is no closing in it",
            ),
            (false, _) => say(language, "不通过", "failed"),
        };
        steps.chain(notices).chain(failures).chain([end]).collect::<Vec<_>>().join("\n")
    });
    Ok(match (checked.is_right, root.is_some()) {
        (true, true) => ExitCode::SUCCESS,
        (true, false) => ExitCode::from(3),
        (false, _) => ExitCode::FAILURE,
    })
}
