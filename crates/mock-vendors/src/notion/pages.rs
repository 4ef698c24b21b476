use serde_json::{Value, json};

use super::check::children_fault;
use super::state::{Page, TITLE, World};
use super::{Notion, error};
use crate::wire::{Recorded, Reply};

/// The largest body.
const MAX_BYTES: usize = 500 * 1024;

fn missing(what: &str, id: &str) -> Reply {
    let message = format!(
        "Could not find {what} with ID: {id}. Make sure the relevant pages and databases are shared with your integration."
    );
    error(404, "object_not_found", &message)
}

fn invalid(message: &str) -> Reply {
    error(400, "validation_error", message)
}

impl Notion {
    pub(super) fn route(&self, base: &str, request: &Recorded) -> Reply {
        if request.body.len() > MAX_BYTES {
            return Reply::html(413);
        }
        let segments = request.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let body = request.json();
        let now = self.clock.now();
        let mut world = self.world();
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["v1", "users", "me"]) => {
                let bot = json!({"owner": {"type": "workspace", "workspace": true}, "workspace_name": "Ada's"});
                Reply::json(200, &json!({"object": "user", "id": BOT, "type": "bot", "name": "Brickwork", "bot": bot}))
            }
            ("POST", ["v1", "search"]) => search(&world, base, &body),
            ("POST", ["v1", "pages"]) => create(&mut world, base, &body, now),
            ("GET", ["v1", "pages", id]) => match world.page(id) {
                Some(page) => Reply::json(200, &page_view(base, page)),
                None => missing("page", id),
            },
            ("GET", ["v1", "pages", id, "markdown"]) => match world.page(id) {
                Some(page) => {
                    let markdown = page.markdown.clone().unwrap_or_else(|| plain(&world, &page.id));
                    Reply::json(
                        200,
                        &json!({
                            "object": "page_markdown", "id": page.id, "markdown": markdown, "truncated": false, "unknown_block_ids": [],
                        }),
                    )
                }
                None => missing("page", id),
            },
            ("GET", ["v1", "blocks", id, "children"]) => children(&world, id, request),
            ("PATCH", ["v1", "blocks", id, "children"]) => append(&mut world, id, &body, now),
            ("GET", ["v1", "data_sources", id]) => source(&world, id),
            ("POST", ["v1", "data_sources", id, "query"]) => query(&world, base, id, &body),
            ("GET", ["v1", "databases", id]) => database(&world, id),
            ("GET", ["v1", "async_tasks", id]) => task(&mut world, base, id),
            _ => error(400, "invalid_request_url", "Invalid request URL."),
        }
    }
}

/// The id of the connection's bot.
const BOT: &str = "b0000000-0000-4000-8000-000000000001";

fn page_view(base: &str, page: &Page) -> Value {
    let title = json!({"title": {"id": "title", "type": "title", "title": [{"plain_text": page.title}]}});
    json!({
        "object": "page", "id": page.id, "created_time": page.created, "last_edited_time": page.created, "in_trash": false,
        "url": format!("{base}/p/{}", page.id.replace('-', "")), "public_url": null, "parent": page.parent, "properties": title,
        "created_by": {"object": "user", "id": "b0000000-0000-4000-8000-000000000001"},
    })
}

/// The plain text of every block, a paragraph each.
fn plain(world: &World, parent: &str) -> String {
    let mut texts = Vec::new();
    for block in world.listed(parent) {
        let kind = block.get("type").and_then(Value::as_str).unwrap_or_default();
        let items =
            block.get(kind).and_then(|inner| inner.get("rich_text")).and_then(Value::as_array).cloned().unwrap_or_default();
        let text: String = items.iter().filter_map(|item| item.pointer("/text/content").and_then(Value::as_str)).collect();
        texts.push(text);
    }
    texts.join("\n\n")
}

fn search(world: &World, base: &str, body: &Value) -> Reply {
    let query = body.get("query").and_then(Value::as_str).unwrap_or_default().to_lowercase();
    let wanted = body.pointer("/filter/value").and_then(Value::as_str).unwrap_or("page");
    let fits = |title: &str| title.to_lowercase().contains(&query);
    let found: Vec<Value> = if wanted == "data_source" {
        let sources = world.sources.iter().filter(|source| fits(&source.name));
        sources.map(|source| json!({"object": "data_source", "id": source.id, "title": [{"plain_text": source.name}]})).collect()
    } else {
        world.pages.iter().rev().filter(|page| fits(&page.title)).map(|page| page_view(base, page)).collect()
    };
    Reply::json(200, &json!({"object": "list", "results": found, "next_cursor": null, "has_more": false}))
}

fn title_of(properties: &Value, name: &str) -> Option<String> {
    let items = properties.get(name)?.get("title")?.as_array()?;
    Some(items.iter().filter_map(|item| item.pointer("/text/content").and_then(Value::as_str)).collect())
}

/// The parent as it is kept, and the name of its title property.
fn parent(world: &World, body: &Value) -> Result<(Value, &'static str), Reply> {
    let given = body.get("parent").cloned().unwrap_or_default();
    let id = |name: &str| given.get(name).and_then(Value::as_str);
    if let Some(id) = id("page_id") {
        let page = world.page(id).ok_or_else(|| missing("page", id))?;
        return Ok((json!({"type": "page_id", "page_id": page.id}), "title"));
    }
    if let Some(id) = id("data_source_id") {
        let known = world.sources.iter().any(|source| source.id == id);
        return if known { Ok((given, TITLE)) } else { Err(missing("data_source", id)) };
    }
    match id("database_id") {
        Some(id) => Err(missing("database", id)),
        None => Err(invalid("body failed validation: body.parent should be defined.")),
    }
}

