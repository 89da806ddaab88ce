//! Labels: which prints there are, printing more, and their pictures.

use std::fs;

use serde::{Deserialize, Serialize};
use xunjian_domain::subject::Subject;

use super::page::{Page, Params, bad, missing, one_more};
use crate::{
    clock,
    db::{Row, sql},
    error::Error,
    labels::{self, LabelFormat, LabelRequest, Output},
    log::to_u64,
    site::Site,
};

/// Dots an inch of the pictures for print shops that take no SVG.
const DPI: u32 = 300;
/// Narrowest module, in tenths of a millimetre, that a tablet reads from where people stand (docs/BENCHMARKS.md).
const SMALLEST_MODULE_TENTH_MM: u32 = 5;
/// White around a code, in modules (ISO/IEC 18004).
const QUIET_MODULES: u32 = 4;

/// One print of a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LabelItem {
    /// The print.
    pub print: String,
    /// The code beside it, for hand entry.
    pub code: String,
    /// What it is stuck to.
    pub subject: Subject,
    /// What that is called.
    pub subject_name: String,
    /// The room.
    pub room_name: String,
    /// `front` or `rear` of a rack; empty for others.
    pub side: String,
    /// When it was printed.
    pub printed_at: i64,
    /// The print that replaced it; `null` while it counts.
    pub replaced_by: Option<String>,
    /// Whether the service has its picture. Those of the command line lie in a folder of its own.
    pub has_picture: bool,
}

/// Which labels to print, and how large.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct NewLabels {
    /// Rooms, each with one label.
    pub rooms: bool,
    /// Racks, each with a front and a rear label.
    pub racks: bool,
    /// Assets, each with one label.
    pub assets: bool,
    /// Only what stands in racks of this name.
    pub only_rack: Option<String>,
    /// Tenths of a millimetre.
    pub width_tenth_mm: u32,
    /// Tenths of a millimetre.
    pub height_tenth_mm: u32,
}

/// What was printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PrintedLabels {
    /// The prints.
    pub prints: Vec<LabelItem>,
    /// Older prints that no longer count.
    pub replaced: u32,
    /// Labels whose modules are narrower than half a millimetre: a tablet reads them only from close by.
    pub too_small: u32,
}

fn read(row: &Row) -> Result<LabelItem, Error> {
    let text = |at| Ok::<_, Error>(row.text(at)?.to_owned());
    Ok(LabelItem {
        print: text(0)?,
        code: text(1)?,
        subject: Subject { kind: serde_json::from_value(row.text(2)?.into())?, id: text(3)? },
        subject_name: text(4)?,
        room_name: text(5)?,
        side: text(6)?,
        printed_at: row.i64(7)?,
        replaced_by: Some(text(8)?).filter(|print| !print.is_empty()),
        has_picture: !row.text(9)?.is_empty(),
    })
}

const KINDS: [&str; 7] =
    ["room", "rack", "physical_server", "hosted_device", "backup_device", "storage", "other_asset"];

/// `GET labels`: the newest first. `state` is `current` or `replaced`.
///
/// # Errors
/// [`Error::Problem`] 400.3.
pub fn list(site: &Site, params: &Params) -> Result<Page<LabelItem>, Error> {
    let (limit, (at, last)) = (params.limit()?, params.after()?);
    let filter = [
        params.choice("kind", &KINDS)?.into(),
        params.choice("state", &["current", "replaced"])?.into(),
        params.pattern().into(),
    ];
    let mut values = filter.to_vec();
    values.extend([at.into(), last.first().map_or("", String::as_str).into(), one_more(limit).into()]);
    site.db.read(|sql| {
        let total = sql.first(sql!("label_list_count"), &filter)?.map_or(Ok(0), |row| row.i64(0))?;
        let items = sql.query(sql!("label_list"), &values)?.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(items, limit, to_u64(total), |item| format!("{}~{}", item.printed_at, item.print)))
    })
}

/// `POST labels`: prints into a folder of the service. Labels already on the racks are replaced.
///
/// # Errors
/// [`Error::Told`] when nothing fits or the drawing program fails.
pub fn print(site: &Site, actor: &str, new: &NewLabels) -> Result<PrintedLabels, Error> {
    for (name, side) in [("width_tenth_mm", new.width_tenth_mm), ("height_tenth_mm", new.height_tenth_mm)] {
        if !(200..=3000).contains(&side) {
            return Err(bad(name, "must be from 200 to 3000 tenths of a millimetre"));
        }
    }
    if !(new.rooms || new.racks || new.assets) {
        return Err(bad("rooms", "say which to print: rooms, racks or assets"));
    }
    let only_rack = new.only_rack.clone().filter(|rack| !rack.is_empty());
    let request = LabelRequest { rooms: new.rooms, racks: new.racks, assets: new.assets, only_rack };
    let format = LabelFormat { width_tenth_mm: new.width_tenth_mm, height_tenth_mm: new.height_tenth_mm, dpi: DPI };
    let job = clock::new_id();
    let folder = site.folder().join("labels").join(&job);
    fs::create_dir_all(site.folder().join("labels")).map_err(Error::io("labels"))?;
    let printed = labels::print(site, actor, &request, format, Output { folder: &folder, job: &job })?;
    let is_small = |payload: &str| module_tenth_mm(payload, new.height_tenth_mm) < Some(SMALLEST_MODULE_TENTH_MM);
    let too_small = printed.job.labels.iter().filter(|label| is_small(&label.payload)).count();
    let prints = site.db.read(|sql| {
        let item = |id: &xunjian_domain::ids::LabelPrintId| {
            let row = sql.first(sql!("label_item"), &[id.as_str().into()])?;
            read(&row.ok_or_else(|| missing(id.as_str()))?)
        };
        printed.prints.iter().map(item).collect::<Result<Vec<_>, Error>>()
    })?;
    let small = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(PrintedLabels { prints, replaced: small(printed.replaced), too_small: small(too_small) })
}

/// How wide a module of the code becomes: with its white it fills a square of the label's height.
fn module_tenth_mm(payload: &str, height_tenth_mm: u32) -> Option<u32> {
    let code = qrcode::QrCode::with_error_correction_level(payload, qrcode::EcLevel::M).ok()?;
    let modules = u32::try_from(code.width()).ok()? + 2 * QUIET_MODULES;
    height_tenth_mm.checked_div(modules)
}

/// `GET labels/PRINT.svg`.
///
/// # Errors
/// [`Error::Problem`] 404.3, also for prints of the command line, whose pictures lie in a folder of its own.
pub fn picture(site: &Site, print: &str) -> Result<Vec<u8>, Error> {
    let row = site.db.read(|sql| sql.first(sql!("label_item"), &[print.into()]))?.ok_or_else(|| missing(print))?;
    let (job, file) = (row.text(9)?, row.text(10)?);
    let is_plain = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if !is_plain(job) || !is_plain(file) {
        return Err(missing(format!(
            "{print} was printed by the command `xunjian labels`, into the folder it was given"
        )));
    }
    let path = site.folder().join("labels").join(job).join(format!("{file}.svg"));
    fs::read(path).map_err(|_| missing(format!("the picture of {print} is gone: print the label again")))
}
