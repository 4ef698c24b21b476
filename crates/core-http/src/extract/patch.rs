use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Visitor};
use utoipa::__dev::ComposeSchema;
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// One field of a merge patch (RFC 7396): left out, removed by `null`, or set.
///
/// ```
/// use core_http::Patch;
///
/// #[derive(serde::Deserialize, utoipa::ToSchema)]
/// #[serde(deny_unknown_fields)]
/// struct UpdateProfile {
///     #[serde(default)]
///     display_name: Patch<String>,
/// }
/// let absent: UpdateProfile = serde_json::from_str("{}").unwrap();
/// let null: UpdateProfile = serde_json::from_str(r#"{"display_name":null}"#).unwrap();
/// assert_eq!(absent.display_name, Patch::Absent);
/// assert_eq!(null.display_name, Patch::Null);
/// ```
///
/// Without `#[serde(default)]` a missing field is an error, never a removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// Not mentioned: stays as it is.
    #[default]
    Absent,
    /// `null`: is removed.
    Null,
    /// Is set.
    Value(T),
}

impl<T> Patch<T> {
    /// True when the field is not mentioned.
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// None when absent, else what it is to become.
    pub fn change(self) -> Option<Option<T>> {
        match self {
            Self::Absent => None,
            Self::Null => Some(None),
            Self::Value(value) => Some(Some(value)),
        }
    }

    /// Puts the change into `target`. True when the field was mentioned.
    pub fn apply(self, target: &mut Option<T>) -> bool {
        let change = self.change();
        let mentioned = change.is_some();
        if let Some(value) = change {
            *target = value;
        }
        mentioned
    }

    /// The same change of another type.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Patch<U> {
        match self {
            Self::Absent => Patch::Absent,
            Self::Null => Patch::Null,
            Self::Value(value) => Patch::Value(f(value)),
        }
    }

    /// The same change, checked.
    pub fn try_map<U, E>(self, f: impl FnOnce(T) -> Result<U, E>) -> Result<Patch<U>, E> {
        Ok(match self {
            Self::Absent => Patch::Absent,
            Self::Null => Patch::Null,
            Self::Value(value) => Patch::Value(f(value)?),
        })
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Not `deserialize_option`: serde answers that with "none" for a missing field too, and would turn it into a removal.
        deserializer.deserialize_newtype_struct("Patch", PatchVisitor(PhantomData))
    }
}

struct PatchVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for PatchVisitor<T> {
    type Value = Patch<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or null")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Patch::Null, Patch::Value))
    }
}

impl<T: serde::Serialize> serde::Serialize for Patch<T> {
    /// Absent is written as `null` too; combine with `skip_serializing_if = "Patch::is_absent"`.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Null => serializer.serialize_none(),
            Self::Value(value) => serializer.serialize_some(value),
        }
    }
}

/// What utoipa's derive asks of a generic type that is a field; `PartialSchema` follows from it.
impl<T: PartialSchema> ComposeSchema for Patch<T> {
    fn compose(generics: Vec<RefOr<Schema>>) -> RefOr<Schema> {
        let inner = generics.into_iter().next().unwrap_or_else(T::schema);
        AnyOfBuilder::new().item(ObjectBuilder::new().schema_type(Type::Null)).item(inner).into()
    }
}

impl<T: ToSchema> ToSchema for Patch<T> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("Patch_{}", T::name()))
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Strict {
        #[expect(dead_code, reason = "only its absence matters")]
        name: Patch<String>,
    }

    #[test]
    fn a_missing_field_without_a_default_is_an_error_and_no_removal() {
        let error = serde_json::from_str::<Strict>("{}").unwrap_err();
        assert!(error.to_string().contains("missing field"), "{error}");
    }

    #[test]
    fn a_value_is_set_and_null_removes() {
        let mut name = Some("old".to_owned());
        assert!(!Patch::Absent.apply(&mut name));
        assert_eq!(name.as_deref(), Some("old"));
        assert!(serde_json::from_str::<Patch<String>>("\"new\"").unwrap().apply(&mut name));
        assert_eq!(name.as_deref(), Some("new"));
        assert!(serde_json::from_str::<Patch<String>>("null").unwrap().apply(&mut name));
        assert_eq!(name, None);
    }
}
