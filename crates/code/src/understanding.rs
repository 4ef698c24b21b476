use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use async_trait::async_trait;
use core_kernel::Actor;

use crate::citations::check;
use crate::digest::lines_of;
use crate::outline::{self, Account};
use crate::reader::Reader;
use crate::templates::{self, SYSTEM, find, placeholders, render};
use crate::{
    CodeError, Lines, Pieces, PromptAsk, Prompted, Redaction, Source, Step, Steps, TextAnswer, TextModel, TextRequest, Told,
    Understanding, Understood, codes, is_secret_file, permissions, redact,
};

/// The longest value of a variable.
const VARIABLE: usize = 4000;

/// [`Understanding`] with a model where there is one.
pub(crate) struct UnderstandingService {
    pub(crate) reader: Reader,
    pub(crate) model: Arc<dyn TextModel>,
}

/// What a model is to say about a source.
struct Task<'t> {
    template: &'static str,
    question: Option<&'t str>,
    model: Option<&'t str>,
    steps: Option<&'t Steps>,
}

#[async_trait]
impl Understanding for UnderstandingService {
    async fn extract_code_context(&self, actor: &Actor, source: Source) -> Result<Understood, CodeError> {
        actor.require(&permissions::READ)?;
        self.reader.understand(actor, source).await
    }

    async fn summarize_code(
        &self,
        actor: &Actor,
        source: Source,
        model: Option<String>,
        steps: Option<Steps>,
    ) -> Result<Told, CodeError> {
        actor.require(&permissions::ASK)?;
        let understood = self.reader.understand(actor, source).await?;
        let task = Task { template: "summarise", question: None, model: model.as_deref(), steps: steps.as_ref() };
        self.tell(actor, &understood, &task, outline::summarise).await
    }

    async fn explain_code(
        &self,
        actor: &Actor,
        source: Source,
        question: Option<String>,
        model: Option<String>,
        steps: Option<Steps>,
    ) -> Result<Told, CodeError> {
        actor.require(&permissions::ASK)?;
        if question.as_ref().is_some_and(|question| question.len() > VARIABLE) {
            return Err(CodeError::field("/question", "too_long", "at most 4000 bytes"));
        }
        let understood = self.reader.understand(actor, source).await?;
        let (question, model, steps) = (question.as_deref(), model.as_deref(), steps.as_ref());
        let task = Task { template: "explain", question, model, steps };
        self.tell(actor, &understood, &task, outline::explain).await
    }

    async fn code_with_prompt(&self, actor: &Actor, source: Source, ask: PromptAsk) -> Result<Prompted, CodeError> {
        actor.require(&permissions::ASK)?;
        let template = find(&ask.template).ok_or(CodeError::Plain(&codes::UNKNOWN_TEMPLATE))?;
        check_variables(template.text, &ask.variables)?;
        let understood = self.reader.understand(actor, source).await?;
        refuse_secret_file(&understood)?;
        if understood.text.len() > self.reader.config.model_bytes * self.reader.config.model_parts {
            return Err(CodeError::Plain(&codes::TOO_LARGE));
        }
        let whole = Lines { start: 1, end: understood.extract.lines.max(1) };
        let (code, mut redactions) = numbered(&understood.text, whole);
        let mut values = Self::values(&understood, code, &mut redactions);
        for (name, value) in &ask.variables {
            let (value, found) = redact(value);
            redactions.extend(found);
            values.insert(name, value);
        }
        let prompt = render(template.text, &values);
        let request =
            TextRequest { system: SYSTEM.to_owned(), prompt, model: ask.model, max_output_tokens: ask.max_output_tokens };
        let answer = self.model.ask(actor, request, None).await?;
        let checked = check(&answer.text, understood.path.as_deref(), &understood.text);
        let (citations, unverified) = (checked.citations, checked.unverified);
        Ok(Prompted { answer, template: (template.name, template.version), citations, unverified, redactions })
    }
}

/// Values must be of the template, and none may take the place of the source.
fn check_variables(template: &str, variables: &BTreeMap<String, String>) -> Result<(), CodeError> {
    for (name, value) in variables {
        let known = placeholders(template).any(|known| known == name)
            && !["code", "context", "language", "path"].contains(&name.as_str());
        if !known {
            return Err(CodeError::field(&format!("/variables/{name}"), "unknown_variable", "not a variable of this prompt"));
        }
        if value.len() > VARIABLE {
            return Err(CodeError::field(&format!("/variables/{name}"), "too_long", "at most 4000 bytes"));
        }
    }
    Ok(())
}

fn refuse_secret_file(understood: &Understood) -> Result<(), CodeError> {
    match understood.path.as_deref() {
        Some(path) if is_secret_file(path) => Err(CodeError::Plain(&codes::SECRET_FILE)),
        _ => Ok(()),
    }
}

/// Some lines with their numbers, without secrets, and what was taken out of them.
fn numbered(source: &str, lines: Lines) -> (String, Vec<Redaction>) {
    let (text, found) = redact(lines_of(source, lines).unwrap_or_default());
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for (number, line) in (lines.start..).zip(text.lines()) {
        let _written = writeln!(out, "{number}: {line}");
    }
    (out, found.into_iter().map(|found| Redaction { line: found.line + lines.start - 1, ..found }).collect())
}

