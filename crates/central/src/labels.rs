//! Printing labels: a signed payload for each, a code for hand entry, and pictures or sheets drawn by `xunjian-report`.
//! A reprint replaces the label before it: the old one still scans, and is told to be 已作废.

use std::path::Path;

use xunjian_domain::{
    ids::LabelPrintId,
    label_code::LabelCode,
    label_sheet::{LabelJob, PrintableLabel, Sheet, SheetJob},
    ledger::Ledger,
    subject::{Subject, SubjectKind},
};
use xunjian_proof::label::{self, LabelKind};

use crate::{
    clock,
    console::{names::Names, read_model},
    db::{Sql, sql},
    drawing::{Progress, draw},
    error::Error,
    ledger::current,
    log,
    site::Site,
};

/// Which labels to print.
#[derive(Debug, Clone, Default)]
pub struct LabelRequest {
    /// Rooms, each with one label.
    pub rooms: bool,
    /// Racks, each with a front and a rear label.
    pub racks: bool,
    /// Assets, each with one label.
    pub assets: bool,
    /// Only what stands in racks of this name.
    pub only_rack: Option<String>,
}

/// How the pictures shall be.
#[derive(Debug, Clone, Copy)]
pub struct LabelFormat {
    /// Tenths of a millimetre.
    pub width_tenth_mm: u32,
    /// Tenths of a millimetre.
    pub height_tenth_mm: u32,
    /// Dots an inch of the PNG.
    pub dpi: u32,
}

/// Where the pictures go.
#[derive(Debug, Clone, Copy)]
pub struct Output<'a> {
    /// The folder; made when it is not there.
    pub folder: &'a Path,
    /// The job of the console whose folder that is; empty for the command line, whose folders the service does not know.
    pub job: &'a str,
}

/// What was printed.
#[derive(Debug, Clone)]
pub struct PrintedJob {
    /// The labels as they were drawn.
    pub job: LabelJob,
    /// Their prints, in the same order.
    pub prints: Vec<LabelPrintId>,
    /// How many older prints no longer count.
    pub replaced: usize,
}

/// Sheets of labels as one PDF.
#[derive(Debug, Clone, Copy)]
pub struct SheetFormat {
    /// How labels lie on the paper.
    pub sheet: Sheet,
    /// The first label of the first page that is still there, counted from 1.
    pub start: u32,
    /// How often each label is printed.
    pub copies: u32,
    /// Whether the first page is a ruler.
    pub ruler: bool,
}

struct Wanted {
    subject: Subject,
    side: &'static str,
    file: String,
    title: String,
    place: String,
    owner: String,
}

/// Prints labels into a folder: one SVG and one PNG each, and `labels.json` with what they say. Returns what was printed.
///
/// Order of effects: the pictures are drawn beside the folder without any lock; then one short transaction makes the prints
/// count and replaces older ones; then the pictures are moved in. A crash before the transaction leaves pictures that count
/// for nothing; one after it leaves prints that were never on paper: print again, and they are replaced.
///
/// # Errors
/// [`Error::Told`] when there is no ledger, nothing fits, or the drawing program fails; then no print counts.
pub fn print(
    site: &Site,
    actor: &str,
    request: &LabelRequest,
    format: LabelFormat,
    output: Output<'_>,
) -> Result<PrintedJob, Error> {
    let folder = output.folder;
    let Prepared { wanted, names, prints } = prepare(site, request)?;
    let job = LabelJob {
        width_tenth_mm: format.width_tenth_mm,
        height_tenth_mm: format.height_tenth_mm,
        dpi: format.dpi,
        labels: prints.iter().map(|print| print.label.clone()).collect(),
    };
    let drawn = folder.with_extension("drawing");
    draw("labels", &job, &drawn, |_| {})?;
    let replaced = count(site, actor, &prints, &wanted, |sql, print, label| {
        let file = if output.job.is_empty() { "" } else { label.file.as_str() };
        let (id, code) = (print.id.as_str(), print.label.code.to_string());
        read_model::put_label(sql, (id, &code), &label.subject, &names, (output.job, file))
    })?;
    std::fs::create_dir_all(folder).map_err(Error::io(folder.display().to_string()))?;
    for label in &job.labels {
        for ending in ["svg", "png"] {
            let name = format!("{}.{ending}", label.file);
            std::fs::rename(drawn.join(&name), folder.join(&name)).map_err(Error::io(name))?;
        }
    }
    std::fs::remove_dir_all(&drawn).map_err(Error::io(drawn.display().to_string()))?;
    let list = serde_json::to_vec_pretty(&job.labels)?;
    std::fs::write(folder.join("labels.json"), list).map_err(Error::io("labels.json"))?;
    let prints = prints.into_iter().map(|print| print.id).collect();
    Ok(PrintedJob { job, prints, replaced })
}

