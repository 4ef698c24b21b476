//! A feature that uses every convention, and a server that serves it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{FromRequest as _, HttpRequest, HttpResponse, web};
use core_feature::{Feature, HealthCheck};
use core_http::{
    Caller, ClientInfo, CreateOnly, Created, Etagged, IfMatch, Json, LimitClass, MaybeCaller, Mount, Operation, PageQuery,
    PageResponse, Patch, Path, Problem, Query, RecentCaller, Routes, codes,
};
use core_kernel::{CursorKey, Order, Page, Permission, ProblemCode};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::feeds::{endless, lost, stream};
use crate::flood::{FLOODED, Flooded, TAKEN};

pub(crate) const READ: Permission = Permission::personal("notes:read", "read notes");
pub(crate) const WRITE: Permission = Permission::personal("notes:write", "write notes");

#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Note {
    id: Uuid,
    title: String,
    body: Option<String>,
    version: i64,
}

#[derive(Deserialize, ToSchema)]
struct CreateNote {
    title: String,
    body: Option<String>,
}

#[derive(Deserialize, ToSchema)]
struct UpdateNote {
    #[serde(default)]
    body: Patch<String>,
}

#[derive(Deserialize, IntoParams)]
struct NoteFilter {
    /// Part of the title.
    query: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Text {
    text: String,
}

/// What the tests look at from outside.
#[derive(Default)]
pub(crate) struct Notes {
    rows: Mutex<BTreeMap<Uuid, Note>>,
    pub(crate) runs: AtomicU32,
    pub(crate) gate: Notify,
    pub(crate) producer_stopped: Notify,
    pub(crate) sick: Mutex<Option<&'static str>>,
}

pub(crate) struct Demo {
    pub(crate) notes: Arc<Notes>,
    pub(crate) extra: Vec<fn() -> Operation>,
}

struct Cellar(Arc<Notes>);

#[async_trait::async_trait]
impl HealthCheck for Cellar {
    fn name(&self) -> &'static str {
        "notes.cellar"
    }

    fn critical(&self) -> bool {
        *self.0.sick.lock().unwrap() == Some("critical")
    }

    async fn check(&self) -> Result<(), String> {
        self.0.sick.lock().unwrap().map_or(Ok(()), |_| Err("The cellar is wet.".to_owned()))
    }
}

impl Feature for Demo {
    fn name(&self) -> &'static str {
        "notes"
    }

    fn problem_codes(&self) -> Vec<&'static ProblemCode> {
        vec![&FLOODED, &TAKEN]
    }

    fn health_checks(&self) -> Vec<Arc<dyn HealthCheck>> {
        vec![Arc::new(Cellar(Arc::clone(&self.notes)))]
    }
}

impl Routes for Demo {
    fn mounts(&self) -> Vec<Mount> {
        let mut notes = vec![
            create(),
            list(),
            pinned(),
            get(),
            update(),
            delete(),
            secret(),
            stream(),
            endless(),
            lost(),
            purge(),
            knock(),
            echo(),
            who(),
            plain("panic_now", "/panic", panic_now),
            plain("flood", "/flood", flood),
            plain("refuse", "/refuse", refuse),
            plain("missing_data", "/missing-data", missing_data),
            slow(),
            replace(),
            gated(),
        ];
        notes.extend(self.extra.iter().map(|make| make()));
        vec![
            Mount::api("notes", notes),
            Mount::api_at("/api/v2", "notes", vec![pinned_v2()]),
            Mount::root(
                "/hello",
                vec![
                    Operation::get("", || async { Json(Text { text: "hello".to_owned() }) })
                        .id("hello")
                        .summary("Hello")
                        .public()
                        .answers::<Text>(200, "Hello"),
                ],
            ),
        ]
    }

    fn register(&self, cfg: &mut web::ServiceConfig) {
        cfg.app_data(web::Data::from(Arc::clone(&self.notes)));
    }
}

fn create() -> Operation {
    Operation::post("", create_note)
        .id("create_note")
        .summary("Write a note")
        .requires(&WRITE)
        .body::<CreateNote>()
        .answers::<Note>(201, "The note")
        .problems(&[&TAKEN])
}