fn create(world: &mut World, base: &str, body: &Value, now: core_kernel::Timestamp) -> Reply {
    let (parent, title_property) = match parent(world, body) {
        Ok(parent) => parent,
        Err(reply) => return reply,
    };
    let properties = body.get("properties").cloned().unwrap_or_default();
    let Some(title) = title_of(&properties, title_property) else {
        return invalid("body failed validation: body.properties.title should be defined.");
    };
    let children = body.get("children").and_then(Value::as_array).cloned().unwrap_or_default();
    let markdown = body.get("markdown").and_then(Value::as_str);
    if (markdown.is_some() || body.get("markdown_version").is_some()) && body.get("children").is_some() {
        return invalid("body failed validation: body.markdown can't be used together with body.children.");
    }
    if let Some(fault) = children_fault(&children) {
        return invalid(&fault);
    }
    let later = world.later && markdown.is_some() && body.get("allow_async").and_then(Value::as_bool) == Some(true);
    let id = world.add_page(parent, &title, now);
    world.hang(&id, &children, now);
    if let Some(page) = world.pages.last_mut() {
        page.markdown = markdown.map(str::to_owned);
    }
    if later {
        let task = world.next_id();
        world.tasks.insert(task.clone(), id);
        let body = json!({
            "object": "async_task", "id": task, "status_url": format!("{base}/v1/async_tasks/{task}"), "created_time": now,
            "operation": "create_page", "status": "queued", "poll_after_seconds": 1,
        });
        return Reply::json(200, &body);
    }
    world.page(&id).map_or_else(|| missing("page", &id), |page| Reply::json(200, &page_view(base, page)))
}

fn task(world: &mut World, base: &str, id: &str) -> Reply {
    let done = world.tasks.get(id).and_then(|page| world.page(page));
    match done {
        Some(page) => {
            let result = page_view(base, page);
            Reply::json(200, &json!({"object": "async_task", "id": id, "status": "succeeded", "result": result}))
        }
        None => missing("async_task", id),
    }
}

fn children(world: &World, id: &str, request: &Recorded) -> Reply {
    let key = world.page(id).map_or(id, |page| page.id.as_str());
    if world.page(id).is_none() && !world.blocks.contains_key(id) {
        return missing("block", id);
    }
    let all = world.listed(key);
    let start = request.parameter("start_cursor").and_then(|text| text.parse().ok()).unwrap_or(0_usize);
    let size = request.parameter("page_size").and_then(|text| text.parse().ok()).unwrap_or(100_usize).min(100);
    let some: Vec<Value> = all.iter().skip(start).take(size).cloned().collect();
    let more = start + size < all.len();
    let cursor = more.then(|| (start + size).to_string());
    Reply::json(200, &json!({"object": "list", "type": "block", "results": some, "next_cursor": cursor, "has_more": more}))
}

fn append(world: &mut World, id: &str, body: &Value, now: core_kernel::Timestamp) -> Reply {
    let key = world.page(id).map_or_else(|| id.to_owned(), |page| page.id.clone());
    if world.page(id).is_none() && !world.blocks.contains_key(id) {
        return missing("block", id);
    }
    let children = body.get("children").and_then(Value::as_array).cloned().unwrap_or_default();
    if children.is_empty() {
        return invalid("body failed validation: body.children should be defined.");
    }
    if let Some(fault) = children_fault(&children) {
        return invalid(&fault);
    }
    let results = world.hang(&key, &children, now);
    Reply::json(200, &json!({"object": "list", "type": "block", "results": results, "next_cursor": null, "has_more": false}))
}

fn source(world: &World, id: &str) -> Reply {
    match world.sources.iter().find(|source| source.id == id) {
        Some(source) => {
            let title = json!({TITLE: {"id": "title", "type": "title", "name": TITLE, "title": {}}});
            let parent = json!({"type": "database_id", "database_id": source.database});
            Reply::json(
                200,
                &json!({
                    "object": "data_source", "id": id, "title": [{"plain_text": source.name}], "properties": title, "parent": parent,
                }),
            )
        }
        None => missing("data_source", id),
    }
}

fn query(world: &World, base: &str, id: &str, body: &Value) -> Reply {
    let title = body.pointer("/filter/title/equals").and_then(Value::as_str);
    let within = |page: &&Page| {
        page.parent.get("data_source_id").and_then(Value::as_str) == Some(id) && title.is_none_or(|title| title == page.title)
    };
    let found: Vec<Value> = world.pages.iter().rev().filter(within).map(|page| page_view(base, page)).collect();
    Reply::json(200, &json!({"object": "list", "results": found, "next_cursor": null, "has_more": false}))
}

fn database(world: &World, id: &str) -> Reply {
    let found: Vec<Value> = world
        .sources
        .iter()
        .filter(|source| source.database == id)
        .map(|source| json!({"id": source.id, "name": source.name}))
        .collect();
    if found.is_empty() {
        return missing("database", id);
    }
    Reply::json(200, &json!({"object": "database", "id": id, "data_sources": found}))
}
