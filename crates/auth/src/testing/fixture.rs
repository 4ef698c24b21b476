use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use core_db::Tx;
use core_egress::{Egress, EgressConfig};
use core_http::Installed;
use core_kernel::{Actor, Secret, Timestamp, UserId};
use core_testing::http::contract::{Fixture, Planted, Sample, World};
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait;
use serde_json::json;
use uuid::Uuid;

use crate::model::{ApiKey, Device, Purpose, Session, SessionId};
use crate::oauth::planting;
use crate::sign_in::Opened;
use crate::store::accounts::NewAccount;
use crate::store::email_changes::EmailChange;
use crate::store::entity::passkey;
use crate::store::{accounts, api_keys, codes, email_changes, roles, second_factors, sessions};
use crate::{Auth, AuthConfig, Deps, Email, OauthProviderConfig, key_text, totp};

/// Of the planted authenticator apps.
const SECRET: &[u8] = b"12345678901234567890";
const PASSWORD: &str = "a sentence that only I know";

/// Identity under the contract suite.
#[derive(Debug)]
pub struct AuthFixture {
    auth: Arc<Auth>,
    world: World,
    planted: AtomicU64,
    password_hash: String,
}

impl AuthFixture {
    /// Identity with its own tables, hashing quickly.
    ///
    /// # Panics
    /// When it can't be built.
    #[expect(clippy::expect_used, reason = "a fixture that can't be built fails its test")]
    pub async fn new(world: World) -> Self {
        core_db::migrate(&world.db, &[crate::ledger()]).await.expect("the tables of identity");
        let mut config = AuthConfig { argon2_memory_kib: 8192, argon2_passes: 1, argon2_concurrency: 8, ..AuthConfig::default() };
        // A provider that needs no discovery.
        config.oauth.redirect_uris = vec![planting::REDIRECT.to_owned()];
        let github = OauthProviderConfig { client_id: "brickwork".to_owned(), ..OauthProviderConfig::default() };
        config.oauth.providers.insert("github".to_owned(), github);
        let deps = Deps {
            db: world.db.clone(),
            config,
            public_url: "https://example.com".to_owned(),
            catalogue: crate::Catalogue::default(),
            egress: Egress::new(EgressConfig::default()).expect("outgoing HTTP"),
            invitations: Arc::new(crate::NoInvitations),
            policies: crate::Policies::default(),
        };
        let auth = Auth::new(deps).expect("identity can be built");
        auth.start().await.expect("identity can start");
        let password_hash = auth.core.hasher.hash(Secret::new(PASSWORD)).await.expect("a hash");
        Self { auth: Arc::new(auth), world, planted: AtomicU64::new(0), password_hash }
    }

