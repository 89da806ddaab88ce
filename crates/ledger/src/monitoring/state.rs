//! What words say of a state. A word that is not known means nothing.

use xunjian_domain::monitoring::{PluginState, PowerState};

use crate::import::cell::key;

fn word(text: &str) -> String {
    key(text).replace(['_', '-'], "")
}

/// Whether a resource runs.
pub(super) fn power(text: &str) -> Option<PowerState> {
    const ON: [&str; 18] = [
        "运行",
        "运行中",
        "正在运行",
        "开机",
        "已开机",
        "在线",
        "已启动",
        "启动",
        "正常",
        "正常运行",
        "ON",
        "RUNNING",
        "POWEREDON",
        "POWERON",
        "ACTIVE",
        "UP",
        "STARTED",
        "ONLINE",
    ];
    const OFF: [&str; 16] = [
        "关机",
        "已关机",
        "关机中",
        "关闭",
        "已关闭",
        "停机",
        "已停机",
        "停止",
        "已停止",
        "OFF",
        "POWEREDOFF",
        "POWEROFF",
        "SHUTOFF",
        "SHUTDOWN",
        "STOPPED",
        "DOWN",
    ];
    let word = word(text);
    if ON.contains(&word.as_str()) {
        Some(PowerState::On)
    } else if OFF.contains(&word.as_str()) {
        Some(PowerState::Off)
    } else {
        None
    }
}

/// How a plug-in stands.
pub(super) fn plugin(text: &str) -> Option<PluginState> {
    const NORMAL: [&str; 10] =
        ["正常", "已安装", "运行", "运行中", "在线", "OK", "NORMAL", "INSTALLED", "RUNNING", "ONLINE"];
    const ABNORMAL: [&str; 9] =
        ["异常", "插件异常", "故障", "失败", "安装失败", "ABNORMAL", "ERROR", "FAILED", "FAULT"];
    const TO_INSTALL: [&str; 8] =
        ["待安装", "未安装", "待安装插件", "未装", "NOTINSTALLED", "PENDING", "MISSING", "TOINSTALL"];
    let word = word(text);
    let is_one_of = |words: &[&str]| words.contains(&word.as_str());
    if is_one_of(&NORMAL) {
        Some(PluginState::Normal)
    } else if is_one_of(&ABNORMAL) {
        Some(PluginState::Abnormal)
    } else if is_one_of(&TO_INSTALL) {
        Some(PluginState::ToInstall)
    } else {
        None
    }
}

/// Whether a resource was vacated.
pub(super) fn vacated(text: &str) -> Option<bool> {
    match word(text).as_str() {
        "是" | "已腾退" | "已回收" | "已释放" | "YES" | "Y" | "TRUE" | "1" => Some(true),
        "否" | "未腾退" | "未回收" | "未释放" | "NO" | "N" | "FALSE" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_known_or_means_nothing() {
        assert_eq!(power("Powered Off"), Some(PowerState::Off));
        assert_eq!(power("运行中"), Some(PowerState::On));
        assert_eq!(power("挂起"), None, "suspended is neither");
        assert_eq!(plugin("未 安装"), Some(PluginState::ToInstall));
        assert_eq!(plugin("离线"), None, "a machine that is off has its plug-in off, too");
        assert_eq!((vacated("已腾退"), vacated("no"), vacated("处理中")), (Some(true), Some(false), None));
    }
}
