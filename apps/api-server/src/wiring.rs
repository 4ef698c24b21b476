use std::sync::Arc;

use anyhow::Context as _;
use auth::Auth;
use code::Code;
use core_cluster::Cluster;
use core_egress::{Egress, EgressConfig};
use core_http::{Api, ApiDeps, Installed};
use core_jobs::{Registry, Runner, RunnerConfig};
use core_mail::{Templates, mailer_from_url};
use files::Files;
use fitness::Fitness;
use integrations::Integrations;
use jobs::Jobs;
use llm::{Llm, Tasks};
use media::MediaFeature;
use object_store::ObjectStore;
use orgs::Orgs;
use users::Users;
use vision::Vision;
use webhooks::Webhooks;

use crate::adapters::{
    AllPersonalData, AllSpaceData, AuthAdministration, AuthIdentities, AuthPeople, AuthRecipients, CodeSections, ExerciseMedia,
    FitnessBodies, FitnessForms, Late, LlmEyes, LlmText, MediaAttachments, MediaAvatars, MediaPhotos, ModelPlans, OrgActors,
    OrgInvitations, SpaceStewards, TrainingContext, TxtRecords, WorkspaceTrees,
};
use crate::ground::Ground;
use crate::privacy::Privacy;
use crate::settings::Settings;

/// The features of this server, put together in a written order: what a feature needs stands above it.
pub(crate) struct Wired {
    pub(crate) ground: Ground,
    pub(crate) cluster: Cluster,
    pub(crate) auth: Auth,
    pub(crate) orgs: Orgs,
    pub(crate) tasks: Tasks,
    pub(crate) features: Vec<Arc<dyn Installed>>,
    pub(crate) public_url: String,
    /// The ports that point backwards.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test asserts that it is filled"))]
    late: Late<Privacy>,
}

/// What features are tied together with.
struct Ties {
    cluster: Cluster,
    egress: Egress,
    blobs: Arc<dyn ObjectStore>,
    public_url: String,
    catalogue: auth::Catalogue,
    privacy: Late<Privacy>,
    offers: llm::Offers,
    coach: Late<dyn fitness::CoachContext>,
    events: webhooks::EventCatalogue,
}

impl Ties {
    fn new(ground: &Ground) -> anyhow::Result<Self> {
        let settings = &ground.loaded.settings;
        let cluster = match &settings.redis.url {
            Some(url) => Cluster::redis(url.expose(), "brickwork").context("redis.url")?,
            None => Cluster::in_memory(Arc::clone(&ground.ambient.clock)),
        };
        let http = settings.http(ground.loaded.profile);
        Ok(Self {
            cluster,
            egress: Egress::new(egress_config(settings)?).context("the outgoing HTTP client")?,
            blobs: ground.blobs()?,
            public_url: http.public_url.clone().unwrap_or_else(|| format!("http://localhost:{}", http.port)),
            catalogue: auth::Catalogue::default(),
            privacy: Late::empty("PersonalData"),
            offers: llm::Offers::default(),
            coach: Late::empty("CoachContext"),
            events: webhooks::EventCatalogue::default(),
        })
    }
}

