//! What a check recorded, in words.

use xunjian_domain::{
    template::{Check, Template},
    value::{DoorState, Input, LabelState, Value},
    visit::CheckResult,
};

/// One check with its outcome and value: `告警条数 2 条（异常）`.
pub(super) fn said(template: Option<&Template>, result: &CheckResult) -> String {
    let checks = template.into_iter().flat_map(|template| &template.criteria).flat_map(|criterion| &criterion.checks);
    let check = checks.into_iter().find(|check| check.key == result.check);
    let label = check.map_or_else(|| result.check.to_string(), |check| check.label.zh.clone());
    let value = result.value.as_ref().map(|value| value_zh(check, value)).unwrap_or_default();
    let mut words = vec![label];
    words.extend([value, result.outcome.zh().to_owned(), result.reason.clone()]);
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

fn value_zh(check: Option<&Check>, value: &Value) -> String {
    let input = check.map(|check| &check.input);
    match value {
        Value::Choice { key } => match input {
            Some(Input::Choice { options }) => {
                options.iter().find(|option| option.key == *key).map_or_else(|| key.clone(), |one| one.label.zh.clone())
            }
            _ => key.clone(),
        },
        Value::Count { count } => match input {
            Some(Input::Count { unit, .. }) => format!("{count} {}", unit.zh),
            _ => count.to_string(),
        },
        Value::Readings { readings } => {
            let one = |reading: &xunjian_domain::reading::Reading| {
                let beyond = match &reading.limit {
                    Some(limit) if !limit.within => "（超限）",
                    _ => "",
                };
                format!("{} {} {}{beyond}", reading.point, reading.value, reading.quantity.unit())
            };
            readings.iter().map(one).collect::<Vec<_>>().join("；")
        }
        Value::EarliestFootage { on } => format!("最早可播放录像 {on}"),
        Value::Doors { front, rear } => format!("前门{}，后门{}", door_zh(*front), door_zh(*rear)),
        Value::RackLabels { front, rear } => format!("前门标签{}，后门标签{}", label_zh(*front), label_zh(*rear)),
        Value::Reconciliation { .. } => "结论见校核结果".to_owned(),
        Value::OrderMatch { order_matches, owner_matches } => {
            format!("订单{}，归属{}", agree(*order_matches), agree(*owner_matches))
        }
        Value::UnitCounts { units } => {
            let one = |unit: &xunjian_domain::value::UnitCount| {
                let ordered = unit.ordered.map_or_else(|| "无订单".to_owned(), |count| count.to_string());
                format!("{}：订单 {ordered}，台账 {}，在线 {}", unit.owning_unit, unit.in_ledger, unit.online)
            };
            units.iter().map(one).collect::<Vec<_>>().join("；")
        }
        Value::Expiries { items } => {
            let one = |item: &xunjian_domain::value::Expiry| format!("{} 有效期至 {}", item.place, item.expires_on);
            items.iter().map(one).collect::<Vec<_>>().join("；")
        }
        Value::Register { own_entry_found, incomplete_entries } => {
            format!("本次登记{}，不完整 {incomplete_entries} 条", if *own_entry_found { "已记" } else { "未记" })
        }
        Value::Contacts { posted, current } => {
            let (posted, current) = (if *posted { "已张贴" } else { "未张贴" }, agree(*current));
            format!("{posted}，与现行版本{current}")
        }
    }
}

fn agree(is_so: bool) -> &'static str {
    if is_so { "一致" } else { "不一致" }
}

fn door_zh(state: DoorState) -> &'static str {
    match state {
        DoorState::Locked => "已上锁",
        DoorState::Unlocked => "未上锁",
        DoorState::NoDoor => "无门",
    }
}

fn label_zh(state: LabelState) -> &'static str {
    match state {
        LabelState::Right => "正确",
        LabelState::Wrong => "有误",
        LabelState::Unreadable => "无法扫描",
        LabelState::Missing => "缺失",
    }
}
