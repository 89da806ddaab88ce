//! The verifier needs nobody: it runs in a network namespace without a single interface that is up.

use std::process::Command;

use xunjian_testkit::packs::World;

use super::parts::{file_of, fingerprint, round};

#[test]
fn it_verifies_where_there_is_no_network_at_all() {
    let world = World::small(|_| ());
    let file = file_of(&round(&world));
    // A network of its own, with nothing in it but a loopback that is down; where only root may make one, as root of its own.
    let script = "test \"$(ls /sys/class/net 2>/dev/null | grep -vc '^lo$')\" = 0 || cat /proc/net/dev >&2; \
                  ! grep -vE 'Inter-|face|lo:' /proc/net/dev && exec \"$@\"";
    let run = |flags: &[&str]| {
        Command::new("unshare")
            .args(flags)
            .args(["--net", "sh", "-c", script, "sh", env!("CARGO_BIN_EXE_xunjian-verify")])
            .arg(file.path())
            .args(["--root", &fingerprint(&world)])
            .output()
            .unwrap()
    };
    let mut output = run(&[]);
    if !output.status.success() {
        output = run(&["--map-root-user"]);
    }
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && text.contains("校验通过"), "{text}");
}