/// Puts the server together.
pub(crate) fn wire(ground: Ground, tasks: Tasks) -> anyhow::Result<Wired> {
    let ties = Ties::new(&ground)?;
    let media = MediaFeature::new(media::Deps {
        db: ground.db.clone(),
        config: ground.loaded.settings.media.clone(),
        blobs: Arc::clone(&ties.blobs),
        public_url: ties.public_url.clone(),
        scan: Arc::new(media::NoScan),
    });
    let (auth, users, orgs) = people(&ground, &ties, &media)?;
    let llm = models(&ground, &ties, &tasks, &media)?;
    let fitness = Fitness::new(fitness::Deps {
        db: ground.db.clone(),
        blobs: Arc::clone(&ties.blobs),
        media: Some(Arc::new(ExerciseMedia(media.clone()))),
        writer: Some(Arc::new(ModelPlans(Arc::clone(&llm.facades().completions)))),
    });
    ties.coach.fill(Arc::clone(&fitness.coach));
    let vision = vision(&ground, &ties, &media, &llm, &fitness)?;
    let (files, code) = sources(&ground, &ties, &llm);
    let webhooks = Webhooks::new(webhooks::Deps {
        db: ground.db.clone(),
        config: ground.loaded.settings.webhooks.clone(),
        egress: ties.egress.clone(),
        catalogue: ties.events.clone(),
        stewards: Arc::new(SpaceStewards(Arc::clone(&orgs.memberships))),
    });
    let jobs = Jobs::new(jobs::Deps { db: ground.db.clone(), config: ground.loaded.settings.jobs.retention.clone() });

    let features: Vec<Arc<dyn Installed>> = vec![
        Arc::new(auth.clone()),
        Arc::new(users),
        Arc::new(orgs.clone()),
        Arc::new(llm),
        Arc::new(media),
        Arc::new(files),
        Arc::new(code),
        Arc::new(fitness),
        Arc::new(vision),
        Arc::new(integrations(&ground, &ties)),
        Arc::new(webhooks),
        Arc::new(jobs),
    ];
    let handed_in = features.iter().map(|feature| (feature.templates(), feature.tools()));
    let (templates, tools): (Vec<_>, Vec<_>) = handed_in.unzip();
    ties.offers.fill(templates.concat(), tools.concat());
    ties.catalogue.fill(features.iter().flat_map(|feature| feature.permissions()));
    ties.events.fill(features.iter().flat_map(|feature| feature.events()));
    ties.privacy.fill(Arc::new(Privacy::new(features.clone())));
    let Ties { cluster, public_url, privacy, .. } = ties;
    Ok(Wired { ground, cluster, auth, orgs, tasks, features, public_url, late: privacy })
}

/// Who people are, what they are called, and what they are together.
fn people(ground: &Ground, ties: &Ties, media: &MediaFeature) -> anyhow::Result<(Auth, Users, Orgs)> {
    let settings = &ground.loaded.settings;
    let invitations: Late<dyn orgs::Invitations> = Late::empty("Invitations");
    let auth = Auth::new(auth::Deps {
        db: ground.db.clone(),
        config: settings.auth.clone(),
        public_url: ties.public_url.clone(),
        catalogue: ties.catalogue.clone(),
        egress: ties.egress.clone(),
        invitations: Arc::new(OrgInvitations(invitations.clone())),
        policies: auth::Policies::default(),
    })?;
    let users = Users::new(users::Deps {
        db: ground.db.clone(),
        config: settings.users.clone(),
        identities: Arc::new(AuthIdentities(Arc::clone(&auth.accounts))),
        blobs: Arc::clone(&ties.blobs),
        administration: Arc::new(AuthAdministration(Arc::clone(&auth.administration))),
        avatars: Arc::new(MediaAvatars(media.clone())),
        personal_data: Arc::new(AllPersonalData(ties.privacy.clone())),
    });
    let orgs = Orgs::new(orgs::Deps {
        db: ground.db.clone(),
        config: settings.orgs.clone(),
        public_url: ties.public_url.clone(),
        people: Arc::new(AuthPeople(Arc::clone(&auth.accounts))),
        space_data: Arc::new(AllSpaceData(ties.privacy.clone())),
        domain_proof: domain_proof(&settings.orgs),
        seats: Arc::new(orgs::FixedSeats(settings.orgs.seats)),
    });
    invitations.fill(Arc::clone(&orgs.invitations));
    Ok((auth, users, orgs))
}

/// Language models, with what other features hand to conversations.
fn models(ground: &Ground, ties: &Ties, tasks: &Tasks, media: &MediaFeature) -> anyhow::Result<Llm> {
    let config = ground.loaded.settings.llm.clone();
    let deps = llm::Deps {
        offers: ties.offers.clone(),
        ports: llm::Ports {
            context: Some(Arc::new(TrainingContext(ties.coach.clone()))),
            attachments: Some(Arc::new(MediaAttachments(media.clone()))),
        },
        cluster: ties.cluster.clone(),
        ..llm::Deps::new(ground.db.clone(), ties.egress.clone(), config, tasks.clone())
    };
    Llm::new(deps).map_err(anyhow::Error::msg)
}

