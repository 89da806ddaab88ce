//! The inspector's part of the story: every kind of visit, every printed line, scans, photos, a problem, a seal.

use std::{collections::BTreeSet, fs};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::{Inspection, Sealed, Story, desk::text};
use crate::answers::honest_answer;

impl Story {
    /// Walks visits until every criterion that this round asks has been answered: a room, racks, systems, a cluster.
    pub(super) fn walk_all(&self, done: &mut Inspection) -> anyhow::Result<()> {
        let today = self.field().arg_json("today")?;
        let visits = today["rounds"][0]["visits"].as_array().context("no visits")?.clone();
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut kinds: BTreeSet<String> = BTreeSet::new();
        for planned in &visits {
            let shown = self.field().args(["visit", "show", &text(planned, "id")?]).json()?;
            let asked: BTreeSet<String> = lines(&shown).map(|line| format!("{}", line["criterion"])).collect();
            let kind = format!("{}/{}", shown["kind"], shown["subject"]["kind"]);
            if asked.is_subset(&seen) && kinds.contains(&kind) {
                continue;
            }
            seen.extend(asked);
            kinds.insert(kind);
            let sealed = self.walk(&shown, done)?;
            self.tell(&format!("已签：{}（{} 项）", sealed.title, lines(&shown).count()), "sealed and signed offline");
            done.records.push(sealed);
        }
        Ok(())
    }

    /// One visit from start to seal.
    pub(super) fn walk(&self, shown: &Value, done: &mut Inspection) -> anyhow::Result<Sealed> {
        let visit = text(shown, "id")?;
        let number = done.records.len() as u64;
        self.field().args(["visit", "start", &visit]).json()?;
        self.scan_labels(shown, number)?;
        let has_problem = number == 1;
        self.answer(shown, has_problem)?;
        self.attach_photos(shown, number, has_problem)?;
        if shown["kind"] == "rack" {
            self.reconcile(shown)?;
        }
        let sealed =
            self.field().args(["visit", "seal", &visit, "--present", "王䶮/云山市政务服务和数据管理局"]).json()?;
        let id = text(&sealed, "record")?;
        self.tally(&id, shown, done)?;
        let export = self.options.folder.join("records").join(&id[..12]);
        Ok(Sealed { id, kind: text(shown, "kind")?, title: text(shown, "title")?, export })
    }

    /// Reads the label of the room or rack out of a photo of it.
    fn scan_labels(&self, shown: &Value, number: u64) -> anyhow::Result<()> {
        let subject = (&shown["subject"]["kind"], shown["title"].as_str().unwrap_or_default());
        let list: Value = serde_json::from_slice(&fs::read(self.labels_folder().join("labels.json"))?)?;
        let is_of = |label: &&Value| {
            let title = label["title"].as_str().unwrap_or_default();
            let place = label["place"].as_str().unwrap_or_default();
            match subject.0.as_str() {
                Some("room") => place == "机房" && title == subject.1,
                Some("rack") => {
                    title.strip_suffix(" 前门").is_some_and(|rack| subject.1 == format!("{place} · {rack}"))
                }
                _ => false,
            }
        };
        let Some(label) = list.as_array().into_iter().flatten().find(is_of) else {
            ensure!(!matches!(subject.0.as_str(), Some("room" | "rack")), "no label for {}", subject.1);
            return Ok(());
        };
        let picture = self.labels_folder().join(format!("{}.png", text(label, "file")?));
        let photo = self.photo(&picture, 100 + number)?;
        let scan = self
            .field()
            .args(["visit", "scan", &text(shown, "id")?, "--source", "camera", "--file"])
            .args([&photo])
            .json()?;
        let verdict = format!("{scan}");
        ensure!(verdict.contains("\"right\""), "the label of {} was read as {scan}", subject.1);
        Ok(())
    }

