//! What the reader tells people: whole sentences in Chinese and English that quote the cell and say what to do.

use jiff::civil::DateTime;
use xunjian_domain::text::Text;

use crate::quote::quote;

pub(super) fn no_header(file: &str) -> Text {
    Text::new(
        format!(
            "文件“{file}”的前 20 行里没有可识别的监控表头。至少要有一列资源（名称、序列号、资产编号或 IP 地址）和一列监控项（如 CPU 使用率、\
             内存使用率、存储使用率、同步时间、关机天数、插件状态）。请补上表头后重新导入。"
        ),
        format!(
            "The first 20 rows of \"{file}\" hold no headings of monitoring data. There must be a column that names the \
             resource (name, serial, asset tag or IP address) and one that measures (such as CPU usage, memory usage, \
             disk usage). Add headings and import again."
        ),
    )
}

pub(super) fn no_sheet(file: &str, wanted: &str, names: &[String]) -> Text {
    let listed = names.join("、");
    Text::new(
        format!("文件“{file}”没有名为“{wanted}”的工作表（有：{listed}）。请改正 --sheet。"),
        format!("\"{file}\" has no sheet \"{wanted}\" (there are: {listed}). Correct --sheet."),
    )
}

pub(super) fn no_identity() -> Text {
    Text::new(
        "这一行没有资源名称、序列号、资产编号或 IP 地址，未导入。请至少填写一项。",
        "The row has no name, serial, asset tag or address and was not imported. Fill in at least one of them.",
    )
}

pub(super) fn no_time() -> Text {
    Text::new(
        "这一行没有采集时间，未导入。请填写，或用 --collected-at 2026-11-15 说明整个文件的采集时间。",
        "The row does not say when it was collected and was not imported. Fill that in, or say it for the whole file with \
         --collected-at 2026-11-15.",
    )
}

pub(super) fn bad_time(cell: &str) -> Text {
    let cell = quote(cell);
    Text::new(
        format!("采集时间“{cell}”无法识别，这一行未导入。请写成 2026-11-15 10:00 这样的时间。"),
        format!("The time \"{cell}\" cannot be read and the row was not imported. Write it as 2026-11-15 10:00."),
    )
}

pub(super) fn bad_off_since(cell: &str) -> Text {
    let cell = quote(cell);
    Text::new(
        format!("关机时间“{cell}”无法识别，该项留空。请写成 2026-11-01 10:00 这样的时间。"),
        format!("The time \"{cell}\" cannot be read and is left empty. Write it as 2026-11-01 10:00."),
    )
}

pub(super) fn nothing_measured() -> Text {
    Text::new(
        "这一行没有任何可读取的监控值，未导入。请填写至少一个监控项，或删除该行。",
        "The row holds no value that can be read and was not imported. Fill in at least one, or remove the row.",
    )
}

pub(super) fn repeated(sheet: &str, first: u32) -> Text {
    let (zh, en) = if sheet.is_empty() {
        (String::new(), String::new())
    } else {
        (format!("工作表“{sheet}”"), format!(" of sheet \"{sheet}\""))
    };
    Text::new(
        format!("与{zh}第 {first} 行是同一资源、同一采集时间，未导入。请删除其中一行，或补上采集时间。"),
        format!(
            "The row is about the same resource and moment as row {first}{en} and was not imported. Remove one of them, or say when each was collected."
        ),
    )
}

pub(super) fn in_future(at: DateTime) -> Text {
    let at = at.strftime("%Y-%m-%d %H:%M");
    Text::new(
        format!("采集时间 {at} 在将来，这一行未导入。请改正时间，或核对采集平台的时钟。"),
        format!(
            "The row was collected in the future ({at}) and was not imported. Correct the time, or check the platform's clock."
        ),
    )
}

pub(super) fn collected_on_a_day() -> Text {
    Text::new(
        "采集时间只有日期，无法算出同步时间，该项留空。请写明采集的时刻，如 2026-11-15 10:00。",
        "The collection has a day and no time, so nobody can say how old this was; it is left empty. Write the time, as in 2026-11-15 10:00.",
    )
}

pub(super) fn synchronised_on_a_day(cell: &str) -> Text {
    let cell = quote(cell);
    Text::new(
        format!("同步时间“{cell}”只有日期，该项留空。请写明时刻，如 2026-11-15 09:45，或写 12分钟。"),
        format!(
            "The synchronisation \"{cell}\" has a day and no time and is left empty. Write 2026-11-15 09:45, or 12min."
        ),
    )
}

pub(super) fn bad_usage(cell: &str) -> Text {
    let cell = quote(cell);
    Text::new(
        format!("使用率“{cell}”不是 0 至 100 之间的百分数，该项留空。请写成 85%、85 或 0.85。"),
        format!("The usage \"{cell}\" is no percent from 0 to 100 and is left empty. Write it as 85%, 85 or 0.85."),
    )
}

pub(super) fn unclear_usage(cell: &str) -> Text {
    let cell = quote(cell);
    Text::new(
        format!(
            "使用率“{cell}”可能是百分数，也可能是小数，该项留空。请加上百分号，或用 --usage percent（85 即 85%）、--usage fraction（0.85 即 85%）说明。"
        ),
        format!(
            "The usage \"{cell}\" may be a percent or a fraction and is left empty. Add the sign, or say --usage percent \
             (85 is 85 %) or --usage fraction (0.85 is 85 %)."
        ),
    )
}

