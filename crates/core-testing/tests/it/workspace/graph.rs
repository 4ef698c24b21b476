//! Who may depend on whom. The table of docs/ARCHITECTURE.md is the rule, not a description of it.

use std::collections::BTreeMap;

use cargo_metadata::{DependencyKind, MetadataCommand};

use super::{assert_no_faults, cargo_tree, root};

const PREFIX: &str = "brickwork-";

/// One dependency as a manifest declares it.
#[derive(Clone, Debug)]
struct Arrow {
    from: String,
    to: String,
    dev: bool,
    optional: bool,
    default_features: bool,
    features: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layer {
    Kernel,
    Core,
    Testing,
    Mock,
    Feature,
    Migration,
    Server,
    Bench,
}

fn layer(name: &str) -> Layer {
    match name {
        "core-kernel" => Layer::Kernel,
        "core-testing" => Layer::Testing,
        "migration" => Layer::Migration,
        "api-server" => Layer::Server,
        "benches" => Layer::Bench,
        _ if name.starts_with("core-") => Layer::Core,
        _ if name.starts_with("mock-") => Layer::Mock,
        _ => Layer::Feature,
    }
}

/// What each core crate may depend on, as the table says.
type Table = BTreeMap<String, Vec<String>>;

/// Reads the rows of core crates: "| `core-jobs` | what it holds | kernel, db, keys |".
fn read_table(document: &str) -> Table {
    let mut table = Table::new();
    for line in document.lines().filter(|line| line.starts_with("| `core-")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let (Some(name), Some(allowed)) = (cells.first(), cells.last()) else { continue };
        let name = name.split('`').nth(1).unwrap_or_default().to_owned();
        let allowed = allowed.split(", ").filter(|word| *word != "-").map(|word| format!("core-{word}")).collect();
        table.insert(name, allowed);
    }
    table
}

fn faults(arrows: &[Arrow], table: &Table) -> Vec<String> {
    arrows.iter().filter_map(|arrow| fault(arrow, table)).collect()
}

fn fault(arrow: &Arrow, table: &Table) -> Option<String> {
    let (from, to) = (layer(&arrow.from), layer(&arrow.to));
    let helps_tests = matches!(to, Layer::Testing | Layer::Mock) || arrow.from == arrow.to;
    if arrow.dev && helps_tests {
        return None;
    }
    let refuse = |why: &str| Some(format!("{} -> {}: {why}", arrow.from, arrow.to));
    let is_core = matches!(to, Layer::Kernel | Layer::Core);
    match from {
        Layer::Server => None,
        Layer::Bench if matches!(to, Layer::Mock | Layer::Server) => None,
        Layer::Bench => refuse("a measurement sees the server from outside"),
        Layer::Kernel => refuse("the kernel depends on nothing"),
        Layer::Mock if to == Layer::Kernel => None,
        Layer::Mock => refuse("a stand-in may depend on the kernel alone"),
        Layer::Core => match table.get(&arrow.from) {
            Some(allowed) if allowed.contains(&arrow.to) => None,
            Some(allowed) => refuse(&format!("the table allows {allowed:?}")),
            None => refuse("the crate has no row in the table"),
        },
        Layer::Testing if is_core => None,
        Layer::Testing => refuse("what tests share knows core crates alone"),
        Layer::Feature if to == Layer::Feature => refuse("features never import each other: write a port"),
        Layer::Feature if to == Layer::Testing && !arrow.optional => refuse("only optional, behind the feature `testing`"),
        Layer::Feature if arrow.to == "core-http" && !arrow.optional => refuse("only optional, behind the feature `http`"),
        Layer::Feature if is_core || to == Layer::Testing => None,
        Layer::Feature => refuse("a feature may depend on core crates alone"),
        Layer::Migration if to == Layer::Feature && (arrow.default_features || arrow.features.contains(&"http".to_owned())) => {
            refuse("without default features and without `http`")
        }
        Layer::Migration if to == Layer::Feature || (is_core && arrow.to != "core-http") => None,
        Layer::Migration => refuse("core crates except core-http, and features"),
    }
}

/// Crates from outside that only some layers may use directly.
fn outside_faults(arrows: &[Arrow]) -> Vec<String> {
    let refused = |arrow: &&Arrow| {
        let (from, to) = (layer(&arrow.from), arrow.to.as_str());
        let web = matches!(to, "actix-web" | "actix-http" | "utoipa");
        let database = matches!(to, "sea-orm" | "sea-orm-migration" | "sqlx");
        let knows_web = arrow.from == "core-http" || matches!(from, Layer::Server | Layer::Mock | Layer::Bench | Layer::Testing);
        let knows_database = matches!(arrow.from.as_str(), "core-db" | "core-jobs" | "core-testing")
            || matches!(from, Layer::Feature | Layer::Migration | Layer::Server);
        let may_web = knows_web || (arrow.optional && (from == Layer::Feature || to == "utoipa"));
        let may_client = arrow.from == "core-egress" || from == Layer::Bench;
        !arrow.dev && ((web && !may_web) || (database && !knows_database) || (to == "reqwest" && !may_client))
    };
    let word = |arrow: &Arrow| format!("{} -> {}: this layer does not use it directly", arrow.from, arrow.to);
    arrows.iter().filter(refused).map(word).collect()
}

/// Every arrow that starts in the workspace: those within it, and those that leave it.
fn read_arrows() -> (Vec<Arrow>, Vec<Arrow>) {
    let metadata = MetadataCommand::new().current_dir(root()).no_deps().other_options(["--locked".to_owned()]).exec().unwrap();
    let arrows = metadata.packages.iter().flat_map(|package| {
        package.dependencies.iter().map(|dependency| Arrow {
            from: package.name.trim_start_matches(PREFIX).to_owned(),
            to: dependency.name.clone(),
            dev: dependency.kind == DependencyKind::Development,
            optional: dependency.optional,
            default_features: dependency.uses_default_features,
            features: dependency.features.clone(),
        })
    });
    let (mut inside, outside): (Vec<_>, Vec<_>) = arrows.partition(|arrow| arrow.to.starts_with(PREFIX));
    for arrow in &mut inside {
        arrow.to = arrow.to.trim_start_matches(PREFIX).to_owned();
    }
    (inside, outside)
}

#[test]
fn every_arrow_of_the_workspace_is_in_the_table() {
    let table = read_table(&std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap());
    assert!(table.len() >= 9, "the table was not found: {table:?}");
    let (inside, outside) = read_arrows();
    let mut found = faults(&inside, &table);
    found.extend(outside_faults(&outside));
    assert_no_faults(&found);
}

#[test]
fn a_feature_without_http_knows_no_web() {
    let (inside, _) = read_arrows();
    let mut features: Vec<&str> =
        inside.iter().map(|arrow| arrow.from.as_str()).filter(|name| layer(name) == Layer::Feature).collect();
    features.dedup();
    assert!(features.len() >= 4, "features were not found: {features:?}");
    let mut found = Vec::new();
    for feature in features {
        let package = format!("{PREFIX}{feature}");
        let tree = cargo_tree(&["--package", &package, "--no-default-features", "--edges", "normal"]);
        let web = tree.lines().filter(|line| line.starts_with("actix-") || line.starts_with("brickwork-core-http"));
        found.extend(web.map(|line| format!("{feature} without http builds {line}")));
    }
    assert_no_faults(&found);
}

#[cfg(test)]
mod planted {
    use super::*;

