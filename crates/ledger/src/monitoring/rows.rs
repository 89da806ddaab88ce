//! From the rows of a sheet to samples, with a problem for everything that is left out.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::{DateTime, Time};
use xunjian_domain::{
    decimal::Decimal,
    monitoring::{Capacity, Identity, MonitoredKind, PowerState, Sample, Statistic},
    text::Text,
};

use super::{
    Code, Column, Options, Problem, Report, SeenTable, Spelling,
    columns::{Part, kind_of_names, kind_of_word, seconds_of_unit, unit_of},
    header::Header,
    measure::{CapacityCell, UsageCell, capacity, percent_of_fraction, share, spelling, usage},
    message,
    moment::{Delay, delay, moment, says_time_of_day},
    state,
};
use crate::import::{
    cell::{code, has_failed, is_empty, key, says_nothing, tidy, whole_number},
    table::{Sheet, SheetRow, is_blank, says_total},
};

const STATISTICS: [Statistic; 4] = [Statistic::Current, Statistic::Average, Statistic::Peak, Statistic::Trough];
const POWER_WORDS: &str = "运行、关机（running, off）";
const PLUGIN_WORDS: &str = "正常、异常、待安装（normal, abnormal, pending）";
const VACATED_WORDS: &str = "已腾退、未腾退（yes, no）";

/// What one file came to so far.
pub(super) struct Reading<'o> {
    options: &'o Options,
    is_workbook: bool,
    samples: Vec<Sample>,
    report: Report,
    /// The samples that measured a name at a moment: which of the names, and their places.
    measured: HashMap<(DateTime, usize, String), Vec<usize>>,
    /// Words that were listed once.
    told: BTreeSet<(Code, String)>,
}

/// A sheet while it is read.
struct Frame<'s> {
    header: &'s Header,
    sheet: &'s str,
    spellings: BTreeMap<Column, Spelling>,
    /// What title, names and sheet say of the kind of all rows.
    kind: Option<MonitoredKind>,
    /// What a line above the headings says of the moment of all rows.
    collected_at: Option<DateTime>,
    /// Nothing was collected later.
    latest: DateTime,
}

/// A row while it is read.
struct Row<'s> {
    frame: &'s Frame<'s>,
    row: &'s SheetRow,
    problems: Vec<Problem>,
}

impl<'o> Reading<'o> {
    pub(super) fn new(options: &'o Options, is_workbook: bool) -> Self {
        Self {
            options,
            is_workbook,
            samples: Vec::new(),
            report: Report::default(),
            measured: HashMap::new(),
            told: BTreeSet::new(),
        }
    }

    pub(super) fn into_parts(self) -> (Vec<Sample>, Report) {
        (self.samples, self.report)
    }

    /// Reads one sheet.
    pub(super) fn sheet(&mut self, sheet: &Sheet, header: &Header) -> SeenTable {
        let name = sheet.name.clone().unwrap_or_default();
        let rows: Vec<&SheetRow> = sheet.rows.iter().filter(|row| is_data(row, header)).collect();
        let names = header.place(Column::Name).map(|at| header.heading(at)).unwrap_or_default();
        let frame = Frame {
            header,
            sheet: &name,
            spellings: self.spellings(header, &rows),
            kind: kind_of_names(names).or_else(|| kind_of_word(&name)),
            collected_at: above(sheet, header).or(self.options.collected_at),
            latest: self.options.latest.unwrap_or(DateTime::MAX),
        };
        let before = self.report.rows;
        for row in rows {
            self.row(Row { frame: &frame, row, problems: Vec::new() });
        }
        SeenTable {
            header_row: header.first_row,
            columns: header.seen(|column| frame.spellings.get(&column).copied()),
            rows: self.report.rows - before,
            sheet: name,
        }
    }

