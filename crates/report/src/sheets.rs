//! Sheets of labels: each label's code as vectors, its words beside it, at the places of the paper.

use std::{collections::BTreeMap, path::Path};

use serde_json::{Value, json};
use xunjian_domain::label_sheet::{PrintableLabel, SheetJob};

use crate::{
    code::Code,
    document::put,
    told::{Told, progress},
    typeset::{Manuscript, pdf},
};

/// Most labels of one file: a roll of paper has fewer.
const MAX_LABELS: usize = 5_000;

/// Writes the sheets of a job as one PDF.
///
/// # Errors
/// [`Told`] when the job asks for what no sheet can hold.
pub fn write(job: &SheetJob, out: &Path) -> anyhow::Result<()> {
    check(job)?;
    let mut labels = Vec::new();
    for (at, label) in job.labels.iter().enumerate() {
        let drawn = drawn(label)?;
        labels.extend((0..job.copies).map(|_| drawn.clone()));
        if at % 100 == 0 {
            progress("codes", at, job.labels.len());
        }
    }
    progress("typeset", 0, 1);
    let data = json!({
        "title": job.title, "issuer": job.issuer, "sheet": job.sheet, "start": job.start, "ruler": job.ruler,
        "ruler_title": "标尺页",
        "ruler_words": "请以 100%（实际大小）打印。横尺应长 {across} mm，竖尺应长 {down} mm，方框应与标签边缘重合；不合时先调整打印机的缩放与进纸，再打印标签。",
        "labels": labels,
    });
    let manuscript = Manuscript {
        template: "/labels.typ",
        data,
        files: BTreeMap::new(),
        ident: job.ident.clone(),
        created_at: job.created_at,
    };
    put(out, &pdf(manuscript)?)
}

fn check(job: &SheetJob) -> Result<(), Told> {
    let (a_page, count) = (job.sheet.labels_a_page(), job.labels.len().saturating_mul(job.copies as usize));
    if a_page == 0 || job.start == 0 || job.start > a_page {
        return Err(Told::new(
            format!("起始标签应在 1 至 {a_page} 之间（本版式每页 {a_page} 张）"),
            format!("the first label must be between 1 and {a_page}: a page has {a_page}"),
        ));
    }
    if count == 0 || count > MAX_LABELS {
        return Err(Told::new(
            format!("一次可打印 1 至 {MAX_LABELS} 张标签（含份数），现为 {count} 张，请分批打印"),
            format!("one run prints 1 to {MAX_LABELS} labels, copies included; these are {count}: print in parts"),
        ));
    }
    // The code needs a square, and the words at least two fifths of the width.
    if job.sheet.width * 6 < job.sheet.height * 7 {
        return Err(Told::new(
            "标签太窄：宽度至少应为高度的 1.2 倍，文字才放得下",
            "the label is too narrow: it must be at least 1.2 times as wide as it is high",
        ));
    }
    Ok(())
}

fn drawn(label: &PrintableLabel) -> anyhow::Result<Value> {
    let code = label.code.to_string();
    let (head, check) = code.rsplit_once('-').unwrap_or((&code, ""));
    Ok(json!({
        "svg": Code::of(&label.payload)?.svg(), "title": label.title, "place": label.place, "owner": label.owner,
        "code_head": head, "code_check": check, "footer": label.footer,
    }))
}
