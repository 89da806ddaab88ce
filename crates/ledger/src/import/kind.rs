//! What kind of asset or order a word means. An unknown word is never guessed: the kind decides what is inspected.

use xunjian_domain::ledger::{AssetKind, ResourceKind};

use super::cell::key;

const SERVERS: [&str; 4] = ["物理服务器", "服务器", "物理机", "裸金属服务器"];
const HOSTED: [&str; 3] = ["托管设备", "托管", "托管服务器"];
const BACKUP: [&str; 3] = ["备份设备", "备份", "备份服务"];
const STORAGE: [&str; 4] = ["存储", "存储设备", "云存储", "存储服务"];
const OTHER: [&str; 8] = ["其他", "其它", "其他设备", "其它设备", "配线架", "理线架", "电源分配单元", "PDU"];
const VIRTUAL: [&str; 8] =
    ["虚拟机", "虚拟主机", "云主机", "云服务器", "VM", "VIRTUALMACHINE", "VIRTUALMACHINES", "VIRTUALSERVER"];

/// Words of NetBox roles, and the kind they mean. The first line with a word of the role decides, so that a backup
/// server is a backup device, a console server is none of ours, and a SAN switch is a switch.
#[rustfmt::skip]
const ROLES: [(AssetKind, &[&str]); 5] = [
    (AssetKind::BackupDevice, &["backup", "tape"]),
    (AssetKind::Other, &["pdu", "ups", "power", "patch", "panel", "console", "cable", "kvm", "shelf", "blank", "other"]),
    (AssetKind::HostedDevice, &["router", "switch", "firewall", "gateway", "balancer", "appliance", "wireless", "ap", "vpn", "ids", "ips", "waf", "modem", "hosted", "network"]),
    (AssetKind::Storage, &["storage", "san", "nas"]),
    (AssetKind::PhysicalServer, &["server", "servers", "hypervisor", "compute", "blade", "host"]),
];

/// What the word for a kind ends in or holds, as ledgers compose them: 机架式服务器, 光纤交换机, 虚拟带库. The first line decides,
/// so that a 备份服务器 is a backup device and a 托管服务器 a hosted one.
#[rustfmt::skip]
const PARTS: [(AssetKind, &[&str]); 5] = [
    (AssetKind::HostedDevice, &["托管"]),
    (AssetKind::BackupDevice, &["备份", "磁带", "带库", "容灾一体机"]),
    (AssetKind::Storage, &["存储", "磁盘阵列", "盘阵"]),
    (AssetKind::HostedDevice, &["交换机", "路由器", "防火墙", "负载均衡", "网关", "堡垒机", "网闸", "入侵检测", "入侵防御", "光端机", "加密机", "密码机", "签名验签", "网络设备", "安全设备", "探针", "审计设备"]),
    (AssetKind::PhysicalServer, &["服务器", "物理机", "裸金属", "小型机", "刀片", "超融合"]),
];

/// The kind of asset a cell names: a word of table A.1, or a NetBox role.
pub(crate) fn asset_kind(text: &str) -> Option<AssetKind> {
    let word = key(text);
    let known = [
        (AssetKind::PhysicalServer, &SERVERS[..]),
        (AssetKind::HostedDevice, &HOSTED[..]),
        (AssetKind::BackupDevice, &BACKUP[..]),
        (AssetKind::Storage, &STORAGE[..]),
        (AssetKind::Other, &OTHER[..]),
    ];
    if let Some((kind, _)) = known.iter().find(|(_, words)| words.contains(&word.as_str())) {
        return Some(*kind);
    }
    if let Some((kind, _)) = PARTS.iter().find(|(_, parts)| parts.iter().any(|part| word.contains(part))) {
        return Some(*kind);
    }
    let lower = text.to_lowercase();
    let parts: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    ROLES.iter().find(|(_, words)| parts.iter().any(|part| words.contains(part))).map(|(kind, _)| *kind)
}

/// What an order asks for.
pub(crate) fn resource_kind(text: &str) -> Option<ResourceKind> {
    if VIRTUAL.contains(&key(text).as_str()) {
        return Some(ResourceKind::VirtualMachine);
    }
    match asset_kind(text)? {
        AssetKind::PhysicalServer => Some(ResourceKind::PhysicalServer),
        AssetKind::HostedDevice => Some(ResourceKind::HostedDevice),
        AssetKind::BackupDevice => Some(ResourceKind::Backup),
        AssetKind::Storage => Some(ResourceKind::Storage),
        AssetKind::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_words_of_the_table_mean_kinds() {
        let cases = [
            ("物理服务器", Some(AssetKind::PhysicalServer)),
            (" 托管\u{3000}设备", Some(AssetKind::HostedDevice)),
            ("配线架", Some(AssetKind::Other)),
            ("Application Server", Some(AssetKind::PhysicalServer)),
            ("Backup Server", Some(AssetKind::BackupDevice)),
            ("Tape Library", Some(AssetKind::BackupDevice)),
            ("Console Server", Some(AssetKind::Other)),
            ("SAN Switch", Some(AssetKind::HostedDevice)),
            ("NAS", Some(AssetKind::Storage)),
            ("ToR Switch", Some(AssetKind::HostedDevice)),
            ("Patch Panel", Some(AssetKind::Other)),
            ("视频终端", None),
            ("Coffee Machine", None),
            ("", None),
        ];
        for (word, kind) in cases {
            assert_eq!(asset_kind(word), kind, "{word:?}");
        }
        assert_eq!(resource_kind("云主机"), Some(ResourceKind::VirtualMachine), "one word for virtual machines");
        assert_eq!(resource_kind("PDU"), None, "nobody orders a power strip");
    }
}
