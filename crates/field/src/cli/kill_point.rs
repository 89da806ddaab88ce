//! Rehearsed crashes: with `XUNJIAN_KILL_AT=name` the process kills itself when it reaches that effect, after writing the
//! name into the file of `XUNJIAN_KILL_MARK`, so that a test can tell a crash from a command that never got there.

use rustix::process::{Signal, getpid, kill_process};

pub(super) fn arm() {
    let Ok(name) = std::env::var("XUNJIAN_KILL_AT") else { return };
    let mark = std::env::var_os("XUNJIAN_KILL_MARK");
    let reached = name.clone();
    let armed = fail::cfg_callback(name, move || {
        if let Some(mark) = &mark {
            let _ = std::fs::write(mark, &reached);
        }
        let _ = kill_process(getpid(), Signal::KILL);
    });
    if let Err(error) = armed {
        eprintln!("XUNJIAN_KILL_AT: {error}");
    }
}
