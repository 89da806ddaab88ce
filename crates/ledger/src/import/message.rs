//! What the importer tells people: whole sentences in Chinese and English that quote the cell and say what to do.

use xunjian_domain::{ledger::UnitSpan, text::Text};

use super::{cell::NoPosition, heading::TableKind, workbook::NoWorkbook};
use crate::quote::quote;

// ---- Whole files ------------------------------------------------------------------------------------------------------

pub(super) fn no_header(file: &str, wanted: &[TableKind]) -> Text {
    let zh: Vec<_> = wanted.iter().map(|kind| kind.needed().0).collect();
    let en: Vec<_> = wanted.iter().map(|kind| kind.needed().1).collect();
    Text::new(
        format!(
            "文件“{file}”的前 20 行里没有可识别的表头。表头需要包含（{}）。请补上表头，或用 --map 列名=字段 指明各列，然后重新导入。",
            zh.join("；")
        ),
        format!(
            "The first 20 rows of \"{file}\" hold no heading row that is known. Its headings must include ({}). \
             Add them, or say what the columns mean (--map HEADING=FIELD), and import again.",
            en.join("; ")
        ),
    )
}

pub(super) fn broken_workbook(file: &str, why: &NoWorkbook) -> Text {
    match why {
        NoWorkbook::Broken(detail) => Text::new(
            format!("文件“{file}”不是可读取的 XLSX 工作簿（{detail}）。请用 WPS 或 Excel 打开后另存为 .xlsx 再导入。"),
            format!(
                "\"{file}\" is not a readable XLSX workbook ({detail}). Open it in a spreadsheet program, save it \
                 again as .xlsx and import that file."
            ),
        ),
        NoWorkbook::TooLarge => too_large(file),
    }
}

pub(super) fn too_large(file: &str) -> Text {
    Text::new(
        format!("文件“{file}”的内容（或其自称的数量）远多于任何台账，未读取。请只保留台账工作表，另存后重新导入。"),
        format!(
            "\"{file}\" holds far more than any ledger, or says it does, and was not read. Keep only the ledger's \
             sheets, save them again and import that file."
        ),
    )
}

pub(super) fn old_workbook(file: &str) -> Text {
    Text::new(
        format!("文件“{file}”是旧版 .xls 或带密码的工作簿。请去掉密码并另存为 .xlsx 后导入。"),
        format!(
            "\"{file}\" is an old .xls workbook or has a password. Remove the password, save it as .xlsx and import it."
        ),
    )
}

pub(super) fn broken_json(file: &str, detail: &str) -> Text {
    Text::new(
        format!("文件“{file}”不是由对象组成的 JSON 列表（{detail}）。请重新导出，例如 NetBox 接口的整个应答。"),
        format!(
            "\"{file}\" is no JSON list of objects ({detail}). Export it again, such as a whole answer of NetBox's API."
        ),
    )
}

pub(super) fn rack_contradicts(cell: &str, rack: &str) -> Text {
    let (cell, rack) = (quote(cell), quote(rack));
    Text::new(
        format!("U 位“{cell}”写的不是机柜“{rack}”，未导入。请核对这一行的机柜和 U 位。"),
        format!(
            "The position \"{cell}\" names another rack than \"{rack}\"; the row was not imported. Check both cells."
        ),
    )
}

pub(super) fn broken_text(file: &str) -> Text {
    Text::new(
        format!("文件“{file}”既不是 XLSX，也不是 UTF-8 或 GB18030 编码的文本。请另存为“CSV UTF-8”后重新导入。"),
        format!(
            "\"{file}\" is neither XLSX nor text in UTF-8 or GB18030. Save it as \"CSV UTF-8\" and import that file."
        ),
    )
}

// ---- Rows -------------------------------------------------------------------------------------------------------------

pub(super) fn no_room() -> Text {
    Text::new(
        "这一行没有写机房，未导入。请填写机房名称。",
        "The row names no room and was not imported. Fill in the room.",
    )
}

