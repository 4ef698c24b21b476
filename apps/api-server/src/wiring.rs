mod optional;
mod parts;

use std::sync::Arc;

use auth::Auth;
use core_cluster::Cluster;
use core_db::Instance;
use core_http::{Api, ApiDeps, Installed};
use core_jobs::{Registry, Runner, RunnerConfig};
use core_mail::{Mailer, Templates, mailer_from_url};
use jobs::Jobs;
use llm::Tasks;
use orgs::Orgs;

use self::optional::FromMedia;
use self::parts::Ties;
use crate::adapters::{AuthRecipients, Late, Offered, OrgActors};
use crate::ground::Ground;
use crate::heartbeat::Replicas;
use crate::privacy::Privacy;

/// The features of this server, put together in a written order: what a feature needs stands above it.
pub(crate) struct Wired {
    pub(crate) ground: Ground,
    pub(crate) cluster: Cluster,
    pub(crate) auth: Auth,
    pub(crate) orgs: Orgs,
    pub(crate) tasks: Tasks,
    pub(crate) features: Vec<Arc<dyn Installed>>,
    pub(crate) public_url: String,
    /// This process among others on its database.
    pub(crate) instance: Instance,
    /// The ports that point backwards.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test asserts that it is filled"))]
    late: Late<Privacy>,
}

/// Puts the server together.
pub(crate) fn wire(ground: Ground, tasks: Tasks) -> anyhow::Result<Wired> {
    let ties = Ties::new(&ground)?;
    let on = |feature: &str| ground.loaded.settings.has(feature);
    #[cfg(feature = "media")]
    let media = optional::media(&ground, &ties);
    #[cfg(feature = "media")]
    let from_media = FromMedia::given(&media, on("media"));
    #[cfg(not(feature = "media"))]
    let from_media = FromMedia::nothing();
    let (auth, users, orgs) = parts::people(&ground, &ties, from_media.avatars)?;
    let llm = parts::models(&ground, &ties, &tasks, from_media.attachments)?;
    #[cfg(feature = "fitness")]
    let fitness = optional::fitness(&ground, &ties, from_media.links, &llm);
    #[cfg(feature = "vision")]
    let vision = optional::vision(&ground, &ties, &media, &llm, &fitness)?;
    #[cfg(feature = "files")]
    let files = optional::files(&ground, &ties);
    #[cfg(feature = "code")]
    let code = optional::code(&ground, &files, &llm);
    #[cfg(feature = "webhooks")]
    let webhooks = optional::webhooks(&ground, &ties, &orgs);
    let jobs = Jobs::new(jobs::Deps { db: ground.db.clone(), config: ground.loaded.settings.jobs.retention.clone() });

    let mut features: Vec<Arc<dyn Installed>> = vec![
        Arc::new(auth.clone()),
        Arc::new(users),
        Arc::new(orgs.clone()),
        Arc::new(llm),
        #[cfg(feature = "media")]
        Arc::new(media),
        #[cfg(feature = "files")]
        Arc::new(files),
        #[cfg(feature = "code")]
        Arc::new(code),
        #[cfg(feature = "fitness")]
        Arc::new(fitness),
        #[cfg(feature = "vision")]
        Arc::new(vision),
        #[cfg(feature = "integrations")]
        Arc::new(optional::integrations(&ground, &ties)),
        #[cfg(feature = "webhooks")]
        Arc::new(webhooks),
        Arc::new(jobs),
    ];
    features.retain(|feature| on(feature.name()));
    let handed_in = features.iter().map(|feature| (feature.templates(), feature.tools()));
    let (templates, tools): (Vec<_>, Vec<_>) = handed_in.unzip();
    ties.offers.fill(templates.concat(), tools.concat());
    ties.catalogue.fill(features.iter().flat_map(|feature| feature.permissions()));
    #[cfg(feature = "webhooks")]
    ties.events.fill(features.iter().flat_map(|feature| feature.events()));
    let ledgers = ground.loaded.settings.ledgers().iter().map(|ledger| ledger.name).collect();
    ties.privacy.fill(Arc::new(Privacy::new(features.clone(), ground.db.clone(), ledgers)));
    let Ties { cluster, public_url, privacy, .. } = ties;
    let instance = Instance::here(&ground.db, "serve");
    Ok(Wired { ground, cluster, auth, orgs, tasks, features, public_url, instance, late: privacy })
}

impl Wired {
    /// The API over all features.
    pub(crate) fn api(&self) -> anyhow::Result<Arc<Api>> {
        let deps = ApiDeps {
            resolver: Arc::new(OrgActors::new(
                &self.auth,
                Offered::by("orgs", Arc::clone(&self.orgs.memberships), self.ground.loaded.settings.has("orgs")),
            )),
            db: self.ground.db.clone(),
            cluster: self.cluster.clone(),
            keyring: self.ground.keyring.clone(),
            ambient: self.ground.ambient.clone(),
        };
        let mut http = self.ground.loaded.settings.http(self.ground.loaded.profile);
        http.public_url = Some(self.public_url.clone());
        let sampling = self.ground.loaded.settings.telemetry.sampling();
        let builder = self
            .features
            .iter()
            .fold(Api::builder(http, deps).sampling(sampling), |api, feature| api.install(Arc::clone(feature)));
        let tied = self.ground.loaded.settings.redis.url.is_some();
        let replicas = Replicas { db: self.ground.db.clone(), instance: self.instance, tied };
        Ok(builder.check(Arc::new(replicas)).build()?)
    }

    /// The runner of all jobs, events and schedules.
    pub(crate) fn runner(&self) -> anyhow::Result<Runner> {
        let settings = &self.ground.loaded.settings;
        let folder = settings.data_dir.join("mail");
        self.runner_with(mailer_from_url(settings.mail.url.as_ref(), &settings.mail.from, &folder, &self.ground.ambient)?)
    }

    /// The same with mails carried by another than the settings name.
    pub(crate) fn runner_with(&self, mailer: Arc<dyn Mailer>) -> anyhow::Result<Runner> {
        let settings = &self.ground.loaded.settings;
        let mut registry = Registry::default();
        for feature in &self.features {
            feature.jobs().into_iter().try_for_each(|handler| registry.handler(handler))?;
            feature.subscriptions().into_iter().try_for_each(|wish| registry.subscription(wish))?;
            feature.schedules().into_iter().try_for_each(|schedule| registry.schedule(schedule))?;
        }
        let mails = [
            auth::mail_templates(),
            orgs::mail_templates(),
            #[cfg(feature = "webhooks")]
            webhooks::mail_templates(),
        ];
        let templates = Templates::new(mails.into_iter().flatten(), settings.mail.templates_dir.as_deref());
        let recipients = Arc::new(AuthRecipients(Arc::clone(&self.auth.accounts)));
        registry.handler(core_mail::handler(mailer, templates, recipients))?;
        let config = RunnerConfig {
            concurrency: settings.jobs.concurrency.max(1),
            sampling: settings.telemetry.sampling(),
            ..RunnerConfig::default()
        };
        Ok(Runner::new(self.ground.db.clone(), registry, config))
    }
}

#[cfg(test)]
mod tests;