    /// How the columns of usages are spelled: all those of one thing alike.
    fn spellings(&self, header: &Header, rows: &[&SheetRow]) -> BTreeMap<Column, Spelling> {
        let mut parts: BTreeMap<Part, Vec<(Column, usize)>> = BTreeMap::new();
        for (column, at) in header.columns() {
            if let Column::Usage(part, _) = column {
                parts.entry(part).or_default().push((column, at));
            }
        }
        let mut found = BTreeMap::new();
        for columns in parts.into_values() {
            let (mut bare, mut has_signed, mut spelled) = (Vec::new(), false, Vec::new());
            for (column, at) in &columns {
                for cell in rows.iter().filter_map(|row| row.cells.get(*at)) {
                    match usage(cell) {
                        Some(UsageCell::Bare(value)) => {
                            bare.push(value);
                            spelled.push(*column);
                        }
                        Some(UsageCell::Percent(_)) => has_signed = true,
                        None => {}
                    }
                }
            }
            let says_percent = columns.iter().any(|(_, at)| key(header.heading(*at)).contains('%'));
            let looked = spelling(&bare, says_percent, self.is_workbook, has_signed);
            if let Some(spelling) = looked.map(|looked| self.options.spelling.unwrap_or(looked)) {
                found.extend(spelled.into_iter().map(|column| (column, spelling)));
            }
        }
        found
    }

    /// The sample that measured some of the same of the same resource at the same moment. Only names that both rows have are
    /// compared: two machines of one name with two addresses are two. A row that measures something else completes the other.
    fn measured_before(&self, sample: &Sample) -> Option<&Sample> {
        let before = names(sample).filter_map(|name| self.measured.get(&name)).flatten();
        let known = before.filter_map(|at| self.samples.get(*at));
        known.filter(|known| may_be_one(known, sample) && known.overlaps(sample)).min_by_key(|known| known.row)
    }

    fn row(&mut self, mut row: Row<'_>) {
        let sample = row.sample(&mut self.told);
        if let Some(first) = sample.as_ref().and_then(|sample| self.measured_before(sample)) {
            let sheet = if first.sheet == row.frame.sheet { "" } else { first.sheet.as_str() };
            row.list(None, Code::Repeated, message::repeated(sheet, first.row));
        }
        self.report.rows += 1;
        if row.problems.iter().any(|problem| problem.code.skips()) {
            self.report.skipped += 1;
        } else if let Some(sample) = sample {
            self.report.imported += 1;
            for name in names(&sample) {
                self.measured.entry(name).or_default().push(self.samples.len());
            }
            self.samples.push(sample);
        }
        self.report.problems.append(&mut row.problems);
    }
}

/// What a resource is named by, each in the spelling that other spellings have in common: id, serial, tag, name, address, and
/// the cluster, which alone names nothing.
#[must_use]
pub fn spellings(identity: &Identity) -> [String; 6] {
    [&identity.id, &identity.serial, &identity.asset_tag, &identity.name, &identity.address, &identity.cluster]
        .map(|name| key(name))
}

/// The names of a sample at its moment, by which others of the same resource are found.
fn names(sample: &Sample) -> impl Iterator<Item = (DateTime, usize, String)> {
    let at = sample.collected_at;
    let named = spellings(&sample.identity).into_iter().take(5).enumerate();
    named.filter(|(_, name)| !name.is_empty()).map(move |(which, name)| (at, which, name))
}

/// Whether two samples may be of one resource: neither a name that both have nor the kind differs.
fn may_be_one(one: &Sample, other: &Sample) -> bool {
    let is_same = |(one, other): (&String, &String)| one.is_empty() || other.is_empty() || one == other;
    let is_of_kind = one.kind.zip(other.kind).is_none_or(|(one, other)| one == other);
    is_of_kind && spellings(&one.identity).iter().zip(&spellings(&other.identity)).all(is_same)
}

