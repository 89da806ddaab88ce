//! 在线虚拟机清单: the virtual machines online per owning unit, counted from a table that a cloud platform exported (A.1-08).
//!
//! Counting only shows a preview: nothing is stored and no answer changes until a person takes the numbers over and the
//! file is kept as imported evidence. What a state means is never guessed; a state this list does not know is shown and
//! counts as nothing.

use encoding_rs::{Encoding, GB18030, UTF_8};
use serde::Serialize;
use xunjian_domain::{hash::Sha256, ids::ClusterId, subject::SubjectKind, value::Input};

use crate::{
    Field,
    answer::{self, LineSelector},
    comparison::{self, Expected, ExpectedUnit},
    draft::DraftRef,
    error::FieldError,
    store::ledger,
};

/// Rows in which headings are looked for: exports begin with titles.
const HEADING_ROWS: usize = 20;
/// The separators in use, the likeliest first.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// Why a table cannot be counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VmTableError {
    /// Neither UTF-8, UTF-16 nor GB 18030.
    #[error("the file is no text")]
    NotText,
    /// No heading names owning units.
    #[error("no column of owning units among {0:?}")]
    NoUnitColumn(Vec<String>),
    /// A number of machines that is none.
    #[error("row {row}: “{text}” is no number of machines")]
    BadCount {
        /// As a spreadsheet numbers it.
        row: u64,
        /// As it stands there.
        text: String,
    },
}

/// What a table says, before anybody takes it over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct VmTable {
    /// Hash of the file's bytes, under which it will be kept.
    pub sha256: Sha256,
    /// `UTF-8`, `UTF-16LE` or `gb18030`.
    pub encoding: String,
    /// The headings used: owning unit first, then state, cluster and number where the table has them.
    pub columns: Vec<String>,
    /// Rows below the heading.
    pub rows: u32,
    /// Rows that are not online.
    pub offline: u32,
    /// Rows of other clusters.
    pub of_other_clusters: u32,
    /// States that say neither, each once; their rows count as nothing.
    pub unclear_states: Vec<String>,
    /// One row an owning unit: those that ledger or orders name, whether or not the table has them, then the others.
    pub units: Vec<VmTableUnit>,
}

/// The machines of one owning unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct VmTableUnit {
    /// As ledger or orders spell it, or else as the table does; empty for machines without one.
    pub owning_unit: String,
    /// Counted online.
    pub online: u32,
    /// Whether the table names the unit at all.
    pub is_in_table: bool,
    /// Whether ledger or orders name it.
    pub is_expected: bool,
}

impl Field {
    /// Counts the machines online per owning unit in an exported table, for a line of a cluster that asks for them.
    ///
    /// # Errors
    /// [`FieldError::VmTable`] when the table cannot be counted, [`FieldError::NoUnitCounts`] for a line that asks for no counts,
    /// and the errors of every draft.
    pub fn read_vm_table(&self, whose: DraftRef<'_>, line: &LineSelector, bytes: &[u8]) -> Result<VmTable, FieldError> {
        let (cluster, expected) = self.store.read(|connection| {
            let desk = self.desk(connection, whose)?;
            let line = answer::select(&desk, line)?;
            let criterion = desk.layout.criterion(&line.criterion)?;
            let no = desk.layout.round.ledger;
            let asks = criterion.checks.iter().any(|check| check.input == Input::UnitCounts);
            if !asks || line.subject.kind != SubjectKind::Cluster {
                return Err(FieldError::NoUnitCounts(line.no));
            }
            let cluster = ledger::cluster_name(connection, no, &ClusterId::new(&*line.subject.id))?.unwrap_or_default();
            match comparison::expected(connection, no, &line.subject, &Input::UnitCounts)? {
                Some(Expected::Units { units }) => Ok((cluster, units)),
                _ => Ok((cluster, Vec::new())),
            }
        })?;
        Ok(count(bytes, &cluster, &expected)?)
    }
}

