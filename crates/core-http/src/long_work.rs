use std::future::Future;
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, Responder, ResponseError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};
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
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LongWork<T> {
    /// Which.
    pub id: Uuid,
    /// Where it stands.
    pub status: WorkStatus,
    /// Part that is done, from 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    pub progress: f64,
    /// What came out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<T>,
    /// Why it was given up, as a problem document.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub problem: Option<Value>,
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
    #[param(maximum = 25)]
    wait: Option<u8>,
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
