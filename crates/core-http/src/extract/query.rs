use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use core_kernel::FieldError;
use serde::de::DeserializeOwned;

use super::pointer;
use crate::context::RequestContext;
use crate::operation::PAGE_PARAMETERS;
use crate::{Problem, codes};

/// The query parameters of the operation. The row declares them with [`crate::Operation::query`]; a name that the row does not
/// declare is 422, and so is a value of the wrong type, with the pointer `/name`. On lists the parameters of the page are left
/// to [`crate::PageQuery`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query<T>(pub T);

impl<T> Query<T> {
    /// The value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Query<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let paged = RequestContext::of(request).and_then(|context| Ok(context.operation()?.operation.is_paged()));
        ready(paged.and_then(|paged| {
            let own = |name: &str| !(paged && PAGE_PARAMETERS.contains(&name));
            parse(request.query_string(), own).map(Self)
        }))
    }
}

/// The decoded pairs of a query string; 400 where it is not UTF-8.
pub(crate) fn pairs(query: &str) -> Result<Vec<(String, String)>, Problem> {
    serde_urlencoded::from_str(query).map_err(|_unreadable| Problem::new(&codes::MALFORMED, "The query can't be read."))
}

/// Reads the pairs whose names pass `keep`. Fields may be of any type that reads from text, options of them included.
pub(crate) fn parse<T: DeserializeOwned>(query: &str, keep: impl Fn(&str) -> bool) -> Result<T, Problem> {
    let pairs: Vec<(String, String)> = pairs(query)?.into_iter().filter(|(name, _)| keep(name)).collect();
    let encoded = serde_urlencoded::to_string(&pairs).map_err(Problem::internal)?;
    let mut track = serde_path_to_error::Track::new();
    let inner = serde_urlencoded::Deserializer::new(url::form_urlencoded::parse(encoded.as_bytes()));
    let parsed = T::deserialize(serde_path_to_error::Deserializer::new(inner, &mut track));
    parsed.map_err(|error| {
        Problem::new(&codes::INVALID, "A query parameter is not as it must be; see `errors`.")
            .with_field(pointer::field_error(&track.path(), &error.to_string()))
    })
}

/// Refuses names that the operation does not declare.
pub(crate) fn refuse_unknown<'a>(query: &str, mut known: impl FnMut(&str) -> bool + 'a) -> Result<(), Problem> {
    let unknown: Vec<FieldError> = pairs(query)?
        .iter()
        .filter(|(name, _)| !known(name))
        .map(|(name, _)| {
            let mut at = String::new();
            pointer::push(&mut at, name);
            FieldError::new(at, "unknown_parameter", "There is no such query parameter here.")
        })
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Problem::new(&codes::INVALID, "The query has parameters that are not known here.").with_fields(unknown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Filter {
        query: Option<String>,
        from: Option<u32>,
    }

    #[test]
    fn parameters_are_read_by_name_and_type() {
        let filter: Filter = parse("query=a%20b&from=7&limit=3", |name| name != "limit").unwrap();
        assert_eq!(filter, Filter { query: Some("a b".to_owned()), from: Some(7) });
        let problem = parse::<Filter>("from=soon", |_| true).unwrap_err().to_value();
        assert_eq!((problem["status"].as_u64(), problem["errors"][0]["pointer"].as_str()), (Some(422), Some("/from")));
    }

    #[test]
    fn an_undeclared_name_is_refused() {
        assert!(refuse_unknown("a=1", |name| name == "a").is_ok());
        let problem = refuse_unknown("a=1&b=2", |name| name == "a").unwrap_err().to_value();
        assert_eq!(problem["errors"][0]["pointer"], "/b");
    }
}
