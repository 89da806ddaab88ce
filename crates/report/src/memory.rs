//! The most memory a job may take. A report that does not fit ends this process, and nothing else on the machine.

use anyhow::Context as _;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Enough for 100 photos and some thousand rows.
pub const DEFAULT_MIB: u64 = 1024;

/// Lets this process have so much memory for data. It counts what can be written to, not what is reserved: threads of large
/// machines reserve gigabytes they never touch.
pub fn limit(mib: u64) -> anyhow::Result<()> {
    let bytes = mib.checked_mul(1024 * 1024).context("the memory limit is beyond all measure")?;
    let now = getrlimit(Resource::Data);
    let current = now.maximum.map_or(bytes, |most| bytes.min(most));
    setrlimit(Resource::Data, Rlimit { current: Some(current), maximum: now.maximum }).context("limiting memory")
}
