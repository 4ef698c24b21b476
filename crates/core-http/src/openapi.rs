use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use utoipa::openapi::extensions::{Extensions, ExtensionsBuilder};
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{
    HttpMethod, Operation as Documented, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem, Paths,
    PathsBuilder,
};
use utoipa::openapi::request_body::{RequestBody as DocumentedBody, RequestBodyBuilder};
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ComponentsBuilder, Content, ContentBuilder, Deprecated, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required, Response,
    ResponseBuilder, Schema, ServerBuilder,
};

use crate::mount::MountedOperation;
use crate::{Access, Answer, AnswerContent, Api, LimitClass, PROBLEM_JSON, RequestBody, codes, status_of};

type Schemas = Vec<(String, RefOr<Schema>)>;

/// The document, made from the same rows as the routes.
pub(crate) fn document(api: &Api) -> OpenApi {
    let (paths, tags, mut schemas) = parts(api);
    let info = api.info();
    let mut components = ComponentsBuilder::new()
        .schema("Problem", problem_schema())
        .response(
            "Problem",
            ResponseBuilder::new().description("What went wrong (RFC 9457)").content(PROBLEM_JSON, problem_content()),
        )
        .security_scheme(
            "bearer",
            SecurityScheme::Http(
                HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An access token or an API key")).build(),
            ),
        )
        .security_scheme(
            "session",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
                api.settings().session_cookie.as_str(),
                "What sign-in with `session: cookie` sets. Every method but GET, HEAD and OPTIONS also needs X-CSRF-Token.",
            ))),
        );
    schemas.sort_by(|a, b| a.0.cmp(&b.0));
    schemas.dedup_by(|a, b| a.0 == b.0);
    for (name, schema) in schemas {
        components = components.schema(name, schema);
    }
    OpenApiBuilder::new()
        .info(InfoBuilder::new().title(info.title).version(info.version).description(Some(info.description)))
        .servers(Some([ServerBuilder::new().url(api.public_url().to_string()).build()]))
        .paths(paths)
        .components(Some(components.build()))
        .tags(Some(tags.into_iter().map(|tag| TagBuilder::new().name(tag).build())))
        .build()
}

/// The paths, the features that have them, and every schema as often as it is used.
fn parts(api: &Api) -> (Paths, BTreeSet<&'static str>, Schemas) {
    let mut schemas = Schemas::new();
    let mut paths = PathsBuilder::new().build();
    let mut tags = BTreeSet::new();
    for row in api.operations() {
        let Some(method) = method(row) else { continue };
        tags.insert(row.feature);
        let operation = operation(api, row, &mut schemas);
        paths.paths.entry(row.documented_path()).or_default().merge_operations(PathItem::new(method, operation));
    }
    (paths, tags, schemas)
}

/// What the document can't say truly: of two types with one name it describes one, and a reference may lead nowhere.
pub(crate) fn faults(api: &Api) -> BTreeSet<String> {
    let (.., schemas) = parts(api);
    let mut by_name = BTreeMap::new();
    let mut faults = BTreeSet::new();
    for (name, schema) in &schemas {
        if by_name.insert(name, schema).is_some_and(|other| other != schema) {
            faults.insert(format!("two types are described as `{name}`; name one of them with #[schema(as = ..)]"));
        }
    }
    let document = serde_json::to_value(document(api)).unwrap_or_default();
    dangling(&document, &document, &mut faults);
    faults
}

fn dangling(document: &Value, part: &Value, faults: &mut BTreeSet<String>) {
    match part {
        Value::Object(members) => {
            let reference = members.get("$ref").and_then(Value::as_str);
            if let Some(reference) = reference.filter(|place| document.pointer(place.trim_start_matches('#')).is_none()) {
                faults.insert(format!("`{reference}` is referred to and not described; parameters need #[param(inline)]"));
            }
            members.values().for_each(|value| dangling(document, value, faults));
        }
        Value::Array(items) => items.iter().for_each(|value| dangling(document, value, faults)),
        _ => {}
    }
}

/// The document's text, in an order that never changes: extensions would otherwise come as their hash map likes.
pub(crate) fn json(document: &OpenApi) -> Vec<u8> {
    let value = serde_json::to_value(document).unwrap_or_default();
    serde_json::to_vec_pretty(&value).unwrap_or_default()
}

fn method(row: &MountedOperation) -> Option<HttpMethod> {
    Some(match row.method().as_str() {
        "GET" => HttpMethod::Get,
        "POST" => HttpMethod::Post,
        "PUT" => HttpMethod::Put,
        "PATCH" => HttpMethod::Patch,
        "DELETE" => HttpMethod::Delete,
        "OPTIONS" => HttpMethod::Options,
        "HEAD" => HttpMethod::Head,
        _ => return None,
    })
}

