use std::borrow::Cow;
use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder, dev::Payload};
use aws_lc_rs::digest;
use core_kernel::{CursorKey, Order, Page, PageRequest, Timestamp};
use core_keys::Keyring;
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use super::{json::json_response, query};
use crate::context::RequestContext;
use crate::operation::PAGE_PARAMETERS;
use crate::{Problem, codes};

const PURPOSE: &str = "cursor";

/// Which page of a list the caller asks for: `limit`, `cursor`, `order`, `created_after`, `updated_since`. Dereferences to
/// [`PageRequest`]; [`PageQuery::answer`] makes the page that goes out.
///
/// A cursor is signed and bound to the operation, the order and the two times, so that it can be neither made up nor carried to
/// another list: 400 `request.invalid_cursor`.
#[derive(Clone)]
pub struct PageQuery {
    request: PageRequest,
    keyring: Keyring,
    binding: [u8; 8],
}

#[derive(Deserialize)]
struct Parameters {
    limit: Option<u16>,
    cursor: Option<String>,
    order: Option<Order>,
    created_after: Option<Timestamp>,
    updated_since: Option<Timestamp>,
}

impl Deref for PageQuery {
    type Target = PageRequest;

    fn deref(&self) -> &PageRequest {
        &self.request
    }
}

impl PageQuery {
    /// The page as it goes out.
    pub fn answer<T>(&self, page: Page<T>) -> PageResponse<T> {
        let next_cursor = page.next.map(|key| self.keyring.sign_token(PURPOSE, &encode(key, self.binding)));
        PageResponse { items: page.items, next_cursor }
    }

    pub(crate) fn read(query: &str, default_order: Order, operation: &str, keyring: &Keyring) -> Result<Self, Problem> {
        let parameters: Parameters = query::parse(query, |name| PAGE_PARAMETERS.contains(&name))?;
        let limit = parameters.limit.unwrap_or(PageRequest::DEFAULT_LIMIT);
        if !(1..=PageRequest::MAX_LIMIT).contains(&limit) {
            return Err(Problem::invalid("/limit", "out_of_range", "Expected a number from 1 to 100."));
        }
        let mut request = PageRequest::first(limit, parameters.order.unwrap_or(default_order));
        request.created_after = parameters.created_after;
        request.updated_since = parameters.updated_since;
        let binding = binding(operation, &request);
        if let Some(cursor) = parameters.cursor {
            let key = keyring.open_token(PURPOSE, &cursor).ok().and_then(|payload| decode(&payload, binding));
            request.after =
                Some(key.ok_or_else(|| Problem::new(&codes::INVALID_CURSOR, "The cursor was not made for this list."))?);
        }
        Ok(Self { request, keyring: keyring.clone(), binding })
    }
}

fn binding(operation: &str, request: &PageRequest) -> [u8; 8] {
    let text = format!("{operation}|{:?}|{:?}|{:?}", request.order, request.created_after, request.updated_since);
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    hash.as_ref().first_chunk().copied().unwrap_or_default()
}

fn encode(key: CursorKey, binding: [u8; 8]) -> Vec<u8> {
    [&binding[..], &key.at.millis().to_be_bytes(), key.id.as_bytes()].concat()
}

fn decode(payload: &[u8], binding: [u8; 8]) -> Option<CursorKey> {
    let (bound, rest) = payload.split_first_chunk::<8>()?;
    let (millis, id) = rest.split_first_chunk::<8>()?;
    let key = CursorKey { at: Timestamp::from_millis(i64::from_be_bytes(*millis)), id: Uuid::from_slice(id).ok()? };
    (*bound == binding).then_some(key)
}

impl FromRequest for PageQuery {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(RequestContext::of(request).and_then(|context| {
            let row = context.operation()?;
            let order = row.operation.paged.unwrap_or_default();
            Self::read(request.query_string(), order, row.id(), context.api.keyring())
        }))
    }
}

/// A page as it goes out: `{"items":[...],"next_cursor":"..."|null}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PageResponse<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Send it as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

impl<T> PageResponse<T> {
    /// The same page of other things.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> PageResponse<U> {
        PageResponse { items: self.items.into_iter().map(f).collect(), next_cursor: self.next_cursor }
    }
}

impl<T: Serialize> Responder for PageResponse<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        json_response(StatusCode::OK, &self)
    }
}

impl<T: ToSchema> PartialSchema for PageResponse<T> {
    fn schema() -> RefOr<Schema> {
        let cursor = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some("Send it as `cursor` for the next page; null on the last one."));
        ObjectBuilder::new()
            .property("items", ArrayBuilder::new().items(RefOr::Ref(Ref::from_schema_name(T::name()))))
            .property("next_cursor", cursor)
            .required("items")
            .required("next_cursor")
            .into()
    }
}

impl<T: ToSchema> ToSchema for PageResponse<T> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("{}Page", T::name()))
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::schemas(schemas);
        schemas.push((T::name().into_owned(), T::schema()));
    }
}
