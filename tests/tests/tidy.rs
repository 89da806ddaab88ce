//! The house rules that a machine can check: the arrows between the crates, one sentence a crate, `//!` first, no giant files.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test or generator stops at what it did not expect")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use xunjian_tests::workspace;

/// Which of our crates each crate may depend on, outside its tests (docs/ARCHITECTURE.md shows the same as a picture).
const ARROWS: &[(&str, &[&str])] = &[
    ("xunjian-domain", &[]),
    ("xunjian-proof", &["xunjian-domain"]),
    ("xunjian-verify", &["xunjian-proof"]),
    ("xunjian-protocol", &["xunjian-domain", "xunjian-proof"]),
    ("xunjian-ledger", &["xunjian-domain"]),
    ("xunjian-field", &["xunjian-domain", "xunjian-proof", "xunjian-protocol"]),
    ("xunjian-central", &["xunjian-domain", "xunjian-proof", "xunjian-protocol", "xunjian-ledger"]),
    ("xunjian-report", &["xunjian-domain"]),
    ("xunjian-app", &["xunjian-field"]),
    // The testkit is only ever a dev-dependency. The stories drive programs, not crates: of field and central they use
    // the list of types that the pages share.
    ("xunjian-testkit", &["xunjian-domain", "xunjian-proof"]),
    ("xunjian-tests", &["xunjian-testkit", "xunjian-field", "xunjian-central"]),
];

/// What must never reach these crates: effects in the pure ones, a network in the verifier, Tauri anywhere but in the app.
const BANNED: &[(&str, &[&str])] = &[
    ("xunjian-domain", &["tokio", "reqwest", "rusqlite", "axum", "getrandom", "rand"]),
    ("xunjian-proof", &["tokio", "reqwest", "rusqlite", "axum", "getrandom", "rand"]),
    ("xunjian-protocol", &["tokio", "reqwest", "rusqlite", "axum"]),
    ("xunjian-ledger", &["tokio", "reqwest", "rusqlite", "axum"]),
    ("xunjian-verify", &["tokio", "reqwest", "rusqlite", "axum"]),
    ("xunjian-field", &["axum", "tauri"]),
    ("xunjian-central", &["tauri", "rxing", "xunjian-field"]),
    ("xunjian-report", &["tokio", "reqwest", "rusqlite"]),
];

fn metadata() -> serde_json::Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(workspace())
        .output()
        .expect("cargo metadata");
    serde_json::from_slice(&output.stdout).expect("the metadata of the workspace")
}

/// Dependencies of each crate, without those of its tests.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    dependencies_that(|_| true)
}

/// Those that no feature switches on.
fn required_dependencies() -> BTreeMap<String, BTreeSet<String>> {
    dependencies_that(|dependency| dependency["optional"] == false)
}

fn dependencies_that(is_meant: impl Fn(&serde_json::Value) -> bool) -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("packages");
    let names = |package: &serde_json::Value| {
        let of_build = package["dependencies"].as_array().expect("dependencies").iter();
        let of_build = of_build.filter(|dependency| dependency["kind"] != "dev" && is_meant(dependency));
        of_build.map(|dependency| dependency["name"].as_str().unwrap_or_default().to_owned()).collect()
    };
    packages.iter().map(|package| (package["name"].as_str().unwrap_or_default().to_owned(), names(package))).collect()
}

#[test]
fn crates_depend_on_each_other_only_along_the_arrows() {
    let dependencies = dependencies();
    let known: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    let found: BTreeSet<&str> = dependencies.keys().map(String::as_str).collect();
    assert_eq!(found, known, "a new crate needs its arrows here and in docs/ARCHITECTURE.md");
    for (name, allowed) in ARROWS {
        for used in dependencies[*name].iter().filter(|used| used.starts_with("xunjian-")) {
            assert!(allowed.contains(&used.as_str()), "{name} must not depend on {used}");
        }
    }
}

#[test]
fn effects_and_frameworks_stay_where_they_belong() {
    let dependencies = dependencies();
    for (name, banned) in BANNED {
        for one in *banned {
            assert!(!dependencies[*name].contains(*one), "{name} must not depend on {one}");
        }
    }
    let with_tauri: Vec<&String> =
        dependencies.iter().filter(|(_, used)| used.contains("tauri")).map(|(name, _)| name).collect();
    assert_eq!(with_tauri, ["xunjian-app"], "only the app knows Tauri");
}

