use std::sync::Arc;

use auth::{Account, Auth, AuthConfig, Catalogue, Deps, Device, EmailVerification, Registered, Registration, Tokens};
use core_db::{Db, DbConfig};
use core_feature::Feature;
use core_jobs::{Registry, Runner, RunnerConfig};
use core_kernel::{Actor, ActorKind, Ambient, OrgRole, Owner, Permission, Secret, SessionRef};
use core_mail::{Address, Mailer, MemoryMailer, Recipients, Templates};
use core_testing::{Engine, FrozenClock, TestDb};

pub(crate) const PASSWORD: &str = "a sentence that only I know";

/// Identity alone on an empty database.
pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) test: TestDb,
    pub(crate) auth: Auth,
    pub(crate) mailer: Arc<MemoryMailer>,
    runner: Runner,
}

struct Nobody;

#[async_trait::async_trait]
impl Recipients for Nobody {
    async fn address_of(&self, _user: core_kernel::UserId) -> Result<Option<Address>, core_db::DbError> {
        Ok(None)
    }
}

pub(crate) fn quick() -> AuthConfig {
    AuthConfig { argon2_memory_kib: 8192, argon2_passes: 1, argon2_concurrency: 8, ..AuthConfig::default() }
}

/// The permissions of a server with one more feature.
pub(crate) fn catalogue() -> Catalogue {
    const CHAT: Permission = Permission::shared("llm:chat", OrgRole::Member, "chat");
    const JOBS: Permission = Permission::platform("jobs:manage", "manage jobs");
    Catalogue::of(auth::permissions::ALL.iter().copied().chain([&CHAT, &JOBS]))
}

/// What identity needs, over a database.
pub(crate) fn deps(test: &TestDb, config: AuthConfig) -> Deps {
    Deps {
        db: test.db.clone(),
        config,
        public_url: "https://example.com".into(),
        catalogue: catalogue(),
        egress: core_egress::Egress::new(core_egress::EgressConfig::default()).unwrap(),
        invitations: Arc::new(Inviter),
        policies: auth::Policies::default(),
    }
}

/// Knows one invitation.
struct Inviter;

#[async_trait::async_trait]
impl auth::Invitations for Inviter {
    async fn address_of(&self, token: &Secret) -> Result<Option<String>, core_kernel::PortError> {
        Ok((token.expose() == "the token in the mail").then(|| "Invited@example.com".to_owned()))
    }
}

pub(crate) async fn fresh(engine: &Engine) -> World {
    with_config(engine, quick()).await
}

pub(crate) async fn strict(engine: &Engine) -> World {
    with_config(engine, AuthConfig { email_verification: EmailVerification::Required, ..quick() }).await
}

pub(crate) async fn with_config(engine: &Engine, config: AuthConfig) -> World {
    with_database(engine, TestDb::fresh(engine, vec![auth::ledger()]).await.unwrap(), config).await
}

pub(crate) async fn with_database(engine: &Engine, test: TestDb, config: AuthConfig) -> World {
    with_mails(engine, test, config, Templates::new(auth::mail_templates(), None)).await
}

/// With mails worded by these templates.
pub(crate) async fn with_mails(engine: &Engine, test: TestDb, config: AuthConfig, templates: Templates) -> World {
    let auth = Auth::new(deps(&test, config)).unwrap();
    auth.start().await.unwrap();
    let mailer = Arc::new(MemoryMailer::default());
    let mut registry = Registry::default();
    auth.jobs().into_iter().for_each(|handler| registry.handler(handler).unwrap());
    registry.handler(core_mail::handler(Arc::clone(&mailer) as Arc<dyn Mailer>, templates, Arc::new(Nobody))).unwrap();
    let runner = Runner::new(test.db.clone(), registry, RunnerConfig::default());
    World { engine: engine.clone(), test, auth, mailer, runner }
}

impl World {
    pub(crate) fn registration(email: &str) -> Registration {
        Registration {
            email: email.to_owned(),
            password: PASSWORD.into(),
            display_name: Some("Ada".to_owned()),
            device: Device::from_user_agent(Some("test/1")),
            invitation: None,
        }
    }

    pub(crate) async fn register(&self, email: &str) -> (Account, Tokens) {
        match self.auth.accounts.register(Self::registration(email)).await.unwrap() {
            Registered::SignedIn(account, tokens) => (*account, tokens),
            Registered::CheckMail => panic!("asked to check mail"),
        }
    }

