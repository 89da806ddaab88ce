//! Other people's programs that read what we print: poppler, zbar, openpyxl. For tests.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, ensure};
use serde_json::Value;

fn run<S: AsRef<OsStr>>(program: &str, arguments: impl IntoIterator<Item = S>) -> anyhow::Result<String> {
    let output = Command::new(program).args(arguments).output();
    let output = output.with_context(|| format!("{program} is not installed: run `scripts/setup.sh test`"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} failed ({}): {said}", output.status);
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What a PDF says, laid out as on the page, a form feed between pages.
///
/// # Errors
/// When `pdftotext` fails.
pub fn text_of(pdf: &Path) -> anyhow::Result<String> {
    run("pdftotext", [OsStr::new("-layout"), pdf.as_os_str(), OsStr::new("-")])
}

/// Every word of a PDF, cell by cell, without the blanks and breaks that the layout made.
///
/// # Errors
/// When `pdftotext` fails.
pub fn words_of(pdf: &Path) -> anyhow::Result<String> {
    let said = run("pdftotext", [OsStr::new("-raw"), pdf.as_os_str(), OsStr::new("-")])?;
    Ok(said.split_whitespace().collect())
}

/// How each font of a PDF is embedded: whole lines of `pdffonts`.
///
/// # Errors
/// When `pdffonts` fails.
pub fn fonts_of(pdf: &Path) -> anyhow::Result<Vec<String>> {
    Ok(run("pdffonts", [pdf])?.lines().skip(2).map(str::to_owned).collect())
}

/// The pages of a PDF as gray pictures at so many dots an inch, in order.
///
/// # Errors
/// When `pdftoppm` fails.
pub fn pages_of(pdf: &Path, dpi: u32, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    fs::create_dir_all(folder)?;
    let dpi = dpi.to_string();
    let words = [OsStr::new("-r"), OsStr::new(&dpi), OsStr::new("-gray"), OsStr::new("-png"), pdf.as_os_str()];
    run("pdftoppm", words.into_iter().chain([folder.join("page").as_os_str()]))?;
    let mut pages = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    pages.sort();
    Ok(pages)
}

/// The codes that zbar reads in pictures, one text for each picture; empty where it reads none or several.
///
/// # Errors
/// When `zbarimg` cannot be started.
pub fn zbar_reads(pictures: &[PathBuf]) -> anyhow::Result<Vec<String>> {
    let read = |picture: &PathBuf| {
        let output = Command::new("zbarimg")
            .args(["--quiet", "--raw", "--nodbus", "-Sdisable", "-Sqrcode.enable"])
            .arg(picture)
            .output();
        let output = output.context("zbarimg is not installed: run `scripts/setup.sh test`")?;
        let said = String::from_utf8_lossy(&output.stdout);
        let lines: Vec<&str> = said.lines().collect();
        Ok(if let [one] = lines[..] { one.to_owned() } else { String::new() })
    };
    pictures.iter().map(read).collect()
}

/// Every sheet of a workbook as openpyxl reads it: name, then rows of cells.
///
/// # Errors
/// When openpyxl fails.
pub fn openpyxl_reads(workbook: &Path) -> anyhow::Result<Value> {
    let script = "import json, sys, openpyxl\n\
                  book = openpyxl.load_workbook(sys.argv[1])\n\
                  print(json.dumps({s.title: [list(r) for r in s.iter_rows(values_only=True)] for s in book}, default=str))";
    // The package is Debian's: other Pythons on the path do not have it.
    let python =
        ["/usr/bin/python3", "python3"].into_iter().find(|python| Path::new(python).exists()).unwrap_or("python3");
    let words = [OsStr::new("-c"), OsStr::new(script), workbook.as_os_str()];
    Ok(serde_json::from_str(&run(python, words)?)?)
}
