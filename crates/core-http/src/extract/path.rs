use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde::de::DeserializeOwned;

use crate::Problem;

/// The named segments of the path: a typed id, a tuple in order, or a struct by name. A segment that is none (no UUID where an id
/// stands, say) answers 404, since nothing can be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path<T>(pub T);

impl<T> Path<T> {
    /// The value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Path<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned> FromRequest for Path<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        #[expect(clippy::disallowed_types, reason = "the one use, wrapped so that a bad segment is 404")]
        let extracted = actix_web::web::Path::<T>::extract(request).into_inner();
        ready(extracted.map(|path| Self(path.into_inner())).map_err(|_unreadable| Problem::not_found()))
    }
}
