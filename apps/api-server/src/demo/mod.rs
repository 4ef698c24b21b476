//! A server full of people and of what they did, to look at without having typed it. Everything is made through the API, so it is what
//! clients would have made.

#![expect(clippy::indexing_slicing, reason = "answers are looked into by member; one that is not there is null")]

mod mailboxes;
mod people;
mod records;
mod training;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use core_jobs::Runner;
use core_kernel::{Secret, Timestamp};
use core_keys::Keyring;
use serde_json::{Value, json};

use crate::caller::{Answer, Caller};

pub(crate) use self::mailboxes::Mailboxes;
use self::people::CAST;

/// How many of the cast have a picture: an animation in each size is much work.
const WITH_PICTURES: usize = 2;

/// What the demo is made with.
pub(crate) struct Demo<'a> {
    pub(crate) anonymous: Caller<'a>,
    pub(crate) mailboxes: &'a Mailboxes,
    pub(crate) runner: &'a Runner,
    pub(crate) keyring: &'a Keyring,
    pub(crate) now: Timestamp,
    /// The scripted provider of the settings.
    pub(crate) provider: &'a str,
}

/// What there is to look at.
pub(crate) struct Made {
    pub(crate) password: String,
    pub(crate) people: Vec<(&'static str, &'static str)>,
    pub(crate) organisations: Vec<&'static str>,
    pub(crate) workouts: usize,
}

impl Demo<'_> {
    /// Makes everything; `reset`: takes away first what an earlier run made.
    pub(crate) async fn make(&self, reset: bool) -> anyhow::Result<Made> {
        let there = self.sign_in(CAST[0].address).await?.is_some();
        anyhow::ensure!(reset || !there, "the demo is there already; --reset takes it away and makes it anew");
        if reset {
            self.take_away().await?;
        }
        let people = self.invite_the_cast().await?;
        let organisations = self.found_organisations(&people).await?;
        let mut workouts = 0;
        for (person, story) in people.iter().zip(training::STORIES) {
            workouts += self.train(person, &story).await?;
        }
        for person in &people {
            self.talk(person).await?;
        }
        for person in people.iter().take(WITH_PICTURES) {
            self.hang_up_a_picture(person).await?;
        }
        self.work_off().await?;
        let people = CAST.iter().map(|role| (role.name, role.address)).collect();
        Ok(Made { password: self.password(), people, organisations, workouts })
    }

    /// The same for everybody, and another on each server: nobody can try it elsewhere.
    fn password(&self) -> String {
        let key = self.keyring.derive("demo-password", b"");
        format!("demo {}", URL_SAFE_NO_PAD.encode(&key[..12]))
    }

    async fn sign_in(&self, address: &str) -> anyhow::Result<Option<Caller<'_>>> {
        let body = json!({"email": address, "password": self.password()});
        let answer = self.anonymous.post("/api/v1/auth/login", &body).await?;
        if answer.status == 401 {
            return Ok(None);
        }
        let tokens = done(&answer, "signing in")?;
        Ok(Some(self.anonymous.with(token(&tokens)?)))
    }

    async fn take_away(&self) -> anyhow::Result<()> {
        for role in CAST {
            let Some(person) = self.sign_in(role.address).await? else { continue };
            let orgs = done(&person.get("/api/v1/orgs").await?, "listing organisations")?;
            for org in orgs["items"].as_array().into_iter().flatten().filter(|org| org["role"] == "owner") {
                let path = format!("/api/v1/orgs/{}", text(org, "id")?);
                done(&person.call("DELETE", &path, None, &[]).await?, "closing an organisation")?;
            }
            done(&person.call("DELETE", "/api/v1/users/me", None, &[]).await?, "closing an account")?;
        }
        self.work_off().await
    }

    /// Does what waits: mails, pictures, events.
    async fn work_off(&self) -> anyhow::Result<()> {
        self.runner.drain().await.context("the jobs of the demo")?;
        Ok(())
    }
}

/// The body of an answer that went well.
fn done(answer: &Answer, what: &str) -> anyhow::Result<Value> {
    anyhow::ensure!(answer.status < 300, "{what}: {} {}", answer.status, answer.text());
    Ok(answer.json())
}

fn text(value: &Value, member: &str) -> anyhow::Result<String> {
    value[member].as_str().map(str::to_owned).with_context(|| format!("an answer has no `{member}`"))
}

/// The access token of an answer with tokens, or with an account and tokens.
fn token(answer: &Value) -> anyhow::Result<Secret> {
    let tokens = if answer["tokens"].is_object() { &answer["tokens"] } else { answer };
    Ok(Secret::new(text(tokens, "access_token")?))
}