    /// An account and a session with the actor's own ids, so that what the suite does acts on them.
    async fn person(&self, actor: &Actor, canary: &str) -> Result<Vec<(&'static str, String)>, core_db::DbError> {
        let email = format!("{}@example.com", actor.subject);
        let new = NewAccount {
            email: Email::parse(&email).ok_or_else(|| core_db::DbError::Corrupt(email.clone()))?,
            display_name: None,
            roles: Vec::new(),
            password_hash: Some(self.password_hash.clone()),
            verified: false,
        };
        let life = Duration::from_hours(24);
        let core = &self.auth.core;
        let planted = self.world.db.write(|tx| {
            let (new, another, email) = (new.clone(), new.clone(), email.clone());
            async move {
                if accounts::find(&tx, actor.subject).await?.is_none() {
                    accounts::create_with_id(&tx, actor.subject, new).await?;
                    // The session that the suite's caller acts by.
                    let own = actor.session.map_or_else(|| tx.ambient().id(), |session| SessionId(session.id));
                    sessions::create(&tx, &Session { id: own, ..self.session(actor, canary, tx.ambient().now()) }).await?;
                }
                let session = self.session(actor, canary, tx.ambient().now());
                sessions::create(&tx, &session).await?;
                let key = planted_key(&tx, actor, canary);
                api_keys::create(&tx, &key, Vec::new()).await?;
                let passkey = plant_passkey(&tx, actor, canary).await?;
                let name = format!("role-{}", session.id);
                let role = roles::create(&tx, &name, vec!["auth:users_manage".to_owned()]).await?;
                second_factors::begin_totp(&tx, actor.subject, SECRET).await?;
                let half = self.half_signed_in(&tx, &another).await?;
                let verify = codes::create_another(&tx, Purpose::VerifyEmail, Some(actor.subject), email.clone(), life).await?;
                let bound = "1/1".to_owned();
                let reset = codes::create_another(&tx, Purpose::ResetPassword, Some(actor.subject), bound.clone(), life).await?;
                let magic = codes::create_another(&tx, Purpose::MagicLink, Some(actor.subject), bound, life).await?;
                let change = planted_change(&tx, &another).await?;
                let claim = codes::create_another(&tx, Purpose::Claim, None, String::new(), life).await?;
                let mut rows = vec![
                    ("email", email),
                    ("session", session.id.to_string()),
                    ("user", actor.subject.to_string()),
                    ("role", role.name),
                    ("free_role", format!("free-{}", session.id)),
                    ("api_key", key.id.to_string()),
                    ("passkey", passkey.to_string()),
                    ("refresh_token", crate::token::refresh_token(core.db.keyring(), session.id, 1)),
                    ("verify", verify.expose().to_owned()),
                    ("reset", reset.expose().to_owned()),
                    ("claim", claim.expose().to_owned()),
                    ("magic", magic.expose().to_owned()),
                    ("change", change.expose().to_owned()),
                ];
                rows.push(("somebody", planted_somebody(&tx, &another).await?.to_string()));
                rows.extend(half);
                rows.extend(planting::plant(&tx, actor.subject, canary).await?);
                Ok::<_, core_db::DbError>(rows)
            }
        });
        planted.await
    }

    /// Somebody with an app in use who has given the first factor, and whose app shows a code.
    async fn half_signed_in(&self, tx: &Tx, new: &NewAccount) -> Result<Vec<(&'static str, String)>, core_db::DbError> {
        let user = tx.ambient().id();
        let email = format!("half-{user}@example.com");
        let email = Email::parse(&email).ok_or(core_db::DbError::Corrupt(email))?;
        let account = accounts::create_with_id(tx, user, NewAccount { email, ..new.clone() }).await?;
        second_factors::begin_totp(tx, user, SECRET).await?;
        let totp = second_factors::find_totp(tx, user).await?.ok_or(core_db::DbError::NotFound)?;
        second_factors::take_step(tx, user, &totp, 1).await?;
        let opened = self.auth.core.sign_in(tx, &account, &Device::default(), "pwd").await?;
        let Opened::Challenge(token, _) = opened else { return Err(core_db::DbError::NotFound) };
        Ok(vec![("mfa_token", token.expose().to_owned()), ("totp_code", totp::code_now(SECRET, tx.ambient().now()))])
    }

    fn session(&self, actor: &Actor, canary: &str, now: Timestamp) -> Session {
        Session {
            id: SessionId(self.world.ambient.ids.next()),
            user: actor.subject,
            device: Some(canary.to_owned()),
            created_at: now,
            last_used_at: now,
            auth_time: now,
            amr: vec!["pwd".to_owned()],
            by_cookie: false,
            counter: 1,
            rotated_at: now,
            idle_expires_at: now.plus(Duration::from_hours(240)),
            absolute_expires_at: now.plus(Duration::from_hours(240)),
            ended_at: None,
            impersonator: None,
        }
    }
}

