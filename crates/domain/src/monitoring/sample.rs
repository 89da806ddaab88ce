//! One row of a monitoring file: what was measured of one resource at one moment.

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use super::{Capacity, Statistic};
use crate::{decimal::Decimal, ledger::AssetKind, text::Text};

/// What kind of resource is monitored; decides which rows of tables B.1 and C.1 are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum MonitoredKind {
    /// 物理机.
    PhysicalMachine,
    /// 虚拟机.
    VirtualMachine,
    /// 托管设备: monitored as 物理机 by table B.1; nothing of it is leased, so rows 5 to 8 of table C.1 are not asked.
    HostedDevice,
    /// 存储: its usage is held against B.1 row 5, because A.1 row 11 asks for it and the standard has no other limit.
    Storage,
    /// Anything else: no row of table B.1 is about it.
    Other,
}

impl MonitoredKind {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::PhysicalMachine, Self::VirtualMachine, Self::HostedDevice, Self::Storage, Self::Other];

    /// What an asset of the ledger is monitored as.
    #[must_use]
    pub fn of_asset(kind: AssetKind) -> Self {
        match kind {
            AssetKind::PhysicalServer => Self::PhysicalMachine,
            AssetKind::HostedDevice => Self::HostedDevice,
            AssetKind::Storage => Self::Storage,
            AssetKind::BackupDevice | AssetKind::Other => Self::Other,
        }
    }

    /// For people.
    #[must_use]
    pub fn title(self) -> Text {
        match self {
            Self::PhysicalMachine => Text::new("物理机", "Physical machine"),
            Self::VirtualMachine => Text::new("虚拟机", "Virtual machine"),
            Self::HostedDevice => Text::new("托管设备", "Hosted device"),
            Self::Storage => Text::new("存储", "Storage"),
            Self::Other => Text::new("其它", "Other"),
        }
    }

    /// As programs name it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PhysicalMachine => "physical_machine",
            Self::VirtualMachine => "virtual_machine",
            Self::HostedDevice => "hosted_device",
            Self::Storage => "storage",
            Self::Other => "other",
        }
    }
}

/// How a file names the resource; every field may be empty, but not all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The ledger's own id of an asset or virtual machine.
    pub id: String,
    /// 物理服务器名称 or 虚拟主机名称.
    pub name: String,
    /// 集群, which tells virtual machines of one name apart.
    pub cluster: String,
    /// 序列号.
    pub serial: String,
    /// 资产编号.
    pub asset_tag: String,
    /// 政务外网 IP 地址.
    pub address: String,
}

impl Identity {
    /// What people call it: its name, or else what there is.
    #[must_use]
    pub fn shown(&self) -> &str {
        let all = [&self.name, &self.serial, &self.asset_tag, &self.address, &self.id];
        all.into_iter().find(|name| !name.is_empty()).map_or("", String::as_str)
    }
}

/// Usage in percent, 0 to 100; what was not collected is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// 当前使用率.
    pub current: Option<Decimal>,
    /// 平均使用率.
    pub average: Option<Decimal>,
    /// 峰值使用率.
    pub peak: Option<Decimal>,
    /// 波谷使用率.
    pub trough: Option<Decimal>,
}

impl Usage {
    /// Takes what only the other has; says whether both have a value and they differ.
    fn fill(&mut self, other: Self) -> bool {
        [
            fill(&mut self.current, other.current),
            fill(&mut self.average, other.average),
            fill(&mut self.peak, other.peak),
            fill(&mut self.trough, other.trough),
        ]
        .contains(&true)
    }

    /// Whether nothing was collected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.current.is_none() && self.average.is_none() && self.peak.is_none() && self.trough.is_none()
    }
}

/// Whether a resource is switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PowerState {
    /// 运行.
    On,
    /// 关机.
    Off,
}

/// How the monitoring plug-in of a resource stands (C.1 row 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PluginState {
    /// 正常.
    Normal,
    /// 插件异常.
    Abnormal,
    /// 待安装插件.
    ToInstall,
}

