//! Judging: the samples of a period, resource by resource, against tables B.1 and C.1. Says what a person may look at.

use std::collections::BTreeMap;

use jiff::{ToSpan as _, civil::Date};
use serde::Serialize;
use xunjian_domain::{
    hash::Sha256,
    ledger::{Ledger, LedgerVersion},
    monitoring::{
        MonitoredKind, Period, PowerState, RangeJudgement, ReclaimJudgement, Sample, Summary, Thresholds, Usage,
        candidates, out_of_range,
    },
};
use xunjian_ledger::monitoring::{Directory, Found, Resource, spellings};

use super::{
    SampleSet, StoredImport, counting, latest,
    thresholds::{self, StoredThresholds},
};
use crate::{db::Sql, error::Error, ledger, site::Site};

/// Days of a period that nobody names: up to the newest sample.
const DEFAULT_DAYS: i64 = 30;

/// What a judgement is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// The period; without it the 30 days up to the newest sample.
    pub period: Option<Period>,
    /// The version of the thresholds; without it the newest.
    pub thresholds: Option<u32>,
}

/// A judgement: everything that it rests on, and what it says.
#[derive(Debug, Clone, Serialize)]
pub struct Judgement {
    /// The period.
    pub period: Period,
    /// The thresholds.
    pub thresholds: StoredThresholds,
    /// The ledger in which resources were looked for; `None` before the first import of one.
    pub ledger: Option<LedgerVersion>,
    /// The files whose samples lie in the period.
    pub imports: Vec<UsedImport>,
    /// Resources in the order of the ledger, then those that it does not have.
    pub resources: Vec<JudgedResource>,
    /// Moments of a resource of which two imports say different things; the newer import counts.
    pub doubled: u32,
    /// Resources of the ledger that no sample of the period is of, by kind.
    pub not_monitored: BTreeMap<MonitoredKind, u32>,
    /// What is behind the resources, for statistics.
    #[serde(skip)]
    pub summaries: Vec<Summary>,
    /// How many resources of each group the ledger has.
    #[serde(skip)]
    pub registered: Vec<Resource>,
    /// The numbers that were judged with.
    #[serde(skip)]
    pub numbers: Thresholds,
}

impl Judgement {
    /// How many resources are out of range, and how many are candidates.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let out_of_range = self.resources.iter().filter(|one| !one.annex_b.breaches.is_empty()).count();
        (out_of_range, self.resources.iter().filter(|one| !one.annex_c.candidates.is_empty()).count())
    }
}

/// A file that a judgement rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsedImport {
    /// The import.
    pub number: u32,
    /// The file's name.
    pub file: String,
    /// Hash of its exact bytes.
    pub file_sha256: Sha256,
}

/// One resource.
#[derive(Debug, Clone, Serialize)]
pub struct JudgedResource {
    /// Its id in the ledger; empty where the ledger does not have it.
    pub id: String,
    /// What it is monitored as.
    pub kind: MonitoredKind,
    /// Its name, or what else the file names it by.
    pub name: String,
    /// 集群.
    pub cluster: String,
    /// 归属单位.
    pub owning_unit: String,
    /// 机房.
    pub room: String,
    /// 机柜.
    pub rack: String,
    /// How many samples it has in the period.
    pub samples: u32,
    /// The oldest of them.
    pub first_at: String,
    /// The newest of them.
    pub last_at: String,
    /// 电源状态.
    pub power: Option<PowerState>,
    /// CPU 使用率.
    pub cpu: Usage,
    /// 内存使用率.
    pub memory: Usage,
    /// 存储空间, TB.
    pub storage_tb: Option<String>,
    /// 存储使用率.
    pub storage: Usage,
    /// 租赁盘阵空间, TB.
    pub array_tb: Option<String>,
    /// 盘阵使用率.
    pub array: Usage,
    /// Table B.1.
    pub annex_b: RangeJudgement,
    /// Table C.1.
    pub annex_c: ReclaimJudgement,
}