fn operation(api: &Api, row: &MountedOperation, schemas: &mut Schemas) -> Documented {
    let row_operation = &row.operation;
    let mut documented = OperationBuilder::new()
        .operation_id(Some(row_operation.id))
        .summary(Some(row_operation.summary))
        .description(row_operation.description)
        .tag(row.feature)
        .extensions(Some(extensions(api, row)))
        .deprecated(row_operation.sunset.map(|_| Deprecated::True));
    for parameter in parameters(row) {
        documented = documented.parameter(parameter);
    }
    documented = documented.request_body(request_body(row, schemas));
    documented = match row_operation.access {
        Some(Access::Public) | None => documented.securities(Some([])),
        _ => documented.securities(Some(["bearer", "session"].map(|name| SecurityRequirement::new(name, Vec::<String>::new())))),
    };
    let statuses: BTreeSet<u16> = row_operation.answers.iter().map(|answer| answer.status).collect();
    for status in statuses {
        documented = documented.response(status.to_string(), response(row, status, schemas));
    }
    for (status, codes) in problems(row) {
        documented = documented.response(status.to_string(), problem_response(row, codes, schemas));
    }
    documented.response("default", Ref::from_response_name("Problem")).build()
}

fn extensions(api: &Api, row: &MountedOperation) -> Extensions {
    let mut pairs: Vec<(&str, Value)> = vec![("x-rate-limit", json!(row.operation.limit_class().name()))];
    if !matches!(row.operation.body, RequestBody::None) {
        pairs.push(("x-max-body-bytes", json!(row.max_body_bytes)));
    }
    if let Some(Access::Requires(permission)) = row.operation.access {
        pairs.push(("x-permission", json!(permission.name)));
    }
    if row.operation.dangerous {
        pairs.push(("x-recent-login-seconds", json!(api.settings().recent_login_seconds)));
    }
    pairs.into_iter().fold(ExtensionsBuilder::new(), |extensions, (name, value)| extensions.add(name, value)).build()
}

fn parameters(row: &MountedOperation) -> Vec<Parameter> {
    let mut parameters: Vec<Parameter> = row.path_names().into_iter().map(|name| path_parameter(&name)).collect();
    parameters.extend(row.operation.query.iter().cloned());
    if row.operation.is_paged() {
        parameters.extend(page_parameters());
    }
    if row.operation.access != Some(Access::Public) {
        parameters.push(org_parameter());
    }
    if row.operation.access != Some(Access::Public) && row.writes() {
        parameters.push(header_parameter("X-CSRF-Token", "From GET /auth/csrf; needed with the session cookie."));
    }
    if row.method() == "POST" && !row.operation.foreign_errors {
        parameters.push(header_parameter(
            "Idempotency-Key",
            "1 to 255 visible ASCII characters. The same request with the same key is carried out once; its answer is kept for 24 hours.",
        ));
    }
    parameters.extend(row.operation.headers.iter().map(|header| {
        let mut parameter = header_parameter(header.name, header.text);
        parameter.required = if header.required { Required::True } else { Required::False };
        parameter
    }));
    parameters
}

fn path_parameter(name: &str) -> Parameter {
    let mut schema = ObjectBuilder::new().schema_type(Type::String);
    if name == "id" || name.ends_with("_id") {
        schema = schema.format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
    }
    ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).required(Required::True).schema(Some(schema)).build()
}

fn header_parameter(name: &str, text: &str) -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::String);
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header).required(Required::False);
    parameter.description(Some(text)).schema(Some(schema)).build()
}

fn org_parameter() -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
    let mut parameter =
        header_parameter("X-Org-Id", "The organisation to act for; without it the caller acts in the personal space.");
    parameter.schema = Some(schema.into());
    parameter
}

fn page_parameters() -> Vec<Parameter> {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let time = || text().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
    let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(100)).default(Some(json!(20)));
    let query = |name: &str, about: &str, schema: ObjectBuilder| {
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query).required(Required::False);
        parameter.description(Some(about)).schema(Some(schema)).build()
    };
    vec![
        query("limit", "How many at most.", number),
        query("cursor", "`next_cursor` of the page before, unchanged.", text()),
        query("order", "`asc` is oldest first, `desc` newest first.", text().enum_values(Some(["asc", "desc"]))),
        query("created_after", "Only what was created after this time.", time()),
        query("updated_since", "Only what changed at or after this time.", time()),
    ]
}

fn request_body(row: &MountedOperation, schemas: &mut Schemas) -> Option<DocumentedBody> {
    let mut body = RequestBodyBuilder::new().required(Some(Required::True));
    match &row.operation.body {
        RequestBody::None => return None,
        RequestBody::Json(described) => {
            let reference = described.collect(schemas);
            if row.method() == "PATCH" {
                body = body.content("application/merge-patch+json", Content::new(Some(reference.clone())));
            }
            body = body.content("application/json", Content::new(Some(reference)));
        }
        RequestBody::Raw(types) => {
            for media_type in *types {
                body = body.content(*media_type, Content::new(None::<RefOr<Schema>>));
            }
        }
    }
    Some(body.build())
}