/// Somebody whose place an administrator takes.
async fn planted_somebody(tx: &Tx, new: &NewAccount) -> Result<UserId, core_db::DbError> {
    let somebody = tx.ambient().id();
    let address = format!("somebody-{somebody}@example.com");
    let address = Email::parse(&address).ok_or(core_db::DbError::Corrupt(address))?;
    accounts::create_with_id(tx, somebody, NewAccount { email: address, ..new.clone() }).await?;
    Ok(somebody)
}

/// A passkey that nobody has the device of.
async fn plant_passkey(tx: &Tx, actor: &Actor, canary: &str) -> Result<Uuid, core_db::DbError> {
    let id = tx.ambient().ids.next();
    let model = passkey::ActiveModel {
        id: Set(id),
        user_id: Set(actor.subject.get()),
        credential_id: Set(id.as_bytes().to_vec()),
        name: Set(canary.to_owned()),
        credential: Set(json!({})),
        synced: Set(true),
        uses: Set(0),
        last_used_at: Set(None),
        flagged_at: Set(None),
        created_at: Set(tx.ambient().now().millis()),
    };
    passkey::Entity::insert(model).exec_without_returning(tx).await?;
    Ok(id)
}

/// A change of address that waits for both sides; gives the code of the old one.
async fn planted_change(tx: &Tx, new: &NewAccount) -> Result<Secret, core_db::DbError> {
    let user = tx.ambient().id();
    let address = |domain: &str| Email::parse(&format!("moves-{user}@{domain}")).ok_or(core_db::DbError::NotFound);
    accounts::create_with_id(tx, user, NewAccount { email: address("example.com")?, ..new.clone() }).await?;
    let change = EmailChange {
        user,
        id: tx.ambient().ids.next(),
        new: address("example.org")?,
        email_version: 1,
        session: tx.ambient().id(),
        expires_at: tx.ambient().now().plus(Duration::from_hours(24)),
    };
    email_changes::replace(tx, &change).await?;
    let bound_to = change.id.to_string();
    codes::create_another(tx, Purpose::EmailChangeOld, Some(user), bound_to, Duration::from_hours(24)).await
}

fn planted_key(tx: &Tx, actor: &Actor, canary: &str) -> ApiKey {
    ApiKey {
        id: tx.ambient().id(),
        prefix: key_text::new_id(tx.ambient().rng.as_ref()),
        // A key of an organisation is its administrators' to see; what is planted is private.
        owner: actor.personal_space(),
        created_by: actor.subject,
        name: canary.to_owned(),
        scopes: vec!["auth:self".to_owned()],
        expires_at: tx.ambient().now().plus(Duration::from_hours(24)),
        last_used_at: None,
        previous_until: None,
        created_at: tx.ambient().now(),
        version: 1,
    }
}

#[async_trait]
impl Fixture for AuthFixture {
    fn feature(&self) -> Arc<dyn Installed> {
        self.auth.clone()
    }

    #[expect(clippy::expect_used, reason = "a fixture that can't plant fails its test")]
    async fn plant(&self, actor: &Actor) -> Planted {
        let number = self.planted.fetch_add(1, Ordering::SeqCst);
        let canary = format!("canary-of-auth-{number}-");
        let rows = self.person(actor, &canary).await.expect("an account and a session");
        let rows: BTreeMap<_, _> = rows.into_iter().collect();
        let key = rows.get("api_key").map(String::as_str).unwrap_or_default();
        let personal = actor.owner == actor.personal_space();
        let urls = if personal { vec![format!("/api/v1/auth/api-keys/{key}")] } else { Vec::new() };
        Planted { rows, urls, canary }
    }

