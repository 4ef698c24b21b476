use std::fmt;

use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A type's schema, ready to be written into the API document.
#[derive(Clone, Copy)]
pub struct Described {
    name: fn() -> std::borrow::Cow<'static, str>,
    schema: fn() -> RefOr<Schema>,
    parts: fn(&mut Vec<(String, RefOr<Schema>)>),
}

impl Described {
    /// The schema of `T`.
    pub fn of<T: ToSchema>() -> Self {
        Self { name: T::name, schema: <T as PartialSchema>::schema, parts: T::schemas }
    }

    /// Adds the type and all that it refers to, and gives the reference to it.
    pub(crate) fn collect(&self, into: &mut Vec<(String, RefOr<Schema>)>) -> RefOr<Schema> {
        let name = self.component_name();
        (self.parts)(into);
        into.push((name.clone(), (self.schema)()));
        RefOr::Ref(Ref::from_schema_name(name))
    }

    /// Its name among the components of the document.
    pub fn component_name(&self) -> String {
        (self.name)().chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect()
    }
}

impl fmt::Debug for Described {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.component_name())
    }
}
