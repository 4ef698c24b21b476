use serde_json::json;

use super::people::Person;
use super::{Demo, done, text};
use crate::caller::Answer;

/// What is asked, and which script answers.
const QUESTIONS: [(&str, &str); 3] = [
    ("How much should I squat next week?", "echo"),
    ("And if my knee hurts?", "echo"),
    // Shows how an answer that broke off is kept.
    ("Explain progressive overload to me.", "truncated"),
];

/// What the catalogue draws; the first time takes a while, in a debug build longer than a client waits.
const DRAWN: &str = "push-up";

/// How often it is asked for.
const PATIENCE: u32 = 10;

impl Demo<'_> {
    /// A conversation.
    pub(super) async fn talk(&self, person: &Person<'_>) -> anyhow::Result<()> {
        let about = json!({"title": "What to train", "model": format!("{}/echo", self.provider), "context": ["fitness"]});
        let chat = done(&person.caller.post("/api/v1/llm/conversations", &about).await?, "a conversation")?;
        let messages = format!("/api/v1/llm/conversations/{}/messages", text(&chat, "id")?);
        for (question, script) in QUESTIONS {
            let body = json!({"content": question, "model": format!("{}/{script}", self.provider)});
            let answer = person.caller.post(&messages, &body).await?;
            // A script that breaks off is an error of the model, and kept as one.
            anyhow::ensure!(answer.status < 300 || script == "truncated", "a message: {} {}", answer.status, answer.text());
        }
        Ok(())
    }

    /// The catalogue's own animation as a picture, uploaded as a client would.
    pub(super) async fn hang_up_a_picture(&self, person: &Person<'_>) -> anyhow::Result<()> {
        let drawn = self.drawing().await?;
        let head = format!(
            "--drawn\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{DRAWN}.gif\"\r\ncontent-type: image/gif\r\n\r\n"
        );
        let form = [head.as_bytes(), drawn.bytes(), b"\r\n--drawn--\r\n"].concat();
        let typed = [("content-type", "multipart/form-data; boundary=drawn")];
        done(&person.caller.call("POST", "/api/v1/media", Some(form.into()), &typed).await?, "a picture")?;
        Ok(())
    }

    async fn drawing(&self) -> anyhow::Result<Answer> {
        let path = format!("/api/v1/fitness/exercises/{DRAWN}/animation.gif");
        let mut answer = self.anonymous.get(&path).await;
        for _ in 0..PATIENCE {
            match &answer {
                Ok(drawn) if drawn.status == 200 => break,
                _ => answer = self.anonymous.get(&path).await,
            }
        }
        let drawn = answer?;
        done(&drawn, "a drawing")?;
        Ok(drawn)
    }
}
