//! The features, each with what it asks for, put together for `wire`.

use std::sync::Arc;

use anyhow::Context as _;
use auth::Auth;
use code::Code;
use core_cluster::Cluster;
use core_egress::{Egress, EgressConfig};
use files::Files;
use fitness::Fitness;
use integrations::Integrations;
use llm::{Llm, Tasks};
use media::MediaFeature;
use object_store::ObjectStore;
use object_store::signer::Signer;
use orgs::Orgs;
use users::Users;
use vision::Vision;

use crate::adapters::{
    AllPersonalData, AllSpaceData, AuthAdministration, AuthIdentities, AuthPeople, CodeSections, FitnessBodies, FitnessForms,
    Late, LlmEyes, LlmText, MediaAttachments, MediaAvatars, MediaPhotos, Offered, OrgInvitations, TrainingContext, TxtRecords,
    WorkspaceTrees,
};
use crate::blobs::Blobs;
use crate::ground::Ground;
use crate::privacy::Privacy;
use crate::settings::Settings;

/// What features are tied together with.
pub(super) struct Ties {
    pub(super) cluster: Cluster,
    pub(super) egress: Egress,
    pub(super) blobs: Arc<dyn ObjectStore>,
    pub(super) signer: Option<Arc<dyn Signer>>,
    pub(super) public_url: String,
    pub(super) catalogue: auth::Catalogue,
    pub(super) privacy: Late<Privacy>,
    pub(super) offers: llm::Offers,
    pub(super) coach: Late<dyn fitness::CoachContext>,
    pub(super) events: webhooks::EventCatalogue,
}

impl Ties {
    pub(super) fn new(ground: &Ground) -> anyhow::Result<Self> {
        let settings = &ground.loaded.settings;
        let cluster = match &settings.redis.url {
            Some(url) => Cluster::redis(url.expose(), "brickwork").context("redis.url")?,
            None => Cluster::in_memory(Arc::clone(&ground.ambient.clock)),
        };
        let http = settings.http(ground.loaded.profile);
        let Blobs { store, signer } = ground.blobs()?;
        Ok(Self {
            cluster,
            egress: Egress::new(egress_config(settings)?).context("the outgoing HTTP client")?,
            blobs: store,
            signer,
            public_url: http.public_url.clone().unwrap_or_else(|| format!("http://localhost:{}", http.port)),
            catalogue: auth::Catalogue::default(),
            privacy: Late::empty("PersonalData"),
            offers: llm::Offers::default(),
            coach: Late::empty("CoachContext"),
            events: webhooks::EventCatalogue::default(),
        })
    }
}

/// Who people are, what they are called, and what they are together.
pub(super) fn people(ground: &Ground, ties: &Ties, media: &MediaFeature) -> anyhow::Result<(Auth, Users, Orgs)> {
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
        avatars: Arc::new(MediaAvatars(Offered::by("media", media.clone(), settings.has("media")))),
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
    if settings.has("orgs") {
        invitations.fill(Arc::clone(&orgs.invitations));
    }
    Ok((auth, users, orgs))
}

/// Language models, with what other features hand to conversations.
pub(super) fn models(ground: &Ground, ties: &Ties, tasks: &Tasks, media: &MediaFeature) -> anyhow::Result<Llm> {
    let settings = &ground.loaded.settings;
    let config = settings.llm.clone();
    let deps = llm::Deps {
        offers: ties.offers.clone(),
        ports: llm::Ports {
            context: settings.has("fitness").then(|| Arc::new(TrainingContext(ties.coach.clone())) as Arc<_>),
            attachments: settings.has("media").then(|| Arc::new(MediaAttachments(media.clone())) as Arc<_>),
        },
        cluster: ties.cluster.clone(),
        ..llm::Deps::new(ground.db.clone(), ties.egress.clone(), config, tasks.clone())
    };
    Llm::new(deps).map_err(anyhow::Error::msg)
}

/// What looks at people in pictures.
pub(super) fn vision(ground: &Ground, ties: &Ties, media: &MediaFeature, llm: &Llm, fitness: &Fitness) -> anyhow::Result<Vision> {
    let settings = &ground.loaded.settings;
    let config = settings.vision.clone();
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
        photos: settings.has("media").then(|| Arc::new(MediaPhotos(media.clone())) as Arc<_>),
        model: settings.has("llm").then(|| Arc::new(eyes) as Arc<_>),
        formulas: settings.has("fitness").then(|| Arc::new(FitnessBodies(fitness.clone())) as Arc<_>),
        forms: settings.has("fitness").then(|| Arc::new(FitnessForms::new(Arc::clone(&fitness.form_rules))) as Arc<_>),
        pose,
    }))
}

/// GitHub, Notion and Jira.
pub(super) fn integrations(ground: &Ground, ties: &Ties) -> Integrations {
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
pub(super) fn sources(ground: &Ground, ties: &Ties, llm: &Llm) -> (Files, Code) {
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
        tree: Arc::new(WorkspaceTrees(Offered::by("files", Arc::clone(&files.trees), settings.has("files")))),
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
