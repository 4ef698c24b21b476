//! The pages for people: the problem catalogue and the API's documentation. Everything they load is in the binary.

use std::borrow::Cow;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use core_kernel::ProblemCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_swagger_ui::Config;

use crate::extract::json_response;
use crate::system::Tail;
use crate::{Api, Operation, Path, Problem, status_of};

/// An entry of the problem catalogue.
#[derive(Serialize, ToSchema)]
struct ProblemEntry {
    /// The stable code.
    code: &'static str,
    /// The status it answers with.
    status: u16,
    /// The same short sentence every time.
    title: &'static str,
    /// What to do.
    advice: &'static str,
    /// The `type` of its documents.
    r#type: String,
}

impl ProblemEntry {
    fn of(code: &'static ProblemCode, public_url: &str) -> Self {
        let r#type = format!("{public_url}/problems/{}", code.code);
        Self { code: code.code, status: status_of(code).as_u16(), title: code.title, advice: code.advice, r#type }
    }
}

/// Every problem that this API may answer.
#[derive(Serialize, ToSchema)]
struct ProblemCatalogue {
    /// In the order of their codes.
    problems: Vec<ProblemEntry>,
}

pub(crate) fn operations() -> Vec<Operation> {
    let list = Operation::get("", list_problems)
        .id("list_problems")
        .summary("The problem catalogue")
        .describe("Every code that this API may answer, with its status and what to do about it; a page where HTML is preferred.")
        .answers::<ProblemCatalogue>(200, "All entries");
    let one = Operation::get("/{code}", get_problem)
        .id("get_problem")
        .summary("One entry of the problem catalogue")
        .answers::<ProblemEntry>(200, "The entry");
    vec![list.public().any_query(), one.public().any_query()]
}

async fn list_problems(request: HttpRequest, api: web::Data<Api>) -> HttpResponse {
    let url = api.public_url();
    let problems: Vec<_> = api.problems().values().map(|code| ProblemEntry::of(code, &url)).collect();
    if prefers_html(&request) {
        let rows: String = problems.iter().map(row).collect();
        return html("Problems", &format!("<table><tr><th>Code<th>Status<th>Title</tr>{rows}</table>"));
    }
    json_response(StatusCode::OK, &ProblemCatalogue { problems })
}

async fn get_problem(request: HttpRequest, api: web::Data<Api>, code: Path<String>) -> Result<HttpResponse, Problem> {
    let found = api.problems().get(code.0.as_str()).copied().ok_or_else(Problem::not_found)?;
    let entry = ProblemEntry::of(found, &api.public_url());
    if prefers_html(&request) {
        let text = format!("<p><code>{}</code>, status {}</p><p>{}</p>", escape(entry.code), entry.status, escape(entry.advice));
        return Ok(html(entry.title, &text));
    }
    Ok(json_response(StatusCode::OK, &entry))
}

fn row(entry: &ProblemEntry) -> String {
    let code = escape(entry.code);
    format!("<tr><td><a href=\"/problems/{code}\">{code}</a><td>{}<td>{}</tr>", entry.status, escape(entry.title))
}

/// Browsers name HTML and nothing of JSON; programs name JSON or nothing.
fn prefers_html(request: &HttpRequest) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.contains("text/html") && !accept.contains("json")
}

fn html(title: &str, content: &str) -> HttpResponse {
    let title = escape(title);
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title><h1>{title}</h1>{content}</html>"
    );
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))).body(page)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// What Swagger UI needs and no more: scripts and requests of this origin, and the inline styles that it sets.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                           font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(crate) fn docs() -> Vec<Operation> {
    let index = Operation::get("", |api: web::Data<Api>| async move { asset(&api, "index.html") })
        .id("get_docs")
        .summary("The documentation of this API, as a page");
    let file = Operation::get("/{file:.*}", |api: web::Data<Api>, file: Tail| async move { asset(&api, &file.0) })
        .id("get_docs_file")
        .summary("A file that the documentation page loads");
    [index, file].map(|operation| operation.public().any_query().answers_raw(200, "text/html", "Swagger UI")).into()
}

fn asset(api: &Api, file: &str) -> Result<HttpResponse, Problem> {
    let config = Arc::new(Config::from(format!("{}/openapi.json", api.settings().api_prefix)));
    let found = utoipa_swagger_ui::serve(file, config).map_err(Problem::internal)?.ok_or_else(Problem::not_found)?;
    let mut bytes = found.bytes;
    if file.is_empty() || file == "index.html" {
        // Relative links would point beside `/docs` when it is asked for without a slash at the end.
        bytes = Cow::Owned(
            String::from_utf8_lossy(&bytes).replace("\"./", "\"/docs/").replace("\"index.css", "\"/docs/index.css").into_bytes(),
        );
    }
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::CONTENT_TYPE, found.content_type));
    answer.insert_header((header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(DOCS_POLICY)));
    answer.insert_header((header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")));
    if found.gzpipped {
        answer.insert_header((header::CONTENT_ENCODING, HeaderValue::from_static("gzip")));
    }
    Ok(answer.body(bytes.into_owned()))
}
