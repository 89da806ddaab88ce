//! Tables B.1 and C.1 as printed, byte for byte, with our reading of what the print leaves open.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{hash::Sha256, text::Text};

/// The printed rows as shipped, version 1.
const ANNEX_B_C_V1: &str = include_str!("../../templates/annex-b-c.v1.json");

/// One row of table B.1 or C.1: `B.1-05`. The row of C.1 that is printed with number 19 is `C.1-10`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct RowKey(String);

impl RowKey {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for RowKey {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RowKey({})", self.0)
    }
}

/// Both tables, and our notes on them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Annexes {
    /// The document they come from.
    pub source: String,
    /// B.1, then C.1, in printed order.
    pub rows: Vec<AnnexRow>,
    /// 适用解读.
    pub notes: Vec<AnnexNote>,
}

/// One printed row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnnexRow {
    /// What it is cited as.
    pub key: RowKey,
    /// `B.1` or `C.1`.
    pub table: String,
    /// Its place in the table, from 1.
    pub row: u32,
    /// 序号 as printed; `19` for the last row of C.1.
    pub printed_no: String,
    /// 监控类别 or 判断类别, as printed.
    pub category: String,
    /// 监控项 or 判断项, as printed; empty where the print leaves it so.
    pub item: String,
    /// 监控指标 or 判断指标, as printed, byte for byte.
    pub text: String,
    /// SHA-256 of `text` in UTF-8.
    pub text_sha256: Sha256,
    /// Our English rendering; the Chinese text is the one that counts.
    pub english: String,
    /// Keys of the notes that apply.
    pub notes: Vec<String>,
}

/// 适用解读: how a row is read, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnnexNote {
    /// `capacity-bands`.
    pub key: String,
    /// The reading.
    pub text: Text,
}

impl Annexes {
    /// Tables B.1 and C.1 of DB4401/T 294.3—2024 as printed, version 1.
    ///
    /// # Panics
    /// Never: the file is part of this crate and its tests parse it.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the file is compiled in and the tests of this crate parse it")]
    pub fn printed() -> Self {
        serde_json::from_str(ANNEX_B_C_V1).expect("the shipped rows are valid")
    }

    /// The row with this key.
    #[must_use]
    pub fn row(&self, key: &RowKey) -> Option<&AnnexRow> {
        self.rows.iter().find(|row| &row.key == key)
    }
}
