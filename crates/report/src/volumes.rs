//! Volumes: a report with more than 100 photos or 1,500 rows of tables is cut into several files, so that one of them fits the
//! memory it gets and opens on an ordinary machine. Order and numbers go on through all of them.

use xunjian_domain::report::{Block, Document, MAX_PHOTOS_A_VOLUME, Picture, Section, Table};

/// Most rows of tables of one volume: setting 5,000 takes more than a gigabyte.
const MAX_ROWS: usize = 1_500;

/// What a volume has to hold.
#[derive(Debug, Clone, Copy, Default)]
struct Load {
    photos: usize,
    rows: usize,
}

impl Load {
    fn of(section: &Section) -> Self {
        section.blocks.iter().fold(Self::default(), |sum, block| sum.with(Self::of_block(block)))
    }

    fn of_block(block: &Block) -> Self {
        match block {
            Block::Photos { photos } => {
                Self { photos: photos.iter().filter(|photo| photo.withheld.is_empty()).count(), rows: 0 }
            }
            Block::Table(table) => Self { photos: 0, rows: table.rows.len() },
            _ => Self::default(),
        }
    }

    fn with(self, other: Self) -> Self {
        Self { photos: self.photos + other.photos, rows: self.rows + other.rows }
    }

    fn fits(self) -> bool {
        self.photos <= MAX_PHOTOS_A_VOLUME && self.rows <= MAX_ROWS
    }
}

/// The document's volumes, in order; one for most.
pub fn cut(document: &Document) -> Vec<Document> {
    let mut volumes: Vec<Vec<Section>> = vec![Vec::new()];
    let mut load = Load::default();
    for section in document.sections.iter().flat_map(portions) {
        let more = load.with(Load::of(&section));
        let is_new = !more.fits() && volumes.last().is_some_and(|volume| !volume.is_empty());
        if is_new {
            volumes.push(Vec::new());
        }
        load = if is_new { Load::of(&section) } else { more };
        if let Some(volume) = volumes.last_mut() {
            volume.push(section);
        }
    }
    let volume = |sections| Document { sections, ..document.clone() };
    volumes.into_iter().map(volume).collect()
}

/// A section with more than a volume holds, in portions with the same heading.
fn portions(section: &Section) -> Vec<Section> {
    if Load::of(section).fits() {
        return vec![section.clone()];
    }
    let empty = Section { blocks: Vec::new(), ..section.clone() };
    let mut portions = vec![empty.clone()];
    for block in &section.blocks {
        let chunks: Vec<Block> = match block {
            Block::Photos { photos } => photos.chunks(MAX_PHOTOS_A_VOLUME).map(gallery).collect(),
            Block::Table(table) if table.rows.len() > MAX_ROWS => continued(table),
            other => vec![other.clone()],
        };
        for chunk in chunks {
            let room = portions.last().map(|last| Load::of(last).with(Load::of_block(&chunk)).fits());
            match portions.last_mut().filter(|last| room == Some(true) || last.blocks.is_empty()) {
                Some(last) => last.blocks.push(chunk),
                None => portions.push(Section { blocks: vec![chunk], ..empty.clone() }),
            }
        }
    }
    portions
}

fn gallery(photos: &[Picture]) -> Block {
    Block::Photos { photos: photos.to_vec() }
}

/// A table in parts with the same head; only the last one has the sum.
fn continued(table: &Table) -> Vec<Block> {
    let count = table.rows.len().div_ceil(MAX_ROWS);
    let part = |(rows, number): (&[_], usize)| {
        let title = if number == 1 { table.title.clone() } else { format!("{}（续 {}）", table.title, number - 1) };
        let has_sum = table.has_sum && number == count;
        Block::Table(Table { title, rows: rows.to_vec(), has_sum, ..table.clone() })
    };
    table.rows.chunks(MAX_ROWS).zip(1..).map(part).collect()
}

#[cfg(test)]
mod tests {
    use xunjian_domain::{
        hash::Sha256,
        report::{Cell, Column},
    };

    use super::*;

    fn photos(from: usize, count: usize) -> Block {
        let photo = |at: usize| Picture {
            sha256: Sha256::of(&at.to_le_bytes()),
            caption: format!("照片 {at}"),
            withheld: String::new(),
        };
        Block::Photos { photos: (from..from + count).map(photo).collect() }
    }

    fn section(number: &str, blocks: Vec<Block>) -> Section {
        Section { number: number.into(), level: 2, heading: "问题".into(), starts_page: false, blocks }
    }

    fn document(sections: Vec<Section>) -> Document {
        Document {
            title: "巡检报告".into(),
            subtitle: String::new(),
            site: String::new(),
            issuer: String::new(),
            day: String::new(),
            number: String::new(),
            has_cover: true,
            facts: Vec::new(),
            sections,
        }
    }

    #[test]
    fn no_volume_has_more_than_a_hundred_photos_and_none_is_lost() {
        let sections = vec![
            section("1", vec![]),
            section("A.1", vec![photos(0, 60)]),
            section("A.2", vec![photos(60, 41)]),
            section("A.3", vec![photos(101, 250), photos(351, 2)]),
            section("A.4", vec![photos(353, 1)]),
        ];
        let volumes = cut(&document(sections));
        let counts: Vec<usize> = volumes.iter().map(|volume| volume.shown().count()).collect();
        assert_eq!(counts, [60, 41, 100, 100, 53]);
        let captions: Vec<String> =
            volumes.iter().flat_map(|volume| volume.shown().map(|photo| photo.caption.clone())).collect();
        let wanted: Vec<String> = (0..354).map(|at| format!("照片 {at}")).collect();
        assert_eq!(captions, wanted, "each photo once, in order");
    }

    #[test]
    fn what_has_few_photos_is_one_volume() {
        let whole = document(vec![section("1", vec![photos(0, 100)])]);
        assert_eq!(cut(&whole), [whole]);
    }

    #[test]
    fn a_long_table_goes_on_in_the_next_volume_and_loses_no_row() {
        let rows: Vec<Vec<Cell>> = (0..4_001_u64).map(|row| vec![Cell::Number(row)]).collect();
        let columns = vec![Column { heading: "行".into(), parts: 1, is_number: true }];
        let title = "设备".to_owned();
        let table = Table { number: 7, title, columns, rows: rows.clone(), has_sum: true, when_empty: String::new() };
        let volumes = cut(&document(vec![section("1", vec![]), section("2", vec![Block::Table(table)])]));
        let tables: Vec<&Table> = volumes.iter().flat_map(Document::tables).collect();
        let titles: Vec<&str> = tables.iter().map(|table| table.title.as_str()).collect();
        assert_eq!(titles, ["设备", "设备（续 1）", "设备（续 2）"]);
        assert_eq!(
            (volumes.len(), tables.iter().map(|table| table.has_sum).collect::<Vec<_>>()),
            (3, vec![false, false, true])
        );
        let all: Vec<Vec<Cell>> = tables.iter().flat_map(|table| table.rows.clone()).collect();
        assert_eq!(all, rows);
        assert!(volumes[1].sections[0].number == "2", "the heading is repeated");
    }
}