/// Reads `2026-11-01..2026-11-22` or `2026-11`.
///
/// # Errors
/// [`Error::Told`] when it is neither, or ends before it begins.
pub fn period(text: &str) -> Result<Period, Error> {
    let whole_month = || {
        let first: Date = format!("{text}-01").parse().ok()?;
        (text.len() == 7).then_some(Period { from: first, to: first.last_of_month() })
    };
    let both = || {
        let (from, to) = text.split_once("..")?;
        let period = Period { from: from.trim().parse().ok()?, to: to.trim().parse().ok()? };
        (period.from <= period.to).then_some(period)
    };
    both().or_else(whole_month).ok_or_else(|| {
        Error::told(
            format!("时段“{text}”应形如 2026-11-01..2026-11-22 或 2026-11"),
            format!("the period \"{text}\" must look like 2026-11-01..2026-11-22 or 2026-11"),
        )
    })
}

/// Judges. Changes nothing and acts on nothing.
///
/// # Errors
/// [`Error::Told`] when there is no monitoring data in the period.
pub fn judge(site: &Site, question: &Question) -> Result<Judgement, Error> {
    // A month of samples is long to read: not on the connection that pages share.
    let Read { period, stored, numbers, current, samples, used } = site.db.read_long(|sql| read(sql, question))?;
    let (version, ledger) = current.map_or_else(Default::default, |(version, ledger)| (Some(version), ledger));
    let directory = Directory::of(&ledger);
    let (gathered, doubled) = gather(&directory, samples);
    let mut not_monitored: BTreeMap<MonitoredKind, u32> = BTreeMap::new();
    for (at, resource) in directory.resources().iter().enumerate() {
        if !gathered.contains_key(&Key::Known(at)) {
            *not_monitored.entry(resource.kind).or_default() += 1;
        }
    }
    let mut judgement = Judgement {
        period,
        thresholds: stored,
        ledger: version,
        imports: used,
        resources: Vec::new(),
        doubled,
        not_monitored,
        summaries: Vec::new(),
        registered: directory.resources().to_vec(),
        numbers,
    };
    for (key, samples) in &gathered {
        let samples: Vec<&Sample> = samples.values().collect();
        let (Some(summary), Some(newest)) = (Summary::of(&samples), samples.last()) else { continue };
        let resource = match key {
            Key::Known(at) => directory.resources().get(*at),
            Key::Stranger(..) => None,
        };
        judgement.resources.push(judged(resource, newest, &summary, &judgement.numbers));
        judgement.summaries.push(summary);
    }
    Ok(judgement)
}

/// What a judgement reads.
struct Read {
    period: Period,
    stored: StoredThresholds,
    numbers: Thresholds,
    current: Option<(LedgerVersion, Ledger)>,
    samples: Vec<Sample>,
    used: Vec<UsedImport>,
}

fn read(sql: &dyn Sql, question: &Question) -> Result<Read, Error> {
    let imports = counting(sql)?;
    let period = chosen(question.period, &imports)?;
    let (stored, numbers) = thresholds::read(sql, question.thresholds)?;
    let (samples, used) = samples_of(sql, &imports, period)?;
    if used.is_empty() {
        let (from, to) = (period.from, period.to);
        return Err(Error::told(
            format!("{from} 至 {to} 没有监控数据，请先运行 xunjian monitoring import，或改 --period"),
            format!(
                "there is no monitoring data from {from} to {to}: run `xunjian monitoring import` first, or change --period"
            ),
        ));
    }
    Ok(Read { period, stored, numbers, current: ledger::current(sql)?, samples, used })
}

fn chosen(asked: Option<Period>, imports: &[StoredImport]) -> Result<Period, Error> {
    if let Some(period) = asked {
        return Ok(period);
    }
    let newest = imports.iter().filter_map(|one| one.last_on.parse::<Date>().ok()).max();
    // An import of before future days were refused hides nothing.
    let to = newest.map(|day| day.min(latest().date())).ok_or_else(|| {
        Error::told(
            "还没有监控数据，请先运行 xunjian monitoring import",
            "there is no monitoring data yet: run `xunjian monitoring import` first",
        )
    })?;
    let from = to.checked_sub((DEFAULT_DAYS - 1).days()).unwrap_or(to);
    Ok(Period { from, to })
}