/// Benches and fuzz targets are workspaces of their own, built with `--locked` and seldom: a dependency that joined a crate
/// would be noticed by whoever next runs them.
#[test]
fn lock_files_of_benches_and_fuzz_targets_follow_the_crates() {
    let dependencies = required_dependencies();
    let locks = ["benches/scan-peers", "benches/sync-link", "fuzz"].map(|folder| format!("{folder}/Cargo.lock"));
    let mut seen = 0;
    for lock in locks {
        let text = read(&workspace().join(&lock));
        for entry in text.split("[[package]]").filter(|entry| entry.contains("name = \"xunjian-")) {
            let name = entry.split('"').nth(1).expect("a name");
            let Some(wanted) = dependencies.get(name) else { continue };
            let locked: BTreeSet<&str> =
                entry.lines().filter_map(|line| line.trim().strip_prefix('"')?.split(['"', ' ']).next()).collect();
            let missing: Vec<&String> = wanted.iter().filter(|one| !locked.contains(one.as_str())).collect();
            assert!(missing.is_empty(), "{lock}: {name} lacks {missing:?}; run cargo metadata in its folder");
            seen += 1;
        }
    }
    assert!(seen >= 6, "the lock files name our crates: {seen}");
}

#[test]
fn every_member_has_its_sentence_in_the_crate_map() {
    let manifest = fs::read_to_string(workspace().join("Cargo.toml")).expect("Cargo.toml");
    let members = manifest.split("members = [").nth(1).and_then(|rest| rest.split(']').next()).expect("the members");
    for line in members.lines().map(str::trim).filter(|line| line.starts_with('"')) {
        let sentence = line.split_once("# ").map(|(_, sentence)| sentence);
        assert!(sentence.is_some_and(|sentence| sentence.len() > 20 && sentence.ends_with('.')), "no sentence: {line}");
    }
}

/// Source files that git knows, by ending.
fn sources(ending: &str) -> Vec<PathBuf> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", &format!("*.{ending}")])
        .current_dir(workspace())
        .output()
        .expect("git ls-files");
    let text = String::from_utf8(output.stdout).expect("file names are UTF-8");
    text.lines().map(|name| workspace().join(name)).filter(|path| path.exists()).collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_rust_file_begins_by_saying_what_it_is() {
    let files = sources("rs");
    assert!(files.len() > 60, "the tidy test found only {} files", files.len());
    for file in files {
        assert!(read(&file).starts_with("//!"), "{} does not say what it is", file.display());
    }
}

#[test]
fn no_file_outgrows_a_room() {
    for ending in ["rs", "ts", "vue"] {
        for file in sources(ending) {
            let lines = read(&file).lines().count();
            assert!(lines <= 600, "{} has {lines} lines: divide it", file.display());
        }
    }
}

#[test]
fn a_statement_is_a_file_and_every_file_is_used() {
    for krate in ["central", "field"] {
        let folder = workspace().join("crates").join(krate);
        let code: String =
            sources("rs").iter().filter(|file| file.starts_with(&folder)).map(|file| read(file)).collect();
        let statements: Vec<PathBuf> = sources("sql").into_iter().filter(|file| file.starts_with(&folder)).collect();
        assert!(statements.len() > 30, "{krate} has only {} statements", statements.len());
        for statement in statements {
            let name =
                statement.strip_prefix(folder.join("sql")).expect("statements stand under sql/").with_extension("");
            let name = name.to_str().expect("file names are UTF-8");
            let is_used = code.contains(&format!("\"{name}\"")) || code.contains(&format!("{name}.sql"));
            assert!(is_used, "{krate}/sql/{name}.sql is used by nobody");
        }
    }
}

#[test]
fn migrations_are_numbered_without_a_hole() {
    for side in ["central", "terminal"] {
        let mut numbers: Vec<u32> = fs::read_dir(workspace().join("migrations").join(side))
            .expect("the migrations")
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                name.strip_prefix('V')?.split("__").next()?.parse().ok()
            })
            .collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=u32::try_from(numbers.len()).expect("few")).collect::<Vec<_>>(), "{side}");
    }
}

/// A command without a permission compiles, and is refused in the window only.
#[test]
fn every_command_of_the_shell_may_be_called_from_its_window() {
    let root = workspace();
    let shell = read(&root.join("src-tauri/src/lib.rs"));
    let list = shell.split("generate_handler![").nth(1).and_then(|rest| rest.split(']').next()).expect("the commands");
    let commands: BTreeSet<String> = list
        .split(',')
        .filter_map(|path| path.trim().rsplit("::").next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    let permissions = read(&root.join("src-tauri/permissions/app.toml"));
    let capability = read(&root.join("src-tauri/capabilities/main.json"));
    let allowed: BTreeSet<String> = commands
        .iter()
        .filter(|name| permissions.contains(&format!("commands.allow = [\"{name}\"]")))
        .filter(|name| capability.contains(&format!("\"allow-{}\"", name.replace('_', "-"))))
        .cloned()
        .collect();
    assert!(commands.len() > 40, "{commands:?}");
    assert_eq!(commands, allowed);
}