/// Whether a row below the headings holds data: it is neither blank nor a total, and does not repeat the headings.
fn is_data(row: &SheetRow, header: &Header) -> bool {
    // A row that names a serial, tag or address is one of its own: a machine may well be called `total`.
    let has = |column| header.place(column).and_then(|at| row.cells.get(at)).is_some_and(|cell| !is_empty(cell));
    let is_named =
        [Column::Id, Column::Serial, Column::AssetTag, Column::Address, Column::Cluster].into_iter().any(has);
    let first = row.cells.iter().find(|cell| !is_empty(cell));
    let is_total = !is_named && first.is_some_and(|cell| says_total(cell) || is_mean(cell));
    row.number > header.last_row && !is_blank(&row.cells) && !is_total && !header.is_repeated_by(&row.cells)
}

/// 平均值 at the foot of a table.
fn is_mean(cell: &str) -> bool {
    matches!(key(cell).as_str(), "平均" | "平均值" | "均值" | "AVERAGE" | "MEAN")
}

/// 采集时间：2026-11-15 10:00 in a line above the headings. A period (`… 至 …`) counts with its end.
fn above(sheet: &Sheet, header: &Header) -> Option<DateTime> {
    const LABELS: [&str; 8] =
        ["采集时间", "统计时间", "导出时间", "数据时间", "统计周期", "统计时段", "EXPORTEDAT", "COLLECTEDAT"];
    let lines = sheet.rows.iter().take_while(|row| row.number < header.first_row);
    lines.flat_map(|row| row.cells.iter().enumerate().map(move |(at, cell)| (row, at, cell))).find_map(
        |(row, at, cell)| {
            let (label, said) = cell.split_once(['：', ':']).unwrap_or((cell, ""));
            if !LABELS.iter().any(|known| key(label).ends_with(known)) {
                return None;
            }
            let said = if said.trim().is_empty() { row.cells.get(at + 1)? } else { said };
            moment(said).or_else(|| moment(said.rsplit(['至', '~', '～', '—']).next()?))
        },
    )
}

