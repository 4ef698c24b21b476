use serde::Serialize;
use utoipa::ToSchema;

use crate::Role;

/// A named set of platform permissions.
#[derive(Serialize, ToSchema)]
pub(crate) struct RoleBody {
    name: String,
    permissions: Vec<String>,
    /// True for `admin`, which has everything and can't be changed.
    built_in: bool,
}

impl From<Role> for RoleBody {
    fn from(role: Role) -> Self {
        Self { built_in: role.is_built_in(), name: role.name, permissions: role.permissions }
    }
}

/// A whole list: there is no next page.
#[derive(Serialize, ToSchema)]
pub(crate) struct WholeList<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
}

impl<T> WholeList<T> {
    pub(crate) fn of(items: impl IntoIterator<Item = T>) -> Self {
        Self { items: items.into_iter().collect(), next_cursor: None }
    }
}