/// Samples in the period, oldest import first.
fn samples_of(
    sql: &dyn Sql,
    imports: &[StoredImport],
    period: Period,
) -> Result<(Vec<Sample>, Vec<UsedImport>), Error> {
    let (mut samples, mut used) = (Vec::new(), Vec::new());
    let (from, to) = (period.from.to_string(), period.to.to_string());
    // Days of four-digit years compare as texts.
    for one in imports.iter().filter(|one| one.first_on <= to && from <= one.last_on) {
        let set: SampleSet = ledger::read_chunk(sql, &one.samples_sha256)?;
        let before = samples.len();
        samples.extend(set.samples.into_iter().filter(|sample| period.holds(sample.collected_at.date())));
        if samples.len() > before {
            used.push(UsedImport { number: one.number, file: one.file.clone(), file_sha256: one.file_sha256 });
        }
    }
    Ok((samples, used))
}

/// Whose samples: a resource of the ledger by its place in it, or what the files alone know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Known(usize),
    Stranger(MonitoredKind, [String; 6]),
}

type Gathered = BTreeMap<Key, BTreeMap<jiff::civil::DateTime, Sample>>;

/// Samples by resource and moment. Two of one moment complete each other; where they differ, the newer import counts.
fn gather(directory: &Directory, samples: Vec<Sample>) -> (Gathered, u32) {
    let places: BTreeMap<&str, usize> =
        directory.resources().iter().enumerate().map(|(at, resource)| (resource.id.as_str(), at)).collect();
    let (mut gathered, mut doubled) = (Gathered::new(), 0);
    for sample in samples {
        let known = match directory.find(sample.kind, &sample.identity) {
            Found::One(resource) => places.get(resource.id.as_str()).copied().map(Key::Known),
            _ => None,
        };
        let key = known
            .unwrap_or_else(|| Key::Stranger(sample.kind.unwrap_or(MonitoredKind::Other), spellings(&sample.identity)));
        let moments: &mut BTreeMap<_, Sample> = gathered.entry(key).or_default();
        match moments.remove(&sample.collected_at) {
            Some(older) => {
                let mut newer = sample;
                doubled += u32::from(newer.fill(older));
                moments.insert(newer.collected_at, newer);
            }
            None => drop(moments.insert(sample.collected_at, sample)),
        }
    }
    (gathered, doubled)
}

fn judged(known: Option<&Resource>, newest: &Sample, summary: &Summary, numbers: &Thresholds) -> JudgedResource {
    let identity = &newest.identity;
    let kind = known.map_or(newest.kind.unwrap_or(MonitoredKind::Other), |resource| resource.kind);
    let or_else = |of: fn(&Resource) -> &String, file: &str| {
        known.map(of).filter(|text| !text.is_empty()).map_or_else(|| file.to_owned(), Clone::clone)
    };
    JudgedResource {
        id: known.map(|resource| resource.id.clone()).unwrap_or_default(),
        kind,
        name: or_else(|resource| &resource.name, identity.shown()),
        cluster: or_else(|resource| &resource.cluster, &identity.cluster),
        owning_unit: or_else(|resource| &resource.owning_unit, &newest.owning_unit),
        room: or_else(|resource| &resource.room, &newest.room),
        rack: or_else(|resource| &resource.rack, ""),
        samples: summary.samples,
        first_at: summary.first_at.to_string(),
        last_at: summary.last_at.to_string(),
        power: summary.power,
        cpu: summary.cpu.clone(),
        memory: summary.memory.clone(),
        storage_tb: summary.storage.capacity.map(|capacity| capacity.to_string()),
        storage: summary.storage.usage.clone(),
        array_tb: summary.array.capacity.map(|capacity| capacity.to_string()),
        array: summary.array.usage.clone(),
        annex_b: out_of_range(kind, summary, numbers),
        annex_c: candidates(kind, summary, numbers),
    }
}