    const DOCUMENT: &str = "# Layers\n\n| crate | holds | may depend on |\n|---|---|---|\n| `core-kernel` | ids | - |\n\
                            | `core-db` | rows | kernel, keys |\n| features: `auth users` | see there | core crates |\n";

    fn arrow(from: &str, to: &str) -> Arrow {
        Arrow {
            from: from.to_owned(),
            to: to.to_owned(),
            dev: false,
            optional: false,
            default_features: false,
            features: Vec::new(),
        }
    }

    fn is_refused(arrow: &Arrow) -> bool {
        !faults(std::slice::from_ref(arrow), &read_table(DOCUMENT)).is_empty()
    }

    #[test]
    fn the_table_is_read_from_the_document() {
        let table = read_table(DOCUMENT);
        assert_eq!(table.get("core-db"), Some(&vec!["core-kernel".to_owned(), "core-keys".to_owned()]));
        assert_eq!(table.get("core-kernel"), Some(&Vec::new()));
        assert_eq!(table.len(), 2);
    }

    #[test]
    fn arrows_in_the_table_pass() {
        for (from, to) in [
            ("core-db", "core-keys"),
            ("users", "core-db"),
            ("migration", "users"),
            ("api-server", "users"),
            ("core-testing", "core-http"),
            ("mock-llm", "core-kernel"),
            ("benches", "mock-llm"),
        ] {
            assert!(!is_refused(&arrow(from, to)), "{from} -> {to}");
        }
        assert!(!is_refused(&Arrow { dev: true, ..arrow("core-db", "core-testing") }));
        assert!(!is_refused(&Arrow { dev: true, ..arrow("users", "users") }));
        assert!(!is_refused(&Arrow { optional: true, ..arrow("users", "core-http") }));
    }

    #[test]
    fn arrows_against_the_table_are_named() {
        for (from, to) in [
            ("core-kernel", "core-keys"),
            ("core-db", "core-jobs"),
            ("core-db", "users"),
            ("core-new", "core-kernel"),
            ("users", "auth"),
            ("users", "core-http"),
            ("users", "core-testing"),
            ("users", "mock-llm"),
            ("core-testing", "users"),
            ("mock-llm", "core-db"),
            ("migration", "core-http"),
            ("migration", "api-server"),
            ("benches", "core-db"),
        ] {
            assert!(is_refused(&arrow(from, to)), "{from} -> {to}");
        }
        assert!(is_refused(&Arrow { dev: true, ..arrow("users", "auth") }));
        assert!(is_refused(&Arrow { default_features: true, ..arrow("migration", "users") }));
        assert!(is_refused(&Arrow { features: vec!["http".to_owned()], ..arrow("migration", "users") }));
    }

    #[test]
    fn the_web_and_the_database_stay_in_their_layers() {
        for (from, to) in [("users", "actix-web"), ("core-http", "sea-orm"), ("core-kernel", "sqlx"), ("llm", "reqwest")] {
            assert_eq!(outside_faults(&[arrow(from, to)]).len(), 1, "{from} -> {to}");
        }
        for allowed in [
            Arrow { optional: true, ..arrow("users", "actix-web") },
            Arrow { dev: true, ..arrow("users", "actix-web") },
            arrow("users", "sea-orm"),
            arrow("core-egress", "reqwest"),
            Arrow { optional: true, ..arrow("core-kernel", "utoipa") },
        ] {
            assert!(outside_faults(std::slice::from_ref(&allowed)).is_empty(), "{allowed:?}");
        }
    }
}
