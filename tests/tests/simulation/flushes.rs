//! Where every flush of this program passes: `fsync` and `fdatasync` of the C library, taken over for this test binary alone.
//!
//! The product's code is not touched and not asked: what it flushes, [`crate::disk`] counts as being on the disk, and what it
//! forgets to flush a power cut may take. Nothing is flushed in truth; the folders of a simulation live for a second.

#![expect(unsafe_code, reason = "a symbol of the C library can be taken over in no other way")]

use std::ffi::c_int;

use crate::disk;

/// `fsync(2)`.
#[unsafe(no_mangle)]
pub extern "C" fn fsync(descriptor: c_int) -> c_int {
    disk::flushed(descriptor);
    0
}

/// `fdatasync(2)`.
#[unsafe(no_mangle)]
pub extern "C" fn fdatasync(descriptor: c_int) -> c_int {
    disk::flushed(descriptor);
    0
}