    fn request_for(&self, operation_id: &str, planted: &Planted) -> Option<Sample> {
        let fresh = || format!("fresh{}@example.com", self.planted.fetch_add(1, Ordering::SeqCst));
        let sample = Sample::new();
        Some(match operation_id {
            "register" => sample.json(json!({"email": fresh(), "password": PASSWORD, "display_name": "Ada"})),
            "claim_server" => sample.json(json!({"token": planted.row("claim"), "email": fresh(), "password": PASSWORD})),
            "login" => sample.json(json!({"email": planted.row("email"), "password": PASSWORD})),
            "refresh" => sample.json(json!({"refresh_token": planted.row("refresh_token")})),
            "verify_email" => sample.json(json!({"token": planted.row("verify")})),
            "reset_password" => sample.json(json!({"token": planted.row("reset"), "password": "another sentence, just for me"})),
            "consume_magic_link" => sample.json(json!({"token": planted.row("magic")})),
            "request_email_change" => sample.json(json!({"email": fresh()})),
            "confirm_email_change" => sample.json(json!({"token": planted.row("change")})),
            "resend_verification" | "forgot_password" | "request_magic_link" => {
                sample.json(json!({"email": planted.row("email")}))
            }
            "change_password" => {
                sample.json(json!({"current_password": PASSWORD, "new_password": "another sentence, just for me"}))
            }
            "reauthenticate" => sample.json(json!({"password": PASSWORD})),
            "confirm_totp" => sample.json(json!({"code": planted.row("totp_code")})),
            "verify_mfa" => {
                sample.json(json!({"token": planted.row("mfa_token"), "method": "totp", "code": planted.row("totp_code")}))
            }
            // The planted app has shown no code yet; the suite's caller is signed in by tokens.
            "renew_recovery_codes" | "get_csrf_token" => sample.expect(409),
            "remove_passkey" => sample.path("id", planted.row("passkey")),
            "revoke_session" => sample.path("id", planted.row("session")),
            "get_caller"
            | "list_sessions"
            | "list_passkeys"
            | "start_passkey_registration"
            | "start_passkey_login"
            | "start_passkey_proof"
            | "enroll_totp"
            | "remove_totp"
            | "list_api_keys"
            | "list_audit_log"
            | "list_permissions"
            | "list_roles"
            | "logout"
            | "logout_all"
            | "get_jwks"
            | "setup_page"
            | "verify_email_page"
            | "reset_password_page"
            | "invitation_page"
            | "magic_link_page"
            | "email_change_page" => sample,
            _ => {
                return of_keys_and_roles(operation_id, planted)
                    .or_else(|| of_devices(operation_id))
                    .or_else(|| planting::sample(operation_id, planted));
            }
        })
    }
}

fn of_keys_and_roles(operation_id: &str, planted: &Planted) -> Option<Sample> {
    let sample = Sample::new();
    Some(match operation_id {
        "create_api_key" => sample.json(json!({"name": "report", "scopes": ["auth:self"]})),
        "update_api_key" => sample.path("id", planted.row("api_key")).json(json!({"name": "other", "scopes": ["auth:self"]})),
        "get_api_key" | "revoke_api_key" | "rotate_api_key" => sample.path("id", planted.row("api_key")),
        "create_role" => sample.json(json!({"name": planted.row("free_role"), "permissions": ["auth:users_manage"]})),
        "update_role" => sample.path("name", planted.row("role")).json(json!({"permissions": ["auth:audit_read_all"]})),
        "delete_role" => sample.path("name", planted.row("role")),
        "assign_roles" => sample.path("id", planted.row("user")).json(json!({"roles": [planted.row("role")]})),
        "end_user_sessions" => sample.path("id", planted.row("user")),
        "impersonate" => sample.path("id", planted.row("somebody")).json(json!({"reason": "a ticket of theirs"})),
        _ => return None,
    })
}

fn of_devices(operation_id: &str) -> Option<Sample> {
    let sample = Sample::new();
    Some(match operation_id {
        // There is no device to answer; the crate's own tests have one.
        "finish_passkey_registration" => sample.json(json!({"credential": {}, "name": "Key"})).expect(422),
        "finish_passkey_login" => sample.json(json!({"credential": {}, "session": "tokens"})).expect(422),
        _ => return None,
    })
}
