//! A feature that keeps private entries in memory, and can be told to have a flaw.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use actix_web::{HttpResponse, web};
use async_trait::async_trait;
use core_db::DbError;
use core_feature::{ExportError, ExportSink, Feature};
use core_http::{Caller, Created, Installed, Json, Mount, Operation, PageQuery, PageResponse, Path, Problem, Routes, codes};
use core_kernel::{Actor, CursorKey, Order, Owner, Page, Permission, Timestamp, UserId};
use core_testing::http::contract::{Fixture, Planted, Sample, World};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

const READ: Permission = Permission::personal("diary:read", "read entries");
const WRITE: Permission = Permission::personal("diary:write", "write entries");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    None,
    NoSample,
    ShownToStrangers,
    ShownToColleagues,
    ToldThatItIsThere,
    FacadeLetsIn,
    PanicsOnLongText,
    UndocumentedStatus,
    NoLocation,
    ExportForgets,
    EraseForgets,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
struct Entry {
    id: Uuid,
    text: String,
}

#[derive(Deserialize, ToSchema)]
struct WriteEntry {
    text: String,
}

#[derive(Clone, Debug)]
struct Row {
    owner: Owner,
    by: UserId,
    entry: Entry,
}

pub(crate) struct Diary {
    flaw: Flaw,
    rows: Mutex<BTreeMap<Uuid, Row>>,
    world: World,
}

impl Diary {
    fn visible(&self, row: &Row, actor: &Actor) -> bool {
        match self.flaw {
            Flaw::ShownToStrangers => true,
            Flaw::ShownToColleagues => row.owner == actor.owner,
            _ => row.owner == actor.owner && row.by == actor.subject,
        }
    }

    fn require(&self, actor: &Actor, permission: &Permission) -> Result<(), Problem> {
        if self.flaw == Flaw::FacadeLetsIn { Ok(()) } else { Ok(actor.require(permission)?) }
    }

    fn write(&self, actor: &Actor, text: String) -> Entry {
        let entry = Entry { id: self.world.ambient.ids.next(), text };
        let row = Row { owner: actor.owner, by: actor.subject, entry: entry.clone() };
        self.rows.lock().unwrap().insert(entry.id, row);
        entry
    }

    fn get(&self, actor: &Actor, id: Uuid) -> Result<Entry, Problem> {
        self.require(actor, &READ)?;
        let rows = self.rows.lock().unwrap();
        let found = rows.get(&id).ok_or_else(Problem::not_found)?;
        if self.visible(found, actor) {
            return Ok(found.entry.clone());
        }
        let told = self.flaw == Flaw::ToldThatItIsThere;
        Err(if told { Problem::new(&codes::NOT_FOUND, "It is not yours.") } else { Problem::not_found() })
    }
}

#[async_trait]
impl Feature for Diary {
    fn name(&self) -> &'static str {
        "diary"
    }

    fn permissions(&self) -> Vec<&'static Permission> {
        vec![&READ, &WRITE]
    }

    async fn export(&self, owner: Owner, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
        if self.flaw == Flaw::ExportForgets {
            return Ok(());
        }
        let mine: Vec<Row> = self.rows.lock().unwrap().values().filter(|row| row.owner == owner).cloned().collect();
        for row in mine {
            sink.row("entries", serde_json::to_value(row.entry).unwrap()).await?;
        }
        Ok(())
    }

    async fn erase(&self, owner: Owner) -> Result<(), DbError> {
        if self.flaw != Flaw::EraseForgets {
            self.rows.lock().unwrap().retain(|_, row| row.owner != owner);
        }
        Ok(())
    }
}

/// The feature as it is installed; handlers see the same diary.
pub(crate) struct InstalledDiary(Arc<Diary>);

#[async_trait]
impl Feature for InstalledDiary {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn permissions(&self) -> Vec<&'static Permission> {
        self.0.permissions()
    }

    async fn export(&self, owner: Owner, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
        self.0.export(owner, sink).await
    }

    async fn erase(&self, owner: Owner) -> Result<(), DbError> {
        self.0.erase(owner).await
    }
}