pub(super) fn no_rack() -> Text {
    Text::new(
        "这一行没有写机柜，未导入。请填写机柜编号。",
        "The row names no rack and was not imported. Fill in the rack.",
    )
}

pub(super) fn unknown_rack(rack: &str, room: &str) -> Text {
    let (rack, room) = (quote(rack), quote(room));
    Text::new(
        format!("机柜清单里没有“{room}”的机柜“{rack}”，按 42U 处理。请核对机柜编号，或把它补进机柜清单。"),
        format!(
            "The rack list has no rack \"{rack}\" in \"{room}\"; it is taken to have 42 units. Check the rack's name or \
             add it to the rack list."
        ),
    )
}

pub(super) fn bad_rack_height(cell: &str) -> Text {
    let cell = quote(cell);
    Text::new(
        format!("机柜高度“{cell}”不是大于 0 的整数，未导入。请填写 U 数，例如 42。"),
        format!("The rack height \"{cell}\" is not a whole number above zero. Write the number of units, such as 42."),
    )
}

pub(super) fn rack_height_differs(rack: &str, first: u16, second: u16) -> Text {
    let rack = quote(rack);
    Text::new(
        format!("机柜“{rack}”前面已登记为 {first}U，这一行又写 {second}U，未导入。请只保留正确的一行。"),
        format!("Rack \"{rack}\" is listed above with {first} units and here with {second}. Keep only the right row."),
    )
}

pub(super) fn unknown_kind(cell: &str) -> Text {
    if cell.is_empty() {
        return Text::new(
            "这一行没有写资源类型，未导入。请填写物理服务器、托管设备、备份设备、存储或其他。",
            "The row names no kind and was not imported. Write physical server, hosted device, backup device, storage or \
             other.",
        );
    }
    let cell = quote(cell);
    Text::new(
        format!("资源类型“{cell}”无法识别，未导入。请改为物理服务器、托管设备、备份设备、存储或其他。"),
        format!(
            "The kind \"{cell}\" is not known and the row was not imported. Write physical server, hosted device, \
             backup device, storage or other."
        ),
    )
}

pub(super) fn unknown_resource_kind(cell: &str) -> Text {
    let cell = quote(cell);
    Text::new(
        format!("资源类型“{cell}”无法识别，未导入。请改为虚拟机、物理服务器、托管设备、备份或存储。"),
        format!(
            "The kind \"{cell}\" is not known and the row was not imported. Write virtual machine, physical server, \
             hosted device, backup or storage."
        ),
    )
}

pub(super) fn no_model() -> Text {
    Text::new(
        "这一行既没有品牌也没有型号，无法现场核对，未导入。请至少填写型号。",
        "The row has neither brand nor model, so nobody could recognise the asset; it was not imported. Fill in the model.",
    )
}

pub(super) fn bad_position(cell: &str, why: NoPosition) -> Text {
    let cell = quote(cell);
    match why {
        NoPosition::Other => Text::new(
            format!("U 位“{cell}”无法识别，未导入。请写成 5 或 1-4 这样的整数 U 位。"),
            format!("The position \"{cell}\" is not a U position and the row was not imported. Write 5 or 1-4."),
        ),
        NoPosition::Date => Text::new(
            format!("U 位“{cell}”被表格软件变成了日期，未导入。请把该列设为“文本”格式后重填，例如 1-4。"),
            format!(
                "The spreadsheet turned the position into the date \"{cell}\" and the row was not imported. Format \
                 the column as text and write the position again, such as 1-4."
            ),
        ),
    }
}

pub(super) fn bad_position_end(cell: &str) -> Text {
    let cell = quote(cell);
    Text::new(
        format!("结束 U 位“{cell}”不是一个整数 U 位，未导入。请填写整数，例如 4。"),
        format!("The last unit \"{cell}\" is not one unit; the row was not imported. Write a whole number, such as 4."),
    )
}

