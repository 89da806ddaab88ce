//! The office's part of the story: site, people, ledger, round, labels; and afterwards sync, receipts, checks.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use super::{Inspection, Story};
use crate::programs::Service;

impl Story {
    /// Site, people, ledger, labels, round.
    pub(super) fn set_up(&mut self, done: &mut Inspection) -> anyhow::Result<()> {
        self.make_site()?;
        done.import = self.import(&[])?;
        let count = |name: &str| done.import[name].clone();
        self.tell(
            &format!("台账：{} 行，导入 {}，跳过 {}", count("rows"), count("imported"), count("skipped")),
            "ledger imported, every other row listed with its reason",
        );
        done.labels = self.print_labels()?;
        done.round = self.open_round()?;
        Ok(())
    }

    /// Parties, keys, people; nothing to inspect yet.
    ///
    /// # Errors
    /// What the step that failed said.
    pub fn make_site(&mut self) -> anyhow::Result<()> {
        let root = self.root_folder();
        let init = self
            .central()
            .args(["init", "--id", "ys-demo", "--name", "云山一号政务云机房", "--host", "xunjian.example"])
            .args(["--service-desk", "020-12345", "--party", "provider=云山云服务有限公司"])
            .args(["--party", "manager=云山市政务服务和数据管理局", "--party", "supervisor=云山信息工程监理有限公司"])
            .args(["--root".as_ref(), root.as_os_str()])
            .json()?;
        self.fingerprint = text(&init, "root_fingerprint")?;
        self.tell(&format!("站点已建立，根指纹 {}…", &self.fingerprint[..16]), "the site is made");
        for (name, party, role) in
            [("镕堃", "provider", "inspector"), ("王䶮", "manager", "reviewer"), ("陈㛃", "provider", "administrator")]
        {
            self.central().args(["user", "add", "--name", name, "--party", party, "--role", role]).json()?;
        }
        Ok(())
    }

    /// The story's ledger files, and these.
    pub(super) fn import(&self, more: &[PathBuf]) -> anyhow::Result<Value> {
        self.central().args(["ledger", "import"]).args(self.options.ledgers.iter().chain(more)).json()
    }

    /// This quarter's round.
    pub(super) fn open_round(&self) -> anyhow::Result<Value> {
        let quarter = today_quarter();
        let round = self.central().args(["round", "open", "--quarter", &quarter]).json()?;
        self.tell(
            &format!("{quarter} 计划：应检 {} 项，已记入日志第 {} 叶", round["lines_due"], round["leaf"]),
            "the plan is logged before anyone walks",
        );
        Ok(round)
    }

    /// A special round (保障巡检) in the same quarter, over the same ledger.
    ///
    /// # Errors
    /// What `xunjian round open` said.
    pub fn open_special_round(&self) -> anyhow::Result<Value> {
        let open = self.central().args(["round", "open", "--quarter", &today_quarter(), "--special"]);
        open.args(["--title", "国庆保障巡检"]).json()
    }

    /// Prints every label and reads the pictures back: how many, and how many of them say what they should.
    ///
    /// # Errors
    /// When a label cannot be read back from its own picture.
    pub fn print_labels(&self) -> anyhow::Result<(usize, usize)> {
        let folder = self.labels_folder();
        let printed = self.central().args(["labels", "--all", "--out"]).args([&folder]).json()?;
        let labels = printed["labels"].as_array().context("labels")?.clone();
        let files: Vec<PathBuf> = labels
            .iter()
            .map(|label| folder.join(format!("{}.png", label["file"].as_str().unwrap_or_default())))
            .collect();
        let read = self.field().args(["--json", "scan"]).args(&files).text()?;
        let is_right = |(line, label): &(&str, &Value)| {
            serde_json::from_str::<Value>(line).is_ok_and(|line| line["codes"][0]["text"] == label["payload"])
        };
        let (printed, right) = (labels.len(), read.lines().zip(&labels).filter(is_right).count());
        self.tell(&format!("标签：打印 {printed}，读回 {right}"), "labels printed and decoded back");
        ensure!(printed == right, "a label cannot be read back from its own picture");
        Ok((printed, right))
    }

    /// Where the label pictures are.
    #[must_use]
    pub fn labels_folder(&self) -> PathBuf {
        self.options.folder.join("labels")
    }

