//! What every crate has: a README that is its documentation, the workspace's lints, and no way onto a registry.

use std::path::Path;

use cargo_metadata::MetadataCommand;

use super::{assert_no_faults, root};

/// A crate, as far as this rule looks at it.
#[derive(Clone, Debug)]
struct Manifest {
    name: String,
    is_library: bool,
    /// One of the features of the product: neither core nor a tool.
    is_feature: bool,
    has_readme: bool,
    readme_is_documentation: bool,
    can_be_published: bool,
    takes_lints: bool,
    default: Vec<String>,
    /// Sources that use what only tests may use.
    test_imports: Vec<String>,
}

fn faults(manifests: &[Manifest]) -> Vec<String> {
    let mut faults = Vec::new();
    for manifest in manifests {
        let mut require = |ok: bool, what: &str| {
            if !ok {
                faults.push(format!("{}: {what}", manifest.name));
            }
        };
        require(manifest.has_readme, "has no README.md");
        require(!manifest.can_be_published, "needs publish = false");
        require(manifest.takes_lints, "needs [lints] workspace = true");
        require(
            !manifest.is_library || manifest.readme_is_documentation,
            "src/lib.rs does not begin with #![doc = include_str!(\"../README.md\")]",
        );
        require(!manifest.is_feature || manifest.default == ["http"], "a feature crate has default = [\"http\"]");
        for path in &manifest.test_imports {
            require(false, &format!("{path} uses core_testing: core crates use it from tests/ alone"));
        }
    }
    faults
}

fn read() -> Vec<Manifest> {
    let metadata = MetadataCommand::new().current_dir(root()).no_deps().other_options(["--locked".to_owned()]).exec().unwrap();
    metadata.packages.iter().map(manifest).collect()
}

fn manifest(package: &cargo_metadata::Package) -> Manifest {
    let folder = package.manifest_path.parent().unwrap().as_std_path();
    let name = package.name.trim_start_matches("brickwork-").to_owned();
    let text = std::fs::read_to_string(&package.manifest_path).unwrap();
    let own: toml::Table = text.parse().unwrap();
    let lib = std::fs::read_to_string(folder.join("src/lib.rs")).ok();
    let is_core = name.starts_with("core-") && name != "core-testing";
    Manifest {
        is_library: lib.is_some(),
        is_feature: folder.parent().is_some_and(|parent| parent.ends_with("crates"))
            && !name.starts_with("core-")
            && !name.starts_with("mock-"),
        has_readme: folder.join("README.md").is_file(),
        readme_is_documentation: lib.is_some_and(|lib| lib.starts_with("#![doc = include_str!(\"../README.md\")]")),
        can_be_published: package.publish.as_ref().is_none_or(|registries| !registries.is_empty()),
        takes_lints: own.get("lints").and_then(|lints| lints.get("workspace")) == Some(&toml::Value::Boolean(true)),
        default: package.features.get("default").cloned().unwrap_or_default(),
        test_imports: if is_core { test_imports(&folder.join("src")) } else { Vec::new() },
        name,
    }
}

/// Sources that name core-testing.
fn test_imports(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for source in super::budgets::sources(folder) {
        let text = std::fs::read_to_string(&source).unwrap();
        if text.contains("core_testing::") {
            found.push(source.strip_prefix(root()).unwrap_or(&source).display().to_string());
        }
    }
    found
}

#[test]
fn every_crate_has_a_readme_the_lints_and_no_way_onto_a_registry() {
    let manifests = read();
    assert!(manifests.iter().filter(|manifest| manifest.is_feature).count() >= 4, "features were not found");
    assert_no_faults(&faults(&manifests));
}

#[cfg(test)]
mod planted {
    use super::*;

    fn good() -> Manifest {
        Manifest {
            name: "notes".to_owned(),
            is_library: true,
            is_feature: true,
            has_readme: true,
            readme_is_documentation: true,
            can_be_published: false,
            takes_lints: true,
            default: vec!["http".to_owned()],
            test_imports: Vec::new(),
        }
    }

    #[test]
    fn each_violation_is_named() {
        assert!(faults(&[good()]).is_empty());
        assert!(faults(&[Manifest { is_feature: false, default: Vec::new(), ..good() }]).is_empty());
        for bad in [
            Manifest { has_readme: false, ..good() },
            Manifest { readme_is_documentation: false, ..good() },
            Manifest { can_be_published: true, ..good() },
            Manifest { takes_lints: false, ..good() },
            Manifest { default: Vec::new(), ..good() },
            Manifest { default: vec!["http".to_owned(), "testing".to_owned()], ..good() },
            Manifest { test_imports: vec!["src/lib.rs".to_owned()], ..good() },
        ] {
            assert_eq!(faults(std::slice::from_ref(&bad)).len(), 1, "{bad:?}");
        }
    }
}
