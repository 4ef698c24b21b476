use std::sync::Arc;

use actix_web::http::Method;
use actix_web::web;
use core_feature::Feature;

use crate::Operation;
use crate::metrics::OperationMetrics;

/// What a feature serves over HTTP. Implemented under the feature crate's `http` cargo feature.
pub trait Routes: Feature {
    /// Its operations, by where they hang.
    fn mounts(&self) -> Vec<Mount>;

    /// Adds the facades that its handlers take as `web::Data<dyn Noun>`: `cfg.app_data(web::Data::from(self.noun.clone()))`.
    fn register(&self, cfg: &mut web::ServiceConfig);
}

/// A feature as the composition root holds it: `Arc<dyn Installed>`.
pub trait Installed: Routes {}

impl<T: Routes + ?Sized> Installed for T {}

/// Operations under one path. No two mounts of an API may overlap.
#[derive(Clone, Debug)]
pub struct Mount {
    pub(crate) base: Base,
    pub(crate) segment: String,
    pub(crate) operations: Vec<Operation>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    /// Below the prefix of version 1.
    Api,
    /// Below another prefix, such as `/api/v2`.
    At(&'static str),
    /// From the root.
    Root,
}

impl Mount {
    /// Below `/api/v1/{segment}`.
    pub fn api(segment: impl Into<String>, operations: Vec<Operation>) -> Self {
        Self { base: Base::Api, segment: segment.into(), operations }
    }

    /// Below another version's prefix: `Mount::api_at("/api/v2", "users", ...)`.
    pub fn api_at(prefix: &'static str, segment: impl Into<String>, operations: Vec<Operation>) -> Self {
        Self { base: Base::At(prefix), segment: segment.into(), operations }
    }

    /// From the root: an exact path (one operation with the empty path) or a prefix such as `/openai/v1`.
    pub fn root(path: impl Into<String>, operations: Vec<Operation>) -> Self {
        Self { base: Base::Root, segment: path.into(), operations }
    }

    /// The whole path of the mount.
    pub(crate) fn prefix(&self, api_prefix: &str) -> String {
        let segment = self.segment.trim_matches('/');
        match self.base {
            Base::Api => format!("{api_prefix}/{segment}"),
            Base::At(prefix) => format!("{prefix}/{segment}"),
            Base::Root => format!("/{segment}"),
        }
    }
}

/// An operation in its place: the whole path, and whose it is. The contract suite, the API document and the guards read it.
#[derive(Debug)]
pub struct MountedOperation {
    /// The row.
    pub operation: Operation,
    /// The whole path pattern, such as `/api/v1/users/{id}`.
    pub path: String,
    /// The feature's name.
    pub feature: &'static str,
    /// The most bytes of its body, in effect.
    pub max_body_bytes: usize,
    /// How long it may take until its answer begins, in effect.
    pub timeout: std::time::Duration,
    pub(crate) metrics: OperationMetrics,
}

impl MountedOperation {
    /// The operation's id.
    pub fn id(&self) -> &'static str {
        self.operation.id
    }

    /// The operation's method.
    pub fn method(&self) -> &Method {
        &self.operation.method
    }

    /// True for every method but GET, HEAD and OPTIONS: a caller by cookie then needs the CSRF token.
    pub fn writes(&self) -> bool {
        crate::extract::writes(self.method())
    }

    /// The path as the API document writes it: without the patterns of tail segments.
    pub fn documented_path(&self) -> String {
        let mut path = String::with_capacity(self.path.len());
        let mut in_pattern = false;
        for c in self.path.chars() {
            in_pattern = match c {
                ':' if path.contains('{') => true,
                '}' => false,
                _ => in_pattern,
            };
            if !in_pattern {
                path.push(c);
            }
        }
        path
    }

    /// The names between braces, in order.
    pub fn path_names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.path.split('{').skip(1).filter_map(|rest| rest.split([':', '}']).next().map(str::to_owned)).collect();
        names.retain(|name| !name.is_empty());
        names
    }
}

/// Installed features in the order of the list.
pub(crate) type Features = Vec<Arc<dyn Installed>>;
