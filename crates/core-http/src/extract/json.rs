use std::future::Future;
use std::pin::Pin;

use actix_web::body::BoxBody;
use actix_web::http::{Method, StatusCode, header};
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder, ResponseError, dev::Payload};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::objects::ObjectsOnly;
use super::{depth, pointer};
use crate::context::RequestContext;
use crate::{Problem, body, codes};

/// A JSON body, taken or given.
///
/// Taken: another content type is 415; too large is 413; not UTF-8, not JSON or nested too deep is 400, judged before a value is
/// built; a wrong type, a missing or an unknown field is 422 with a JSON pointer to it. `PATCH` takes
/// `application/merge-patch+json` too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T> Json<T> {
    /// The value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> std::ops::Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move {
            check_content_type(&request)?;
            let context = RequestContext::of(&request)?;
            let limit = context.operation()?.max_body_bytes;
            let bytes = body::read(payload, limit).await?;
            parse_json(&bytes, context.api.settings().limits.max_json_depth).map(Self)
        })
    }
}

fn check_content_type(request: &HttpRequest) -> Result<(), Problem> {
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    let is_patch = request.method() == Method::PATCH && essence.eq_ignore_ascii_case("application/merge-patch+json");
    if is_patch || essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Problem::new(&codes::UNSUPPORTED_MEDIA_TYPE, "This operation takes application/json."))
}

/// Reads a JSON text under all the rules of a request body: UTF-8, depth, no unknown fields, field errors with pointers.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8], max_depth: usize) -> Result<T, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_invalid| Problem::new(&codes::MALFORMED, "The body is not UTF-8."))?;
    if depth::nests_deeper_than(max_depth, bytes) {
        return Err(Problem::new(&codes::MALFORMED, format!("The body nests deeper than {max_depth} levels.")));
    }
    let mut unknown = Vec::new();
    let mut track = serde_path_to_error::Track::new();
    let mut json = serde_json::Deserializer::from_str(text);
    let tracked = serde_path_to_error::Deserializer::new(ObjectsOnly(&mut json), &mut track);
    let parsed: Result<T, serde_json::Error> =
        serde_ignored::deserialize(tracked, |path| unknown.push(pointer::unknown_field(pointer::of_ignored(&path))));
    let value = parsed.map_err(|error| refuse(text, &error, &track.path()))?;
    json.end().map_err(|error| malformed(&error))?;
    if unknown.is_empty() {
        return Ok(value);
    }
    Err(Problem::new(&codes::INVALID, "The body has fields that are not known here.").with_fields(unknown))
}

fn refuse(text: &str, error: &serde_json::Error, path: &serde_path_to_error::Path) -> Problem {
    // A wrong field may come before the place where the text stops being JSON, and then the text is what is wrong.
    if let Err(broken) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        return malformed(&broken);
    }
    Problem::new(&codes::INVALID, "A field of the body is not as it must be; see `errors`.")
        .with_field(pointer::field_error(path, &error.to_string()))
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(&codes::MALFORMED, format!("The body is not JSON: line {}, column {}.", error.line(), error.column()))
}

impl<T: Serialize> Responder for Json<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        json_response(StatusCode::OK, &self.0)
    }
}

/// A JSON answer.
pub(crate) fn json_response<T: Serialize + ?Sized>(status: StatusCode, value: &T) -> HttpResponse {
    match serde_json::to_vec(value) {
        Ok(body) => HttpResponse::build(status).content_type(mime_json()).body(body),
        Err(error) => Problem::internal(error).error_response(),
    }
}

fn mime_json() -> header::HeaderValue {
    header::HeaderValue::from_static("application/json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[expect(dead_code, reason = "only whether it parses matters")]
    struct Order {
        email: String,
        lines: Vec<Line>,
        #[serde(default)]
        note: crate::Patch<String>,
        kind: Option<Kind>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    #[expect(dead_code, reason = "only whether it parses matters")]
    enum Kind {
        Sent { by: String },
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it parses matters")]
    struct Line {
        count: u32,
        unit: Unit,
        size: Option<Size>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[expect(dead_code, reason = "only whether it parses matters")]
    struct Size {
        width: u32,
        height: u32,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Unit {
        Piece,
    }

    fn problem(text: &[u8]) -> serde_json::Value {
        parse_json::<Order>(text, 64).unwrap_err().to_value()
    }

    #[track_caller]
    fn points_at(text: &str, pointer: &str, code: &str) {
        let value = problem(text.as_bytes());
        assert_eq!(value["status"], 422, "{value}");
        assert_eq!(
            (value["errors"][0]["pointer"].as_str(), value["errors"][0]["code"].as_str()),
            (Some(pointer), Some(code)),
            "{value}"
        );
    }

    #[test]
    fn a_wrong_field_is_422_with_a_pointer() {
        points_at(r#"{"email":1,"lines":[]}"#, "/email", "invalid_type");
        points_at(r#"{"lines":[]}"#, "/email", "missing_field");
        points_at(r#"{"email":"a","lines":[{"count":-1,"unit":"piece"}]}"#, "/lines/0/count", "invalid_value");
        points_at(r#"{"email":"a","lines":[{"count":1,"unit":"ton"}]}"#, "/lines/0/unit", "invalid_choice");
        points_at(r#"{"email":"a","lines":[],"note":7}"#, "/note", "invalid_type");
        points_at(r#"{"email":"a","email":"b","lines":[]}"#, "/email", "duplicate_field");
    }

    #[test]
    fn a_list_is_no_object_at_any_depth() {
        points_at(r#"["a",[],null]"#, "", "invalid_type");
        points_at(r#"{"email":"a","lines":[[1,"piece"]]}"#, "/lines/0", "invalid_type");
        points_at(r#"{"email":"a","lines":[{"count":1,"unit":"piece","size":[1,2]}]}"#, "/lines/0/size", "invalid_type");
        points_at(r#"{"email":"a","lines":[],"kind":{"sent":["b"]}}"#, "/kind/sent", "invalid_type");
    }

    #[test]
    fn the_number_of_a_choice_is_not_its_name() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(tag = "type", rename_all = "snake_case")]
        enum Part {
            Text {},
        }

        assert!(parse_json::<Part>(br#"{"type":"text"}"#, 64).is_ok());
        assert_eq!(parse_json::<Part>(br#"{"type":0}"#, 64).unwrap_err().to_value()["status"], 422);
    }

    #[test]
    fn an_unknown_field_is_422_whether_or_not_the_type_denies_it() {
        points_at(r#"{"email":"a","lines":[],"a/b":1}"#, "/a~1b", "unknown_field");
        points_at(r#"{"email":"a","lines":[{"count":1,"unit":"piece","x":1}]}"#, "/lines/0/x", "unknown_field");
    }

    #[test]
    fn what_is_no_json_is_400() {
        for text in [&b"{"[..], b"{} x", b"\xff\xfe", b"", "[".repeat(1000).as_bytes()] {
            assert_eq!(problem(text)["status"], 400);
        }
    }

    #[test]
    fn the_offending_value_is_not_repeated() {
        let value = problem(br#"{"email":{"secret":"canary"},"lines":[]}"#);
        assert!(!value.to_string().contains("canary"), "{value}");
        let value = problem(br#"{"email":"a","lines":"canary"}"#);
        assert!(!value.to_string().contains("canary"), "{value}");
    }
}
