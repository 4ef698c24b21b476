//! Files, functions, handlers and facades stay small. `budgets.toml` lists the exceptions, each with a reason and a last day.

use std::path::{Path, PathBuf};

use core_kernel::{Clock as _, SystemClock};
use serde::Deserialize;

use super::measure::{Size, measure};
use super::{assert_no_faults, root};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exceptions {
    #[serde(default)]
    exception: Vec<Exception>,
}

/// Something that may be larger for a while.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    /// Relative to the workspace.
    path: String,
    /// The function or trait; absent for the file itself.
    item: Option<String>,
    /// The most it may have meanwhile.
    limit: usize,
    /// The last day, as 2027-03-31.
    until: String,
    /// Why.
    reason: String,
}

impl Exception {
    fn is_for(&self, size: &Size) -> bool {
        self.path == size.path && self.item == size.item
    }

    fn name(&self) -> String {
        name(&self.path, self.item.as_deref())
    }
}

fn name(path: &str, item: Option<&str>) -> String {
    item.map_or_else(|| path.to_owned(), |item| format!("{path}: {item}"))
}

fn faults(sizes: &[Size], exceptions: &[Exception], today: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for size in sizes.iter().filter(|size| size.found > size.limit) {
        let excepted = exceptions.iter().find(|exception| exception.is_for(size));
        if excepted.is_none_or(|exception| size.found > exception.limit) {
            let limit = excepted.map_or(size.limit, |exception| exception.limit);
            faults.push(format!("{} has {} {}, {limit} allowed", name(&size.path, size.item.as_deref()), size.found, size.unit));
        }
    }
    for exception in exceptions {
        let needed = sizes.iter().any(|size| exception.is_for(size) && size.found > size.limit);
        if !needed {
            faults.push(format!("budgets.toml: {} needs no exception any more", exception.name()));
        }
        if !is_day(&exception.until) || exception.until.as_str() < today {
            faults.push(format!("budgets.toml: the exception for {} ended on {}", exception.name(), exception.until));
        }
        if exception.reason.trim().len() < 10 {
            faults.push(format!("budgets.toml: the exception for {} gives no reason", exception.name()));
        }
    }
    faults
}

/// Days of this form sort as text.
fn is_day(text: &str) -> bool {
    let shape = |(index, byte): (usize, u8)| if index == 4 || index == 7 { byte == b'-' } else { byte.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(shape)
}

/// Every Rust source below a folder, build output left out.
pub(super) fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return found };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() && !path.ends_with("target") {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn files_functions_handlers_and_facades_stay_within_their_budgets() {
    let root = root();
    let mut sizes = Vec::new();
    for folder in ["crates", "migration", "apps", "benches"] {
        for path in sources(&root.join(folder)) {
            let source = std::fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(&root).unwrap().to_str().unwrap();
            sizes.extend(measure(path, &source).unwrap());
        }
    }
    assert!(sizes.len() > 1000, "only {} things were measured", sizes.len());
    let listed = std::fs::read_to_string(root.join("budgets.toml")).unwrap();
    let exceptions: Exceptions = toml::from_str(&listed).unwrap();
    let now = SystemClock.now().to_string();
    let today = now.split('T').next().unwrap();
    assert_no_faults(&faults(&sizes, &exceptions.exception, today));
}

#[cfg(test)]
mod planted {
    use super::*;

    const TODAY: &str = "2026-06-01";

    fn size(item: Option<&str>, found: usize) -> Size {
        let (path, item) = ("crates/a/src/lib.rs".to_owned(), item.map(str::to_owned));
        Size { path, item, found, limit: 60, unit: "lines" }
    }

    fn exception() -> Exception {
        Exception {
            path: "crates/a/src/lib.rs".to_owned(),
            item: Some("run".to_owned()),
            limit: 80,
            until: "2026-06-01".to_owned(),
            reason: "one table, read from top to bottom".to_owned(),
        }
    }

    #[test]
    fn what_is_over_its_budget_is_named() {
        assert!(faults(&[size(Some("run"), 60)], &[], TODAY).is_empty());
        let over = faults(&[size(Some("run"), 61)], &[], TODAY);
        assert_eq!(over, ["crates/a/src/lib.rs: run has 61 lines, 60 allowed"]);
        assert_eq!(faults(&[size(None, 401)], &[], TODAY), ["crates/a/src/lib.rs has 401 lines, 60 allowed"]);
    }

    #[test]
    fn an_exception_holds_for_its_thing_up_to_its_limit() {
        assert!(faults(&[size(Some("run"), 80)], &[exception()], TODAY).is_empty());
        assert_eq!(faults(&[size(Some("run"), 81)], &[exception()], TODAY).len(), 1);
        let other = Exception { item: Some("walk".to_owned()), ..exception() };
        assert_eq!(faults(&[size(Some("run"), 80)], &[other], TODAY).len(), 2);
    }

    #[test]
    fn an_exception_that_is_over_or_not_needed_or_without_reason_is_named() {
        let long = [size(Some("run"), 70)];
        for bad in [
            Exception { until: "2026-05-31".to_owned(), ..exception() },
            Exception { until: "next year".to_owned(), ..exception() },
            Exception { reason: " ".to_owned(), ..exception() },
        ] {
            assert_eq!(faults(&long, std::slice::from_ref(&bad), TODAY).len(), 1, "{bad:?}");
        }
        assert_eq!(faults(&[size(Some("run"), 60)], &[exception()], TODAY).len(), 1);
        assert_eq!(faults(&[], &[exception()], TODAY).len(), 1);
    }

    #[test]
    fn the_list_of_exceptions_is_read_strictly() {
        let good = "[[exception]]\npath = \"a\"\nlimit = 1\nuntil = \"2027-01-01\"\nreason = \"because\"\n";
        assert_eq!(toml::from_str::<Exceptions>(good).unwrap().exception.len(), 1);
        assert!(toml::from_str::<Exceptions>("").unwrap().exception.is_empty());
        assert!(toml::from_str::<Exceptions>(&good.replace("until", "til")).is_err());
    }
}