    /// The caller behind an access token.
    pub(crate) async fn actor(&self, tokens: &Tokens) -> Actor {
        let identity = self.auth.sessions.identify(&tokens.access_token, true).await.unwrap();
        Actor {
            subject: identity.user,
            owner: Owner::from(identity.user),
            kind: ActorKind::User,
            permissions: catalogue().personal().names().chain(identity.platform.names()).collect(),
            session: Some(SessionRef { id: identity.session.get(), auth_time: identity.auth_time }),
            ..Actor::system("test", Owner::from(identity.user))
        }
    }

    /// Another replica: its own memory over the same database.
    pub(crate) async fn replica(&self) -> Auth {
        let replica = Auth::new(deps(&self.test, quick())).unwrap();
        replica.start().await.unwrap();
        replica
    }

    /// Another replica with a clock of its own, which stands where the first one's began.
    pub(crate) async fn replica_with_its_own_clock(&self) -> (Auth, Arc<FrozenClock>) {
        let clock = Arc::new(FrozenClock::default());
        let ambient = Ambient { clock: clock.clone(), ..self.test.db.ambient().clone() };
        let db = Db::connect(DbConfig::new(self.test.url.clone()), ambient, self.test.db.keyring().clone()).await.unwrap();
        let replica = Auth::new(Deps { db, ..deps(&self.test, quick()) }).unwrap();
        replica.start().await.unwrap();
        (replica, clock)
    }

    /// Runs the jobs that are due and gives the code in the link of the newest mail.
    pub(crate) async fn mailed_code(&self) -> String {
        self.runner.drain().await.unwrap();
        let mail = self.mailer.sent().pop().expect("a mail was sent");
        let (_, code) = mail.content.text.split_once("#token=").expect("the mail holds a link");
        code.lines().next().unwrap_or_default().to_owned()
    }

    /// The code in the link of the newest mail to an address, or none.
    pub(crate) async fn code_mailed_to(&self, address: &str) -> Option<Secret> {
        self.runner.drain().await.unwrap();
        let mail = self.mailer.sent().into_iter().rev().find(|mail| mail.to == address)?;
        let (_, code) = mail.content.text.split_once("#token=")?;
        Some(Secret::new(code.lines().next().unwrap_or_default().to_owned()))
    }

    /// Statements that `work` sends.
    pub(crate) async fn statements<T>(&self, work: impl Future<Output = T>) -> u64 {
        let before = self.test.db.statements();
        work.await;
        self.test.db.statements() - before
    }

    pub(crate) async fn mails(&self) -> usize {
        self.runner.drain().await.unwrap();
        self.mailer.sent().len()
    }

    pub(crate) async fn login(&self, email: &str, password: &str) -> Tokens {
        self.auth.sessions.login(email, &password.into(), Device::default()).await.unwrap().tokens().unwrap()
    }

    /// Takes somebody's password away, as it is for people who never had one.
    pub(crate) async fn without_password(&self, user: core_kernel::UserId) {
        use sea_orm::ConnectionTrait;
        let id = user.to_string();
        let id = if self.test.db.backend() == sea_orm::DbBackend::Postgres {
            format!("'{id}'")
        } else {
            format!("X'{}'", id.replace('-', ""))
        };
        let text = format!("UPDATE auth_accounts SET password_hash = NULL WHERE id = {id}");
        #[expect(clippy::disallowed_methods, reason = "no operation takes a password away")]
        let change = sea_orm::Statement::from_string(self.test.db.backend(), text);
        let change = &change;
        let done: Result<u64, core_db::DbError> =
            self.test.db.write(|tx| async move { Ok(tx.execute_raw(change.clone()).await?.rows_affected()) }).await;
        assert_eq!(done.unwrap(), 1);
    }

    /// A column of text, of every row.
    pub(crate) async fn column(&self, table: &str, column: &str) -> Vec<String> {
        use sea_orm::ConnectionTrait;
        #[expect(clippy::disallowed_methods, reason = "looks at what a thief of the database would get")]
        let all = sea_orm::Statement::from_string(self.test.db.backend(), format!("SELECT {column} FROM {table}"));
        let rows = self.test.db.read().query_all_raw(all).await.unwrap();
        rows.iter().map(|row| row.try_get("", column).unwrap()).collect()
    }

    /// The payloads of the events of one type, oldest first.
    pub(crate) async fn events(&self, name: &str) -> Vec<serde_json::Value> {
        use sea_orm::ConnectionTrait;
        let text = format!("SELECT data FROM outbox_events WHERE type = '{name}' ORDER BY occurred_at, id");
        #[expect(clippy::disallowed_methods, reason = "looks at what subscribers would get")]
        let all = sea_orm::Statement::from_string(self.test.db.backend(), text);
        let rows = self.test.db.read().query_all_raw(all).await.unwrap();
        rows.iter().map(|row| row.try_get("", "data").unwrap()).collect()
    }
}
