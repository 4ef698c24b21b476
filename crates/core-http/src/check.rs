//! What must hold of all features together before anything is served.

use std::collections::{BTreeMap, HashMap, HashSet};

use core_kernel::ProblemCode;

use crate::api::PlacedMount;
use crate::mount::{Features, MountedOperation};
use crate::{Access, codes};

/// What is wrong with the operation table.
pub(crate) fn mounts(mounts: &[PlacedMount]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut ids: HashMap<&str, &str> = HashMap::new();
    let mut shapes: HashMap<String, &str> = HashMap::new();
    let mut places = HashSet::new();
    for row in mounts.iter().flat_map(|mount| &mount.rows) {
        faults.extend(row_faults(row));
        if let Some(other) = ids.insert(row.id(), &row.path) {
            faults.push(format!("the operation id `{}` is used by {other} and {}", row.id(), row.path));
        }
        if !places.insert((row.method().clone(), row.path.as_str())) {
            faults.push(format!("{} {} is there twice", row.method(), row.path));
        }
        let other = shapes.entry(shape(&row.path)).or_insert(&row.path);
        if *other != row.path {
            faults.push(format!("{} and {} match the same paths; use the same names", row.path, other));
        }
    }
    faults.extend(overlaps(mounts));
    faults
}

fn row_faults(row: &MountedOperation) -> Vec<String> {
    let operation = &row.operation;
    let at = format!("{} {}", row.method(), row.path);
    let mut faults = Vec::new();
    if operation.id.is_empty() {
        faults.push(format!("{at} has no id"));
    }
    if operation.summary.is_empty() {
        faults.push(format!("{at} has no summary"));
    }
    if operation.access.is_none() {
        faults.push(format!("{at} does not say who may call it: public(), signed_in() or requires(..)"));
    }
    if operation.answers.is_empty() {
        faults.push(format!("{at} documents no answer"));
    }
    if operation.dangerous && operation.access == Some(Access::Public) {
        faults.push(format!("{at} is public and asks for a recent login"));
    }
    if !operation.path.is_empty() && !operation.path.starts_with('/') {
        faults.push(format!("{at}: the operation's path must begin with a slash"));
    }
    faults
}

fn overlaps(mounts: &[PlacedMount]) -> Vec<String> {
    let mut faults = Vec::new();
    for (index, a) in mounts.iter().enumerate() {
        for b in mounts.iter().skip(index + 1) {
            let exact = a.is_exact() && b.is_exact();
            let clash = if exact { a.prefix == b.prefix } else { covers(a, b) || covers(b, a) };
            if clash {
                faults.push(format!("{} ({}) and {} ({}) overlap", a.prefix, a.feature, b.prefix, b.feature));
            }
        }
    }
    faults
}

/// True when everything below `a` would swallow `b`.
fn covers(a: &PlacedMount, b: &PlacedMount) -> bool {
    a.prefix == b.prefix || (!a.is_exact() && b.prefix.strip_prefix(&a.prefix).is_some_and(|rest| rest.starts_with('/')))
}

impl PlacedMount {
    /// True when it is one path and no prefix.
    pub(crate) fn is_exact(&self) -> bool {
        self.rows.iter().all(|row| row.operation.path.is_empty())
    }
}

/// The path with its names left out.
fn shape(path: &str) -> String {
    path.split('/')
        .map(|segment| if segment.starts_with('{') && !segment.contains(':') { "{}" } else { segment })
        .collect::<Vec<_>>()
        .join("/")
}

type Catalogue = BTreeMap<&'static str, &'static ProblemCode>;

/// All problem codes, and those that mean two things.
pub(crate) fn catalogue(features: &Features, mounts: &[PlacedMount]) -> (Catalogue, Vec<String>) {
    let mut all: Vec<&'static ProblemCode> = codes::ALL.to_vec();
    all.push(&core_kernel::Denied::CODE);
    all.extend_from_slice(core_db::DbError::CODES);
    all.extend([&core_cluster::ClusterError::UNAVAILABLE, &core_cluster::ClusterError::TOO_LARGE]);
    all.extend(features.iter().flat_map(|feature| feature.problem_codes()));
    all.extend(mounts.iter().flat_map(|mount| &mount.rows).flat_map(|row| row.operation.problems.iter().copied()));
    let mut catalogue = Catalogue::new();
    let mut clashes = Vec::new();
    for code in all {
        let known = catalogue.entry(code.code).or_insert(code);
        if known.kind != code.kind || known.title != code.title {
            clashes.push(format!("the problem code `{}` has two meanings", code.code));
        }
    }
    (catalogue, clashes)
}
