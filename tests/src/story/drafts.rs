//! A terminal in the middle of its work: half-filled visits, a record that waits and one that has arrived. What the window's
//! pages show when there is something to show.

use std::{collections::BTreeSet, fs};

use anyhow::Context as _;
use serde_json::Value;

use super::{Inspection, Story, desk::text};
use crate::answers::honest_answer;

/// Visits and records at every stage.
#[derive(Debug, Clone)]
pub struct Drafts {
    /// A room half answered.
    pub room: String,
    /// A rack half answered, with scans, a photo and a finding.
    pub rack: String,
    /// That rack's first line that is answered, and has the photo and the finding.
    pub line: u64,
    /// That photo's SHA-256.
    pub photo: String,
    /// A sealed visit whose record waits on the terminal, and that record.
    pub sealed: (String, String),
    /// A record with its receipt.
    pub delivered: String,
}

impl Story {
    /// Walks two racks to their seal, delivers one of them, and leaves a room and a rack half done.
    ///
    /// # Errors
    /// What the step that failed said.
    pub fn prepare_drafts(&self) -> anyhow::Result<Drafts> {
        let mut done = Inspection::default();
        let (_, delivered) = self.walk_next("rack", &mut done)?;
        let service = self.serve()?;
        self.field().args(["--service", &service.url]).arg_json("sync")?;
        drop(service);
        let sealed = self.walk_next("rack", &mut done)?;

        let room = self.half_answer("room")?;
        let rack = self.half_answer("rack")?;
        let line = 1;
        let picture = self.photo_of("rack-7-front", 4242)?;
        let photo = self
            .field()
            .args(["visit", "photo", &rack, "--line", &line.to_string(), "--capture", "camera"])
            .args([&picture])
            .json()?;
        let photo = find_hash(&photo).context("attaching a photo names its hash")?;
        self.field()
            .args([
                "visit",
                "finding",
                &rack,
                "--line",
                &line.to_string(),
                "--severity",
                "major",
                "--due",
                "2030-01-31",
            ])
            .args(["--description", "硬盘指示灯红色常亮", "--unit", "云山云服务有限公司"])
            .json()?;
        Ok(Drafts { room, rack, line, photo, sealed, delivered })
    }

    /// Walks this many racks to their seal, each with photos, while nobody is there to send them to; their records.
    ///
    /// # Errors
    /// What the step that failed said.
    pub fn seal_without_sending(&self, racks: usize) -> anyhow::Result<Vec<String>> {
        let mut done = Inspection::default();
        (0..racks).map(|_| self.walk_next("rack", &mut done).map(|(_, record)| record)).collect()
    }

    /// The next visit of this kind that nobody has started, from start to seal.
    fn walk_next(&self, kind: &str, done: &mut Inspection) -> anyhow::Result<(String, String)> {
        let visit = self.next_of(kind)?;
        let shown = self.field().args(["visit", "show", &visit]).json()?;
        let sealed = self.walk(&shown, done)?;
        done.records.push(sealed.clone());
        Ok((visit, sealed.id))
    }

    fn next_of(&self, kind: &str) -> anyhow::Result<String> {
        let today = self.field().arg_json("today")?;
        let visits = today["rounds"][0]["visits"].as_array().context("no visits")?;
        let found = visits.iter().find(|visit| visit["kind"] == kind && visit["state"] == "not_started");
        text(found.with_context(|| format!("every {kind} was started"))?, "id")
    }

    /// Starts the next visit of this kind, scans what it visits and some assets in it, and answers every other line.
    fn half_answer(&self, kind: &str) -> anyhow::Result<String> {
        let visit = self.next_of(kind)?;
        self.field().args(["visit", "start", &visit]).json()?;
        let shown = self.field().args(["visit", "show", &visit]).json()?;
        for code in self.codes_in(shown["title"].as_str().unwrap_or_default())? {
            self.field().args(["visit", "scan", &visit, &code, "--source", "typed"]).json()?;
        }
        let lines = shown["lines"].as_array().context("lines")?;
        let answers: Vec<Value> = lines.iter().step_by(2).map(honest_answer).collect();
        let file = self.options.folder.join("half.json");
        fs::write(&file, serde_json::to_vec(&answers)?)?;
        self.field().args(["visit", "answer", &visit, "--file"]).args([&file]).json()?;
        Ok(visit)
    }

    /// The codes printed beside the labels of a room or rack and of the first assets in it.
    fn codes_in(&self, title: &str) -> anyhow::Result<BTreeSet<String>> {
        let list: Value = serde_json::from_slice(&fs::read(self.labels_folder().join("labels.json"))?)?;
        let labels = list.as_array().into_iter().flatten();
        Ok(labels
            .filter(|label| {
                let (place, name) =
                    (label["place"].as_str().unwrap_or_default(), label["title"].as_str().unwrap_or_default());
                name == title
                    || place == title
                    || name.strip_suffix(" 前门").is_some_and(|rack| title == format!("{place} · {rack}"))
            })
            .filter_map(|label| label["code"].as_str().map(str::to_owned))
            .take(6)
            .collect())
    }
}

fn find_hash(json: &Value) -> Option<String> {
    match json {
        Value::Object(fields) => match fields.get("sha256").and_then(Value::as_str) {
            Some(hash) => Some(hash.to_owned()),
            None => fields.values().find_map(find_hash),
        },
        Value::Array(items) => items.iter().find_map(find_hash),
        _ => None,
    }
}