async fn create_note(_: Caller, notes: web::Data<Notes>, body: Json<CreateNote>) -> Result<Created<Note>, Problem> {
    let number = notes.runs.fetch_add(1, Ordering::SeqCst) + 1;
    if body.title == "taken" {
        return Err(Problem::new(&TAKEN, "Somebody has it."));
    }
    if body.title == "unlucky" && number == 1 {
        return Err(Problem::new(&codes::UNAVAILABLE, "Not now."));
    }
    let id = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 | u128::from(number));
    let CreateNote { title, body } = body.into_inner();
    let note = Note { id, title, body, version: 1 };
    notes.rows.lock().unwrap().insert(id, note.clone());
    Ok(Created::at(format!("/api/v1/notes/{id}"), note).version(1))
}

fn list() -> Operation {
    Operation::get("", list_notes)
        .id("list_notes")
        .summary("Notes")
        .requires(&READ)
        .paged(Order::Asc)
        .query::<NoteFilter>()
        .answers::<PageResponse<Note>>(200, "A page")
}

async fn list_notes(notes: web::Data<Notes>, filter: Query<NoteFilter>, page: PageQuery) -> PageResponse<Note> {
    let after = page.after.map(|key| key.id);
    let rows = notes.rows.lock().unwrap();
    let wanted = |note: &&Note| {
        filter.query.as_deref().is_none_or(|part| note.title.contains(part)) && after.is_none_or(|id| note.id > id)
    };
    let mut items: Vec<Note> = rows.values().filter(wanted).cloned().collect();
    let more = items.len() > usize::from(page.limit);
    items.truncate(usize::from(page.limit));
    let next = items.last().filter(|_| more).map(|note| CursorKey { at: core_kernel::Timestamp::from_millis(5), id: note.id });
    page.answer(Page { items, next })
}

fn get() -> Operation {
    Operation::get("/{id}", get_note).id("get_note").summary("A note").requires(&READ).answers::<Note>(200, "The note")
}

async fn get_note(notes: web::Data<Notes>, id: Path<Uuid>) -> Result<Etagged<Note>, Problem> {
    let note = notes.rows.lock().unwrap().get(&id).cloned().ok_or_else(Problem::not_found)?;
    Ok(Etagged::new(note.version, note))
}

fn update() -> Operation {
    Operation::patch("/{id}", update_note)
        .id("update_note")
        .summary("Change a note")
        .requires(&WRITE)
        .body::<UpdateNote>()
        .answers::<Note>(200, "The note")
}

async fn update_note(
    notes: web::Data<Notes>,
    id: Path<Uuid>,
    if_match: IfMatch,
    patch: Json<UpdateNote>,
) -> Result<Etagged<Note>, Problem> {
    let mut rows = notes.rows.lock().unwrap();
    let note = rows.get_mut(&id).ok_or_else(Problem::not_found)?;
    if_match.check(note.version)?;
    patch.into_inner().body.apply(&mut note.body);
    note.version += 1;
    Ok(Etagged::new(note.version, note.clone()))
}

fn replace() -> Operation {
    Operation::put("/{id}", replace_note)
        .id("replace_note")
        .summary("Put a note")
        .requires(&WRITE)
        .body::<CreateNote>()
        .answers::<Note>(200, "The note")
}

async fn replace_note(
    notes: web::Data<Notes>,
    id: Path<Uuid>,
    create_only: CreateOnly,
    body: Json<CreateNote>,
) -> Result<Etagged<Note>, Problem> {
    let mut rows = notes.rows.lock().unwrap();
    if create_only.0 && rows.contains_key(&id) {
        return Err(Problem::new(&codes::PRECONDITION_FAILED, "It is there."));
    }
    let CreateNote { title, body } = body.into_inner();
    let note = Note { id: id.0, title, body, version: 1 };
    rows.insert(id.0, note.clone());
    Ok(Etagged::new(1, note))
}

fn delete() -> Operation {
    Operation::delete("/{id}", delete_note).id("delete_note").summary("Remove a note").requires(&WRITE).no_content()
}