/// Counts a table for the cluster of this name.
fn count(bytes: &[u8], cluster: &str, expected: &[ExpectedUnit]) -> Result<VmTable, VmTableError> {
    let (encoding, text) = decode(bytes).ok_or(VmTableError::NotText)?;
    let mut headings = Vec::new();
    for separator in SEPARATORS {
        let rows = split(&text, separator);
        if let Some((at, columns)) = Columns::find(&rows) {
            let mut table = VmTable {
                sha256: Sha256::of(bytes),
                encoding: encoding.name().to_owned(),
                columns: columns.names(&rows[at].1),
                rows: 0,
                offline: 0,
                of_other_clusters: 0,
                unclear_states: Vec::new(),
                units: expected.iter().map(expected_unit).collect(),
            };
            for (row, cells) in &rows[at + 1..] {
                add(&mut table, &columns, *row, cells, cluster)?;
            }
            return Ok(table);
        }
        if headings.is_empty() {
            headings = rows.into_iter().find(|(_, cells)| cells.len() > 1).map(|(_, cells)| cells).unwrap_or_default();
        }
    }
    Err(VmTableError::NoUnitColumn(headings))
}

fn expected_unit(unit: &ExpectedUnit) -> VmTableUnit {
    VmTableUnit { owning_unit: unit.owning_unit.clone(), online: 0, is_in_table: false, is_expected: true }
}

fn add(table: &mut VmTable, columns: &Columns, row: u64, cells: &[String], cluster: &str) -> Result<(), VmTableError> {
    let cell = |at: Option<usize>| at.and_then(|at| cells.get(at)).map_or("", |cell| cell.trim());
    if cells.iter().all(|cell| cell.trim().is_empty()) {
        return Ok(());
    }
    table.rows += 1;
    let of = cell(columns.cluster);
    if !of.is_empty() && key(of) != key(cluster) {
        table.of_other_clusters += 1;
        return Ok(());
    }
    let number = match cell(columns.count) {
        "" => u32::from(columns.count.is_none()),
        text => text.parse().map_err(|_| VmTableError::BadCount { row, text: text.to_owned() })?,
    };
    let state = cell(columns.state);
    let is_online = match columns.state.map(|_| State::of(state)) {
        None | Some(State::Online) => true,
        Some(State::Offline) => false,
        Some(State::Unclear) => {
            if table.unclear_states.iter().all(|known| known != state) {
                table.unclear_states.push(state.to_owned());
            }
            return Ok(());
        }
    };
    if !is_online {
        table.offline += 1;
    }
    let name = cell(Some(columns.unit));
    let at = table.units.iter().position(|unit| key(&unit.owning_unit) == key(name)).unwrap_or_else(|| {
        let owning_unit = name.to_owned();
        table.units.push(VmTableUnit { owning_unit, online: 0, is_in_table: true, is_expected: false });
        table.units.len() - 1
    });
    if let Some(unit) = table.units.get_mut(at) {
        unit.is_in_table = true;
        unit.online = unit.online.saturating_add(if is_online { number } else { 0 });
    }
    Ok(())
}

/// Where the columns stand.
struct Columns {
    unit: usize,
    state: Option<usize>,
    cluster: Option<usize>,
    count: Option<usize>,
}

const UNIT: [&str; 10] =
    ["归属单位", "使用单位", "所属单位", "业主单位", "单位名称", "委办局", "租户", "TENANT", "OWNINGUNIT", "OWNER"];
const STATE: [&str; 8] = ["状态", "运行状态", "电源状态", "虚拟机状态", "云主机状态", "POWERSTATE", "STATUS", "STATE"];
const CLUSTER: [&str; 5] = ["集群", "所属集群", "集群名称", "宿主集群", "CLUSTER"];
const COUNT: [&str; 9] =
    ["在线数量", "在线数", "在线虚拟机数", "在线虚拟机数量", "虚拟机数量", "数量", "台数", "ONLINE", "COUNT"];

