use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde_json::Value;

/// A mail that a feature brings along. All three parts are minijinja templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailTemplate {
    /// `feature.name`.
    pub name: &'static str,
    /// The subject.
    pub subject: &'static str,
    /// The plain text.
    pub text: &'static str,
    /// The HTML that goes into the layout; values are escaped.
    pub html: &'static str,
}

/// A mail in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// A whole HTML document.
    pub html: String,
}

/// A template that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// No feature and no folder has it.
    #[error("there is no mail template `{0}`")]
    Unknown(String),
    /// It does not render.
    #[error("the mail template `{name}` does not render: {source}")]
    Broken {
        /// Which.
        name: String,
        /// Where and why.
        #[source]
        source: minijinja::Error,
    },
    /// A file of the folder can't be read.
    #[error("the mail template {path} can't be read: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

const LAYOUT: &str = "<!doctype html><html><body style=\"margin:0;padding:24px;background:#f4f4f5;font:16px/1.5 system-ui,sans-serif;color:#18181b\"><div style=\"max-width:32rem;margin:0 auto;padding:24px;background:#ffffff;border-radius:8px\">{{ body }}</div></body></html>";
/// The most work that one part may cost, so that a broken template ends.
const FUEL: u64 = 50_000;

/// All mail templates: those of the features, replaced part by part by files of a folder
/// (`<name>.subject`, `<name>.txt`, `<name>.html`, `layout.html`; with a locale, `<name>.<locale>.txt` and so on).
#[derive(Clone, Debug)]
pub struct Templates {
    own: BTreeMap<&'static str, MailTemplate>,
    folder: Option<PathBuf>,
}

impl Templates {
    /// The templates of the features, and of a product's folder.
    pub fn new(own: impl IntoIterator<Item = MailTemplate>, folder: Option<&Path>) -> Self {
        Self { own: own.into_iter().map(|template| (template.name, template)).collect(), folder: folder.map(Path::to_owned) }
    }

    /// Puts a mail into words. Files are read each time, so that an edit shows at once. This blocks: call it off the workers.
    pub fn render(&self, name: &str, locale: Option<&str>, values: &Value) -> Result<Rendered, TemplateError> {
        let own = self.own.get(name);
        let part = |ending: &str, built_in: Option<&'static str>| {
            let from_folder = self.file(name, locale, ending)?;
            from_folder.or_else(|| built_in.map(str::to_owned)).ok_or_else(|| TemplateError::Unknown(name.to_owned()))
        };
        let subject = part("subject", own.map(|own| own.subject))?;
        let text = part("txt", own.map(|own| own.text))?;
        let html = part("html", own.map(|own| own.html))?;
        let layout = self.file("layout", None, "html")?.unwrap_or_else(|| LAYOUT.to_owned());
        let body = render(name, &html, AutoEscape::Html, values)?;
        let body = serde_json::json!({"body": body});
        // One line: a line break in a value must not begin a header.
        let subject = render(name, &subject, AutoEscape::None, values)?;
        Ok(Rendered {
            subject: subject.split_whitespace().collect::<Vec<_>>().join(" "),
            text: render(name, &text, AutoEscape::None, values)?,
            html: render(name, &layout.replace("{{ body }}", "{{ body|safe }}"), AutoEscape::Html, &body)?,
        })
    }

    fn file(&self, name: &str, locale: Option<&str>, ending: &str) -> Result<Option<String>, TemplateError> {
        let Some(folder) = &self.folder else { return Ok(None) };
        let plain = |word: &&str| word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let localised = locale.filter(plain).map(|locale| format!("{name}.{locale}.{ending}"));
        for file in localised.into_iter().chain([format!("{name}.{ending}")]) {
            let path = folder.join(file);
            match std::fs::read_to_string(&path) {
                Ok(text) => return Ok(Some(text)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => return Err(TemplateError::File { path, source }),
            }
        }
        Ok(None)
    }
}

fn render(name: &str, source: &str, escape: AutoEscape, values: &Value) -> Result<String, TemplateError> {
    let broken = |source| TemplateError::Broken { name: name.to_owned(), source };
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_auto_escape_callback(move |_| escape.clone());
    environment.render_str(source, minijinja::value::Serde(values)).map_err(broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELLO: MailTemplate =
        MailTemplate { name: "test.hello", subject: "Hello {{ who }}", text: "Dear {{ who }}", html: "<p>Dear {{ who }}</p>" };

    #[test]
    fn values_are_escaped_in_html_and_a_subject_stays_one_line() {
        let templates = Templates::new([HELLO], None);
        let mail =
            templates.render("test.hello", None, &serde_json::json!({"who": "<b>Ada</b>\r\nBcc: eve@example.com"})).unwrap();
        assert_eq!(mail.subject, "Hello <b>Ada</b> Bcc: eve@example.com");
        assert!(mail.html.contains("<p>Dear &lt;b&gt;Ada"), "{}", mail.html);
        assert!(mail.html.starts_with("<!doctype html>"));
    }

    #[test]
    fn a_file_of_the_folder_replaces_its_part_and_its_locale_wins() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("test.hello.txt"), "Moin {{ who }}").unwrap();
        std::fs::write(folder.path().join("test.hello.de.txt"), "Servus {{ who }}").unwrap();
        let templates = Templates::new([HELLO], Some(folder.path()));
        let values = serde_json::json!({"who": "Ada"});
        assert_eq!(templates.render("test.hello", None, &values).unwrap().text, "Moin Ada");
        assert_eq!(templates.render("test.hello", Some("de"), &values).unwrap().text, "Servus Ada");
        assert_eq!(templates.render("test.hello", Some("../x"), &values).unwrap().text, "Moin Ada");
        assert_eq!(templates.render("test.hello", None, &values).unwrap().subject, "Hello Ada");
    }

    #[test]
    fn an_unknown_template_an_unknown_value_and_an_endless_loop_are_errors() {
        let looping = MailTemplate { text: "{% for i in range(9999999) %}x{% endfor %}", name: "test.loop", ..HELLO };
        let templates = Templates::new([HELLO, looping], None);
        let values = serde_json::json!({"who": "Ada"});
        assert!(matches!(templates.render("test.none", None, &values), Err(TemplateError::Unknown(_))));
        assert!(matches!(templates.render("test.hello", None, &Value::Null), Err(TemplateError::Broken { .. })));
        assert!(matches!(templates.render("test.loop", None, &values), Err(TemplateError::Broken { .. })));
    }
}