async fn delete_note(notes: web::Data<Notes>, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    notes.rows.lock().unwrap().remove(&id).ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::NoContent().finish())
}

fn pinned() -> Operation {
    Operation::get("/pinned", || async { Json(Text { text: "v1".to_owned() }) })
        .id("get_pinned")
        .summary("The pinned note")
        .requires(&READ)
        .answers::<Text>(200, "It")
}

fn pinned_v2() -> Operation {
    Operation::get("/pinned", || async { Json(Text { text: "v2".to_owned() }) })
        .id("get_pinned_v2")
        .summary("The pinned note")
        .requires(&READ)
        .answers::<Text>(200, "It")
}

fn secret() -> Operation {
    Operation::post("/secret", |notes: web::Data<Notes>| async move {
        notes.runs.fetch_add(1, Ordering::SeqCst);
        Json(Text { text: "canary-secret".to_owned() })
    })
    .id("make_secret")
    .summary("A secret")
    .requires(&WRITE)
    .secret_answer()
    .answers::<Text>(200, "Once")
}

fn purge() -> Operation {
    Operation::post("/purge", || async { HttpResponse::NoContent().finish() })
        .id("purge_notes")
        .summary("Remove all")
        .requires(&WRITE)
        .dangerous()
        .no_content()
}

#[derive(Deserialize, IntoParams)]
struct Knock {
    /// Asks for a recent login.
    #[serde(default)]
    recent: bool,
}

fn knock() -> Operation {
    Operation::post("/knock", |request: HttpRequest, Query(knock): Query<Knock>| async move {
        if knock.recent {
            RecentCaller::extract(&request).await?;
        }
        Ok::<_, Problem>(HttpResponse::NoContent().finish())
    })
    .id("knock")
    .summary("Nothing, or a question")
    .public()
    .query::<Knock>()
    .no_content()
}

fn echo() -> Operation {
    Operation::post("/echo", |bytes: web::Bytes| async move {
        HttpResponse::Ok().content_type("application/octet-stream").body(bytes)
    })
    .id("echo")
    .summary("The same")
    .public()
    .limit(LimitClass::Public)
    .raw_body(&["application/octet-stream"])
    .max_body_bytes(1000)
    .answers_raw(200, "application/octet-stream", "The same")
}

fn who() -> Operation {
    Operation::get("/who", |caller: MaybeCaller, client: ClientInfo| async move {
        let name = caller.0.map_or("nobody".to_owned(), |actor| actor.owner.to_string());
        Json(Text { text: format!("{name} {}", client.ip) })
    })
    .id("who")
    .summary("Who calls")
    .public()
    .limit(LimitClass::Login)
    .answers::<Text>(200, "Who")
}

fn plain<F, Fut>(id: &'static str, path: &'static str, handler: F) -> Operation
where
    F: Fn() -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<HttpResponse, Problem>> + 'static,
{
    Operation::post(path, handler).id(id).summary("For tests").public().no_content()
}

#[expect(clippy::panic, reason = "the point of the test")]
async fn panic_now() -> Result<HttpResponse, Problem> {
    panic!("canary-panic")
}

async fn flood() -> Result<HttpResponse, Problem> {
    Err(Flooded(std::io::Error::other("canary-cause")))?
}

async fn refuse() -> Result<HttpResponse, Problem> {
    Err(Problem::invalid("/title", "too_long", "At most 80 characters."))
}

async fn missing_data() -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::BadRequest().content_type("text/plain").body("canary-text"))
}

fn slow() -> Operation {
    Operation::get("/slow", std::future::pending::<HttpResponse>)
        .id("slow")
        .summary("Never")
        .public()
        .timeout(Duration::from_millis(30))
        .no_content()
}

fn gated() -> Operation {
    Operation::post("/gated", |notes: web::Data<Notes>| async move {
        notes.runs.fetch_add(1, Ordering::SeqCst);
        notes.gate.notified().await;
        Json(Text { text: "through".to_owned() })
    })
    .id("gated")
    .summary("Waits")
    .requires(&WRITE)
    .answers::<Text>(200, "Through")
}
