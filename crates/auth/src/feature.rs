use std::sync::Arc;

use async_trait::async_trait;
use core_db::{Db, DbError, Ledger, Tx};
use core_egress::Egress;
use core_feature::{ExportError, ExportSink, Feature};
use core_jobs::{CatchUp, EventType, Handler, Job, JobFailure, Schedule};
use core_kernel::{Owner, Permission, ProblemCode, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::accounts::{AccountService, user_created};
use crate::administration::AdministrationService;
use crate::api_keys::ApiKeyService;
use crate::cookies::{CookieService, CookieUses};
use crate::core::Core;
use crate::credentials::CredentialService;
use crate::email_change::EmailChangeService;
use crate::identities::IdentityService;
use crate::impersonation::ImpersonationService;
use crate::key_rotation::KeyRotation;
use crate::key_snapshot::KeySnapshots;
use crate::leaked::LeakCheck;
use crate::magic_link::MagicLinkService;
use crate::oauth::OauthService;
use crate::passkeys::PasskeyService;
use crate::password::Hasher;
use crate::recovery::{RecoveryService, user_updated_form};
use crate::relying_party::RelyingParty;
use crate::roles::RoleService;
use crate::second_factors::SecondFactorService;
use crate::sessions::SessionService;
use crate::signing::Signer;
use crate::snapshot::{Rights, Snapshots};
use crate::store::{api_keys, attempts, codes, email_changes, sessions};
use crate::{
    Accounts, Administration, ApiKeys, AuditLog, AuthConfig, AuthError, Catalogue, CookieSessions, Credentials, EmailChanges,
    Identities, Impersonation, Invitations, MagicLinks, Oauth, Passkeys, Policies, Recovery, Roles, SecondFactor, Sessions,
    SigningKeys, letters, migrations, permissions, privacy,
};

/// What identity needs.
#[derive(Clone)]
pub struct Deps {
    /// The database, with its time, ids, randomness and keys.
    pub db: Db,
    /// Settings.
    pub config: AuthConfig,
    /// Where clients reach this server: the issuer of tokens and the base of links. Never taken from a request.
    pub public_url: String,
    /// Every permission of the server: what API keys and roles can be made of.
    pub catalogue: Catalogue,
    /// The way to the providers that people sign in with, and to the service that knows leaked passwords where one is set.
    pub egress: Egress,
    /// Whoever invites people to register.
    pub invitations: Arc<dyn Invitations>,
    /// What the product changes; the default changes nothing.
    pub policies: Policies,
}

impl std::fmt::Debug for Deps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deps").field("db", &self.db).field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

/// Identity as a feature.
#[derive(Clone)]
pub struct Auth {
    pub(crate) core: Core,
    /// Accounts.
    pub accounts: Arc<dyn Accounts>,
    /// Sessions.
    pub sessions: Arc<dyn Sessions>,
    /// Sessions that browsers keep by a cookie.
    pub cookies: Arc<dyn CookieSessions>,
    /// The ways back in.
    pub recovery: Arc<dyn Recovery>,
    /// What people prove themselves with.
    pub credentials: Arc<dyn Credentials>,
    /// Authenticator apps and recovery codes.
    pub second_factor: Arc<dyn SecondFactor>,
    /// Passkeys.
    pub passkeys: Arc<dyn Passkeys>,
    /// Signing in with an account elsewhere.
    pub oauth: Arc<dyn Oauth>,
    /// Identities elsewhere.
    pub identities: Arc<dyn Identities>,
    /// Keys for programs.
    pub api_keys: Arc<dyn ApiKeys>,
    /// Named sets of platform permissions.
    pub roles: Arc<dyn Roles>,
    /// Other people's accounts.
    pub administration: Arc<dyn Administration>,
    /// What has happened.
    pub audit_log: Arc<dyn AuditLog>,
    /// Acting in somebody's place.
    pub impersonation: Arc<dyn Impersonation>,
    /// Sign-in by mail.
    pub magic_links: Arc<dyn MagicLinks>,
    /// The keys that sign access tokens.
    pub signing_keys: Arc<dyn SigningKeys>,
    /// Changes of address.
    pub email_changes: Arc<dyn EmailChanges>,
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Auth").finish_non_exhaustive()
    }
}

impl Auth {
    /// Puts the services together. Call [`Auth::start`] once the tables are there.
    pub fn new(deps: Deps) -> Result<Self, AuthError> {
        let signer = Signer::new(&deps.public_url);
        let rights = Rights { catalogue: deps.catalogue.clone() };
        let core = Core {
            hasher: Hasher::new(&deps.config, Arc::clone(&deps.db.ambient().rng))?,
            leaks: LeakCheck::new(&deps.config.leaked_passwords, &deps.egress)?,
            invitations: deps.invitations,
            policies: deps.policies,
            snapshots: Snapshots::new(deps.db.clone(), signer.clone(), rights.clone()),
            key_snapshots: KeySnapshots::new(deps.db.clone(), rights.clone()),
            cookie_uses: CookieUses::new(),
            relying_party: RelyingParty::new(&deps.config.passkeys, &deps.public_url)?,
            catalogue: deps.catalogue,
            public_url: deps.public_url.trim_end_matches('/').to_owned(),
            config: deps.config,
            db: deps.db,
            signer,
        };
        let role_service = RoleService { core: core.clone(), rights: rights.clone() };
        let impersonation = ImpersonationService { core: core.clone(), rights: rights.clone() };
        Ok(Self {
            accounts: Arc::new(AccountService { core: core.clone() }),
            sessions: Arc::new(SessionService { core: core.clone() }),
            cookies: Arc::new(CookieService { core: core.clone() }),
            recovery: Arc::new(RecoveryService { core: core.clone() }),
            credentials: Arc::new(CredentialService { core: core.clone() }),
            second_factor: Arc::new(SecondFactorService { core: core.clone() }),
            passkeys: Arc::new(PasskeyService { core: core.clone() }),
            roles: Arc::new(role_service.clone()),
            audit_log: Arc::new(role_service),
            administration: Arc::new(AdministrationService { core: core.clone(), rights }),
            impersonation: Arc::new(impersonation),
            magic_links: Arc::new(MagicLinkService { core: core.clone() }),
            signing_keys: Arc::new(KeyRotation { core: core.clone() }),
            email_changes: Arc::new(EmailChangeService { core: core.clone() }),
            oauth: Arc::new(OauthService::new(core.clone(), &deps.egress)),
            identities: Arc::new(IdentityService { core: core.clone() }),
            api_keys: Arc::new(ApiKeyService { core: core.clone(), snapshots: core.key_snapshots.clone() }),
            core,
        })
    }

