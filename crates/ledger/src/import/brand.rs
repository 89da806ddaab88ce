//! Brand and model in one cell: the brand is split off where its name is known, never guessed.

use super::cell::key;

/// Names of makers as ledgers write them, in the spelling of [`key`]. Longer ones stand before those they begin with.
const BRANDS: [&str; 74] = [
    "POWERLEADER",
    "HUAWEI",
    "XFUSION",
    "INSPUR",
    "LENOVO",
    "DELLEMC",
    "DELL",
    "HPE",
    "HP",
    "H3C",
    "SUGON",
    "ZTE",
    "CISCO",
    "JUNIPER",
    "ARISTA",
    "RUIJIE",
    "SANGFOR",
    "HILLSTONE",
    "FORTINET",
    "PALOALTO",
    "NETAPP",
    "EMC",
    "IBM",
    "ORACLE",
    "HITACHI",
    "FUJITSU",
    "SUPERMICRO",
    "SYNOLOGY",
    "QNAP",
    "MACROSAN",
    "VERTIV",
    "EATON",
    "APC",
    "F5",
    "A10",
    "NVIDIA",
    "华为",
    "超聚变",
    "浪潮",
    "联想",
    "戴尔",
    "惠普",
    "新华三",
    "华三",
    "中科曙光",
    "曙光",
    "中兴",
    "思科",
    "锐捷",
    "深信服",
    "山石网科",
    "奇安信",
    "天融信",
    "启明星辰",
    "绿盟",
    "迪普",
    "宏杉",
    "同有",
    "长城",
    "宝德",
    "海康威视",
    "大华",
    "施耐德",
    "维谛",
    "艾默生",
    "伊顿",
    "科华",
    "科士达",
    "群晖",
    "甲骨文",
    "日立",
    "富士通",
    "爱数",
    "鼎甲",
];

/// Splits a cell into brand and model. The brand is empty where the cell begins with none that is known.
pub(super) fn split(cell: &str) -> (String, String) {
    let known = BRANDS.iter().filter_map(|brand| rest_after(cell, brand)).min_by_key(|rest| rest.len());
    match known {
        Some(rest) => {
            let brand = cell.strip_suffix(rest).unwrap_or(cell);
            let clean = |text: &str| {
                text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '/' | '-' | '_' | '、' | ',' | '，'))
                    .to_owned()
            };
            let (brand, model) = (clean(brand), clean(rest));
            if model.is_empty() { (String::new(), cell.to_owned()) } else { (brand, model) }
        }
        None => (String::new(), cell.to_owned()),
    }
}

/// What follows the brand, if the cell begins with it and the name ends there: `HP` is no part of `HPE`.
fn rest_after<'c>(cell: &'c str, brand: &str) -> Option<&'c str> {
    let mut wanted = brand.chars().peekable();
    for (at, c) in cell.char_indices() {
        if wanted.peek().is_none() {
            let is_word = brand.is_ascii() && c.is_ascii_alphanumeric();
            return (!is_word).then(|| cell.get(at..)).flatten();
        }
        let spelled = key(&c.to_string());
        if spelled.is_empty() {
            continue;
        }
        if !spelled.chars().all(|c| wanted.next() == Some(c)) {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_brand_is_split_off_and_an_unknown_one_stays() {
        let cases = [
            ("Dell PowerEdge R740", "Dell", "PowerEdge R740"),
            ("Dell EMC Unity 380", "Dell EMC", "Unity 380"),
            ("华为2288H V5", "华为", "2288H V5"),
            ("华为/FusionServer 2288H", "华为", "FusionServer 2288H"),
            ("中科曙光 I620-G30", "中科曙光", "I620-G30"),
            ("HPE DL380", "HPE", "DL380"),
            ("H3C-S6800", "H3C", "S6800"),
            ("HP", "", "HP"),
            ("HPX 100", "", "HPX 100"),
            ("岭云 S1", "", "岭云 S1"),
            ("", "", ""),
        ];
        for (cell, brand, model) in cases {
            assert_eq!(split(cell), (brand.to_owned(), model.to_owned()), "{cell:?}");
        }
    }
}
