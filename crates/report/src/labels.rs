//! Labels as SVG in millimetres and as PNG at a printer's resolution.
//!
//! The QR code with its four quiet modules fills a square of the label's height, at error correction level M: on a label
//! 30 mm high a module of a version 7 code is 0.57 mm wide. A character that no installed font has is an error that names it, never a blank or a box on the label.

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path, sync::Arc};

use anyhow::Context as _;
use resvg::{tiny_skia, usvg};
use usvg::fontdb;
use xunjian_domain::label_sheet::{LabelJob, PrintableLabel};

use crate::{code::Code, told::Told};

/// Families tried in this order; the last is what every system has.
const FONTS: &str = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, sans-serif";

/// Draws every label of the job into `folder`.
pub fn draw(job: &LabelJob, folder: &Path) -> anyhow::Result<()> {
    let mut options = usvg::Options::default();
    options.fontdb_mut().load_system_fonts();
    check_glyphs(job, &options.fontdb)?;
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    for label in &job.labels {
        let svg = svg(job, label).with_context(|| format!("label {}", label.file))?;
        let tree = usvg::Tree::from_str(&svg, &options).context("the SVG just written cannot be read")?;
        let png = png(job, &tree)?;
        for (ending, bytes) in [("svg", svg.as_bytes()), ("png", &png)] {
            let file = folder.join(format!("{}.{ending}", label.file));
            fs::write(&file, bytes).with_context(|| file.display().to_string())?;
        }
    }
    Ok(())
}

fn svg(job: &LabelJob, label: &PrintableLabel) -> anyhow::Result<String> {
    let (width, height) = (job.width_tenth_mm, job.height_tenth_mm);
    if width < height + height / 2 / 2 {
        let side = height / 10;
        return Err(Told::new(
            format!("标签太窄：二维码占宽 {side} mm，文字至少还需其四分之一"),
            format!("the label is too narrow: the code takes {side} mm of its width and the text needs a quarter more"),
        )
        .into());
    }
    let code = Code::of(&label.payload)?;
    let side = f64::from(height);
    #[expect(clippy::cast_precision_loss, reason = "a QR code has at most 177 modules")]
    let module = side / code.side as f64;
    let mut out = String::new();
    writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{}mm" height="{}mm" viewBox="0 0 {width} {height}">"#,
        f64::from(width) / 10.0,
        f64::from(height) / 10.0
    )?;
    writeln!(out, r##"<rect width="{width}" height="{height}" fill="#fff"/>"##)?;
    writeln!(out, r#"<path transform="scale({module})" shape-rendering="crispEdges" d="{}"/>"#, code.path)?;
    write_texts(&mut out, job, label, side)?;
    out.push_str("</svg>\n");
    Ok(out)
}

/// The words to the right of the code: title, place, owner, code for hand entry, footer; shrunk to fit their column.
fn write_texts(out: &mut String, job: &LabelJob, label: &PrintableLabel, left: f64) -> anyhow::Result<()> {
    let room = f64::from(job.width_tenth_mm) - left - 15.0;
    let height = f64::from(job.height_tenth_mm);
    let code = label.code.to_string();
    let (head, check) = code.rsplit_once('-').unwrap_or((&code, ""));
    // A CJK character is as wide as it is high, others about 0.68 of that.
    let fitting = |text: &str, size: f64| {
        let ems: f64 = text.chars().map(|c| if c.is_ascii() { 0.68 } else { 1.0 }).sum();
        (height * size).min(room / ems)
    };
    let code_size = fitting(head, 0.12) / height;
    let lines = [
        (label.title.as_str(), 0.20, 0.13, "bold"),
        (&label.place, 0.36, 0.085, "normal"),
        (&label.owner, 0.49, 0.075, "normal"),
        (head, 0.67, code_size, "bold"),
        (check, 0.80, code_size, "bold"),
        (&label.footer, 0.93, 0.055, "normal"),
    ];
    for (text, baseline, size, weight) in lines.into_iter().filter(|line| !line.0.is_empty()) {
        let size = fitting(text, size);
        writeln!(
            out,
            r#"<text x="{left:.1}" y="{:.1}" font-family="{FONTS}" font-size="{size:.1}" font-weight="{weight}">{}</text>"#,
            height * baseline,
            escape(text)
        )?;
    }
    Ok(())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn png(job: &LabelJob, tree: &usvg::Tree) -> anyhow::Result<Vec<u8>> {
    // 254 tenths of a millimetre are an inch.
    let pixels = |tenth_mm: u32| (tenth_mm * job.dpi).div_ceil(254);
    let (width, height) = (pixels(job.width_tenth_mm), pixels(job.height_tenth_mm));
    let mut pixmap = tiny_skia::Pixmap::new(width, height).context("the label is too large to draw")?;
    #[expect(clippy::cast_precision_loss, reason = "a label has a few thousand pixels a side")]
    let scale =
        tiny_skia::Transform::from_scale(width as f32 / tree.size().width(), height as f32 / tree.size().height());
    resvg::render(tree, scale, &mut pixmap.as_mut());
    pixmap.encode_png().context("the PNG cannot be encoded")
}

/// Refuses characters that no installed font can draw.
fn check_glyphs(job: &LabelJob, fonts: &Arc<fontdb::Database>) -> anyhow::Result<()> {
    let texts = job.labels.iter().flat_map(|label| [&label.title, &label.place, &label.owner, &label.footer]);
    let mut open: BTreeSet<char> = texts.flat_map(|text| text.chars()).filter(|c| !c.is_whitespace()).collect();
    for face in fonts.faces() {
        fonts.with_face_data(face.id, |data, index| {
            if let Ok(face) = ttf_parser::Face::parse(data, index) {
                open.retain(|character| face.glyph_index(*character).is_none());
            }
        });
        if open.is_empty() {
            return Ok(());
        }
    }
    let named: Vec<String> = open.iter().map(|c| format!("“{c}” (U+{:04X})", u32::from(*c))).collect();
    let named = named.join(", ");
    Err(Told::new(
        format!("没有任何已安装的字体含有字符 {named}。请安装 fonts-noto-cjk，或含有该字的字体"),
        format!("no installed font has {named}; install fonts-noto-cjk, or the font of these characters"),
    )
    .into())
}
