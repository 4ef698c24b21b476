use std::borrow::Cow;

use core_http::PageResponse;
use serde::Serialize;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

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
#[derive(Serialize)]
pub(crate) struct WholeList<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
}

impl<T> WholeList<T> {
    pub(crate) fn of(items: impl IntoIterator<Item = T>) -> Self {
        Self { items: items.into_iter().collect(), next_cursor: None }
    }
}

impl<T: ToSchema> PartialSchema for WholeList<T> {
    fn schema() -> RefOr<Schema> {
        PageResponse::<T>::schema()
    }
}

/// Named after what it lists: the derived name would be the same for every list.
impl<T: ToSchema> ToSchema for WholeList<T> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("{}List", T::name()))
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        PageResponse::<T>::schemas(schemas);
    }
}
