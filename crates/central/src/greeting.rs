//! Who answers here and what it can do, over HTTP and in relay bundles alike.

use xunjian_protocol::{
    hello::{Hello, VERSION},
    path::{
        ACCEPTS_ASSIGNMENTS, ACCEPTS_OPEN_FINDINGS, ACCEPTS_RECOVERY_KEY, ACCEPTS_ZSTD, SERVES_REVIEWS,
        TAKES_COSIGNATURES,
    },
};

use crate::{clock, error::Error, relay, site::Site};

/// The handshake, with the key that bundles for this service are sealed for.
///
/// # Errors
/// [`Error`] of the relay key.
pub fn hello(site: &Site) -> Result<Hello, Error> {
    let root = &site.settings.root;
    let capabilities = [
        ACCEPTS_ASSIGNMENTS,
        TAKES_COSIGNATURES,
        ACCEPTS_OPEN_FINDINGS,
        ACCEPTS_RECOVERY_KEY,
        ACCEPTS_ZSTD,
        SERVES_REVIEWS,
    ];
    Ok(Hello {
        site: root.site.to_string(),
        site_name: root.name.clone(),
        root_fingerprint: root.fingerprint()?.to_hex(),
        versions: vec![VERSION],
        capabilities: capabilities.map(str::to_owned).to_vec(),
        now_ms: clock::now().0,
        relay_key: relay::key_statement(site)?,
    })
}
