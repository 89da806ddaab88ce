//! Where new identities come from. The one module that makes them.

/// A source of identities.
pub trait IdSource: Send + Sync {
    /// A fresh UUIDv7 text.
    fn new_id(&self) -> String;
}

/// UUIDs of version 7: ordered by the time they were made.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl IdSource for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "this is the crate's id source")]
    fn new_id(&self) -> String {
        uuid::Uuid::now_v7().to_string()
    }
}
