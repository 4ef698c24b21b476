use std::sync::{Arc, OnceLock};

use core_kernel::{Permission, PermissionSet};

/// Every permission of every installed feature. Identity is built before the features that use it, so the root fills it in once
/// all are there; until then only identity's own permissions are known.
#[derive(Clone, Debug, Default)]
pub struct Catalogue(Arc<OnceLock<Vec<&'static Permission>>>);

impl Catalogue {
    /// A catalogue that is complete from the start.
    pub fn of(permissions: impl IntoIterator<Item = &'static Permission>) -> Self {
        let catalogue = Self::default();
        catalogue.fill(permissions);
        catalogue
    }

    /// Says what there is; the first filling counts.
    pub fn fill(&self, permissions: impl IntoIterator<Item = &'static Permission>) {
        drop(self.0.set(permissions.into_iter().collect()));
    }

    /// Everything, in the order of the features.
    pub fn all(&self) -> impl Iterator<Item = &'static Permission> {
        let known = self.0.get().map_or(crate::permissions::ALL, Vec::as_slice);
        known.iter().copied()
    }

    /// The permission of this name.
    pub fn find(&self, name: &str) -> Option<&'static Permission> {
        self.all().find(|permission| permission.name == name)
    }

    /// What everybody has in their own space.
    pub fn personal(&self) -> PermissionSet {
        self.all().filter(|permission| permission.personal).map(|permission| permission.name).collect()
    }

    /// What the role `admin` has.
    pub fn platform(&self) -> PermissionSet {
        self.all().filter(|permission| permission.platform).map(|permission| permission.name).collect()
    }
}
