//! The headless terminal as a process that dies: kill -9 before and after each effect, kill -9 at random moments of a scripted
//! visit, and disks of many sizes that fill up. What it had confirmed on standard output is there afterwards. Besides, problems
//! on the command line: looked at again (`visit follow-up`), and called in (`visit call`).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#![allow(dead_code, reason = "the engine's test service and terminal can do more than is needed here")]

#[path = "engine/service.rs"]
mod service;
#[path = "engine/site.rs"]
mod site;
#[path = "engine/terminal.rs"]
mod terminal;

#[path = "headless/disk.rs"]
mod disk;
#[path = "headless/faults.rs"]
mod faults;
#[path = "headless/problems.rs"]
mod problems;
#[path = "headless/process.rs"]
mod process;
#[path = "headless/soak.rs"]
mod soak;
