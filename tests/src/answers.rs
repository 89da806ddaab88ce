//! What a careful inspector answers in a room where all is well: a value for each kind of input, from what the visit shows.
//! Where ledger and orders disagree among themselves the line is 异常, because ticking it would be a lie.

use serde_json::{Value, json};

/// The answer to a line as `visit show --json` shows it: normal, unless the papers disagree.
#[must_use]
pub fn honest_answer(line: &Value) -> Value {
    let checks: Vec<Value> = line["checks"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|check| {
            let outcome = if papers_disagree(&check["input"], &check["expected"]) { "abnormal" } else { "normal" };
            let mut answer = json!({ "check": check["key"], "outcome": outcome });
            if let Some(value) = normal_value(&check["input"], &check["expected"]) {
                answer["value"] = value;
            }
            answer
        })
        .collect();
    let is_abnormal = checks.iter().any(|check| check["outcome"] == "abnormal");
    let mut answer = json!({ "line": line["no"], "outcome": "normal", "checks": checks });
    if is_abnormal {
        answer["outcome"] = "abnormal".into();
        answer["note"] = "订单、台账与归属单位不一致，详见核对明细".into();
        answer["no_photo"] = json!({ "reason": "单据核对，没有可拍的实物", "confirmed_by": "王䶮" });
    }
    answer
}

/// Whether what the terminal was given disagrees with itself: no such order, another owner, another number ordered.
fn papers_disagree(input: &Value, expected: &Value) -> bool {
    match input["type"].as_str() {
        Some("order_match") => expected["order_matches"] == false || expected["owner_matches"] == false,
        Some("unit_counts") => expected["units"].as_array().is_some_and(|units| {
            units.iter().any(|unit| unit["ordered"].is_u64() && unit["ordered"] != unit["in_ledger"])
        }),
        _ => false,
    }
}

fn normal_value(input: &Value, expected: &Value) -> Option<Value> {
    let kind = input["type"].as_str().unwrap_or_default();
    Some(match kind {
        "choice" => {
            let normal = input["options"].as_array()?.iter().find(|option| option["abnormal"] == false)?;
            json!({ "type": kind, "key": normal["key"] })
        }
        "count" => json!({ "type": kind, "count": 0 }),
        "readings" => {
            let readings: Vec<Value> = input["quantities"]
                .as_array()?
                .iter()
                .map(|quantity| json!({ "quantity": quantity, "point": "冷通道1", "value": usual(quantity.as_str().unwrap_or_default()) }))
                .collect();
            json!({ "type": kind, "readings": readings })
        }
        "earliest_footage" => json!({ "type": kind, "on": "2026-05-01" }),
        "doors" => json!({ "type": kind, "front": "locked", "rear": "locked" }),
        "rack_labels" => json!({ "type": kind, "front": "right", "rear": "right" }),
        "reconciliation" => json!({ "type": kind, "quantity": expected["quantity"].as_u64().unwrap_or(1) }),
        "order_match" => json!({
            "type": kind,
            "order_matches": expected["order_matches"].as_bool().unwrap_or(true),
            "owner_matches": expected["owner_matches"].as_bool().unwrap_or(true),
        }),
        "unit_counts" => {
            let units: Vec<Value> = expected["units"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|unit| json!({ "owning_unit": unit["owning_unit"], "online": unit["in_ledger"] }))
                .collect();
            json!({ "type": kind, "units": units })
        }
        "expiries" => json!({ "type": kind, "items": [{ "place": "机房东门", "expires_on": "2028-05-31" }] }),
        "register" => json!({ "type": kind, "own_entry_found": true, "incomplete_entries": 0 }),
        "contacts" => json!({ "type": kind, "posted": true, "current": true }),
        _ => return None,
    })
}

/// A usual value of each quantity, within the limits a new site starts with.
fn usual(quantity: &str) -> &'static str {
    match quantity {
        "temperature" => "23.5",
        "relative_humidity" => "45",
        "load_percent" => "42",
        "battery_percent" => "100",
        "used_percent" => "61.5",
        _ => "80",
    }
}
