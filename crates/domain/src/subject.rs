//! What a criterion is asked of.

use serde::{Deserialize, Serialize};

use crate::ledger::AssetKind;

/// The kind of thing a criterion is asked of; decides which visit gathers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// 机房.
    Room,
    /// 机柜.
    Rack,
    /// 物理服务器.
    PhysicalServer,
    /// 托管设备.
    HostedDevice,
    /// 备份设备.
    BackupDevice,
    /// 存储.
    Storage,
    /// Any other asset: reconciled, nothing else.
    OtherAsset,
    /// 虚拟机及所在集群.
    Cluster,
    /// 备份系统, asked from its console.
    BackupSystem,
    /// 存储系统, asked from its console.
    StorageSystem,
}

impl SubjectKind {
    /// The subject an asset of `kind` is.
    #[must_use]
    pub fn of_asset(kind: AssetKind) -> Self {
        match kind {
            AssetKind::PhysicalServer => Self::PhysicalServer,
            AssetKind::HostedDevice => Self::HostedDevice,
            AssetKind::BackupDevice => Self::BackupDevice,
            AssetKind::Storage => Self::Storage,
            AssetKind::Other => Self::OtherAsset,
        }
    }

    /// Whether the subject stands in a rack as a ledger entry.
    #[must_use]
    pub fn is_asset(self) -> bool {
        matches!(
            self,
            Self::PhysicalServer | Self::HostedDevice | Self::BackupDevice | Self::Storage | Self::OtherAsset
        )
    }
}

/// One thing asked about: its kind and its id (of a room, rack, asset, cluster or system, as the kind says).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// What kind of thing.
    pub kind: SubjectKind,
    /// Which one.
    pub id: String,
}
