use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use core_feature::{Template, Tool};
use core_kernel::{Actor, FieldError};
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde_json::Value;

use crate::engine::Engine;
use crate::error::{LlmError, codes};
use crate::model::nul;
use crate::permissions;
use crate::service::{PromptTemplate, TemplateSource, Templates};
use crate::store::templates;

/// What the features of a server hand in, once all of them are built: prompt templates and tools for models. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct Offers(Arc<OnceLock<(Vec<Template>, Vec<Tool>)>>);

impl Offers {
    /// Hands them in; the first time counts.
    pub fn fill(&self, templates: Vec<Template>, tools: Vec<Tool>) {
        drop(self.0.set((templates, tools)));
    }

    pub(crate) fn templates(&self) -> &[Template] {
        self.0.get().map_or(&[], |offers| &offers.0)
    }

    pub(crate) fn tools(&self) -> &[Tool] {
        self.0.get().map_or(&[], |offers| &offers.1)
    }
}

/// The templates of this feature.
pub(crate) const OWN: [Template; 3] = [
    Template { name: "llm.code", version: 1, text: include_str!("../data/code.txt") },
    Template { name: "llm.instruction", version: 1, text: include_str!("../data/instruction.txt") },
    Template { name: "llm.rolling_summary", version: 1, text: include_str!("../data/rolling_summary.txt") },
];

/// The steps that one rendering may take (minijinja's fuel).
const FUEL: u64 = 100_000;
/// The most bytes of a template.
const SOURCE_LIMIT: usize = 64 * 1024;
/// The most bytes that a rendering may have.
const RENDERED_LIMIT: usize = 1024 * 1024;
/// The most templates of a space, and versions of each.
const NAMES_LIMIT: u64 = 500;

/// Renders a template. The same words for every feature: strict about unknown variables, bounded in steps and in size.
pub(crate) fn render(source: &str, variables: &Value) -> Result<String, LlmError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_name| AutoEscape::None);
    environment.set_fuel(Some(FUEL));
    let mut written = Bounded(Vec::new());
    let template = environment.template_from_str(source).map_err(|error| broken(&error))?;
    template.render_captured_to(minijinja::value::Serde(variables), &mut written).map_err(|error| broken(&error))?;
    String::from_utf8(written.0).map_err(|_| LlmError::Template("It renders what is no text.".to_owned()))
}

struct Bounded(Vec<u8>);

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len().saturating_add(bytes.len()) > RENDERED_LIMIT {
            return Err(std::io::Error::other("too large"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn broken(error: &minijinja::Error) -> LlmError {
    let place = error.line().map(|line| format!(" in line {line}")).unwrap_or_default();
    let what = match error.kind() {
        minijinja::ErrorKind::OutOfFuel => "It takes too many steps".to_owned(),
        minijinja::ErrorKind::WriteFailure => format!("It renders more than {RENDERED_LIMIT} bytes"),
        kind => error.detail().map_or_else(|| kind.to_string(), |detail| format!("{kind}: {detail}")),
    };
    LlmError::Template(format!("{what}{place}."))
}

/// [`Templates`] over what features hand in and the table.
#[derive(Debug)]
pub(crate) struct TemplateService {
    pub(crate) engine: Arc<Engine>,
}

fn offered(template: &Template) -> PromptTemplate {
    PromptTemplate {
        name: template.name.to_owned(),
        version: i64::from(template.version),
        text: template.text.to_owned(),
        source: TemplateSource::Feature,
        created_at: None,
    }
}

fn check(name: &str, text: &str) -> Result<(), LlmError> {
    let mut fields = Vec::new();
    let legal = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '_' | '-');
    if name.is_empty() || name.len() > 64 || !name.chars().all(legal) {
        let rule = "Small letters, digits, _ and -, at most 64. Names with a dot belong to features.";
        fields.push(FieldError::new("/name", "invalid_name", rule));
    }
    if text.trim().is_empty() || text.len() > SOURCE_LIMIT {
        fields.push(FieldError::new("/text", "out_of_range", format!("1 to {SOURCE_LIMIT} bytes.")));
    }
    if text.contains('\0') {
        fields.push(nul("/text"));
    }
    if !fields.is_empty() {
        return Err(LlmError::Invalid(fields));
    }
    Environment::new().template_from_str(text).map(drop).map_err(|error| broken(&error))
}

impl TemplateService {
    /// Templates of features, this one's first.
    fn handed_in(&self) -> impl Iterator<Item = &Template> {
        OWN.iter().chain(self.engine.offers.templates().iter().filter(|template| !template.name.starts_with("llm.")))
    }
}

#[async_trait]
impl Templates for TemplateService {
    async fn list(&self, actor: &Actor) -> Result<Vec<PromptTemplate>, LlmError> {
        actor.require(&permissions::READ)?;
        let mut found: Vec<PromptTemplate> = self.handed_in().map(offered).collect();
        found.extend(templates::newest_of_all(self.engine.db.read(), actor.owner).await?);
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    async fn get(&self, actor: &Actor, name: &str, version: Option<i64>) -> Result<PromptTemplate, LlmError> {
        actor.require(&permissions::READ)?;
        let wanted =
            |template: &&Template| template.name == name && version.is_none_or(|version| version == i64::from(template.version));
        if let Some(template) = self.handed_in().filter(wanted).max_by_key(|template| template.version) {
            return Ok(offered(template));
        }
        let own = templates::find(self.engine.db.read(), actor.owner, name, version).await?;
        own.ok_or(LlmError::Plain(&codes::TEMPLATE_NOT_FOUND))
    }

    async fn create(&self, actor: &Actor, name: &str, text: &str) -> Result<PromptTemplate, LlmError> {
        actor.require(&permissions::CHAT)?;
        check(name, text)?;
        self.engine
            .db
            .write(|tx| async move {
                if templates::count(&tx, actor.owner).await? >= NAMES_LIMIT {
                    return Err(LlmError::Plain(&codes::TOO_MANY));
                }
                Ok(templates::insert(&tx, actor, name, text).await?)
            })
            .await
    }

    async fn render(
        &self,
        actor: &Actor,
        name: &str,
        version: Option<i64>,
        variables: &Value,
    ) -> Result<(PromptTemplate, String), LlmError> {
        let template = self.get(actor, name, version).await?;
        let text = render(&template.text, variables)?;
        Ok((template, text))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn loops_and_sizes_are_bounded_and_unknown_variables_are_errors() {
        assert_eq!(render("{% for x in list %}{{ x }};{% endfor %}", &json!({ "list": [1, 2] })).unwrap(), "1;2;");
        assert_eq!(render("{{ html }}", &json!({ "html": "<b>" })).unwrap(), "<b>");
        let nested = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
        for source in
            [nested, "{{ nobody }}", "{% if %}", "{% include 'x' %}", "{% for a in range(300) %}{{ 'x' * 9999 }}{% endfor %}"]
        {
            assert!(matches!(render(source, &json!({})), Err(LlmError::Template(_))), "{source}");
        }
    }

    #[test]
    fn the_features_own_templates_are_sound() {
        for template in OWN {
            assert!(Environment::new().template_from_str(template.text).is_ok(), "{}", template.name);
            assert!(template.name.starts_with("llm."));
        }
    }
}