pub(super) fn used_exceeds(used: &str, total: &str) -> Text {
    let (used, total) = (quote(used), quote(total));
    Text::new(
        format!("已用“{used}”多于总量“{total}”，或总量为 0，使用率留空。请核对两列及其单位。"),
        format!(
            "\"{used}\" used is more than the total \"{total}\", or the total is nothing; the usage is left empty. Check both columns and their units."
        ),
    )
}

pub(super) fn bad_capacity(cell: &str) -> Text {
    let cell = quote(cell);
    Text::new(
        format!("容量“{cell}”无法识别，该项留空。请写成 500GB、1.5TB 或 512GiB。"),
        format!("The capacity \"{cell}\" cannot be read and is left empty. Write it as 500GB, 1.5TB or 512GiB."),
    )
}

pub(super) fn capacity_without_unit(cell: &str) -> Text {
    let cell = quote(cell);
    Text::new(
        format!("容量“{cell}”没有单位，该项留空。请在单元格或表头中写明单位，例如 存储容量(GB)。"),
        format!(
            "The capacity \"{cell}\" has no unit and is left empty. Write the unit in the cell or the heading, such as Disk size (GB)."
        ),
    )
}

pub(super) fn delay_without_unit(cell: &str) -> Text {
    let cell = quote(cell);
    Text::new(
        format!("同步时间“{cell}”没有单位，该项留空。请在单元格或表头中写明，例如 同步时间(分钟)。"),
        format!(
            "The delay \"{cell}\" has no unit and is left empty. Write it in the cell or the heading, such as Sync delay (min)."
        ),
    )
}

pub(super) fn bad_delay(cell: &str) -> Text {
    let cell = quote(cell);
    Text::new(
        format!("同步时间“{cell}”无法识别，该项留空。请写成 12分钟、12分30秒，或最近一次同步的日期和时间。"),
        format!(
            "The synchronisation \"{cell}\" cannot be read and is left empty. Write 12min, 12m30s, or day and time of the last synchronisation."
        ),
    )
}

pub(super) fn sync_after_collection(cell: &str) -> Text {
    let cell = quote(cell);
    Text::new(
        format!("最近同步时间“{cell}”晚于采集时间，该项留空。请核对两列的时间。"),
        format!(
            "The last synchronisation \"{cell}\" is later than the collection and is left empty. Check both times."
        ),
    )
}

pub(super) fn bad_number(cell: &str) -> Text {
    let cell = quote(cell);
    Text::new(
        format!("“{cell}”不是整数，该项留空。请填写整数。"),
        format!("\"{cell}\" is no whole number and is left empty. Write a whole number."),
    )
}

pub(super) fn unknown_kind(cell: &str) -> Text {
    let cell = quote(cell);
    Text::new(
        format!("资源类型“{cell}”无法识别，按台账判断（其他行同）。请改为物理机、虚拟机、托管设备或存储。"),
        format!(
            "The kind \"{cell}\" is not known; the ledger decides (in other rows, too). Write physical machine, virtual machine, hosted device or storage."
        ),
    )
}

pub(super) fn unknown_state(cell: &str, words: &str) -> Text {
    let cell = quote(cell);
    Text::new(
        format!("状态“{cell}”含义不明，该项留空（其他行同）。可用：{words}。"),
        format!("The state \"{cell}\" is not known and is left empty (in other rows, too). Known are: {words}."),
    )
}

pub(super) fn not_in_ledger(name: &str, has_kind: bool) -> Text {
    let name = quote(name);
    if !has_kind {
        return Text::new(
            format!(
                "台账中没有“{name}”，文件也没有写资源类型，已导入，但无法按附录 B 和附录 C 的各类资源判断。请补充资源类型，或把它补进台账。"
            ),
            format!(
                "The ledger has no \"{name}\" and the file names no kind of it: it was imported and is held against no row of a kind. Add its kind, or add it to the ledger."
            ),
        );
    }
    Text::new(
        format!("台账中没有“{name}”，已导入，判断时按文件所写。请核对名称、序列号或资产编号，或把它补进台账。"),
        format!(
            "The ledger has no \"{name}\"; it was imported and is judged as the file describes it. Check its name, serial or asset tag, or add it to the ledger."
        ),
    )
}

pub(super) fn several(name: &str, count: usize) -> Text {
    let name = quote(name);
    Text::new(
        format!(
            "台账中有 {count} 个“{name}”，无法确定是哪一个，已导入但不对应任何一个。请补充序列号、资产编号或集群。"
        ),
        format!(
            "The ledger has {count} resources \"{name}\"; the row was imported and stands for none of them. Add a serial, asset tag or cluster."
        ),
    )
}

pub(super) fn contradiction(one: &str, other: &str) -> Text {
    let (one, other) = (quote(one), quote(other));
    Text::new(
        format!("同一行的标识在台账中分别是“{one}”和“{other}”，已导入但不对应任何一个。请核对这一行。"),
        format!(
            "The row's own names mean \"{one}\" and \"{other}\" in the ledger; it was imported and stands for neither. Check the row."
        ),
    )
}