impl Routes for InstalledDiary {
    fn mounts(&self) -> Vec<Mount> {
        let undocumented = self.0.flaw == Flaw::UndocumentedStatus;
        let write = Operation::post("", write_entry).id("write_entry").summary("Write").requires(&WRITE).body::<WriteEntry>();
        let write = write.answers::<Entry>(if undocumented { 200 } else { 201 }, "Written");
        let get =
            Operation::get("/{id}", get_entry).id("get_entry").summary("Read").requires(&READ).answers::<Entry>(200, "Entry");
        let list = Operation::get("", list_entries).id("list_entries").summary("List").requires(&READ).paged(Order::Asc);
        let upload = Operation::post("/scan", scan)
            .id("scan")
            .summary("Scan")
            .requires(&WRITE)
            .raw_body(&["image/png"])
            .max_body_bytes(100);
        let ping =
            Operation::get("/ping", || async { Json(0_u32) }).id("ping").summary("Ping").public().answers::<u32>(200, "Zero");
        vec![Mount::api("diary", vec![write, get, list.answers::<PageResponse<Entry>>(200, "Page"), upload.no_content(), ping])]
    }

    fn register(&self, cfg: &mut web::ServiceConfig) {
        cfg.app_data(web::Data::from(Arc::clone(&self.0)));
    }
}

async fn write_entry(caller: Caller, diary: web::Data<Diary>, body: Json<WriteEntry>) -> Result<HttpResponse, Problem> {
    diary.require(&caller, &WRITE)?;
    assert!(diary.flaw != Flaw::PanicsOnLongText || body.text.len() < 1000, "too long for this diary");
    let entry = diary.write(&caller, body.into_inner().text);
    if diary.flaw == Flaw::NoLocation {
        return Ok(HttpResponse::Created().json(entry));
    }
    let answer = Created::at(format!("/api/v1/diary/{}", entry.id), entry);
    Ok(actix_web::Responder::respond_to(answer, &actix_web::test::TestRequest::default().to_http_request()))
}

async fn get_entry(caller: Caller, diary: web::Data<Diary>, id: Path<Uuid>) -> Result<Json<Entry>, Problem> {
    diary.get(&caller, id.0).map(Json)
}

async fn list_entries(caller: Caller, diary: web::Data<Diary>, page: PageQuery) -> Result<PageResponse<Entry>, Problem> {
    diary.require(&caller, &READ)?;
    let rows = diary.rows.lock().unwrap();
    let mut items: Vec<Entry> = rows.values().filter(|row| diary.visible(row, &caller)).map(|row| row.entry.clone()).collect();
    let more = items.len() > usize::from(page.limit);
    items.truncate(usize::from(page.limit));
    let next = items.last().filter(|_| more).map(|entry| CursorKey { at: Timestamp::default(), id: entry.id });
    Ok(page.answer(Page { items, next }))
}

async fn scan(caller: Caller, diary: web::Data<Diary>, _: web::Bytes) -> Result<HttpResponse, Problem> {
    diary.require(&caller, &WRITE)?;
    Ok(HttpResponse::NoContent().finish())
}

pub(crate) struct DiaryFixture(Arc<Diary>);

impl DiaryFixture {
    pub(crate) fn new(world: World, flaw: Flaw) -> Self {
        Self(Arc::new(Diary { flaw, rows: Mutex::default(), world }))
    }
}

#[async_trait]
impl Fixture for DiaryFixture {
    fn feature(&self) -> Arc<dyn Installed> {
        Arc::new(InstalledDiary(Arc::clone(&self.0)))
    }

    async fn plant(&self, actor: &Actor) -> Planted {
        let canary = format!("canary-{}", self.0.world.ambient.ids.next());
        let entry = self.0.write(actor, canary.clone());
        Planted { rows: [("entry", entry.id.to_string())].into(), urls: vec![format!("/api/v1/diary/{}", entry.id)], canary }
    }

    fn request_for(&self, operation_id: &str, planted: &Planted) -> Option<Sample> {
        match operation_id {
            "write_entry" => Some(Sample::new().json(serde_json::json!({ "text": "a day" }))),
            "get_entry" => Some(Sample::new().path("id", planted.row("entry"))),
            "list_entries" => (self.0.flaw != Flaw::NoSample).then(Sample::new),
            "scan" => Some(Sample::new().raw("image/png", "png")),
            "ping" => Some(Sample::new()),
            _ => None,
        }
    }
}
