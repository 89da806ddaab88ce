//! What synchronisation may do by itself, and over which network: set by the people of the terminal.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use crate::{Field, error::FieldError, network::Network, store::terminal};

/// The setting's name in the database.
const POLICY: &str = "sync_policy";
/// Lowest limit; below it a photo takes so long that nothing is ever delivered, in bytes a second.
const LOWEST_LIMIT: u64 = 8 << 10;

/// What may go over a mobile network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum MobileUse {
    /// Everything.
    All,
    /// Records, so that the office sees results at once; photos wait for Wi‑Fi or a cable.
    #[default]
    RecordsOnly,
    /// Nothing: Wi‑Fi and cable only.
    Nothing,
}

/// What synchronisation may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct SyncPolicy {
    /// Whether it runs by itself while somebody is unlocked.
    pub is_automatic: bool,
    /// What may go over a mobile network.
    pub mobile: MobileUse,
    /// 上传限速, in bytes a second for all photos together; none is as fast as the line.
    pub upload_limit: Option<NonZeroU64>,
}

impl Default for SyncPolicy {
    fn default() -> Self {
        Self { is_automatic: true, mobile: MobileUse::default(), upload_limit: None }
    }
}

/// What a run may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SyncScope {
    /// Records and photos.
    All,
    /// Records only.
    RecordsOnly,
    /// Nothing.
    Nothing,
}

impl SyncPolicy {
    /// What may go over this network.
    #[must_use]
    pub fn scope(&self, network: Network) -> SyncScope {
        match (network, self.mobile) {
            (Network::Mobile, MobileUse::RecordsOnly) => SyncScope::RecordsOnly,
            (Network::Mobile, MobileUse::Nothing) => SyncScope::Nothing,
            _ => SyncScope::All,
        }
    }
}

impl Field {
    /// What synchronisation may do on this terminal.
    ///
    /// # Errors
    /// [`FieldError::Locked`].
    pub fn sync_policy(&self) -> Result<SyncPolicy, FieldError> {
        let text = self.store.read(|connection| terminal::setting(connection, POLICY))?;
        // What a later version wrote and this one cannot read is the default again, not a terminal that never syncs.
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    /// Sets what synchronisation may do. A limit too low to ever deliver a photo becomes the lowest that does.
    ///
    /// # Errors
    /// [`FieldError::Locked`], or a failing database.
    pub fn set_sync_policy(&self, policy: &SyncPolicy) -> Result<SyncPolicy, FieldError> {
        let upload_limit = policy.upload_limit.and_then(|limit| NonZeroU64::new(limit.get().max(LOWEST_LIMIT)));
        let policy = SyncPolicy { upload_limit, ..policy.clone() };
        let text = serde_json::to_string(&policy).map_err(|error| FieldError::Damaged(error.to_string()))?;
        self.store.write(|connection| terminal::put_setting(connection, POLICY, &text))?;
        Ok(policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_mobile_network_is_held_back() {
        let policy = |mobile| SyncPolicy { mobile, ..SyncPolicy::default() };
        for network in [Network::Wired, Network::Wifi, Network::Unknown] {
            assert_eq!(policy(MobileUse::Nothing).scope(network), SyncScope::All, "{network:?}");
        }
        let scopes = [MobileUse::All, MobileUse::RecordsOnly, MobileUse::Nothing]
            .map(|mobile| policy(mobile).scope(Network::Mobile));
        assert_eq!(scopes, [SyncScope::All, SyncScope::RecordsOnly, SyncScope::Nothing]);
    }
}
