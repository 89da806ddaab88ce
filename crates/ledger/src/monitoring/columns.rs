//! What a column of monitoring data holds, told by the words of its heading.
//!
//! Platforms compose headings (`CPU平均使用率(%)`, `mem_usage_max`, `磁盘已用/GB`), so that what is measured, which value of it
//! and its unit are found word by word; names of resources are known as whole headings, most of them from ledgers.

use std::fmt;

use xunjian_domain::monitoring::{MonitoredKind, Statistic};

use crate::import::{
    Field,
    cell::key,
    heading::{field_of, heading_key},
    kind,
};

/// What is measured in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// CPU or vCPU.
    Cpu,
    /// 内存.
    Memory,
    /// 存储空间.
    Storage,
    /// 租赁盘阵空间.
    Array,
}

impl Part {
    fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Storage => "storage",
            Self::Array => "array",
        }
    }
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// The ledger's id.
    Id,
    /// The name.
    Name,
    /// The cluster of a virtual machine.
    Cluster,
    /// 序列号.
    Serial,
    /// 资产编号.
    AssetTag,
    /// 政务外网 IP 地址.
    Address,
    /// 资源类型.
    Kind,
    /// 归属单位.
    OwningUnit,
    /// 机房.
    Room,
    /// 采集时间.
    CollectedAt,
    /// 使用率.
    Usage(Part, Statistic),
    /// 总量.
    Capacity(Part),
    /// 已用.
    Used(Part),
    /// 核数.
    Cores,
    /// 同步时间 of name and address.
    Sync,
    /// 同步时间 of the name.
    NameSync,
    /// 同步时间 of the address.
    AddressSync,
    /// 电源状态.
    Power,
    /// 关机时间.
    OffSince,
    /// 最近关机时间: when it last was shut down, which says nothing of a machine that runs again.
    LastOff,
    /// 关机天数.
    OffDays,
    /// 插件状态.
    Plugin,
    /// 是否已腾退.
    Vacated,
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Self::Id => "id",
            Self::Name => "name",
            Self::Cluster => "cluster",
            Self::Serial => "serial",
            Self::AssetTag => "asset_tag",
            Self::Address => "address",
            Self::Kind => "kind",
            Self::OwningUnit => "owning_unit",
            Self::Room => "room",
            Self::CollectedAt => "collected_at",
            Self::Usage(part, statistic) => return write!(f, "{}_{}", part.as_str(), statistic.title().en),
            Self::Capacity(part) => return write!(f, "{}_capacity", part.as_str()),
            Self::Used(part) => return write!(f, "{}_used", part.as_str()),
            Self::Cores => "cpu_cores",
            Self::Sync => "sync",
            Self::NameSync => "name_sync",
            Self::AddressSync => "address_sync",
            Self::Power => "power",
            Self::OffSince => "off_since",
            Self::LastOff => "last_off",
            Self::OffDays => "off_days",
            Self::Plugin => "plugin",
            Self::Vacated => "vacated",
        };
        f.write_str(word)
    }
}

