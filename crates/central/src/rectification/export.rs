//! 整改 as files: CSV for spreadsheets, JSON for programs. One row a rectification, in both the same fields.

use serde_json::{Value, json};
use xunjian_domain::{text::Language, time::TimestampMs, visit::Severity};

use super::{Standing, standings};
use crate::{error::Error, site::Site};

/// How an export is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// RFC 4180, UTF-8 with a byte order mark so that spreadsheets read Chinese.
    Csv,
    /// One array.
    Json,
}

const COLUMNS: [(&str, &str); 20] = [
    ("编号", "Id"),
    ("轮次", "Round"),
    ("巡检记录", "Record"),
    ("位置", "Place"),
    ("对象", "Subject"),
    ("巡检内容", "Criterion"),
    ("严重程度", "Severity"),
    ("问题", "Problem"),
    ("归属单位", "Owning unit"),
    ("发现时间", "Found"),
    ("立项时间", "Opened"),
    ("期限", "Due"),
    ("状态", "State"),
    ("整改人员", "Assigned to"),
    ("响应时间", "Responded"),
    ("反馈次数", "Feedbacks"),
    ("使用方确认时间", "Acknowledged"),
    ("提交时间", "Submitted"),
    ("关闭时间", "Closed"),
    ("是否逾期", "Overdue"),
];

/// The Chinese word for how bad something is.
#[must_use]
pub fn severity_zh(severity: Severity) -> &'static str {
    match severity {
        Severity::Outage => "业务中断或数据丢失",
        Severity::Degraded => "性能下降",
        Severity::Major => "重要",
        Severity::Minor => "一般",
    }
}

/// A moment as people in China write it.
fn local(at: Option<TimestampMs>) -> String {
    at.map_or_else(String::new, |at| {
        let moment = jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        jiff::tz::offset(8).to_datetime(moment).strftime("%Y-%m-%d %H:%M:%S").to_string()
    })
}

fn cells(one: &Standing, language: Language) -> [String; COLUMNS.len()] {
    let (progress, opening) = (&one.progress, &one.progress.opening);
    let zh = language == Language::Zh;
    let spelled = |value: Value| value.as_str().unwrap_or_default().to_owned();
    let severity = if zh { severity_zh(opening.severity).to_owned() } else { spelled(json!(opening.severity)) };
    let state = if zh { progress.state.zh().to_owned() } else { spelled(json!(progress.state)) };
    let overdue = match (one.is_overdue, zh) {
        (true, true) => "是",
        (false, true) => "否",
        (true, false) => "yes",
        (false, false) => "no",
    };
    [
        one.id.to_hex(),
        opening.round.to_string(),
        opening.record.to_hex(),
        opening.place.clone(),
        opening.subject_name.clone(),
        opening.criterion.as_ref().map_or_else(String::new, ToString::to_string),
        severity,
        opening.description.clone(),
        opening.owning_unit.clone(),
        local(Some(opening.found_at)),
        local(Some(progress.opened_at)),
        opening.due_on.map_or_else(String::new, |day| day.to_string()),
        state,
        progress.assigned_to.as_ref().map_or_else(String::new, |(_, name)| name.clone()),
        local(progress.responded_at),
        progress.fed_back_at.len().to_string(),
        local(progress.acknowledged_at),
        local(progress.submitted.as_ref().map(|(_, at)| *at)),
        local(progress.accepted.as_ref().map(|(_, at, _)| *at)),
        overdue.to_owned(),
    ]
}

/// A cell of a CSV file. What begins like a formula is kept from being one: spreadsheets run `=…`, `+…`, `-…` and `@…`.
fn quoted(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guard = if is_formula { "'" } else { "" };
    if is_formula || cell.contains([',', '"', '\n', '\r']) {
        format!("\"{guard}{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// The rectifications of a round, or of all where it is empty.
///
/// # Errors
/// [`Error`] of the database.
pub fn export(site: &Site, round: &str, format: ExportFormat, language: Language) -> Result<Vec<u8>, Error> {
    let all = site.db.read(|sql| standings(sql, round))?;
    Ok(match format {
        ExportFormat::Json => {
            let mut text = serde_json::to_vec_pretty(&all)?;
            text.push(b'\n');
            text
        }
        ExportFormat::Csv => {
            let head = COLUMNS.map(|(zh, en)| if language == Language::Zh { zh } else { en }.to_owned());
            let rows = std::iter::once(head).chain(all.iter().map(|one| cells(one, language)));
            let line = |cells: [String; COLUMNS.len()]| cells.map(|cell| quoted(&cell)).join(",") + "\r\n";
            let mut bytes = vec![0xEF, 0xBB, 0xBF];
            bytes.extend(rows.flat_map(|cells| line(cells).into_bytes()));
            bytes
        }
    })
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn cells_are_quoted_and_no_formula_comes_through() {
        let cases = [
            ("柜门松动", "柜门松动"),
            ("松动, \"左\"", "\"松动, \"\"左\"\"\""),
            ("第一行\n第二行", "\"第一行\n第二行\""),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("-1", "\"'-1\""),
            ("", ""),
        ];
        for (cell, wanted) in cases {
            assert_eq!(quoted(cell), wanted);
        }
    }
}