/// Prints labels on sheets: one PDF/A for a printer with label paper. Returns the labels as they were printed.
///
/// Order of effects: as for pictures; a crash after the transaction leaves prints whose sheet lies beside the file as
/// `.drawing`: print again, and they are replaced.
///
/// # Errors
/// As [`print`].
pub fn print_sheets(
    site: &Site,
    actor: &str,
    request: &LabelRequest,
    format: SheetFormat,
    (file, told): (&Path, impl FnMut(&Progress)),
) -> Result<Vec<PrintableLabel>, Error> {
    let Prepared { wanted, names, prints } = prepare(site, request)?;
    let root = &site.settings.root;
    let first = prints.first().map(|print| print.id.to_string()).unwrap_or_default();
    let job = SheetJob {
        ident: format!("{}/labels/{first}", root.site),
        created_at: clock::now(),
        title: format!("{} 标签", root.name),
        issuer: root.name.clone(),
        sheet: format.sheet,
        start: format.start,
        copies: format.copies,
        ruler: format.ruler,
        labels: prints.iter().map(|print| print.label.clone()).collect(),
    };
    let drawn = file.with_extension("drawing");
    draw("sheets", &job, &drawn, told)?;
    count(site, actor, &prints, &wanted, |sql, print, label| {
        let (id, code) = (print.id.as_str(), print.label.code.to_string());
        read_model::put_label(sql, (id, &code), &label.subject, &names, ("", ""))
    })?;
    std::fs::rename(&drawn, file).map_err(Error::io(file.display().to_string()))?;
    Ok(job.labels)
}

/// What is to be printed, signed and not yet counting.
struct Prepared {
    wanted: Vec<Wanted>,
    names: Names,
    prints: Vec<Signed>,
}

fn prepare(site: &Site, request: &LabelRequest) -> Result<Prepared, Error> {
    let (wanted, names) = site.db.read(|sql| {
        let (_, ledger) = current(sql)?.ok_or_else(|| {
            Error::told(
                "还没有台账，请先运行 xunjian ledger import",
                "there is no ledger yet: run `xunjian ledger import` first",
            )
        })?;
        Ok::<_, Error>((wanted(&ledger, request), Names::of_ledger(&ledger)))
    })?;
    if wanted.is_empty() {
        return Err(Error::told("没有符合条件的标签", "no label fits the request"));
    }
    let prints = wanted.iter().map(|label| sign(site, label)).collect::<Result<Vec<_>, _>>()?;
    Ok(Prepared { wanted, names, prints })
}

/// Makes prints count, in one short transaction. Returns how many older ones do not any more.
fn count(
    site: &Site,
    actor: &str,
    prints: &[Signed],
    wanted: &[Wanted],
    list: impl Fn(&dyn Sql, &Signed, &Wanted) -> Result<(), Error>,
) -> Result<usize, Error> {
    let replaced = site.db.write(|sql| {
        let mut replaced = 0;
        for (print, label) in prints.iter().zip(wanted) {
            replaced += register(sql, print, label)?;
            list(sql, print, label)?;
        }
        log::audit(site, sql, actor, "label.print", &[("count", &prints.len().to_string())])?;
        Ok::<_, Error>(replaced)
    })?;
    site.sequence()?;
    Ok(replaced)
}