    /// Enrols the inspector on the terminal; the root's holder signs; the terminal pulls its work.
    ///
    /// # Errors
    /// What the step that failed said.
    pub fn enrol(&self, service: &Service) -> anyhow::Result<()> {
        let code = self.central().args(["terminal", "enrol-code", "--person", "镕堃"]).json()?;
        self.field()
            .args(["--service", &service.url, "enrol", "--code", &text(&code, "code")?, "--name", "平板A"])
            .args(["--root-fingerprint", &self.fingerprint])
            .json()?;
        self.central().args(["key", "approve", "--root"]).args([self.root_folder()]).json()?;
        let pulled = self.field().arg_json("pull")?;
        self.tell(
            &format!("终端已登记并拉取任务（日志 {} 叶）", pulled["log_size"]),
            "enrolled, approved by the root, pulled",
        );
        Ok(())
    }

    /// Without a service the terminal says so, loses nothing, and asks to be tried again.
    pub(super) fn sync_in_vain(&self) -> anyhow::Result<()> {
        let output = self.field().args(["sync", "--json"]).output()?;
        ensure!(output.status.code() == Some(3), "a sync without a service must ask to try again: {output:?}");
        self.tell("没有网络：同步稍后再试，记录都在本机", "no network: nothing is lost, try again later");
        Ok(())
    }

    /// Syncs, and exports every record with its receipt.
    pub(super) fn deliver(&self, service: &Service, done: &mut Inspection) -> anyhow::Result<()> {
        done.sync = self.field().args(["--service", &service.url]).arg_json("sync")?;
        self.tell(
            &format!(
                "已同步：记录 {}，照片 {}，回执 {}",
                done.sync["submitted"], done.sync["blobs_sent"], done.sync["delivered"]
            ),
            "synced: every receipt verified on the terminal",
        );
        for record in &done.records {
            self.field().args(["records", "export", &record.id]).args([&record.export]).json()?;
        }
        Ok(())
    }

    /// Public tools, the offline verifier, and the service's own check of everything it stores.
    pub(super) fn check(&self, done: &mut Inspection) -> anyhow::Result<()> {
        let first = done.records.first().context("no record was sealed")?;
        done.public_tools = self.public_tools(&first.export)?;
        self.tell("openssl、sha256sum、jq、base64 核验一致", "public tools agree");
        for record in &done.records {
            let verdict = self
                .programs
                .program("xunjian-verify")
                .args([record.export.as_os_str(), "--root-fingerprint".as_ref(), self.fingerprint.as_ref()])
                .json()?;
            ensure!(verdict["result"] == "ok", "xunjian-verify says {verdict}");
        }
        done.verified = self.central().arg_json("verify-all")?;
        let checked = self.central().arg_json("fsck")?;
        ensure!(done.verified["damages"] == json!([]) && checked["damages"] == json!([]), "damage: {checked}");
        self.tell(
            &format!(
                "verify-all、fsck：记录 {}，照片 {}，日志 {} 叶，无损坏",
                done.verified["records"], done.verified["blobs"], checked["leaves"]
            ),
            "everything recomputed from stored bytes",
        );
        Ok(())
    }

    /// Runs the commands of `docs/EVIDENCE.md` on an exported record.
    ///
    /// # Errors
    /// What the command that failed said.
    pub fn public_tools(&self, export: &std::path::Path) -> anyhow::Result<String> {
        let script = crate::evidence_script()?;
        // In a copy: the commands write helper files beside the record.
        let copy = export.with_extension("by-hand");
        crate::copy_folder(export, &copy)?;
        let output = Command::new("bash")
            .args(["-c", &script])
            .current_dir(&copy)
            .env("PAPER_FINGERPRINT", &self.fingerprint)
            .output()
            .context("bash, openssl, jq: scripts/setup.sh installs them")?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(output.status.success(), "docs/EVIDENCE.md: {}{said}", String::from_utf8_lossy(&output.stderr));
        fs::remove_dir_all(&copy)?;
        Ok(said)
    }
}

/// A text of a JSON document.
pub(crate) fn text(json: &Value, name: &str) -> anyhow::Result<String> {
    Ok(json[name].as_str().with_context(|| format!("“{name}” is missing in {json}"))?.to_owned())
}

/// The quarter of today, as the round is opened for.
#[expect(clippy::disallowed_methods, reason = "a demo happens today")]
fn today_quarter() -> String {
    let today = jiff::tz::Offset::constant(8).to_datetime(jiff::Timestamp::now()).date();
    format!("{}Q{}", today.year(), (today.month() - 1) / 3 + 1)
}