impl Row<'_> {
    fn cell(&self, column: Column) -> Option<&str> {
        let at = self.frame.header.place(column)?;
        self.row.cells.get(at)
    }

    /// The cell, unless it only says that there is nothing; a formula that failed says something that cannot be read.
    fn said(&self, column: Column) -> Option<String> {
        let text = tidy(self.cell(column)?);
        (has_failed(&text) || !says_nothing(&text)).then_some(text)
    }

    fn text(&self, column: Column) -> String {
        self.cell(column).map(tidy).filter(|text| !says_nothing(text)).unwrap_or_default()
    }

    fn code(&self, column: Column) -> String {
        self.cell(column).map(code).filter(|text| !says_nothing(text)).unwrap_or_default()
    }

    fn heading(&self, column: Column) -> &str {
        self.frame.header.place(column).map_or("", |at| self.frame.header.heading(at))
    }

    fn list(&mut self, column: Option<Column>, code: Code, message: Text) {
        let (heading, value) = match column {
            Some(column) => (self.heading(column).to_owned(), self.cell(column).unwrap_or_default().to_owned()),
            None => (String::new(), String::new()),
        };
        let (sheet, row) = (self.frame.sheet.to_owned(), self.row.number);
        self.problems.push(Problem { sheet, row, column: heading, value, code, message });
    }

    /// Everything that the row measures; `None` where it cannot be a sample, which is listed then.
    fn sample(&mut self, told: &mut BTreeSet<(Code, String)>) -> Option<Sample> {
        let identity = Identity {
            id: self.code(Column::Id),
            name: self.text(Column::Name),
            cluster: self.text(Column::Cluster),
            serial: self.code(Column::Serial),
            asset_tag: self.code(Column::AssetTag),
            address: self.code(Column::Address),
        };
        let named = [&identity.id, &identity.name, &identity.serial, &identity.asset_tag, &identity.address];
        if named.into_iter().all(String::is_empty) {
            self.list(None, Code::NoIdentity, message::no_identity());
            return None;
        }
        let collected_at = self.collected_at()?;
        let mut sample = Sample::new(self.row.number, identity, collected_at);
        self.frame.sheet.clone_into(&mut sample.sheet);
        sample.kind = self.kind(told).or(self.frame.kind);
        sample.owning_unit = self.text(Column::OwningUnit);
        sample.room = self.text(Column::Room);
        for statistic in STATISTICS {
            *usage_of(&mut sample, Part::Cpu, statistic) = self.usage(Part::Cpu, statistic);
        }
        for part in [Part::Memory, Part::Storage, Part::Array] {
            let size = self.capacity(Column::Capacity(part));
            match part {
                Part::Memory => sample.memory_capacity = size,
                Part::Array => sample.array_capacity = size,
                _ => sample.storage_capacity = size,
            }
            for statistic in STATISTICS {
                *usage_of(&mut sample, part, statistic) = self.usage(part, statistic);
            }
            // What is used now, and of how much, is the current usage.
            if self.cell(Column::Usage(part, Statistic::Current)).is_none() {
                *usage_of(&mut sample, part, Statistic::Current) = self.used(part, size);
            }
        }
        sample.cpu_cores = self.number(Column::Cores);
        if collected_at > self.frame.latest {
            self.list(Some(Column::CollectedAt), Code::InFuture, message::in_future(collected_at));
            return None;
        }
        let both = self.delay(Column::Sync, collected_at);
        sample.name_sync_seconds = self.delay(Column::NameSync, collected_at).or(both);
        sample.address_sync_seconds = self.delay(Column::AddressSync, collected_at).or(both);
        sample.power = self.state(Column::Power, state::power, POWER_WORDS, told);
        sample.off_since = self.off_since(Column::OffSince);
        if sample.power == Some(PowerState::Off) {
            sample.off_since = sample.off_since.or_else(|| self.off_since(Column::LastOff));
        }
        sample.off_days = self.number(Column::OffDays);
        sample.plugin = self.state(Column::Plugin, state::plugin, PLUGIN_WORDS, told);
        sample.is_vacated = self.state(Column::Vacated, state::vacated, VACATED_WORDS, told);
        if sample.is_empty() {
            self.list(None, Code::NothingMeasured, message::nothing_measured());
            return None;
        }
        Some(sample)
    }

    fn collected_at(&mut self) -> Option<DateTime> {
        match (self.said(Column::CollectedAt), self.frame.collected_at) {
            (Some(cell), _) => {
                let at = moment(&cell);
                if at.is_none() {
                    self.list(Some(Column::CollectedAt), Code::BadTime, message::bad_time(&cell));
                }
                at
            }
            (None, Some(at)) => Some(at),
            (None, None) => {
                self.list(None, Code::NoTime, message::no_time());
                None
            }
        }
    }

    fn kind(&mut self, told: &mut BTreeSet<(Code, String)>) -> Option<MonitoredKind> {
        let cell = self.said(Column::Kind)?;
        let kind = kind_of_word(&cell);
        if kind.is_none() && told.insert((Code::UnknownKind, cell.clone())) {
            self.list(Some(Column::Kind), Code::UnknownKind, message::unknown_kind(&cell));
        }
        kind
    }

    fn usage(&mut self, part: Part, statistic: Statistic) -> Option<Decimal> {
        let column = Column::Usage(part, statistic);
        let cell = self.said(column)?;
        let percent = match usage(&cell) {
            Some(UsageCell::Percent(percent)) => Some(percent),
            Some(UsageCell::Bare(bare)) => match self.frame.spellings.get(&column) {
                Some(Spelling::Fraction) => percent_of_fraction(&bare),
                Some(Spelling::Unclear) if bare.parts().0 != 0 => {
                    self.list(Some(column), Code::UnclearUsage, message::unclear_usage(&cell));
                    return None;
                }
                _ => Some(bare),
            },
            None => None,
        };
        let is_share = |percent: &Decimal| {
            let (mantissa, scale) = percent.parts();
            mantissa >= 0 && i128::from(mantissa) <= 100 * 10_i128.pow(scale)
        };
        let percent = percent.filter(is_share);
        if percent.is_none() {
            self.list(Some(column), Code::BadUsage, message::bad_usage(&cell));
        }
        percent
    }

    fn capacity(&mut self, column: Column) -> Option<Capacity> {
        let cell = self.said(column)?;
        match capacity(&cell, unit_of(self.heading(column))) {
            Some(CapacityCell::Known(capacity)) => Some(capacity),
            Some(CapacityCell::NoUnit) => {
                self.list(Some(column), Code::NoUnit, message::capacity_without_unit(&cell));
                None
            }
            None => {
                self.list(Some(column), Code::BadCapacity, message::bad_capacity(&cell));
                None
            }
        }
    }

    /// The current usage by what is used and what there is.
    fn used(&mut self, part: Part, size: Option<Capacity>) -> Option<Decimal> {
        let column = Column::Used(part);
        let used = self.capacity(column)?;
        let size = size?;
        let usage = share(used, size);
        if usage.is_none() {
            let total = format!("{size}TB");
            let text = message::used_exceeds(&self.text(column), &total);
            self.list(Some(column), Code::BadUsage, text);
        }
        usage
    }

    fn number(&mut self, column: Column) -> Option<u32> {
        let cell = self.said(column)?;
        let digits = key(&cell);
        let number = whole_number(digits.trim_end_matches(['核', '天', '日', '个', 'C']));
        if number.is_none() {
            self.list(Some(column), Code::BadNumber, message::bad_number(&cell));
        }
        number
    }

    /// Whether the moment of the row is more than a day: midnight counts where somebody wrote it.
    fn has_time_of_day(&self, collected_at: DateTime) -> bool {
        collected_at.time() != Time::midnight()
            || self.said(Column::CollectedAt).is_some_and(|cell| says_time_of_day(&cell))
    }

    fn delay(&mut self, column: Column, collected_at: DateTime) -> Option<u32> {
        let cell = self.said(column)?;
        match delay(&cell, seconds_of_unit(self.heading(column))) {
            Some(Delay::Seconds(seconds)) => Some(seconds),
            Some(Delay::At(_)) if !self.has_time_of_day(collected_at) => {
                self.list(Some(column), Code::BadDelay, message::collected_on_a_day());
                None
            }
            Some(Delay::NoTimeOfDay) => {
                self.list(Some(column), Code::BadDelay, message::synchronised_on_a_day(&cell));
                None
            }
            Some(Delay::At(at)) => {
                let seconds = u32::try_from(at.duration_until(collected_at).as_secs()).ok();
                if seconds.is_none() {
                    self.list(Some(column), Code::BadDelay, message::sync_after_collection(&cell));
                }
                seconds
            }
            Some(Delay::NoUnit) => {
                self.list(Some(column), Code::NoUnit, message::delay_without_unit(&cell));
                None
            }
            None => {
                self.list(Some(column), Code::BadDelay, message::bad_delay(&cell));
                None
            }
        }
    }

    fn off_since(&mut self, column: Column) -> Option<DateTime> {
        let cell = self.said(column)?;
        let at = moment(&cell);
        if at.is_none() {
            self.list(Some(column), Code::BadOffSince, message::bad_off_since(&cell));
        }
        at
    }

    fn state<T>(
        &mut self,
        column: Column,
        read: impl Fn(&str) -> Option<T>,
        words: &str,
        told: &mut BTreeSet<(Code, String)>,
    ) -> Option<T> {
        let cell = self.said(column)?;
        let state = read(&cell);
        if state.is_none() && told.insert((Code::UnknownState, format!("{column} {cell}"))) {
            self.list(Some(column), Code::UnknownState, message::unknown_state(&cell, words));
        }
        state
    }
}

fn usage_of(sample: &mut Sample, part: Part, statistic: Statistic) -> &mut Option<Decimal> {
    let usage = match part {
        Part::Cpu => &mut sample.cpu,
        Part::Memory => &mut sample.memory,
        Part::Storage => &mut sample.storage,
        Part::Array => &mut sample.array,
    };
    match statistic {
        Statistic::Current => &mut usage.current,
        Statistic::Average => &mut usage.average,
        Statistic::Peak => &mut usage.peak,
        Statistic::Trough => &mut usage.trough,
    }
}
