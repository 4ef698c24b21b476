/// Declares an id: a newtype over a UUID that cannot be mistaken for another id.
///
/// ```
/// core_kernel::typed_id! {
///     /// One invoice.
///     InvoiceId
/// }
/// let id: InvoiceId = "0190b7a2-0000-7000-8000-000000000001".parse().unwrap();
/// assert_eq!(id.to_string(), "0190b7a2-0000-7000-8000-000000000001");
/// ```
#[macro_export]
macro_rules! typed_id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $crate::__Uuid);

        impl $name {
            /// The plain UUID, for storage.
            #[must_use]
            pub const fn get(self) -> $crate::__Uuid {
                self.0
            }
        }
        impl ::core::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt(&self.0, f)
            }
        }
        impl ::core::convert::From<$crate::__Uuid> for $name {
            fn from(id: $crate::__Uuid) -> Self {
                Self(id)
            }
        }
        impl ::core::str::FromStr for $name {
            type Err = <$crate::__Uuid as ::core::str::FromStr>::Err;
            fn from_str(text: &str) -> ::core::result::Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, s: S) -> ::core::result::Result<S::Ok, S::Error> {
                ::serde::Serialize::serialize(&self.0, s)
            }
        }
        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(d: D) -> ::core::result::Result<Self, D::Error> {
                ::serde::Deserialize::deserialize(d).map(Self)
            }
        }
    };
}