    /// Reads the signing keys, and makes the first one where there is none.
    pub async fn start(&self) -> Result<(), AuthError> {
        self.core.signer.load(&self.core.db).await
    }

    /// Waits for what is written beside requests: the last uses of API keys and of sessions that are kept by cookies.
    pub async fn settle(&self) {
        self.core.key_snapshots.settle().await;
        self.core.cookie_uses.settle().await;
    }

    /// Every permission of the server.
    pub fn catalogue(&self) -> &Catalogue {
        &self.core.catalogue
    }
}

/// Removes sessions, codes and API keys that ended a month ago.
#[derive(Serialize, Deserialize)]
struct Sweep {}

impl Job for Sweep {
    const NAME: &'static str = "auth.sweep";
}

/// Chains the security events that are not chained yet.
#[derive(Serialize, Deserialize)]
struct SealAuditLog {}

impl Job for SealAuditLog {
    const NAME: &'static str = "auth.seal_audit_log";
}

/// Publishes the next signing key, uses it, ends old ones, each when it is due.
#[derive(Serialize, Deserialize)]
struct RotateKeys {}

impl Job for RotateKeys {
    const NAME: &'static str = "auth.rotate_keys";
}

async fn sweep(tx: &Tx, moment: Timestamp) -> Result<u64, DbError> {
    Ok(attempts::sweep(tx, moment).await?
        + sessions::sweep(tx, moment).await?
        + codes::sweep(tx, moment).await?
        + codes::sweep_ceremonies(tx).await?
        + email_changes::sweep(tx, moment).await?
        + api_keys::sweep(tx, moment).await?)
}

#[async_trait]
impl Feature for Auth {
    fn name(&self) -> &'static str {
        "auth"
    }

    fn permissions(&self) -> Vec<&'static Permission> {
        permissions::ALL.to_vec()
    }

    fn problem_codes(&self) -> Vec<&'static ProblemCode> {
        crate::codes::ALL.to_vec()
    }

    fn ledger(&self) -> Ledger {
        migrations::ledger()
    }

    fn jobs(&self) -> Vec<Handler> {
        let sweep_handler = Handler::new::<Sweep, _, _>(|context, _| async move {
            let moment = context.db.ambient().now().minus(std::time::Duration::from_hours(24 * 30));
            let swept: Result<u64, DbError> = context.db.write(|tx| async move { sweep(&tx, moment).await }).await;
            swept.map(drop).map_err(JobFailure::from)
        });
        let keys = Arc::clone(&self.signing_keys);
        let rotate_keys = Handler::new::<RotateKeys, _, _>(move |_, _| {
            let keys = Arc::clone(&keys);
            async move { keys.advance().await.map_err(JobFailure::retry) }
        });
        let seal = Handler::new::<SealAuditLog, _, _>(|context, _| async move {
            core_db::seal_audit(&context.db).await.map(drop).map_err(JobFailure::from)
        });
        vec![sweep_handler, rotate_keys, seal, letters::handler(self.core.clone())]
    }

    fn schedules(&self) -> Vec<Schedule> {
        let sweep = Schedule::new("auth.sweep", "17 3 * * *", CatchUp::Once, || Sweep {});
        let keys = Schedule::new("auth.rotate_keys", "41 * * * *", CatchUp::Once, || RotateKeys {});
        let seal = Schedule::new("auth.seal_audit_log", "*/5 * * * *", CatchUp::Once, || SealAuditLog {});
        sweep.into_iter().chain(keys).chain(seal).collect()
    }

    fn events(&self) -> Vec<EventType> {
        vec![
            EventType {
                name: "user.created",
                version: 1,
                summary: "Somebody registered.",
                example: || user_created("ada@example.com", Some("Ada"), 1),
            },
            EventType {
                name: "user.updated",
                version: 1,
                summary: "Somebody's address was verified or changed.",
                example: || user_updated_form("ada@example.com", Some("Ada"), 2, true),
            },
            EventType {
                name: "user.deleted",
                version: 1,
                summary: "Somebody closed their account; what they held is being erased.",
                example: || serde_json::json!({}),
            },
        ]
    }

    async fn export(&self, owner: Owner, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
        privacy::export(&self.core.db, owner, sink).await
    }

    async fn erase(&self, owner: Owner) -> Result<(), DbError> {
        privacy::erase(&self.core, owner).await
    }

    async fn forget_member(&self, user: UserId) -> Result<(), DbError> {
        privacy::forget_member(&self.core.db, user).await
    }
}
