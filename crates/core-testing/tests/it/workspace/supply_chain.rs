//! What comes from outside: one TLS stack on one cryptography library, one database driver, permissive licences.

use std::collections::BTreeSet;

use super::licence::is_allowed;
use super::{assert_no_faults, cargo_tree, root};

/// A crate as it is built for some platform with every feature of the workspace on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Built {
    name: String,
    version: String,
    licence: String,
    features: Vec<String>,
}

/// A second TLS stack or cryptography library: more to audit, and rustls can't tell which provider is the default.
const REFUSED: &[&str] = &["openssl", "openssl-sys", "native-tls", "ring", "boring"];

/// Two of these in one binary fail to link, or do twice what must be done once.
const ONCE: &[&str] = &["sqlx-core", "libsqlite3-sys", "rustls", "sea-orm", "tokio", "actix-web", "aws-lc-sys"];

fn faults(crates: &BTreeSet<Built>) -> Vec<String> {
    let mut faults = Vec::new();
    for built in crates {
        let named = format!("{} {}", built.name, built.version);
        if REFUSED.contains(&built.name.as_str()) {
            faults.push(format!("{named} is built: rustls on aws-lc-rs is the one TLS stack"));
        }
        if built.name == "rustls" && built.features.iter().any(|feature| feature == "ring") {
            faults.push(format!("{named} is built with its feature `ring`"));
        }
        if !is_allowed(&built.licence) {
            faults.push(format!("{named} has the licence `{}`", built.licence));
        }
    }
    for name in ONCE {
        let versions: BTreeSet<&str> =
            crates.iter().filter(|built| built.name == *name).map(|built| built.version.as_str()).collect();
        if versions.len() != 1 {
            faults.push(format!("{name} is there in {} versions: {versions:?}", versions.len()));
        }
    }
    faults
}

/// Reads lines of the form "name vX.Y.Z (path)|licence|features".
fn parse(tree: &str) -> BTreeSet<Built> {
    let line = |line: &str| {
        let mut parts = line.trim_end_matches(" (*)").split('|');
        let mut package = parts.next()?.split(' ');
        Some(Built {
            name: package.next().filter(|name| !name.is_empty())?.to_owned(),
            version: package.next()?.trim_start_matches('v').to_owned(),
            licence: parts.next()?.to_owned(),
            features: parts.next()?.split(',').map(str::to_owned).collect(),
        })
    };
    tree.lines().filter_map(line).collect()
}

#[test]
fn what_is_built_has_one_tls_stack_one_driver_and_permissive_licences() {
    let tree = cargo_tree(&["--workspace", "--all-features", "--target", "all", "--edges", "all", "--format", "{p}|{l}|{f}"]);
    let crates = parse(&tree);
    assert!(crates.len() > 200, "only {} crates were read", crates.len());
    assert_no_faults(&faults(&crates));
}

/// True when the image is built with the compiler that everything else is built with.
fn builds_with(dockerfile: &str, toolchain: &str) -> bool {
    let channel = toolchain.lines().find_map(|line| line.strip_prefix("channel = \"")?.strip_suffix('"'));
    channel.is_some_and(|channel| dockerfile.lines().any(|line| line.starts_with(&format!("FROM rust:{channel}-"))))
}

#[test]
fn the_image_is_built_with_the_compiler_of_this_checkout() {
    let read = |name: &str| std::fs::read_to_string(root().join(name)).unwrap();
    assert!(builds_with(&read("Dockerfile"), &read("rust-toolchain.toml")));
}

#[cfg(test)]
mod planted {
    use super::*;

    #[test]
    fn another_compiler_is_noticed() {
        let toolchain = "[toolchain]\nchannel = \"1.95.0\"\n";
        assert!(builds_with("FROM rust:1.95.0-bookworm AS chef\n", toolchain));
        assert!(!builds_with("FROM rust:1.95.1-bookworm AS chef\n", toolchain));
        assert!(!builds_with("FROM rust:1.95.0-bookworm AS chef\n", ""));
    }

    fn good() -> BTreeSet<Built> {
        let lines: Vec<String> = ONCE.iter().map(|name| format!("{name} v1.0.0|MIT OR Apache-2.0|default,std")).collect();
        parse(&lines.join("\n"))
    }

    fn with(line: &str) -> Vec<String> {
        let mut crates = good();
        crates.extend(parse(line));
        faults(&crates)
    }

    #[test]
    fn a_line_is_read() {
        let read = parse("rustls v0.23.46|Apache-2.0 OR ISC OR MIT|aws_lc_rs,std (*)\n\nown v0.1.0 (/somewhere)|MIT|");
        assert_eq!(read.len(), 2);
        let rustls = read.iter().find(|built| built.name == "rustls").unwrap();
        assert_eq!((rustls.version.as_str(), rustls.features.len()), ("0.23.46", 2));
    }

    #[test]
    fn each_violation_is_named() {
        assert_eq!(faults(&good()), Vec::<String>::new());
        for line in [
            "openssl-sys v0.9.0|MIT|",
            "native-tls v0.2.0|MIT|",
            "ring v0.17.14|Apache-2.0 AND ISC|",
            "rustls v1.0.0|MIT|ring,std",
            "sqlx-core v0.8.0|MIT|",
            "libsqlite3-sys v0.30.0|MIT|",
            "actix-governor v0.10.0|GPL-3.0-or-later|",
            "unlicensed v1.0.0||",
        ] {
            assert_eq!(with(line).len(), 1, "{line}: {:?}", with(line));
        }
        let without_driver: BTreeSet<Built> = good().into_iter().filter(|built| built.name != "sqlx-core").collect();
        assert_eq!(faults(&without_driver).len(), 1);
    }
}