/// Headings that are known as a whole, in the spelling of [`heading_key`].
#[rustfmt::skip]
const WHOLE: [(Column, &[&str]); 15] = [
    (Column::Id, &["资源ID", "资源编号", "资源标识", "台账ID", "台账编号", "ID", "RESOURCEID", "LEDGERID"]),
    (Column::Address, &["政务外网IP地址", "政务外网IP", "政务外网地址", "IP地址", "IP", "管理IP", "业务IP", "主机IP", "内网IP", "IPV4地址", "IPADDRESS", "IPADDR", "ADDRESS", "PRIMARYIP", "HOSTIP"]),
    (Column::CollectedAt, &["采集时间", "采样时间", "监控时间", "统计时间", "数据时间", "上报时间", "时间", "统计日期", "采集日期", "日期", "COLLECTEDAT", "COLLECTEDON", "SAMPLEDAT", "SAMPLETIME", "TIMESTAMP", "TIME", "DATE", "DATETIME"]),
    (Column::Cores, &["CPU核数", "VCPU核数", "CPU核心数", "CPU数", "CPU数量", "VCPU数", "VCPU数量", "VCPU", "核数", "CPU核", "CPU规格", "CPUCORES", "CPUCOUNT", "VCPUS", "NUMCPU", "CORES"]),
    (Column::Sync, &["同步时间", "数据同步时间", "最近同步时间", "上次同步时间", "最后同步时间", "同步时长", "同步延迟", "同步间隔", "LASTSYNC", "LASTSYNCAT", "SYNCTIME", "SYNCDELAY", "SYNCINTERVAL"]),
    (Column::NameSync, &["名称同步时间", "主机名同步时间", "名称同步时长", "名称同步延迟", "NAMESYNC", "NAMESYNCDELAY"]),
    (Column::AddressSync, &["IP同步时间", "IP地址同步时间", "地址同步时间", "IP同步时长", "IP同步延迟", "IPSYNC", "ADDRESSSYNC", "ADDRESSSYNCDELAY"]),
    (Column::Power, &["电源状态", "开关机状态", "开机状态", "主机状态", "虚拟机状态", "实例状态", "POWERSTATE", "POWER", "POWERSTATUS"]),
    (Column::OffSince, &["关机时间", "停机时间", "关机日期", "POWEREDOFFAT", "OFFSINCE", "SHUTDOWNAT"]),
    (Column::LastOff, &["最近关机时间", "上次关机时间", "最后关机时间", "LASTSHUTDOWN", "LASTSHUTDOWNAT", "LASTOFF"]),
    (Column::OffDays, &["关机天数", "连续关机天数", "停机天数", "关机时长", "OFFDAYS", "DAYSOFF", "SHUTDOWNDAYS"]),
    (Column::Plugin, &["插件状态", "监控插件", "监控插件状态", "插件", "AGENT状态", "AGENT", "AGENTSTATUS", "AGENTSTATE", "PLUGIN", "PLUGINSTATUS", "PLUGINSTATE"]),
    (Column::Vacated, &["腾退状态", "是否腾退", "是否已腾退", "腾退", "VACATED", "ISVACATED"]),
    (Column::Name, &["物理服务器名称", "物理服务器", "物理主机名称", "物理机名称", "物理机", "主机名(物理机)", "实例名", "MACHINE", "MACHINENAME", "INSTANCE", "INSTANCENAME", "HOST"]),
    (Column::Kind, &["监控类别", "监控对象类型", "TYPE"]),
];

const PARTS: [(Part, &[&str]); 4] = [
    (Part::Cpu, &["CPU", "处理器"]),
    (Part::Memory, &["内存", "MEM", "RAM"]),
    // 盘阵 before 磁盘: 磁盘阵列 is an array.
    (Part::Array, &["盘阵", "阵列", "ARRAY"]),
    (Part::Storage, &["存储", "磁盘", "硬盘", "DISK", "STORAGE"]),
];
/// What a composed heading may say that is neither usage nor size: what is free, limits that raise an alarm, rates.
#[rustfmt::skip]
const OTHERS: [&str; 38] = [
    "空闲", "剩余", "可用", "未使用", "未用", "未分配", "FREE", "IDLE", "AVAIL", "REMAIN", "UNUSED",
    "阈值", "阀值", "告警", "报警", "THRESHOLD", "ALARM", "ALERT", "LIMIT",
    "速率", "吞吐", "带宽", "/S", "IOPS", "I/O", "磁盘IO", "硬盘IO", "存储IO", "DISKIO", "读", "写", "RATE", "THROUGHPUT",
    "INODE", "SWAP", "交换", "缓存", "CACHE",
];
const STATISTICS: [(Statistic, &[&str]); 4] = [
    (Statistic::Average, &["平均", "均值", "AVG", "AVERAGE", "MEAN"]),
    (Statistic::Peak, &["峰值", "最大", "最高", "MAX", "PEAK"]),
    (Statistic::Trough, &["波谷", "谷值", "最小", "最低", "MIN", "TROUGH"]),
    (Statistic::Current, &["当前", "实时", "CURRENT"]),
];
const USAGES: [&str; 8] = ["使用率", "利用率", "占用率", "使用百分比", "%", "USAGE", "UTIL", "PERCENT"];
const USED: [&str; 5] = ["已用", "已使用", "使用量", "占用量", "USED"];
const CAPACITIES: [&str; 10] =
    ["总量", "容量", "大小", "空间", "总额", "规格", "TOTAL", "SIZE", "CAPACITY", "PROVISIONED"];