    /// Answers every line as a careful inspector would; one rack has a problem.
    fn answer(&self, shown: &Value, has_problem: bool) -> anyhow::Result<()> {
        let mut answers: Vec<Value> = lines(shown).map(honest_answer).collect();
        if has_problem {
            let line = alarm_line(shown).context("a rack has a line that counts alarms")?;
            let answer = answers.iter_mut().find(|answer| answer["line"] == line["no"]).context("its answer")?;
            answer["outcome"] = "abnormal".into();
            answer["note"] = "管理口报告风扇故障告警2条".into();
            for check in answer["checks"].as_array_mut().into_iter().flatten() {
                check["outcome"] = "abnormal".into();
                check["value"]["count"] = 2.into();
            }
        }
        let file = self.options.folder.join("answers.json");
        fs::write(&file, serde_json::to_vec_pretty(&answers)?)?;
        self.field().args(["visit", "answer", &text(shown, "id")?, "--file"]).args([&file]).json()?;
        Ok(())
    }

    /// Attaches the photos that lines ask for, and those of the problem with its finding.
    fn attach_photos(&self, shown: &Value, number: u64, has_problem: bool) -> anyhow::Result<()> {
        let visit = text(shown, "id")?;
        let label = self.labels_folder().join("room-1.png");
        for line in lines(shown).filter(|line| line["evidence"]["photos_when_normal"].as_u64().unwrap_or(0) > 0) {
            let (no, seed) = (line["no"].to_string(), 1000 + number * 100 + line["no"].as_u64().unwrap_or(0));
            let capture = if line["mode"] == "remote" { "imported" } else { "camera" };
            let photo = self.photo(&label, seed)?;
            self.field().args(["visit", "photo", &visit, "--line", &no, "--capture", capture]).args([&photo]).json()?;
        }
        if has_problem {
            let no = alarm_line(shown).context("the alarm line")?["no"].to_string();
            let photo = self.photo(&label, 5000 + number)?;
            self.field()
                .args(["visit", "photo", &visit, "--line", &no, "--capture", "camera"])
                .args([&photo])
                .json()?;
            self.field()
                .args(["visit", "finding", &visit, "--line", &no, "--severity", "major", "--due", "2030-01-31"])
                .args(["--description", "风扇故障告警2条，需更换风扇模块", "--unit", "云山云服务有限公司"])
                .json()?;
        }
        Ok(())
    }

    /// Every asset of the rack is looked at; the first one turns out to be another model. Then the rack is closed.
    fn reconcile(&self, shown: &Value) -> anyhow::Result<()> {
        let visit = text(shown, "id")?;
        let assets: BTreeSet<String> = lines(shown)
            .filter(|line| line["subject"]["ledger"].is_object())
            .filter_map(|line| line["subject"]["id"].as_str().map(str::to_owned))
            .collect();
        for (at, asset) in assets.iter().enumerate() {
            let program = self.field().args(["visit", "sight", &visit, "--asset", asset]);
            let program = if at == 0 {
                program.args(["--model", "现场铭牌型号-X1"])
            } else {
                program.args(["--as-in-ledger"])
            };
            program.json()?;
        }
        self.field().args(["visit", "close-rack", &visit]).json()?;
        Ok(())
    }

    /// Counts the sealed record's lines by what was signed, not by what was meant to be.
    fn tally(&self, record: &str, shown: &Value, done: &mut Inspection) -> anyhow::Result<()> {
        let stored = self.field().args(["records", "show", record]).json()?;
        for result in stored["record"]["lines"].as_array().context("a record has lines")? {
            let key = text(result, "criterion")?;
            let outcome = text(result, "outcome")?;
            let line = lines(shown).find(|line| line["no"] == result["no"]).context("a planned line")?;
            let tally = done.lines.entry(key).or_default();
            *tally.outcomes.entry(outcome).or_default() += 1;
            tally.text = text(line, "text")?;
            tally.inputs = line["checks"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|check| check["input"]["type"].as_str().map(str::to_owned))
                .collect();
        }
        Ok(())
    }
}

fn lines(shown: &Value) -> impl Iterator<Item = &Value> {
    shown["lines"].as_array().into_iter().flatten()
}

/// The first line whose only check counts alarms.
fn alarm_line(shown: &Value) -> Option<&Value> {
    lines(shown).find(|line| {
        let checks = line["checks"].as_array();
        checks.is_some_and(|checks| checks.len() == 1 && checks[0]["input"]["type"] == "count")
    })
}
