use std::sync::Arc;

use auth::PersonalActors;
use core_http::{Api, HttpSettings, RateLimits};
use core_testing::Engine;
use core_testing::http::{Reply, Request, TestServer};
use serde_json::{Value, json};

use crate::world::{PASSWORD, World, fresh};

/// Identity alone, over HTTP.
pub(crate) struct Served {
    pub(crate) world: World,
    pub(crate) server: TestServer,
}

/// Where the tests' own front end is.
pub(crate) const FRONT_END: &str = "https://app.example.com";

pub(crate) async fn served(engine: &Engine) -> Served {
    let world = fresh(engine).await;
    let deps = TestServer::deps(&world.test, PersonalActors::new(&world.auth));
    let settings = HttpSettings {
        rate_limits: RateLimits { enabled: false, ..RateLimits::default() },
        public_url: Some("https://example.com".to_owned()),
        cors_origins: vec![FRONT_END.to_owned()],
        ..TestServer::settings()
    };
    let api = Api::builder(settings, deps).install(Arc::new(world.auth.clone())).build().unwrap();
    Served { world, server: TestServer::start(api).await.unwrap() }
}

/// What a browser remembers.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    pub(crate) cookie: String,
    pub(crate) csrf: String,
}

impl Browser {
    /// Takes the cookie of an answer.
    pub(crate) fn of(reply: &Reply) -> Self {
        let csrf = reply.json()["csrf_token"].as_str().unwrap_or_default().to_owned();
        let set = reply.header("set-cookie").expect("the answer sets a cookie");
        Self { cookie: set.split(';').next().unwrap_or_default().to_owned(), csrf }
    }

    pub(crate) fn reads(&self, request: Request) -> Request {
        request.header("cookie", &self.cookie)
    }

    pub(crate) fn writes(&self, request: Request) -> Request {
        self.reads(request).header("x-csrf-token", &self.csrf)
    }
}

impl Served {
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.server.post(&format!("/api/v1{path}")).json(body).send().await
    }

    pub(crate) async fn post_as(&self, token: &str, path: &str, body: &Value) -> Reply {
        let request = self.server.post(&format!("/api/v1{path}")).bearer(token);
        if body.is_null() { request.send().await } else { request.json(body).send().await }
    }

    pub(crate) async fn login(&self, email: &str, session: &str) -> Reply {
        self.post("/auth/login", &json!({"email": email, "password": PASSWORD, "session": session})).await
    }

    pub(crate) async fn browser(&self, email: &str) -> Browser {
        Browser::of(&self.login(email, "cookie").await)
    }

    pub(crate) async fn me(&self, browser: &Browser) -> Reply {
        browser.reads(self.server.get("/api/v1/auth/me")).send().await
    }
}