/// One row. Stored as canonical JSON under its hash: fields are only ever added, with a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// The row of the file, as a spreadsheet numbers it.
    pub row: u32,
    /// The sheet; empty for text files.
    pub sheet: String,
    /// What the file calls the resource; `None` where only the ledger can tell.
    pub kind: Option<MonitoredKind>,
    /// How the file names it.
    pub identity: Identity,
    /// 归属单位, as the file has it; the ledger's counts where the resource is found there.
    pub owning_unit: String,
    /// 机房, as the file has it; the ledger's counts where the resource is found there.
    pub room: String,
    /// 采集时间, in China (UTC+8).
    pub collected_at: DateTime,
    /// CPU or vCPU.
    pub cpu: Usage,
    /// 内存.
    pub memory: Usage,
    /// 存储空间.
    pub storage: Usage,
    /// 租赁盘阵空间.
    pub array: Usage,
    /// CPU or vCPU cores.
    pub cpu_cores: Option<u32>,
    /// 内存容量.
    pub memory_capacity: Option<Capacity>,
    /// 存储空间.
    pub storage_capacity: Option<Capacity>,
    /// 租赁盘阵空间.
    pub array_capacity: Option<Capacity>,
    /// How old the name was when it was collected, in seconds.
    pub name_sync_seconds: Option<u32>,
    /// How old the address was when it was collected, in seconds.
    pub address_sync_seconds: Option<u32>,
    /// 电源状态.
    pub power: Option<PowerState>,
    /// 关机时间.
    pub off_since: Option<DateTime>,
    /// 关机天数.
    pub off_days: Option<u32>,
    /// 插件状态.
    pub plugin: Option<PluginState>,
    /// 是否已腾退.
    pub is_vacated: Option<bool>,
}

impl Sample {
    /// A row that measures nothing yet.
    #[must_use]
    pub fn new(row: u32, identity: Identity, collected_at: DateTime) -> Self {
        Self {
            row,
            sheet: String::new(),
            kind: None,
            identity,
            owning_unit: String::new(),
            room: String::new(),
            collected_at,
            cpu: Usage::default(),
            memory: Usage::default(),
            storage: Usage::default(),
            array: Usage::default(),
            cpu_cores: None,
            memory_capacity: None,
            storage_capacity: None,
            array_capacity: None,
            name_sync_seconds: None,
            address_sync_seconds: None,
            power: None,
            off_since: None,
            off_days: None,
            plugin: None,
            is_vacated: None,
        }
    }

    /// Takes what only an older sample of the same resource and moment measured: platforms write CPU into one file and disks
    /// into another. Says whether the older one said otherwise of something, which gives way.
    pub fn fill(&mut self, older: Self) -> bool {
        if self.owning_unit.is_empty() {
            self.owning_unit = older.owning_unit;
        }
        if self.room.is_empty() {
            self.room = older.room;
        }
        [
            fill(&mut self.kind, older.kind),
            self.cpu.fill(older.cpu),
            self.memory.fill(older.memory),
            self.storage.fill(older.storage),
            self.array.fill(older.array),
            fill(&mut self.cpu_cores, older.cpu_cores),
            fill(&mut self.memory_capacity, older.memory_capacity),
            fill(&mut self.storage_capacity, older.storage_capacity),
            fill(&mut self.array_capacity, older.array_capacity),
            fill(&mut self.name_sync_seconds, older.name_sync_seconds),
            fill(&mut self.address_sync_seconds, older.address_sync_seconds),
            fill(&mut self.power, older.power),
            fill(&mut self.off_since, older.off_since),
            fill(&mut self.off_days, older.off_days),
            fill(&mut self.plugin, older.plugin),
            fill(&mut self.is_vacated, older.is_vacated),
        ]
        .contains(&true)
    }

    /// Whether both measure the same thing, equally or not.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let both = |one: bool, other: bool| one && other;
        let usages = [
            (&self.cpu, &other.cpu),
            (&self.memory, &other.memory),
            (&self.storage, &other.storage),
            (&self.array, &other.array),
        ];
        usages.into_iter().any(|(one, other)| {
            [Statistic::Current, Statistic::Average, Statistic::Peak, Statistic::Trough]
                .into_iter()
                .any(|statistic| both(statistic.of(one).is_some(), statistic.of(other).is_some()))
        }) || both(self.name_sync_seconds.is_some(), other.name_sync_seconds.is_some())
            || both(self.address_sync_seconds.is_some(), other.address_sync_seconds.is_some())
            || both(self.power.is_some(), other.power.is_some())
            || both(self.off_since.is_some(), other.off_since.is_some())
            || both(self.off_days.is_some(), other.off_days.is_some())
            || both(self.plugin.is_some(), other.plugin.is_some())
    }

    /// Whether the row measures nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        [&self.cpu, &self.memory, &self.storage, &self.array].into_iter().all(Usage::is_empty)
            && self.name_sync_seconds.is_none()
            && self.address_sync_seconds.is_none()
            && self.power.is_none()
            && self.off_since.is_none()
            && self.off_days.is_none()
            && self.plugin.is_none()
    }
}

/// Takes a value where there is none; says whether there is another one.
fn fill<T: PartialEq>(value: &mut Option<T>, older: Option<T>) -> bool {
    match (&value, &older) {
        (None, _) => {
            *value = older;
            false
        }
        (Some(value), Some(older)) => value != older,
        (Some(_), None) => false,
    }
}
