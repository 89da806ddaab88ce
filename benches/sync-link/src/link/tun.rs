//! A TUN device: a network card whose cable ends in a file.

use std::{fs::OpenOptions, os::fd::OwnedFd};

use anyhow::Context as _;
use rustix::{
    fs::OFlags,
    ioctl::{Opcode, Setter},
};

/// `_IOW('T', 202, int)` of `linux/if_tun.h`.
const TUNSETIFF: Opcode = 0x4004_54ca;
/// Packets of IP, without a header of the device's own.
const IFF_TUN: u16 = 0x0001;
const IFF_NO_PI: u16 = 0x1000;

/// `struct ifreq` of `linux/if.h`, as far as it is used here.
#[repr(C)]
struct InterfaceRequest {
    name: [u8; 16],
    flags: u16,
    rest: [u8; 22],
}

/// A device of the namespace that the calling thread is in. It goes when the file is closed.
pub struct Device;

impl Device {
    /// Makes one with this name. Reading does not wait.
    ///
    /// # Errors
    /// When the kernel has no TUN, or the caller may not change its namespace's network.
    pub fn open(name: &str) -> anyhow::Result<OwnedFd> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let nonblocking = i32::try_from(OFlags::NONBLOCK.bits())?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(nonblocking)
            .open("/dev/net/tun")
            .context("/dev/net/tun cannot be opened: this bench needs a kernel with TUN devices")?;
        let mut request = InterfaceRequest { name: [0; 16], flags: IFF_TUN | IFF_NO_PI, rest: [0; 22] };
        // The last byte stays zero.
        for (to, from) in request.name[..15].iter_mut().zip(name.bytes()) {
            *to = from;
        }
        #[expect(unsafe_code, reason = "there is no other way to tell a TUN file which device it is")]
        // SAFETY: TUNSETIFF reads a `struct ifreq`, which `InterfaceRequest` is laid out as, and keeps no pointer to it.
        unsafe { rustix::ioctl::ioctl(&file, Setter::<TUNSETIFF, InterfaceRequest>::new(request)) }
            .context("the TUN device cannot be made: run this as root, or under `unshare --map-root-user`")?;
        Ok(file.into())
    }
}
