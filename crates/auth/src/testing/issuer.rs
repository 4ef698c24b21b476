mod token;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use actix_web::dev::ServerHandle;
use actix_web::http::header;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use core_kernel::Clock;
use core_testing::http::Request;
use serde_json::json;
use tokio_util::task::TaskTracker;
use url::form_urlencoded;

/// How the issuer knows its one client.
pub const CLIENT: &str = "brickwork-test";
/// The client's secret, with signs that have to be encoded.
pub const CLIENT_SECRET: &str = "canary: s&cret/";

/// What an issuer does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each names what it does")]
pub enum Fault {
    WrongNonce,
    NoNonce,
    WrongAudience,
    SecondAudienceWithoutParty,
    ForeignParty,
    WrongIssuer,
    Expired,
    FromTheFuture,
    Old,
    AlgNone,
    HmacWithPublicKey,
    OtherKey,
    AccessTokenType,
    NoIdToken,
    NoSubject,
    UserInfoOfSomebodyElse,
    DiscoveryOfAnotherIssuer,
    PlainEndpoint,
    WrongResponseIssuer,
    NoResponseIssuer,
    Denied,
    ServerError,
    TokenEndpointFails,
    TokenEndpointSpeaksHtml,
    HugeKeys,
}

/// Who signs in at the issuer.
#[derive(Clone, Debug)]
pub struct TestPerson {
    /// Who they are there: digits, so that GitHub's face can tell it as a number.
    pub subject: String,
    /// Their address.
    pub email: Option<String>,
    /// Whether the issuer vouches for it.
    pub email_verified: bool,
    /// What they are called.
    pub name: String,
}

struct Grant {
    person: TestPerson,
    redirect_uri: String,
    challenge: String,
    nonce: Option<String>,
}

struct State {
    person: TestPerson,
    faults: BTreeSet<Fault>,
    /// The address is told at the user info endpoint only.
    email_in_userinfo: bool,
    /// Keys that were made since the first.
    rotations: usize,
    grants: BTreeMap<String, Grant>,
    /// Access tokens by who they are for.
    access: BTreeMap<String, TestPerson>,
    number: usize,
    seen: Vec<String>,
}

struct Shared {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
    url: OnceLock<String>,
}

/// A small real issuer on a free port of this machine: discovery, authorisation, tokens, keys, user info, and GitHub's endpoints.
/// It checks what a strict issuer checks, and does wrong what a test asks for.
pub struct TestIssuer {
    /// Its name and address.
    pub url: String,
    address: SocketAddr,
    shared: Arc<Shared>,
    handle: ServerHandle,
    tasks: TaskTracker,
}

impl std::fmt::Debug for TestIssuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestIssuer").field("url", &self.url).finish_non_exhaustive()
    }
}