/// What looks at people in pictures.
fn vision(ground: &Ground, ties: &Ties, media: &MediaFeature, llm: &Llm, fitness: &Fitness) -> anyhow::Result<Vision> {
    let config = ground.loaded.settings.vision.clone();
    let eyes = LlmEyes {
        completions: Arc::clone(&llm.facades().completions),
        models: Arc::clone(&llm.facades().models),
        model: config.model.clone(),
    };
    let pose = vision::pose_model(&config.pose).map_err(anyhow::Error::msg)?;
    Ok(Vision::new(vision::Deps {
        db: ground.db.clone(),
        config,
        blobs: Arc::clone(&ties.blobs),
        photos: Some(Arc::new(MediaPhotos(media.clone()))),
        model: Some(Arc::new(eyes)),
        formulas: Some(Arc::new(FitnessBodies(fitness.clone()))),
        forms: Some(Arc::new(FitnessForms::new(Arc::clone(&fitness.form_rules)))),
        pose,
    }))
}

/// GitHub, Notion and Jira.
fn integrations(ground: &Ground, ties: &Ties) -> Integrations {
    Integrations::new(integrations::Deps {
        db: ground.db.clone(),
        config: ground.loaded.settings.integrations.clone(),
        egress: ties.egress.clone(),
        cluster: ties.cluster.clone(),
        public_url: ties.public_url.clone(),
        pause: Arc::new(integrations::RealPause),
    })
}

/// Workspaces of files, and what understands the code in them.
fn sources(ground: &Ground, ties: &Ties, llm: &Llm) -> (Files, Code) {
    let settings = &ground.loaded.settings;
    let files = Files::new(files::Deps {
        db: ground.db.clone(),
        config: settings.files.clone(),
        blobs: Arc::clone(&ties.blobs),
        cache: settings.data_dir.join("workspaces"),
        sections: Arc::new(CodeSections),
    });
    let model = LlmText { completions: Arc::clone(&llm.facades().completions), models: Arc::clone(&llm.facades().models) };
    let code = Code::new(code::Deps {
        config: settings.code.clone(),
        tree: Arc::new(WorkspaceTrees(Arc::clone(&files.trees))),
        model: Arc::new(model),
    });
    (files, code)
}

/// TXT records by the name servers of the settings or the system; where the system names none, domains can't be proven.
fn domain_proof(settings: &orgs::OrgsConfig) -> Arc<dyn orgs::DomainProof> {
    match TxtRecords::new(&settings.name_servers()) {
        Ok(lookup) => Arc::new(lookup),
        Err(error) => {
            tracing::warn!(%error, "no name servers are known; set orgs.dns_servers to verify domains");
            Arc::new(orgs::NoDomainLookup)
        }
    }
}

fn egress_config(settings: &Settings) -> anyhow::Result<EgressConfig> {
    let read = |range: &String| range.parse().with_context(|| format!("egress.allow_private: `{range}` is no network"));
    let allow_private = settings.egress.allow_private.iter().map(read).collect::<Result<_, _>>()?;
    Ok(EgressConfig { allow_private, allow_http: settings.egress.allow_http, ..EgressConfig::default() })
}

impl Wired {
    /// The API over all features.
    pub(crate) fn api(&self) -> anyhow::Result<Arc<Api>> {
        let deps = ApiDeps {
            resolver: Arc::new(OrgActors::new(&self.auth, Arc::clone(&self.orgs.memberships))),
            db: self.ground.db.clone(),
            cluster: self.cluster.clone(),
            keyring: self.ground.keyring.clone(),
            ambient: self.ground.ambient.clone(),
        };
        let mut http = self.ground.loaded.settings.http(self.ground.loaded.profile);
        http.public_url = Some(self.public_url.clone());
        let builder = self.features.iter().fold(Api::builder(http, deps), |api, feature| api.install(Arc::clone(feature)));
        Ok(builder.build()?)
    }