impl Columns {
    /// The first row that names owning units, and where its columns stand.
    fn find(rows: &[(u64, Vec<String>)]) -> Option<(usize, Self)> {
        rows.iter().take(HEADING_ROWS).enumerate().find_map(|(at, (_, cells))| {
            let keys: Vec<String> = cells.iter().map(|cell| key(cell)).collect();
            // The likelier heading first: an export that has both 在线数量 and 数量 means the former.
            let place = |wanted: &[&str]| wanted.iter().find_map(|name| keys.iter().position(|key| key == name));
            let (state, cluster, count) = (place(&STATE), place(&CLUSTER), place(&COUNT));
            Some((at, Self { unit: place(&UNIT)?, state, cluster, count }))
        })
    }

    fn names(&self, cells: &[String]) -> Vec<String> {
        [Some(self.unit), self.state, self.cluster, self.count]
            .into_iter()
            .filter_map(|at| cells.get(at?).map(|cell| cell.trim().to_owned()))
            .collect()
    }
}

/// What a state says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Online,
    Offline,
    Unclear,
}

impl State {
    fn of(text: &str) -> Self {
        const ONLINE: [&str; 8] = ["ON", "RUNNING", "POWEREDON", "ACTIVE", "UP", "STARTED", "ONLINE", "POWERON"];
        const OFFLINE: [&str; 11] = [
            "OFF",
            "POWEREDOFF",
            "POWEROFF",
            "STOPPED",
            "SHUTOFF",
            "SHUTDOWN",
            "DOWN",
            "SUSPENDED",
            "PAUSED",
            "OFFLINE",
            "DELETED",
        ];
        // Words for “not running” first: 未运行 has 运行 in it.
        const OFFLINE_ZH: [&str; 11] =
            ["未", "不", "关机", "关闭", "停", "离线", "下线", "挂起", "休眠", "删除", "回收"];
        const ONLINE_ZH: [&str; 5] = ["运行", "开机", "在线", "已启动", "上电"];
        let key = key(text);
        if ONLINE.contains(&key.as_str()) {
            Self::Online
        } else if OFFLINE.contains(&key.as_str()) || OFFLINE_ZH.iter().any(|word| key.contains(word)) {
            Self::Offline
        } else if ONLINE_ZH.iter().any(|word| key.contains(word)) {
            Self::Online
        } else {
            Self::Unclear
        }
    }
}

/// Headings, units and states compare without case, white space and signs between words.
fn key(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-')).flat_map(char::to_uppercase).collect()
}

/// The text of a file: by its byte order mark, or UTF-8 where it is valid, or GB 18030, which contains GBK. A broken character
/// is never replaced.
fn decode(bytes: &[u8]) -> Option<(&'static Encoding, String)> {
    let (encoding, content) = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => (encoding, bytes.get(length..).unwrap_or_default()),
        None if std::str::from_utf8(bytes).is_ok() => (UTF_8, bytes),
        None => (GB18030, bytes),
    };
    let text = encoding.decode_without_bom_handling_and_without_replacement(content)?;
    Some((encoding, text.replace("\r\n", "\n").replace('\r', "\n")))
}