fn wanted(ledger: &Ledger, request: &LabelRequest) -> Vec<Wanted> {
    let room_name = |id| ledger.rooms.iter().find(|room| &room.id == id).map_or("", |room| room.name.as_str());
    let fits = |name: &str| request.only_rack.as_deref().is_none_or(|only| only == name);
    let mut wanted = Vec::new();
    let rooms = ledger.rooms.iter().filter(|_| request.rooms && request.only_rack.is_none());
    for (at, room) in rooms.enumerate() {
        wanted.push(Wanted {
            subject: Subject { kind: SubjectKind::Room, id: room.id.to_string() },
            side: "",
            file: format!("room-{}", at + 1),
            title: room.name.clone(),
            place: "机房".to_owned(),
            owner: String::new(),
        });
    }
    for (at, rack) in ledger.racks.iter().enumerate().filter(|(_, rack)| fits(&rack.name)) {
        let number = at + 1;
        let sides = [("front", "前门"), ("rear", "后门")];
        for (side, zh) in sides.into_iter().filter(|_| request.racks) {
            wanted.push(Wanted {
                subject: Subject { kind: SubjectKind::Rack, id: rack.id.to_string() },
                side,
                file: format!("rack-{number}-{side}"),
                title: format!("{} {zh}", rack.name),
                place: room_name(&rack.room).to_owned(),
                owner: String::new(),
            });
        }
        for (place, asset) in ledger.assets_in(&rack.id).enumerate().filter(|_| request.assets) {
            let units = asset.span.map_or_else(String::new, |span| format!(" · U{span}"));
            let title =
                if asset.name.is_empty() { format!("{} {}", asset.brand, asset.model) } else { asset.name.clone() };
            wanted.push(Wanted {
                subject: Subject { kind: SubjectKind::of_asset(asset.kind), id: asset.id.to_string() },
                side: "",
                file: format!("asset-{number}-{}", place + 1),
                title,
                place: format!("{}{units}", rack.name),
                owner: asset.owning_unit.clone(),
            });
        }
    }
    wanted
}

/// One print, signed but not yet counting.
struct Signed {
    id: LabelPrintId,
    label: PrintableLabel,
}

fn sign(site: &Site, label: &Wanted) -> Result<Signed, Error> {
    let kind = LabelKind::of(label.subject.kind)
        .ok_or_else(|| Error::told("这类对象没有标签", "this kind of subject has no label"))?;
    let id = LabelPrintId::new(clock::new_id());
    let settings = &site.settings;
    let payload = label::print(&settings.label_host, &settings.root.site, kind, &id, &site.keys.label)
        .map_err(|error| Error::told(error.to_string(), error.to_string()))?;
    let printable = PrintableLabel {
        file: label.file.clone(),
        payload,
        code: LabelCode::of_print(id.as_str()),
        title: label.title.clone(),
        place: label.place.clone(),
        owner: label.owner.clone(),
        footer: format!("{} · {}", settings.root.name, clock::now().day_in_china()),
    };
    Ok(Signed { id, label: printable })
}

/// Makes a print count and replaces the one before it. Two prints of a site with the same 40-bit code are refused by the
/// table; the command is then simply run again.
fn register(sql: &dyn Sql, print: &Signed, label: &Wanted) -> Result<usize, Error> {
    let subject_kind = serde_json::to_value(label.subject.kind)?;
    let subject_kind = subject_kind.as_str().unwrap_or_default();
    let id = print.id.as_str();
    let place = [subject_kind.into(), label.subject.id.as_str().into(), label.side.into(), id.into()];
    let replaced = sql.execute(sql!("label_print_replace"), &place)?;
    let values = [
        id.into(),
        print.label.code.to_string().into(),
        subject_kind.into(),
        label.subject.id.as_str().into(),
        label.side.into(),
        print.label.payload.as_str().into(),
        clock::now().0.into(),
    ];
    sql.execute(sql!("label_print_insert"), &values)?;
    Ok(replaced)
}