fn has_one(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

/// Which value a heading names, if it names any.
pub(super) fn statistic_of(heading: &str) -> Option<Statistic> {
    let words = without_minutes(&key(heading));
    STATISTICS.iter().find(|(_, names)| has_one(&words, names)).map(|(statistic, _)| *statistic)
}

/// A heading without spans of minutes: `CPU使用率(5min)` names no lowest value.
fn without_minutes(words: &str) -> String {
    let mut rest = words.replace("MINUTE", "");
    while let Some(at) = rest
        .match_indices("MIN")
        .map(|(at, _)| at)
        .find(|at| rest.get(..*at).is_some_and(|before| before.ends_with(|c: char| c.is_ascii_digit())))
    {
        rest.replace_range(at..at + 3, "");
    }
    rest
}

/// What a heading means; `None` for one that is not read.
pub(super) fn column_of(heading: &str) -> Option<Column> {
    let (whole, words) = (heading_key(heading), key(heading));
    if let Some((column, _)) = WHOLE.iter().find(|(_, words)| words.contains(&whole.as_str())) {
        match column {
            // The remark in brackets may say that it is something else.
            Column::Cores if words.contains('%') => {}
            Column::OffDays if has_one(&words, &["小时", "分钟", "HOUR", "(H)", "MIN"]) => return None,
            column => return Some(*column),
        }
    }
    measured(heading).or_else(|| match field_of(heading)? {
        Field::Name => Some(Column::Name),
        Field::Cluster => Some(Column::Cluster),
        Field::Serial => Some(Column::Serial),
        Field::AssetTag => Some(Column::AssetTag),
        Field::OwningUnit => Some(Column::OwningUnit),
        Field::Room => Some(Column::Room),
        Field::Kind => Some(Column::Kind),
        Field::Status => Some(Column::Power),
        _ => None,
    })
}

/// Whether a heading says no more than that its column holds states.
pub(super) fn is_loose(heading: &str) -> bool {
    field_of(heading) == Some(Field::Status)
}

/// A heading composed of what is measured and how.
fn measured(heading: &str) -> Option<Column> {
    let words = key(heading).replace(['_', '-', '*'], "");
    let (part, _) = PARTS.iter().find(|(_, names)| has_one(&words, names))?;
    if has_one(&words, &OTHERS) {
        return None;
    }
    // “内存使用率” holds 使用 as “内存使用量” does; the share comes first.
    if has_one(&words, &USAGES) {
        return Some(Column::Usage(*part, statistic_of(heading).unwrap_or(Statistic::Current)));
    }
    if has_one(&words, &USED) {
        return (*part != Part::Cpu).then_some(Column::Used(*part));
    }
    let is_capacity = has_one(&words, &CAPACITIES) || unit_of(heading).is_some();
    (is_capacity && *part != Part::Cpu).then_some(Column::Capacity(*part))
}

/// What the heading of the names says about the kind of all rows: 虚拟主机名称, 物理服务器名称.
pub(super) fn kind_of_names(heading: &str) -> Option<MonitoredKind> {
    // What carries virtual machines is none: 虚拟化主机, VMware.
    let words = key(heading).replace("VMWARE", "").replace("虚拟化", "").replace("VIRTUALIZATION", "");
    if has_one(&words, &["虚拟", "云主机", "云服务器", "VM", "VIRTUAL"]) {
        Some(MonitoredKind::VirtualMachine)
    } else if has_one(&words, &["物理", "裸金属", "PHYSICAL"]) {
        Some(MonitoredKind::PhysicalMachine)
    } else {
        None
    }
}

/// The kind that a cell or the name of a sheet says.
pub(super) fn kind_of_word(word: &str) -> Option<MonitoredKind> {
    use xunjian_domain::ledger::ResourceKind;
    if let Some(kind) = kind_of_names(word) {
        return Some(kind);
    }
    match kind::resource_kind(word) {
        Some(ResourceKind::VirtualMachine) => Some(MonitoredKind::VirtualMachine),
        Some(ResourceKind::PhysicalServer) => Some(MonitoredKind::PhysicalMachine),
        Some(ResourceKind::HostedDevice) => Some(MonitoredKind::HostedDevice),
        Some(ResourceKind::Storage) => Some(MonitoredKind::Storage),
        Some(ResourceKind::Backup) => Some(MonitoredKind::Other),
        None => kind::asset_kind(word).map(MonitoredKind::of_asset),
    }
}

/// The unit of capacities that a heading names: in brackets, behind a stroke, or at its end.
pub(super) fn unit_of(heading: &str) -> Option<&'static str> {
    const UNITS: [&str; 10] = ["TIB", "GIB", "MIB", "KIB", "PIB", "TB", "GB", "MB", "KB", "PB"];
    const LETTERS: [(&str, &str); 6] = [("T", "TB"), ("G", "GB"), ("M", "MB"), ("K", "KB"), ("B", "B"), ("P", "PB")];
    let words = key(heading);
    words.split(|c: char| !c.is_ascii_alphabetic()).filter(|run| !run.is_empty()).find_map(|run| {
        let unit = UNITS.into_iter().find(|unit| run.ends_with(unit));
        unit.or_else(|| LETTERS.into_iter().find(|(letter, _)| *letter == run).map(|(_, unit)| unit))
    })
}

