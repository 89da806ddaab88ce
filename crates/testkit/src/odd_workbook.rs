//! A small workbook with the structural oddities of real ones: a sheet of instructions, rooms and racks merged down over
//! their rows, a hidden sheet with last year's rows, and formatting that reaches the last row of the grid.

use rust_xlsxwriter::{Format, FormatBorder, Workbook, XlsxError};

const HEADINGS: [&str; 6] = ["机房", "机柜编号", "U位", "资源类型", "型号", "序列号"];
/// The last row of the grid, counted from 0.
const LAST_ROW: u32 = 1_048_575;

/// Two rooms on two sheets; three racks, seven assets, one to a row from row 2 on.
///
/// # Errors
///
/// When the workbook cannot be written to memory.
pub fn odd_workbook() -> Result<Vec<u8>, XlsxError> {
    let plain = Format::new().set_border(FormatBorder::Thin);
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("填写说明")?.write(0, 0, "请按机柜逐行填写。")?;
    // Each sheet: its name, and its racks with the number of assets in each.
    let sheets: [(&str, &[(&str, u32)]); 3] =
        [("一区", &[("A01", 3), ("A02", 2)]), ("二区", &[("B01", 2)]), ("去年", &[("Z09", 2)])];
    for (room, racks) in sheets {
        let sheet = workbook.add_worksheet();
        sheet.set_name(room)?.set_hidden(room == "去年");
        for (column, heading) in (0..).zip(HEADINGS) {
            sheet.write(0, column, heading)?;
        }
        let mut row = 1;
        for (rack, assets) in racks {
            sheet.merge_range(row, 1, row + assets - 1, 1, rack, &plain)?;
            for position in 1..=*assets {
                sheet.write(row, 2, position)?;
                sheet.write(row, 3, "存储")?;
                sheet.write(row, 4, "LY-Stor 5000")?;
                sheet.write(row, 5, format!("{rack}S{position}"))?;
                row += 1;
            }
        }
        // Merged beyond its last asset: the blank rows below belong to nobody.
        sheet.merge_range(1, 0, row + 5, 0, room, &plain)?;
        sheet.write_blank(LAST_ROW, 0, &plain)?;
    }
    workbook.save_to_buffer()
}
