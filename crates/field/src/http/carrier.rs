//! What brings a request to the service: the network, or what stands in for it where synchronisation is simulated.

use std::{future::Future, pin::Pin};

/// Carries requests in the network's place. Everything else (messages, sessions, the watch on progress) stays the client's.
pub trait Carrier: Send + Sync {
    /// Brings `request` to the service and its answer back; fails with the reason where nobody answers. An answer may break
    /// off in its body. Dropping the future closes the connection.
    fn carry(
        &self,
        request: reqwest::Request,
    ) -> Pin<Box<dyn Future<Output = Result<reqwest::Response, String>> + Send + '_>>;
}
