use std::borrow::Cow;
use std::future::Future;
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, Responder, ResponseError};
use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use tokio::time::Instant;
use utoipa::__dev::ComposeSchema;
use utoipa::openapi::schema::{AnyOfBuilder, KnownFormat, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use uuid::Uuid;

use crate::Problem;

/// The longest that `?wait=` waits.
const LONGEST_WAIT: Duration = Duration::from_secs(25);
/// How often a waiting request looks.
const LOOK: Duration = Duration::from_millis(200);

/// Where long work stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum WorkStatus {
    /// It waits for a worker.
    Queued,
    /// A worker has it.
    Running,
    /// It is done; `result` is there.
    Succeeded,
    /// It was given up; `problem` says why.
    Failed,
}

impl WorkStatus {
    /// True when it stays as it is.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }
}

/// Work that takes longer than a request, as its resource shows it.
#[derive(Clone, Debug, Serialize)]
pub struct LongWork<T> {
    /// Which.
    pub id: Uuid,
    /// Where it stands.
    pub status: WorkStatus,
    /// Part that is done, from 0 to 1.
    pub progress: f64,
    /// What came out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<T>,
    /// Why it was given up, as a problem document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Value>,
}

/// What utoipa's derive asks of a generic type that is a field; `PartialSchema` follows from it.
impl<T: PartialSchema> ComposeSchema for LongWork<T> {
    fn compose(generics: Vec<RefOr<Schema>>) -> RefOr<Schema> {
        let result = generics.into_iter().next().unwrap_or_else(T::schema);
        let id = ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
        let progress = ObjectBuilder::new().schema_type(Type::Number).minimum(Some(0)).maximum(Some(1));
        let problem = ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::Object, Type::Null]));
        ObjectBuilder::new()
            .description(Some("Work that takes longer than a request, as its resource shows it."))
            .property("id", id)
            .property("status", Ref::from_schema_name(WorkStatus::name()))
            .property("progress", progress.description(Some("Part that is done, from 0 to 1.")))
            .property("result", AnyOfBuilder::new().item(ObjectBuilder::new().schema_type(Type::Null)).item(result))
            .property("problem", problem.description(Some("Why it was given up, as a problem document.")))
            .required("id")
            .required("status")
            .required("progress")
            .into()
    }
}

/// Named after its result: the derived name would be the same for every one.
impl<T: ToSchema> ToSchema for LongWork<T> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("LongWork_{}", T::name()))
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((WorkStatus::name().into_owned(), WorkStatus::schema()));
        T::schemas(schemas);
    }
}

/// 202 with the place where the work is seen.
#[derive(Debug)]
pub struct Accepted<T> {
    location: String,
    body: LongWork<T>,
}

impl<T> Accepted<T> {
    /// `work`, to be found at `location` (an absolute path).
    pub fn at(location: impl Into<String>, work: LongWork<T>) -> Self {
        Self { location: location.into(), body: work }
    }
}

impl<T: Serialize> Responder for Accepted<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        match header::HeaderValue::from_str(&self.location) {
            Ok(location) => {
                HttpResponse::build(StatusCode::ACCEPTED).insert_header((header::LOCATION, location)).json(&self.body)
            }
            Err(error) => Problem::internal(error).error_response(),
        }
    }
}

/// How long to wait for the end of long work.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
pub struct Wait {
    /// Seconds, at most 25: the answer comes when the work ends, or after this time as it then stands.
    #[serde(default, deserialize_with = "within_the_longest")]
    #[param(maximum = 25)]
    wait: Option<u8>,
}

fn within_the_longest<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
    let wait = Option::<u8>::deserialize(deserializer)?;
    match wait {
        Some(seconds) if Duration::from_secs(seconds.into()) > LONGEST_WAIT => {
            let expected = format!("at most {} seconds", LONGEST_WAIT.as_secs());
            Err(D::Error::invalid_value(Unexpected::Unsigned(seconds.into()), &expected.as_str()))
        }
        wait => Ok(wait),
    }
}

impl Wait {
    /// Looks until `ended` says so or the time is over; gives what was seen last.
    pub async fn until<T, E, Fut>(self, ended: impl Fn(&T) -> bool, mut look: impl FnMut() -> Fut) -> Result<T, E>
    where
        Fut: Future<Output = Result<T, E>>,
    {
        let limit = Duration::from_secs(self.wait.unwrap_or(0).into()).min(LONGEST_WAIT);
        let end = Instant::now() + limit;
        loop {
            let seen = look().await?;
            if ended(&seen) || Instant::now() >= end {
                return Ok(seen);
            }
            tokio::time::sleep_until(end.min(Instant::now() + LOOK)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    async fn looks(wait: Option<u8>, ends_at: u32) -> u32 {
        let seen = Cell::new(0);
        let look = || async {
            seen.set(seen.get() + 1);
            Ok::<_, ()>(seen.get())
        };
        Wait { wait }.until(|count| *count >= ends_at, look).await.unwrap()
    }

    #[test]
    fn waiting_longer_than_the_document_allows_is_refused() {
        let read = |text: &str| serde_urlencoded::from_str::<Wait>(text).map(|wait| wait.wait);
        assert_eq!((read("wait=25").unwrap(), read("").unwrap()), (Some(25), None));
        assert!(read("wait=26").unwrap_err().to_string().contains("at most 25 seconds"));
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_ends_with_the_work_or_with_the_time() {
        assert_eq!(looks(None, 5).await, 1);
        assert_eq!(looks(Some(2), 3).await, 3);
        assert_eq!(looks(Some(1), u32::MAX).await, 6);
        let begin = Instant::now();
        looks(Some(255), u32::MAX).await;
        assert_eq!(begin.elapsed(), LONGEST_WAIT);
    }
}