impl UnderstandingService {
    /// The values of every template: the code, and what is around it.
    fn values<'v>(understood: &Understood, code: String, redactions: &mut Vec<Redaction>) -> BTreeMap<&'v str, String> {
        let extract = &understood.extract;
        let mut context = String::new();
        for import in extract.imports.iter().take(40) {
            let _written = writeln!(context, "uses {}", import.module);
        }
        for symbol in extract.symbols.iter().filter(|symbol| symbol.container.len() < 2).take(120) {
            let _written = writeln!(context, "lines {}: {}", symbol.lines, symbol.signature);
        }
        let (context, found) = redact(&context);
        // What is in the context is in the code too, where its line is right.
        redactions.extend(found.into_iter().filter(|_| code.is_empty()));
        BTreeMap::from([
            ("code", code),
            ("context", context),
            ("language", extract.language.as_str().to_owned()),
            ("path", understood.path.clone().unwrap_or_else(|| "a snippet".to_owned())),
            ("question", "nothing beyond that".to_owned()),
            ("sentences", "6".to_owned()),
        ])
    }

    /// An account by the model, or by `offline` where there is none.
    async fn tell(
        &self,
        actor: &Actor,
        understood: &Understood,
        task: &Task<'_>,
        offline: fn(Option<&str>, &str, &crate::Extract) -> Account,
    ) -> Result<Told, CodeError> {
        if !self.model.is_available(actor) {
            let Account { text, citations } = offline(understood.path.as_deref(), &understood.text, &understood.extract);
            return Ok(Told {
                text,
                provider: "offline".to_owned(),
                model: None,
                citations,
                unverified: Vec::new(),
                redactions: Vec::new(),
                parts: 0,
                generations: Vec::new(),
            });
        }
        refuse_secret_file(understood)?;
        let parts = parts(understood, self.reader.config.model_bytes);
        if parts.len() > self.reader.config.model_parts {
            return Err(CodeError::Plain(&codes::TOO_LARGE));
        }
        let (mut redactions, mut answers) = (Vec::new(), Vec::new());
        for (number, lines) in (1..).zip(&parts) {
            let part = (parts.len() > 1).then_some(number);
            if let (Some(number), Some(steps)) = (part, task.steps) {
                // Whoever does not listen any more misses it.
                let _left = steps.send(Step::Part { number, of: parts.len(), lines: *lines }).await;
            }
            let (code, found) = numbered(&understood.text, *lines);
            redactions.extend(found);
            answers.push(self.ask(actor, understood, (task, part), code, &mut redactions).await?);
        }
        let reduced = match answers.as_slice() {
            [only] => only.clone(),
            several => {
                // The second round reads the accounts of the parts, whose places were checked, and not the source again.
                let notes: Vec<String> = several.iter().map(|answer| answer.text.clone()).collect();
                let all = self.ask(actor, understood, (task, None), notes.join("\n\n"), &mut redactions).await?;
                answers.push(all.clone());
                all
            }
        };
        let checked = check(&reduced.text, understood.path.as_deref(), &understood.text);
        Ok(Told {
            text: reduced.text,
            provider: reduced.provider,
            model: Some(reduced.model),
            citations: checked.citations,
            unverified: checked.unverified,
            redactions,
            parts: parts.len(),
            generations: answers.iter().filter_map(|answer| answer.generation_id).collect(),
        })
    }

    async fn ask(
        &self,
        actor: &Actor,
        understood: &Understood,
        (task, part): (&Task<'_>, Option<usize>),
        code: String,
        redactions: &mut Vec<Redaction>,
    ) -> Result<TextAnswer, CodeError> {
        let template = find(task.template).ok_or(CodeError::Plain(&codes::INTERNAL))?;
        let mut values = Self::values(understood, code, redactions);
        if let Some(question) = task.question {
            let (question, found) = redact(question);
            redactions.extend(found);
            values.insert("question", question);
        }
        let prompt = templates::render(template.text, &values);
        let model = task.model.map(str::to_owned);
        let request = TextRequest { system: SYSTEM.to_owned(), prompt, model, max_output_tokens: None };
        let pieces = task.steps.map(|steps| Pieces { steps: steps.clone(), part });
        Ok(self.model.ask(actor, request, pieces.as_ref()).await?)
    }
}

/// Cuts a source between its symbols, so that each part fits into a question.
fn parts(understood: &Understood, most: usize) -> Vec<Lines> {
    let last = understood.extract.lines.max(1);
    let starts: Vec<u32> =
        understood.extract.symbols.iter().filter(|symbol| symbol.container.is_empty()).map(|symbol| symbol.lines.start).collect();
    let mut parts = Vec::new();
    let (mut from, mut bytes, mut good) = (1, 0, None);
    for (line, text) in (1..).zip(understood.text.lines()) {
        if bytes + text.len() > most && line > from {
            // Back to the last symbol that begins within, unless the part is one symbol.
            let cut = good.filter(|cut| *cut > from).unwrap_or(line);
            parts.push(Lines { start: from, end: cut - 1 });
            let again = lines_of(&understood.text, Lines { start: cut, end: line }).map_or(0, str::len);
            (from, bytes, good) = (cut, again.saturating_sub(text.len()), None);
        }
        if starts.binary_search(&line).is_ok() {
            good = Some(line);
        }
        bytes += text.len() + 1;
    }
    parts.push(Lines { start: from, end: last });
    parts
}