pub(super) fn bad_height(cell: &str) -> Text {
    let cell = quote(cell);
    Text::new(
        format!("占用 U 数“{cell}”不是大于 0 的整数，未导入。请填写整数，例如 2。"),
        format!("The height \"{cell}\" is not a whole number above zero. Write the number of units, such as 2."),
    )
}

pub(super) fn position_outside_rack(cell: &str, rack: &str, units: u16) -> Text {
    let (cell, rack) = (quote(cell), quote(rack));
    Text::new(
        format!("U 位“{cell}”超出机柜“{rack}”的 1-{units}U，未导入。请改正 U 位；若机柜更高，请在机柜清单里写明高度。"),
        format!(
            "The position \"{cell}\" lies outside rack \"{rack}\", which has units 1-{units}; the row was not \
             imported. Correct the position, or give the rack its height in a rack list."
        ),
    )
}

pub(super) fn position_taken(span: UnitSpan, other: UnitSpan, first: &Text) -> Text {
    Text::new(
        format!("U 位 {span} 与{}的 {other} 重叠，已照样导入。请核对两行的机柜和 U 位。", first.zh),
        format!(
            "Units {span} overlap units {other} of {}; both were imported. Check the rack and position of both rows.",
            first.en
        ),
    )
}

pub(super) fn no_serial() -> Text {
    Text::new(
        "这一行没有序列号，不影响导入。请现场抄录后补进台账。",
        "The row has no serial number, which does not keep it out. Read the number on site and add it to the ledger.",
    )
}

pub(super) fn duplicate_serial(serial: &str, first: &Text) -> Text {
    let serial = quote(serial);
    Text::new(
        format!("序列号“{serial}”与{}重复。请核对两行，改正其中抄错的一个。", first.zh),
        format!("The serial \"{serial}\" also stands in {}. Check both rows and correct the wrong one.", first.en),
    )
}

pub(super) fn bad_date(cell: &str) -> Text {
    let cell = quote(cell);
    Text::new(
        format!("上架日期“{cell}”无法识别，导入时留空。请写成 2024-01-12 这样的日期。"),
        format!("The date \"{cell}\" cannot be read and is left empty. Write a date such as 2024-01-12."),
    )
}

pub(super) fn bad_quantity(cell: &str) -> Text {
    let cell = quote(cell);
    Text::new(
        format!("数量“{cell}”不是大于 0 的整数，未导入。请填写整数。"),
        format!("The quantity \"{cell}\" is not a whole number above zero; the row was not imported. Write a number."),
    )
}

pub(super) fn vm_without_name() -> Text {
    Text::new(
        "这一行没有虚拟主机名称，未导入。请填写名称。",
        "The row has no name of a virtual machine and was not imported. Fill in the name.",
    )
}

pub(super) fn vm_without_cluster(name: &str) -> Text {
    let name = quote(name);
    Text::new(
        format!("虚拟机“{name}”没有写集群，未导入。请填写所在集群。"),
        format!("The virtual machine \"{name}\" names no cluster and was not imported. Fill in its cluster."),
    )
}

pub(super) fn vm_repeated(name: &str, cluster: &str, first: &Text) -> Text {
    let (name, cluster) = (quote(name), quote(cluster));
    Text::new(
        format!("集群“{cluster}”的虚拟机“{name}”在{}已登记，这一行未导入。请删除重复行或改正名称。", first.zh),
        format!(
            "The virtual machine \"{name}\" of cluster \"{cluster}\" already stands in {}; this row was not imported. \
             Remove the repeated row or correct the name.",
            first.en
        ),
    )
}

pub(super) fn order_incomplete(heading: &str) -> Text {
    Text::new(
        format!("订单缺少“{heading}”，未导入。请补填。"),
        format!("The order has no \"{heading}\" and was not imported. Fill it in."),
    )
}