/// What a heading says of times: that they are hours, minutes, or seconds.
pub(super) fn seconds_of_unit(heading: &str) -> Option<u32> {
    let words = key(heading);
    if has_one(&words, &["分钟", "(分)", "MIN"]) {
        Some(60)
    } else if has_one(&words, &["小时", "(时)", "(H)", "HOUR"]) {
        Some(3600)
    } else if has_one(&words, &["秒", "(S)", "SECONDS", "SEC"]) {
        Some(1)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composed_headings_are_read_word_by_word() {
        let usage = |part, statistic| Some(Column::Usage(part, statistic));
        let cases = [
            ("CPU使用率", usage(Part::Cpu, Statistic::Current)),
            ("CPU使用率(%)", usage(Part::Cpu, Statistic::Current)),
            ("CPU 平均使用率（%）", usage(Part::Cpu, Statistic::Average)),
            ("CPU使用率（峰值）", usage(Part::Cpu, Statistic::Peak)),
            ("vCPU利用率-最低", usage(Part::Cpu, Statistic::Trough)),
            ("内存使用率平均值", usage(Part::Memory, Statistic::Average)),
            ("mem_usage_max", usage(Part::Memory, Statistic::Peak)),
            ("Avg CPU Utilization", usage(Part::Cpu, Statistic::Average)),
            ("Memory %", usage(Part::Memory, Statistic::Current)),
            ("磁盘使用率", usage(Part::Storage, Statistic::Current)),
            ("租赁盘阵空间使用率", usage(Part::Array, Statistic::Current)),
            ("磁盘阵列使用率", usage(Part::Array, Statistic::Current)),
            ("存储容量(TB)", Some(Column::Capacity(Part::Storage))),
            ("磁盘已用/GB", Some(Column::Used(Part::Storage))),
            ("租赁盘阵空间", Some(Column::Capacity(Part::Array))),
            ("内存(GB)", Some(Column::Capacity(Part::Memory))),
            ("DiskTotalGiB", Some(Column::Capacity(Part::Storage))),
            ("内存使用量", Some(Column::Used(Part::Memory))),
            ("CPU核数", Some(Column::Cores)),
            ("内存", None),
            ("CPU型号", None),
            ("运行状态", Some(Column::Power)),
            ("虚拟主机名称", Some(Column::Name)),
            ("政务外网 IP 地址", Some(Column::Address)),
            ("所属集群", Some(Column::Cluster)),
            ("使用单位", Some(Column::OwningUnit)),
            ("备注", None),
            ("CPU空闲率(%)", None),
            ("CPU Idle %", None),
            ("磁盘剩余空间(GB)", None),
            ("Disk Free (GB)", None),
            ("磁盘读速率(MB/s)", None),
            ("磁盘IO利用率(%)", None),
            ("内存可用率", None),
            ("CPU使用率告警阈值(%)", None),
            ("关机时长(小时)", None),
            ("关机时长(天)", Some(Column::OffDays)),
            ("最近关机时间", Some(Column::LastOff)),
            ("vCPU(%)", usage(Part::Cpu, Statistic::Current)),
            ("CPU使用率(5min)", usage(Part::Cpu, Statistic::Current)),
            ("CPU Utilization Min", usage(Part::Cpu, Statistic::Trough)),
            ("CPU 5min Max %", usage(Part::Cpu, Statistic::Peak)),
        ];
        for (heading, column) in cases {
            assert_eq!(column_of(heading), column, "{heading}");
        }
        let units = [
            ("存储容量(TB)", Some("TB")),
            ("磁盘已用/GB", Some("GB")),
            ("DiskTotalGiB", Some("GIB")),
            ("容量（T）", Some("TB")),
            ("内存总量(KB)", Some("KB")),
            ("Total Bytes (B)", Some("B")),
            ("容量", None),
        ];
        for (heading, unit) in units {
            assert_eq!(unit_of(heading), unit, "{heading}");
        }
    }

    #[test]
    fn kinds_are_told_by_what_runs_not_by_what_it_runs_on() {
        let cases = [
            ("虚拟服务器", Some(MonitoredKind::VirtualMachine)),
            ("弹性云服务器", Some(MonitoredKind::VirtualMachine)),
            ("KVM 虚拟机", Some(MonitoredKind::VirtualMachine)),
            ("虚拟化服务器", Some(MonitoredKind::PhysicalMachine)),
            ("VMware 物理机", Some(MonitoredKind::PhysicalMachine)),
            ("服务器", Some(MonitoredKind::PhysicalMachine)),
            ("磁盘阵列", Some(MonitoredKind::Storage)),
            ("小程序", None),
        ];
        for (word, kind) in cases {
            assert_eq!(kind_of_word(word), kind, "{word}");
        }
    }
}