/// Rows with their numbers. A row that the reader cannot read ends the table.
fn split(text: &str, separator: u8) -> Vec<(u64, Vec<String>)> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes());
    let records = reader.records().map_while(Result::ok);
    let row = |record: csv::StringRecord| {
        let number = record.position().map_or(0, csv::Position::line);
        (number, record.iter().map(str::to_owned).collect())
    };
    records.map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(units: &[&str]) -> Vec<ExpectedUnit> {
        let unit = |name: &&str| ExpectedUnit { owning_unit: (*name).to_owned(), ordered: Some(2), in_ledger: 2 };
        units.iter().map(unit).collect()
    }

    fn units(table: &VmTable) -> Vec<(&str, u32, bool, bool)> {
        let rows = table.units.iter();
        rows.map(|unit| (unit.owning_unit.as_str(), unit.online, unit.is_in_table, unit.is_expected)).collect()
    }

    const EXPORT: &str = "云平台虚拟机清单,,,\n导出时间：2026-11-20,,,\n虚拟机名称,归属单位,电源 状态,集群\n\
        vm-1,市公安局,已开机,一号集群\nvm-2,市 公安局,已开机,一号集群\nvm-3,市公安局,已关机,一号集群\n\
        vm-4,市教育局,poweredOn,二号集群\nvm-5,市水务局,Running,\nvm-6,,运行中,一号集群\nvm-7,市公安局,迁移中,一号集群\n,,,\n";

    #[test]
    fn a_platforms_export_is_counted_per_unit_and_says_what_it_left_out() {
        let table = count(EXPORT.as_bytes(), "一号集群", &expected(&["市公安局", "市教育局"])).unwrap();
        assert_eq!(
            units(&table),
            [
                ("市公安局", 2, true, true),
                ("市教育局", 0, false, true),
                ("市水务局", 1, true, false),
                ("", 1, true, false)
            ]
        );
        assert_eq!((table.rows, table.offline, table.of_other_clusters), (7, 1, 1));
        assert_eq!(table.unclear_states, ["迁移中"], "never guessed, and told");
        assert_eq!(table.columns, ["归属单位", "电源 状态", "集群"]);
        assert_eq!(table.sha256, Sha256::of(EXPORT.as_bytes()));
    }

    #[test]
    fn the_same_table_counts_the_same_in_every_encoding_and_with_every_separator() {
        let plain = count(EXPORT.as_bytes(), "一号集群", &[]).unwrap();
        let gbk = encoding_rs::GBK.encode(EXPORT).0.into_owned();
        let marked = [b"\xef\xbb\xbf", EXPORT.as_bytes()].concat();
        let tabs = EXPORT.replace(',', "\t").replace('\n', "\r\n");
        for (bytes, encoding) in [(gbk, "gb18030"), (marked, "UTF-8"), (tabs.into_bytes(), "UTF-8")] {
            let table = count(&bytes, "一号集群", &[]).unwrap();
            assert_eq!(units(&table), units(&plain));
            assert_eq!(table.encoding, encoding);
        }
    }

    #[test]
    fn a_table_of_numbers_adds_them_up() {
        let text = "归属单位,数量,在线数量\n市公安局,20,19\n市公安局,1,1\n市教育局,3,\n";
        let table = count(text.as_bytes(), "一号集群", &[]).unwrap();
        assert_eq!(units(&table), [("市公安局", 20, true, false), ("市教育局", 0, true, false)]);
        let wrong = count("归属单位,台数\n市公安局,约20\n".as_bytes(), "", &[]).unwrap_err();
        assert_eq!(wrong, VmTableError::BadCount { row: 2, text: "约20".into() });
    }

    #[test]
    fn what_is_no_such_table_is_refused_by_its_reason() {
        assert_eq!(count(&[b'a', 0xff, 0xff], "", &[]), Err(VmTableError::NotText));
        let headings = count("名称,系统\nvm-1,Linux\n".as_bytes(), "", &[]).unwrap_err();
        assert_eq!(headings, VmTableError::NoUnitColumn(vec!["名称".into(), "系统".into()]));
        assert_eq!(count(b"", "", &[]), Err(VmTableError::NoUnitColumn(Vec::new())));
    }

    #[test]
    fn states_are_told_apart() {
        for (text, state) in [
            ("未运行", State::Offline),
            ("已停止", State::Offline),
            ("SHUTOFF", State::Offline),
            ("powered off", State::Offline),
            ("运行中", State::Online),
            ("Powered_On", State::Online),
            ("ACTIVE", State::Online),
            ("", State::Unclear),
            ("ERROR", State::Unclear),
        ] {
            assert_eq!(State::of(text), state, "{text}");
        }
    }
}
