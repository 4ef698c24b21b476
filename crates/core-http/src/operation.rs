use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::{FromRequest, Handler, Responder, Route, web};
use core_kernel::{Order, Permission, ProblemCode};
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, ToSchema};

use crate::row::{Access, Answer, AnswerContent, LimitClass, RequestBody, RequestHeader, Sunset};
use crate::schema::Described;

pub(crate) type HandlerFactory = Arc<dyn Fn() -> Route + Send + Sync>;

/// One operation of the API: method, path, handler, and everything that is promised about it. The row is the route, the guard
/// and the documentation at once, so none of them can be missing.
///
/// ```
/// use core_http::{Caller, Json, LimitClass, Operation, Problem};
/// use core_kernel::Permission;
///
/// const READ: Permission = Permission::personal("notes:read", "read notes");
///
/// #[derive(serde::Serialize, utoipa::ToSchema)]
/// struct NoteCount { notes: u32 }
///
/// async fn handle(_caller: Caller) -> Result<Json<NoteCount>, Problem> {
///     Ok(Json(NoteCount { notes: 3 }))
/// }
///
/// let operation = Operation::get("/count", handle)
///     .id("count_notes")
///     .summary("How many notes there are")
///     .requires(&READ)
///     .limit(LimitClass::Read)
///     .answers::<NoteCount>(200, "The count");
/// assert_eq!(operation.operation_id(), "count_notes");
/// ```
///
/// Defaults: limit class `Public` for public operations, else `Read` for GET and `Write` for the rest; the body limit and the
/// timeout of the settings; `Idempotency-Key` honoured on every POST. `id`, `summary` and one of `public`, `signed_in` and
/// `requires` have no default: building the API fails without them.
#[derive(Clone)]
pub struct Operation {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) id: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) description: Option<&'static str>,
    pub(crate) access: Option<Access>,
    pub(crate) limit: Option<LimitClass>,
    pub(crate) body: RequestBody,
    pub(crate) query: Vec<Parameter>,
    pub(crate) headers: Vec<RequestHeader>,
    pub(crate) paged: Option<Order>,
    pub(crate) answers: Vec<Answer>,
    pub(crate) problems: Vec<&'static ProblemCode>,
    pub(crate) max_body_bytes: Option<usize>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) dangerous: bool,
    pub(crate) secret_answer: bool,
    pub(crate) streams: Option<&'static str>,
    pub(crate) foreign_errors: bool,
    pub(crate) error_body: Option<Described>,
    pub(crate) any_query: bool,
    pub(crate) sunset: Option<Sunset>,
    pub(crate) handler: HandlerFactory,
}

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident => $method:ident;)*) => {
        $($(#[$doc])*
        pub fn $name<F, Args>(path: &'static str, handler: F) -> Self
        where
            F: Handler<Args> + Send + Sync,
            Args: FromRequest + 'static,
            F::Output: Responder + 'static,
        {
            Self::new(Method::$method, path, handler)
        })*
    };
}

impl Operation {
    methods! {
        /// `GET`, which answers `HEAD` too.
        get => GET;
        /// `POST`.
        post => POST;
        /// `PUT`.
        put => PUT;
        /// `PATCH`: a merge patch (RFC 7396).
        patch => PATCH;
        /// `DELETE`.
        delete => DELETE;
    }

    /// Any method. `path` is relative to the mount; the empty path is the mount itself; `{name}` is one segment.
    pub fn new<F, Args>(method: Method, path: &'static str, handler: F) -> Self
    where
        F: Handler<Args> + Send + Sync,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        Self {
            method,
            path: if path == "/" { "" } else { path },
            id: "",
            summary: "",
            description: None,
            access: None,
            limit: None,
            body: RequestBody::None,
            query: Vec::new(),
            headers: Vec::new(),
            paged: None,
            answers: Vec::new(),
            problems: Vec::new(),
            max_body_bytes: None,
            timeout: None,
            dangerous: false,
            secret_answer: false,
            streams: None,
            foreign_errors: false,
            error_body: None,
            any_query: false,
            sunset: None,
            handler: Arc::new(move || web::route().to(handler.clone())),
        }
    }

    /// The name in the API document, in logs and in metrics: `snake_case`, unique in the whole API.
    pub fn id(mut self, id: &'static str) -> Self {
        self.id = id;
        self
    }

    /// What it does, in a line.
    pub fn summary(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    /// What there is to know beyond the summary, in Markdown.
    pub fn describe(mut self, description: &'static str) -> Self {
        self.description = Some(description);
        self
    }

    /// Anybody may call it.
    pub fn public(mut self) -> Self {
        self.access = Some(Access::Public);
        self
    }

    /// Whoever is signed in may call it.
    pub fn signed_in(mut self) -> Self {
        self.access = Some(Access::SignedIn);
        self
    }

    /// Whoever is signed in and has the right may call it. The facade checks it again; its check is the one that counts.
    pub fn requires(mut self, permission: &'static Permission) -> Self {
        self.access = Some(Access::Requires(permission));
        self
    }

    /// How often it may be called.
    pub fn limit(mut self, class: LimitClass) -> Self {
        self.limit = Some(class);
        self
    }

    /// Takes JSON of this type (the handler takes `Json<T>`).
    pub fn body<T: ToSchema + 'static>(mut self) -> Self {
        self.body = RequestBody::Json(Described::of::<T>());
        self
    }

    /// Takes `multipart/form-data`, read by the handler as a stream.
    pub fn multipart(self) -> Self {
        self.raw_body(&["multipart/form-data"])
    }

    /// Takes these content types, read by the handler as bytes or as a stream.
    pub fn raw_body(mut self, content_types: &'static [&'static str]) -> Self {
        self.body = RequestBody::Raw(content_types);
        self
    }

    /// Takes these query parameters (the handler takes `Query<Q>`). Any other name in the query is 422.
    pub fn query<Q: IntoParams>(mut self) -> Self {
        self.query.extend(Q::into_params(|| Some(ParameterIn::Query)));
        self
    }

    /// Takes `limit`, `cursor`, `order`, `created_after` and `updated_since` (the handler takes `PageQuery`) and answers pages,
    /// in this order where the caller asks for none.
    pub fn paged(mut self, default_order: Order) -> Self {
        self.paged = Some(default_order);
        self
    }

    /// Reads a request header beyond those that the whole API has.
    pub fn header(mut self, name: &'static str, text: &'static str) -> Self {
        self.headers.push(RequestHeader { name, text, required: false });
        self
    }

    /// Reads a request header and refuses a request without it.
    pub fn required_header(mut self, name: &'static str, text: &'static str) -> Self {
        self.headers.push(RequestHeader { name, text, required: true });
        self
    }

    /// Answers JSON of this type with this status.
    pub fn answers<T: ToSchema + 'static>(mut self, status: u16, text: &'static str) -> Self {
        self.answers.push(Answer { status, text, content: AnswerContent::Json(Described::of::<T>()) });
        self
    }

    /// Answers another media type with this status.
    pub fn answers_raw(mut self, status: u16, media_type: &'static str, text: &'static str) -> Self {
        self.answers.push(Answer { status, text, content: AnswerContent::Raw(media_type) });
        self
    }

    /// Answers this status without a body.
    pub fn answers_empty(mut self, status: u16, text: &'static str) -> Self {
        self.answers.push(Answer { status, text, content: AnswerContent::Empty });
        self
    }

    /// Answers 204.
    pub fn no_content(self) -> Self {
        self.answers_empty(204, "Done")
    }

    /// May answer an event stream. Such an answer is not kept under an `Idempotency-Key`: the handler takes
    /// [`IdempotencyKey`](crate::IdempotencyKey) and attaches a repeated request to the stream that it began.
    pub fn streams(mut self, text: &'static str) -> Self {
        self.streams = Some(text);
        self.answers_raw(200, "text/event-stream", text)
    }

    /// The problems that it may answer beyond those that every operation has.
    pub fn problems(mut self, codes: &[&'static ProblemCode]) -> Self {
        self.problems.extend_from_slice(codes);
        self
    }

    /// The most bytes of its body.
    pub fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.max_body_bytes = Some(bytes);
        self
    }

    /// How long it may take until its answer begins.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// It can't be undone or gives power away: the caller is read from the primary database, and the login must be recent.
    pub fn dangerous(mut self) -> Self {
        self.dangerous = true;
        self
    }

    /// Its answer holds a secret: never stored, a repeated request gets 409.
    pub fn secret_answer(mut self) -> Self {
        self.secret_answer = true;
        self
    }

    /// Another protocol's rules win here: errors with their own content type are left as they are.
    pub fn foreign_errors(mut self) -> Self {
        self.foreign_errors = true;
        self
    }

    /// The shape that [`Operation::foreign_errors`] have, in `application/json`; a refusal before the handler stays a problem.
    pub fn error_body<T: ToSchema + 'static>(mut self) -> Self {
        self.error_body = Some(Described::of::<T>());
        self
    }

    /// Query parameters that the row does not declare are let through: other sites add theirs to links and redirects.
    pub fn any_query(mut self) -> Self {
        self.any_query = true;
        self
    }

    /// It is on its way out: `Deprecation` and `Sunset` are sent.
    pub fn sunset(mut self, sunset: Sunset) -> Self {
        self.sunset = Some(sunset);
        self
    }
}