    /// The runner of all jobs, events and schedules.
    pub(crate) fn runner(&self) -> anyhow::Result<Runner> {
        let settings = &self.ground.loaded.settings;
        let mut registry = Registry::default();
        for feature in &self.features {
            feature.jobs().into_iter().try_for_each(|handler| registry.handler(handler))?;
            feature.subscriptions().into_iter().try_for_each(|wish| registry.subscription(wish))?;
            feature.schedules().into_iter().try_for_each(|schedule| registry.schedule(schedule))?;
        }
        let folder = settings.data_dir.join("mail");
        let mailer = mailer_from_url(settings.mail.url.as_ref(), &settings.mail.from, &folder, &self.ground.ambient)?;
        let templates = Templates::new(
            auth::mail_templates().into_iter().chain(orgs::mail_templates()).chain(webhooks::mail_templates()),
            settings.mail.templates_dir.as_deref(),
        );
        let recipients = Arc::new(AuthRecipients(Arc::clone(&self.auth.accounts)));
        registry.handler(core_mail::handler(mailer, templates, recipients))?;
        let config = RunnerConfig { concurrency: settings.jobs.concurrency.max(1), ..RunnerConfig::default() };
        Ok(Runner::new(self.ground.db.clone(), registry, config))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use core_config::Environment;

    use super::*;
    use crate::settings::loader;

    async fn wired(folder: &std::path::Path) -> Wired {
        let loader = loader(folder, Environment::from_iter(Vec::<(String, String)>::new()));
        let loaded = loader.flag("data_dir", folder.join("data").display().to_string()).load().unwrap();
        wire(Ground::open(loaded).await.unwrap(), Tasks::here()).unwrap()
    }

    #[tokio::test]
    async fn every_port_that_points_backwards_is_filled_and_every_table_is_migrated() {
        let folder = tempfile::tempdir().unwrap();
        let wired = wired(folder.path()).await;
        assert!(wired.late.is_filled(), "PersonalData");
        let listed: BTreeSet<&str> = migration::ledgers().iter().map(|ledger| ledger.name).collect();
        for feature in &wired.features {
            let ledger = feature.ledger();
            let known = listed.contains(ledger.name) || ledger.migrations.is_empty();
            assert!(known, "migration::ledgers() leaves out {}", ledger.name);
        }
        assert!(wired.api().is_ok() && wired.runner().is_ok());
    }

    /// The promise of a warm request: who the caller is comes from memory, the profile from one statement.
    #[tokio::test]
    async fn reading_ones_own_profile_costs_one_statement() {
        let folder = tempfile::tempdir().unwrap();
        let mut wired = wired(folder.path()).await;
        wired.ground.loaded.settings.server.port = 0;
        wired.ground.prepare().await.unwrap();
        wired.auth.start().await.unwrap();
        let server = core_testing::http::TestServer::start(wired.api().unwrap()).await.unwrap();
        let registration = auth::Registration {
            email: "ada@example.com".into(),
            password: "a sentence that only I know".into(),
            display_name: None,
            device: auth::Device::default(),
            invitation: None,
        };
        let registered = wired.auth.accounts.register(registration).await.unwrap();
        let auth::Registered::SignedIn(_, tokens) = registered else { panic!("asked to check mail") };
        let look = || server.get("/api/v1/users/me").bearer(&tokens.access_token).send();
        assert_eq!(look().await.status, 200);
        let mut least = u64::MAX;
        // The memory of who the caller is lasts a second of the wall clock; one of three looks falls within it.
        for _ in 0..3 {
            let before = wired.ground.db.statements();
            assert_eq!(look().await.status, 200);
            least = least.min(wired.ground.db.statements() - before);
        }
        assert_eq!(least, 1);
    }

    #[tokio::test]
    async fn nobody_listens_to_an_event_that_nobody_publishes() {
        let folder = tempfile::tempdir().unwrap();
        let wired = wired(folder.path()).await;
        let published: BTreeSet<&str> =
            wired.features.iter().flat_map(|feature| feature.events()).map(|event| event.name).collect();
        for feature in &wired.features {
            for wish in feature.subscriptions() {
                assert!(published.contains(wish.event_type()), "{} wants {}", feature.name(), wish.event_type());
            }
        }
    }

    #[tokio::test]
    async fn the_payloads_of_events_keep_their_form() {
        let folder = tempfile::tempdir().unwrap();
        let wired = wired(folder.path()).await;
        let forms: Vec<String> = wired
            .features
            .iter()
            .flat_map(|feature| feature.events())
            .map(|event| format!("{} v{} {}", event.name, event.version, (event.example)()))
            .collect();
        insta::assert_snapshot!(forms.join("\n"));
    }

    #[tokio::test]
    async fn every_name_of_a_feature_carries_its_prefix() {
        let folder = tempfile::tempdir().unwrap();
        let wired = wired(folder.path()).await;
        for feature in &wired.features {
            let name = feature.name();
            for job in feature.jobs() {
                assert!(job.name().starts_with(&format!("{name}.")), "job {}", job.name());
            }
            for schedule in feature.schedules() {
                assert!(schedule.name().starts_with(&format!("{name}.")), "schedule {}", schedule.name());
            }
        }
    }
}
