//! Time, ids and randomness of a simulated service, for the thread it runs on. Only in debug builds: a release takes them from
//! the operating system, whatever anyone sets.

use std::cell::RefCell;

use xunjian_domain::time::TimestampMs;

/// What a simulation gives in place of the operating system.
pub trait Source {
    /// The wall clock.
    fn now(&mut self) -> TimestampMs;
    /// A fresh id, later in order than those before it.
    fn new_id(&mut self) -> String;
    /// Bytes that look random.
    fn fill(&mut self, bytes: &mut [u8]);
}

thread_local! {
    static SOURCE: RefCell<Option<Box<dyn Source>>> = const { RefCell::new(None) };
}

/// From now on this thread takes everything from `source`; from the operating system again after `None`.
pub fn set(source: Option<Box<dyn Source>>) {
    SOURCE.with(|known| *known.borrow_mut() = source);
}

pub(super) fn with<T>(ask: impl FnOnce(&mut (dyn Source + 'static)) -> T) -> Option<T> {
    SOURCE.with(|known| known.borrow_mut().as_deref_mut().map(ask))
}
