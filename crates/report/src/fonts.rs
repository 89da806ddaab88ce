//! The fonts of the page: Noto CJK as the system has it, and for a character that it lacks whichever installed font has it. A
//! character that none has is an error that names it and where it stands, never a blank or a box on the page.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use anyhow::Context as _;
use resvg::usvg::fontdb;
use serde_json::Value;
use typst::{
    foundations::Bytes,
    text::{Font, FontBook},
    utils::LazyHash,
};

use crate::told::Told;

/// What the templates name, and nothing else: the same fonts give the same bytes on every machine.
const FACES: [(&str, fontdb::Weight); 5] = [
    ("Noto Sans CJK SC", fontdb::Weight::NORMAL),
    ("Noto Sans CJK SC", fontdb::Weight::BOLD),
    ("Noto Serif CJK SC", fontdb::Weight::NORMAL),
    ("Noto Serif CJK SC", fontdb::Weight::BOLD),
    ("Noto Sans Mono CJK SC", fontdb::Weight::NORMAL),
];

/// The fonts a document is set in.
pub struct Fonts {
    /// In the order of `book`.
    pub faces: Vec<Font>,
    /// What Typst chooses from.
    pub book: LazyHash<FontBook>,
}

impl Fonts {
    /// The fonts for every text of `data`.
    ///
    /// # Errors
    /// [`Told`] when the Noto fonts are not installed, or for characters that no installed font has.
    pub fn for_texts(data: &Value) -> anyhow::Result<Self> {
        let mut system = fontdb::Database::new();
        system.load_system_fonts();
        let mut files = Files::default();
        let mut faces = Vec::new();
        for (family, weight) in FACES {
            let families = [fontdb::Family::Name(family)];
            let found = system.query(&fontdb::Query { families: &families, weight, ..fontdb::Query::default() });
            let face = found.and_then(|id| system.face(id)).filter(|face| face.weight == weight);
            let font = face.map(|face| files.font(face)).transpose()?.flatten();
            faces.push(font.ok_or_else(|| {
                Told::new(
                    format!("没有字体“{family}”，无法排版。请安装 Debian 软件包 fonts-noto-cjk 后重试"),
                    format!("the font {family} is not installed: install the Debian package fonts-noto-cjk"),
                )
            })?);
        }
        let mut open = BTreeMap::new();
        gather(data, &mut String::new(), &mut open);
        open.retain(|character, _| is_private(*character) || !faces.iter().any(|face| has(face, *character)));
        if !open.is_empty() {
            add_others(&system, &mut files, &mut faces, &mut open)?;
        }
        refuse(&open)?;
        let book = LazyHash::new(FontBook::from_fonts(&faces));
        Ok(Self { faces, book })
    }
}

/// Font files read once, whatever number of their faces is used.
#[derive(Default)]
struct Files(BTreeMap<PathBuf, Bytes>);

impl Files {
    fn font(&mut self, face: &fontdb::FaceInfo) -> anyhow::Result<Option<Font>> {
        let (fontdb::Source::File(path) | fontdb::Source::SharedFile(path, _)) = &face.source else { return Ok(None) };
        if !self.0.contains_key(path) {
            let bytes = fs::read(path).with_context(|| path.display().to_string())?;
            self.0.insert(path.clone(), Bytes::new(bytes));
        }
        Ok(self.0.get(path).and_then(|bytes| Font::new(bytes.clone(), face.index)))
    }
}

fn has(font: &Font, character: char) -> bool {
    font.info().coverage.contains(u32::from(character))
}

/// Characters whose meaning is agreed on by nobody: an archive must not hold them, whatever some font draws for them.
fn is_private(character: char) -> bool {
    matches!(character, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..)
}

/// One more face for what the first ones lack, the same one whatever order the system lists its fonts in.
fn add_others(
    system: &fontdb::Database,
    files: &mut Files,
    faces: &mut Vec<Font>,
    open: &mut BTreeMap<char, String>,
) -> anyhow::Result<()> {
    let mut others: Vec<&fontdb::FaceInfo> = system.faces().collect();
    others.sort_by_key(|face| (source_path(face), face.index));
    for other in others {
        if open.is_empty() {
            break;
        }
        let helps = system.with_face_data(other.id, |data, index| {
            let face = ttf_parser::Face::parse(data, index).ok()?;
            // Pictures of characters and fonts of other shapes cannot be put into the archive as text.
            let is_text = face.tables().glyf.is_some() || face.tables().cff.is_some();
            let helps = |c: &char| !is_private(*c) && face.glyph_index(*c).is_some_and(|glyph| glyph.0 != 0);
            (is_text && open.keys().any(helps)).then_some(())
        });
        if helps.flatten().is_some()
            && let Some(font) = files.font(other)?
        {
            open.retain(|character, _| is_private(*character) || !has(&font, *character));
            faces.push(font);
        }
    }
    Ok(())
}

fn source_path(face: &fontdb::FaceInfo) -> Option<PathBuf> {
    match &face.source {
        fontdb::Source::File(path) | fontdb::Source::SharedFile(path, _) => Some(path.clone()),
        fontdb::Source::Binary(_) => None,
    }
}

/// Every character that must be drawn, with the text it first stands in.
fn gather(data: &Value, place: &mut String, open: &mut BTreeMap<char, String>) {
    let length = place.len();
    match data {
        Value::String(text) => {
            for character in text.chars().filter(|c| !c.is_whitespace()) {
                open.entry(character).or_insert_with(|| format!("{place}：{}", around(text, character)));
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                place.push_str(&format!("/{at}"));
                gather(item, place, open);
                place.truncate(length);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                place.push_str(&format!("/{name}"));
                gather(field, place, open);
                place.truncate(length);
            }
        }
        _ => {}
    }
}

/// The words beside a character, so that people find it.
fn around(text: &str, character: char) -> String {
    let all: Vec<char> = text.chars().collect();
    let at = all.iter().position(|one| *one == character).unwrap_or_default();
    let words: String = all[at.saturating_sub(8)..(at + 9).min(all.len())].iter().collect();
    words.replace('\n', " ")
}

/// Names what cannot be drawn.
fn refuse(open: &BTreeMap<char, String>) -> anyhow::Result<()> {
    if open.is_empty() {
        return Ok(());
    }
    let named = |c: &char| format!("“{c}”（U+{:04X}）", u32::from(*c));
    let characters: Vec<String> = open.keys().take(10).map(named).collect();
    let places: BTreeSet<&String> = open.values().take(10).collect();
    let places: Vec<&str> = places.into_iter().map(String::as_str).collect();
    let (characters, places) = (characters.join("、"), places.join("；"));
    Err(Told::new(
        format!("没有任何已安装的字体含有字符 {characters}，出现在 {places}。请安装含有该字的字体，或更正原文后重试"),
        format!(
            "no installed font has {characters}, which stands in {places}: install a font that has it, or correct the text"
        ),
    )
    .into())
}
