//! Stills of 12 megapixels: what a person waits for after choosing a picture.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use xunjian_field::scan::{CascadeDecoder, decode_bytes};
use xunjian_testkit::label_frames::{Scene, empty_scenes, scenes};

use crate::{
    peers,
    tally::{Tally, print_head},
};

const SIZE: (usize, usize) = (4000, 3000);
const WITHOUT: u64 = 6;

/// Wrong reads of ours.
pub fn run(seed: u64) -> anyhow::Result<usize> {
    let mut columns: Vec<_> =
        [peers::ours_still()].into_iter().chain(peers::others()).filter(|peer| peers::is_wanted(peer.name)).map(|peer| (peer, Tally::default())).collect();
    let mut whole = Tally::default();
    let mut with_code = 0;
    for scene in scenes(seed, SIZE, 1).chain(empty_scenes(seed, SIZE, WITHOUT)) {
        with_code += usize::from(!scene.texts.is_empty());
        still(&scene, &mut columns, &mut whole)?;
    }
    print_head(&format!("Stills of {} × {}: {with_code} with a label, {WITHOUT} without", SIZE.0, SIZE.1));
    for (peer, tally) in &columns {
        tally.print(peer.name, with_code);
    }
    whole.print("xunjian (still, opening the JPEG included)", with_code);
    Ok(columns[0].1.wrong + whole.wrong)
}

fn still(scene: &Scene, columns: &mut [(peers::Peer, Tally)], whole: &mut Tally) -> anyhow::Result<()> {
    let picture = scene.frame(0);
    for (peer, tally) in columns {
        let read = tally.timed(|| peer.read(&picture));
        let is_read = tally.count(read, &scene.texts, "a still");
        tally.right += usize::from(is_read);
    }
    let mut file = Cursor::new(Vec::new());
    JpegEncoder::new_with_quality(&mut file, 92).encode_image(&picture)?;
    let decoder = CascadeDecoder::default();
    let read = whole.timed(|| decode_bytes(&decoder, file.get_ref()))?;
    let read = read.into_iter().map(|code| code.text).collect();
    let is_read = whole.count(Some(read), &scene.texts, "a still's file");
    whole.right += usize::from(is_read);
    Ok(())
}