/// Everything that may come with this status: an operation may answer in more than one type.
fn response(row: &MountedOperation, status: u16, schemas: &mut Schemas) -> Response {
    let answers: Vec<&Answer> = row.operation.answers.iter().filter(|answer| answer.status == status).collect();
    let texts: Vec<&str> = answers.iter().map(|answer| answer.text).collect();
    let mut response = ResponseBuilder::new().description(texts.join("; or: "));
    for answer in answers {
        response = match &answer.content {
            AnswerContent::Empty => response,
            AnswerContent::Json(described) => {
                response.content("application/json", Content::new(Some(described.collect(schemas))))
            }
            AnswerContent::Raw(media_type) => response.content(*media_type, Content::new(None::<RefOr<Schema>>)),
        };
    }
    let header = |text: &str| {
        HeaderBuilder::new().schema(Some(ObjectBuilder::new().schema_type(Type::String))).description(Some(text)).build()
    };
    response = response.header("X-Request-Id", header("Names this request in logs and problems."));
    if status == 201 || status == 202 {
        response = response.header("Location", header("Where the resource is."));
    }
    if row.operation.limit_class() != LimitClass::Unlimited {
        response = response.header("RateLimit", header("What is left of the limit."));
    }
    response.build()
}

/// The problems of an operation by status: its own and those that come with what its row says.
fn problems(row: &MountedOperation) -> Vec<(u16, BTreeSet<&'static str>)> {
    let mut all = row.operation.problems.clone();
    if row.operation.access != Some(Access::Public) {
        // 400: X-Org-Id is no id.
        all.extend([&codes::UNAUTHENTICATED, &codes::MALFORMED]);
    }
    if let Some(Access::Requires(_)) = row.operation.access {
        all.push(&core_kernel::Denied::CODE);
    }
    if row.operation.access != Some(Access::Public) && row.writes() {
        all.extend([&codes::CSRF, &codes::FOREIGN_PAGE]);
    }
    if row.operation.dangerous {
        all.push(&codes::REAUTHENTICATION_REQUIRED);
    }
    if !matches!(row.operation.body, RequestBody::None) {
        all.extend([&codes::MALFORMED, &codes::INVALID, &codes::BODY_TOO_LARGE, &codes::UNSUPPORTED_MEDIA_TYPE]);
    }
    if !row.operation.any_query {
        // 422: a query parameter that it does not have.
        all.push(&codes::INVALID);
    }
    if row.operation.is_paged() {
        all.push(&codes::INVALID_CURSOR);
    }
    if row.method() == "POST" {
        all.extend([&codes::MALFORMED, &codes::IDEMPOTENCY_IN_PROGRESS, &codes::IDEMPOTENCY_KEY_REUSED]);
    }
    if row.operation.secret_answer {
        all.push(&codes::SECRET_NOT_REPLAYABLE);
    }
    if row.path.contains('{') {
        all.push(&codes::NOT_FOUND);
    }
    if row.operation.limit_class() != LimitClass::Unlimited {
        all.push(&codes::RATE_LIMITED);
    }
    let mut by_status = BTreeMap::<u16, BTreeSet<&'static str>>::new();
    for code in all {
        by_status.entry(status_of(code).as_u16()).or_default().insert(code.code);
    }
    by_status.into_iter().collect()
}

fn problem_response(row: &MountedOperation, codes: BTreeSet<&'static str>, schemas: &mut Schemas) -> Response {
    let codes: Vec<String> = codes.into_iter().map(|code| format!("`{code}`")).collect();
    let response = ResponseBuilder::new().description(format!("Problem: {}", codes.join(", ")));
    let response = response.content(PROBLEM_JSON, problem_content());
    match &row.operation.error_body {
        Some(described) => response.content("application/json", Content::new(Some(described.collect(schemas)))).build(),
        None => response.build(),
    }
}

fn problem_content() -> Content {
    ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build()
}

fn problem_schema() -> Schema {
    let text = |about: &str| ObjectBuilder::new().schema_type(Type::String).description(Some(about));
    let field = ObjectBuilder::new()
        .property("pointer", text("JSON pointer (RFC 6901) to the field"))
        .property("code", text("Stable word for the rule"))
        .property("message", text("The rule, for people"));
    ObjectBuilder::new()
        .property("type", text("Where the problem is documented"))
        .property("title", text("The same short sentence every time"))
        .property("status", ObjectBuilder::new().schema_type(Type::Integer))
        .property("detail", text("This occurrence, for people"))
        .property("instance", text("The request, as urn:uuid"))
        .property("code", text("Stable code, for programs"))
        .property("errors", ArrayBuilder::new().items(field).description(Some("The fields at fault")))
        .required("type")
        .required("title")
        .required("status")
        .required("code")
        .into()
}