impl Operation {
    /// The method.
    pub fn http_method(&self) -> &Method {
        &self.method
    }

    /// The path relative to its mount.
    pub fn relative_path(&self) -> &'static str {
        self.path
    }

    /// The name in the API document.
    pub fn operation_id(&self) -> &'static str {
        self.id
    }

    /// Who may call it; none when the row forgot to say (the API then does not build).
    pub fn access(&self) -> Option<Access> {
        self.access
    }

    /// Its limit class.
    pub fn limit_class(&self) -> LimitClass {
        self.limit.unwrap_or(match (self.access, &self.method) {
            (Some(Access::Public) | None, _) => LimitClass::Public,
            (_, &Method::GET) => LimitClass::Read,
            _ => LimitClass::Write,
        })
    }

    /// What it takes.
    pub fn request_body(&self) -> &RequestBody {
        &self.body
    }

    /// The names that its query may have.
    pub fn query_names(&self) -> impl Iterator<Item = &str> {
        let page: &[&str] = if self.paged.is_some() { &PAGE_PARAMETERS } else { &[] };
        self.query.iter().map(|parameter| parameter.name.as_str()).chain(page.iter().copied())
    }

    /// Its answers.
    pub fn answer_list(&self) -> &[Answer] {
        &self.answers
    }

    /// True when it answers pages.
    pub fn is_paged(&self) -> bool {
        self.paged.is_some()
    }

    /// True when it asks for a recent login.
    pub fn is_dangerous(&self) -> bool {
        self.dangerous
    }

    /// True when its answer may be an event stream.
    pub fn may_stream(&self) -> bool {
        self.streams.is_some()
    }

    /// True when another protocol's errors are let through.
    pub fn has_foreign_errors(&self) -> bool {
        self.foreign_errors
    }

    /// True when query parameters are let through that the row does not declare.
    pub fn allows_any_query(&self) -> bool {
        self.any_query
    }

    /// Its own body limit.
    pub fn own_body_limit(&self) -> Option<usize> {
        self.max_body_bytes
    }
}

/// The query parameters of every list.
pub(crate) const PAGE_PARAMETERS: [&str; 5] = ["limit", "cursor", "order", "created_after", "updated_since"];

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} {:?})", self.id, self.method, self.path)
    }
}
