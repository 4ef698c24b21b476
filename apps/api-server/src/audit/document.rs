use serde_json::Value;

use crate::caller::{Answer, Caller};

/// The OpenAPI document of the deployment.
pub(super) struct Document {
    text: Value,
    prefix: String,
}

/// One operation of it.
pub(super) struct Operation<'a> {
    pub(super) method: String,
    pub(super) path: &'a str,
    about: &'a Value,
}

impl Document {
    /// Reads it where every deployment has it.
    pub(super) async fn fetch(anonymous: &Caller<'_>) -> anyhow::Result<Self> {
        let text = anonymous.get("/api/openapi.json").await?.json();
        let version = text["openapi"].as_str().unwrap_or_default();
        anyhow::ensure!(version.starts_with("3.1"), "there is no OpenAPI 3.1 document at /api/openapi.json");
        let mut paths = text["paths"].as_object().into_iter().flatten();
        let prefix = paths.find_map(|(path, _)| path.strip_suffix("/auth/login")).unwrap_or("/api/v1").to_owned();
        Ok(Self { text, prefix })
    }

    /// A path below the prefix of the API.
    pub(super) fn path(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// True when the deployment has the operation.
    pub(super) fn has(&self, path: &str, method: &str) -> bool {
        self.text["paths"][self.path(path)].get(method).is_some()
    }

    pub(super) fn operations(&self) -> impl Iterator<Item = Operation<'_>> {
        let methods = ["get", "post", "put", "patch", "delete"];
        self.text["paths"].as_object().into_iter().flatten().flat_map(move |(path, item)| {
            methods.into_iter().filter_map(move |method| {
                let about = item.get(method)?;
                Some(Operation { method: method.to_uppercase(), path, about })
            })
        })
    }
}

impl Operation<'_> {
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// It asks who calls.
    pub(super) fn is_guarded(&self) -> bool {
        self.about["security"].as_array().is_some_and(|ways| !ways.is_empty())
    }

    /// Its path with an id in every place.
    pub(super) fn with(&self, id: &str) -> String {
        let fill = |segment: &str| if segment.starts_with('{') { id.to_owned() } else { segment.to_owned() };
        self.path.split('/').map(fill).collect::<Vec<_>>().join("/")
    }

    /// Its path with the value of each name, and something in every part of the query that it needs.
    pub(super) fn at(&self, value: impl Fn(&str) -> String) -> String {
        let fill = |segment: &str| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => value(name),
            None => segment.to_owned(),
        };
        let path = self.path.split('/').map(fill).collect::<Vec<_>>().join("/");
        let needed = self.parameters().filter(|parameter| parameter["in"] == "query" && parameter["required"] == true);
        let query: Vec<String> = needed.filter_map(|parameter| Some(format!("{}=x", parameter["name"].as_str()?))).collect();
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }

    /// It takes JSON.
    pub(super) fn takes_json(&self) -> bool {
        self.about["requestBody"]["content"].get("application/json").is_some()
    }

    fn parameters(&self) -> impl Iterator<Item = &Value> {
        self.about["parameters"].as_array().into_iter().flatten()
    }

    /// Whether it asks for ids of rows in its path and for nothing else.
    pub(super) fn takes_ids_alone(&self) -> bool {
        let mut required = self.parameters().filter(|parameter| parameter["required"] == true).peekable();
        let is_id = |parameter: &Value| parameter["in"] == "path" && parameter["schema"]["format"] == "uuid";
        required.peek().is_some() && required.all(is_id)
    }

    /// A list of pages: it takes a cursor.
    pub(super) fn is_list(&self) -> bool {
        self.method == "GET" && !self.path.contains('{') && self.takes("cursor")
    }

    /// It can be asked without anything but its address.
    pub(super) fn is_plain(&self) -> bool {
        let required = self.parameters().any(|parameter| parameter["required"] == true);
        self.method == "GET" && !required && !self.about["responses"].to_string().contains("text/event-stream")
    }

    fn takes(&self, name: &str) -> bool {
        self.parameters().any(|parameter| parameter["name"] == name)
    }

    /// The document says that this may come: the status, and the type of the body where it names types.
    pub(super) fn documents(&self, answer: &Answer) -> Result<(), String> {
        let responses = &self.about["responses"];
        let named = responses.get(answer.status.to_string());
        let Some(response) = named.or_else(|| responses.get("default")) else {
            return Err(format!("{} came, which the document does not name", answer.status));
        };
        let types = response["content"].as_object();
        match (types, answer.content_type()) {
            (Some(types), Some(found)) if !types.contains_key(found) => {
                Err(format!("{found} came, which the document does not name"))
            }
            _ if named.is_none() && answer.status < 400 => {
                Err(format!("{} came, which the document does not name", answer.status))
            }
            _ => Ok(()),
        }
    }
}
