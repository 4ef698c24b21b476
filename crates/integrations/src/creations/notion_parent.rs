use core_kernel::FieldError;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::IntegrationsError;
use crate::error::Choice;
use crate::vendor::{CallError, Session};

/// What a new page goes under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Parent {
    Page(String),
    /// A data source, with the name of its title property.
    Source {
        id: String,
        title: String,
    },
}

impl Parent {
    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::Page(id) => json!({"page_id": id}),
            Self::Source { id, .. } => json!({"data_source_id": id}),
        }
    }

    /// The property that holds the title.
    pub(crate) fn title_property(&self) -> &str {
        match self {
            Self::Page(_) => "title",
            Self::Source { title, .. } => title,
        }
    }
}

/// The id in an address or in an id of either form: the last 32 hexadecimal digits of the last segment of the path.
pub(crate) fn id_in(text: &str) -> Option<String> {
    let path = text.trim().split(['?', '#']).next().unwrap_or_default();
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    if let Ok(id) = Uuid::try_parse(last) {
        return Some(id.to_string());
    }
    let digits: Vec<char> = last.chars().filter(|letter| *letter != '-').collect();
    let from = digits.len().checked_sub(32)?;
    let tail: String = digits.into_iter().skip(from).collect();
    Uuid::try_parse(&tail).ok().map(|id| id.to_string())
}

/// Where the id leads nowhere: another kind of thing may have it.
fn is_elsewhere(error: &CallError) -> bool {
    matches!(error.status(), Some(400 | 404))
}

/// Finds out what an id is: a page, a data source, or a database, whose only data source is taken.
pub(crate) async fn find(session: &Session, id: &str) -> Result<Parent, IntegrationsError> {
    match session.get(&format!("/v1/pages/{id}"), &[]).await {
        Ok(_) => return Ok(Parent::Page(id.to_owned())),
        Err(error) if is_elsewhere(&error) => {}
        Err(error) => return Err(error.into()),
    }
    match source(session, id).await {
        Ok(parent) => return Ok(parent),
        Err(error) if is_elsewhere(&error) => {}
        Err(error) => return Err(error.into()),
    }
    let answer = match session.get(&format!("/v1/databases/{id}"), &[]).await {
        Ok(answer) => answer,
        Err(error) if is_elsewhere(&error) => {
            let what =
                format!("The connection sees no page, data source or database {id}; share it with the connection in Notion.");
            return Err(IntegrationsError::TargetNotFound(what));
        }
        Err(error) => return Err(error.into()),
    };
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let sources = answer.list("/data_sources");
    match sources {
        [only] => Ok(source(session, &text(only, "id")).await?),
        [] => Err(IntegrationsError::TargetNotFound("The database has no data source.".to_owned())),
        several => {
            let choices = several.iter().map(|own| Choice { id: text(own, "id"), name: text(own, "name") }).collect();
            Err(IntegrationsError::ChoiceNeeded {
                what: "The database has several data sources: send one as `parent`.".to_owned(),
                choices,
            })
        }
    }
}

async fn source(session: &Session, id: &str) -> Result<Parent, CallError> {
    let answer = session.get(&format!("/v1/data_sources/{id}"), &[]).await?;
    let properties = answer.body.get("properties").and_then(Value::as_object);
    let is_title = |(_, property): &(&String, &Value)| property.get("type").and_then(Value::as_str) == Some("title");
    let title = properties.into_iter().flatten().find(is_title).map_or_else(|| "Name".to_owned(), |(name, _)| name.clone());
    Ok(Parent::Source { id: id.to_owned(), title })
}

/// What is wrong with a parent.
pub(crate) fn fault(text: &str) -> Option<FieldError> {
    id_in(text)
        .is_none()
        .then(|| FieldError::new("/parent", "invalid_parent", "the id or address of a page, data source or database"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_found_in_every_form() {
        let id = "1429989f-e8ac-4eff-bc8f-57f56486db54";
        for text in [
            "1429989fe8ac4effbc8f57f56486db54",
            "1429989F-E8AC-4EFF-BC8F-57F56486DB54",
            "https://www.notion.so/acme/Road-map-1429989fe8ac4effbc8f57f56486db54?v=00000000000000000000000000000000#x",
            "https://app.notion.com/p/cafe-1429989fe8ac4effbc8f57f56486db54/",
        ] {
            assert_eq!(id_in(text).as_deref(), Some(id), "{text}");
        }
        for bad in ["", "https://www.notion.so/product", "1429989fe8ac4effbc8f57f56486db5", "a\0"] {
            assert_eq!(id_in(bad), None, "{bad}");
        }
    }
}