impl TestIssuer {
    /// Listens; the times in its tokens are those of `clock`. Ada is signed in.
    ///
    /// # Panics
    /// When it can't listen.
    #[expect(clippy::expect_used, reason = "an issuer that can't start fails its test")]
    pub fn start(clock: Arc<dyn Clock>) -> Self {
        let person = TestPerson {
            subject: "1815".to_owned(),
            email: Some("Ada@example.com".to_owned()),
            email_verified: true,
            name: "Ada".to_owned(),
        };
        let state = State {
            person,
            faults: BTreeSet::new(),
            email_in_userinfo: false,
            rotations: 0,
            grants: BTreeMap::new(),
            access: BTreeMap::new(),
            number: 0,
            seen: Vec::new(),
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), clock, url: OnceLock::new() });
        let served = web::Data::from(Arc::clone(&shared));
        let server = HttpServer::new(move || App::new().app_data(served.clone()).default_service(web::to(answer)));
        let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).expect("a free port");
        let address = *server.addrs().first().expect("an address");
        let url = format!("http://{address}");
        shared.url.get_or_init(|| url.clone());
        let running = server.run();
        let (handle, tasks) = (running.handle(), TaskTracker::new());
        tasks.spawn(running);
        Self { url, address, shared, handle, tasks }
    }

    /// Does these things wrong from now on, and no other.
    pub fn misbehave(&self, faults: &[Fault]) {
        self.with(|state| state.faults = faults.iter().copied().collect());
    }

    /// Somebody else signs in from now on.
    pub fn sign_in_as(&self, subject: &str, email: Option<&str>, email_verified: bool) {
        let email = email.map(str::to_owned);
        let name = format!("Person {subject}");
        self.with(|state| state.person = TestPerson { subject: subject.to_owned(), email, email_verified, name });
    }

    /// Tells the address at the user info endpoint only.
    pub fn tell_address_later(&self) {
        self.with(|state| state.email_in_userinfo = true);
    }

    /// Signs with a new key from now on; the key set has that one alone.
    pub fn rotate_key(&self) {
        self.with(|state| state.rotations += 1);
    }

    /// How often a path was asked for.
    pub fn requests(&self, path: &str) -> usize {
        self.with(|state| state.seen.iter().filter(|seen| *seen == path).count())
    }

    /// Goes where the browser was sent, signs in there, and gives the address that the browser is sent back to.
    ///
    /// # Panics
    /// When the issuer refuses the request: then it is wrong.
    #[expect(clippy::expect_used, reason = "a request that a strict issuer refuses fails the test")]
    pub async fn visit(&self, authorize_url: &str) -> String {
        let target = authorize_url.strip_prefix(&self.url).expect("the address of this issuer");
        let reply = Request::to(self.address, "GET", target).send().await;
        assert_eq!(reply.status, 302, "the issuer refused: {}", reply.text());
        reply.header("location").expect("a location").to_owned()
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.shared.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for TestIssuer {
    fn drop(&mut self) {
        // Sends the order at once; what it waits for need not be waited for here.
        drop(self.handle.stop(false));
        self.tasks.close();
    }
}

fn pairs(encoded: &[u8]) -> BTreeMap<String, String> {
    form_urlencoded::parse(encoded).into_owned().collect()
}

async fn answer(request: HttpRequest, body: web::Bytes, shared: web::Data<Shared>) -> HttpResponse {
    let mut state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
    let path = request.path().to_owned();
    state.seen.push(path.clone());
    let url = shared.url.get().cloned().unwrap_or_default();
    let fails = |fault| state.faults.contains(&fault);
    match path.as_str() {
        "/.well-known/openid-configuration" => {
            let issuer = if fails(Fault::DiscoveryOfAnotherIssuer) { "https://other.example" } else { &url };
            let token = if fails(Fault::PlainEndpoint) { "http://issuer.example".to_owned() } else { url.clone() };
            HttpResponse::Ok().json(json!({
                "issuer": issuer, "authorization_endpoint": format!("{url}/authorize"), "token_endpoint": format!("{token}/token"),
                "jwks_uri": format!("{url}/keys"), "userinfo_endpoint": format!("{url}/userinfo"),
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "authorization_response_iss_parameter_supported": true,
                "code_challenge_methods_supported": ["S256"],
            }))
        }
        "/keys" if fails(Fault::HugeKeys) => HttpResponse::Ok().body(vec![b' '; 1024 * 1024]),
        "/keys" => HttpResponse::Ok().json(token::keys(state.rotations)),
        "/authorize" | "/login/oauth/authorize" => authorize(&mut state, &url, &pairs(request.query_string().as_bytes())),
        "/token" | "/login/oauth/access_token" => grant_tokens(&mut state, &shared, &request, &pairs(&body)),
        "/userinfo" | "/api/v3/user" | "/api/v3/user/emails" => about(&state, &request),
        _ => HttpResponse::NotFound().finish(),
    }
}

fn authorize(state: &mut State, url: &str, asked: &BTreeMap<String, String>) -> HttpResponse {
    let get = |name: &str| asked.get(name).cloned();
    let ours = get("client_id").as_deref() == Some(CLIENT) && get("response_type").as_deref() == Some("code");
    let pkce = get("code_challenge_method").as_deref() == Some("S256");
    let (Some(redirect_uri), Some(challenge), Some(sent)) = (get("redirect_uri"), get("code_challenge"), get("state")) else {
        return HttpResponse::BadRequest().body("incomplete");
    };
    if !ours || !pkce {
        return HttpResponse::BadRequest().body("not as this issuer wants it");
    }
    let mut back = form_urlencoded::Serializer::new(String::new());
    back.append_pair("state", &sent).append_pair("session_state", "an extension");
    if !state.faults.contains(&Fault::NoResponseIssuer) {
        let wrong = state.faults.contains(&Fault::WrongResponseIssuer);
        back.append_pair("iss", if wrong { "https://other.example" } else { url });
    }
    if state.faults.contains(&Fault::Denied) {
        back.append_pair("error", "access_denied").append_pair("error_description", "the person said no");
    } else if state.faults.contains(&Fault::ServerError) {
        back.append_pair("error", "server_error");
    } else {
        state.number += 1;
        let code = format!("grant-{}", state.number);
        back.append_pair("code", &code);
        let grant = Grant { person: state.person.clone(), redirect_uri: redirect_uri.clone(), challenge, nonce: get("nonce") };
        state.grants.insert(code, grant);
    }
    HttpResponse::Found().insert_header((header::LOCATION, format!("{redirect_uri}?{}", back.finish()))).finish()
}

fn grant_tokens(state: &mut State, shared: &Shared, request: &HttpRequest, form: &BTreeMap<String, String>) -> HttpResponse {
    if state.faults.contains(&Fault::TokenEndpointFails) {
        return HttpResponse::InternalServerError().body("canary of the provider");
    }
    if state.faults.contains(&Fault::TokenEndpointSpeaksHtml) {
        return HttpResponse::Ok().content_type("text/html").body("<html>");
    }
    let github = request.path() != "/token";
    let refuse = |error: &str| {
        let body = json!({"error": error});
        if github { HttpResponse::Ok().json(body) } else { HttpResponse::BadRequest().json(body) }
    };
    let field = |name: &str| form.get(name).map(String::as_str);
    let known = match request.headers().get(header::AUTHORIZATION) {
        Some(basic) => basic.to_str().ok().and_then(decode_basic) == Some((CLIENT.to_owned(), CLIENT_SECRET.to_owned())),
        None => (field("client_id"), field("client_secret")) == (Some(CLIENT), Some(CLIENT_SECRET)),
    };
    if !known {
        return refuse("invalid_client");
    }
    let Some(grant) = field("code").and_then(|code| state.grants.remove(code)) else { return refuse("invalid_grant") };
    let hash = digest::digest(&digest::SHA256, field("code_verifier").unwrap_or_default().as_bytes());
    let right = URL_SAFE_NO_PAD.encode(hash) == grant.challenge && field("redirect_uri") == Some(&grant.redirect_uri);
    if !right || field("grant_type") != Some("authorization_code") {
        return refuse("invalid_grant");
    }
    state.number += 1;
    let access = format!("access-{}", state.number);
    state.access.insert(access.clone(), grant.person.clone());
    let signs = !github && !state.faults.contains(&Fault::NoIdToken);
    let url = shared.url.get().map(String::as_str).unwrap_or_default();
    let id_token = signs.then(|| token::id_token(state, url, shared.clock.now(), &grant));
    HttpResponse::Ok().json(json!({"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": id_token}))
}

fn decode_basic(header: &str) -> Option<(String, String)> {
    let decoded = String::from_utf8(STANDARD.decode(header.strip_prefix("Basic ")?).ok()?).ok()?;
    let (client, secret) = decoded.split_once(':')?;
    let plain = |text: &str| pairs(format!("x={text}").as_bytes()).remove("x");
    Some((plain(client)?, plain(secret)?))
}

fn about(state: &State, request: &HttpRequest) -> HttpResponse {
    let bearer = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some(person) = state.access.get(bearer.trim_start_matches("Bearer ")) else {
        return HttpResponse::Unauthorized().finish();
    };
    match request.path() {
        "/api/v3/user" => {
            let id: u64 = person.subject.parse().unwrap_or_default();
            HttpResponse::Ok().json(json!({"id": id, "login": "ada", "name": person.name, "email": "profile@example.com"}))
        }
        "/api/v3/user/emails" => HttpResponse::Ok().json(json!([
            {"email": "second@example.com", "primary": false, "verified": true, "visibility": null},
            {"email": person.email, "primary": true, "verified": person.email_verified, "visibility": "private"},
        ])),
        _ => {
            let other = state.faults.contains(&Fault::UserInfoOfSomebodyElse);
            let subject = if other { "666" } else { &person.subject };
            HttpResponse::Ok().json(json!({"sub": subject, "email": person.email, "email_verified": person.email_verified}))
        }
    }
}
