//! The features that are always there, each with what it asks for, put together for `wire`.

use std::sync::Arc;

use anyhow::Context as _;
use auth::Auth;
use core_cluster::Cluster;
use core_egress::{Egress, EgressConfig};
use llm::{Llm, Tasks};
use object_store::ObjectStore;
use object_store::signer::Signer;
use orgs::Orgs;
use users::{Avatars, Users};

#[cfg(feature = "fitness")]
use crate::adapters::TrainingContext;
use crate::adapters::{
    AllPersonalData, AllSpaceData, AuthAdministration, AuthIdentities, AuthPeople, Late, OrgInvitations, TxtRecords,
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
    #[cfg_attr(not(feature = "media"), expect(dead_code, reason = "only pictures are handed out by the store itself"))]
    pub(super) signer: Option<Arc<dyn Signer>>,
    pub(super) public_url: String,
    pub(super) catalogue: auth::Catalogue,
    pub(super) privacy: Late<Privacy>,
    pub(super) offers: llm::Offers,
    #[cfg(feature = "fitness")]
    pub(super) coach: Late<dyn fitness::CoachContext>,
    #[cfg(feature = "webhooks")]
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
            #[cfg(feature = "fitness")]
            coach: Late::empty("CoachContext"),
            #[cfg(feature = "webhooks")]
            events: webhooks::EventCatalogue::default(),
        })
    }
}

/// Who people are, what they are called, and what they are together.
pub(super) fn people(ground: &Ground, ties: &Ties, avatars: Arc<dyn Avatars>) -> anyhow::Result<(Auth, Users, Orgs)> {
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
        avatars,
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
pub(super) fn models(
    ground: &Ground,
    ties: &Ties,
    tasks: &Tasks,
    attachments: Option<Arc<dyn llm::Attachments>>,
) -> anyhow::Result<Llm> {
    let settings = &ground.loaded.settings;
    let config = settings.llm.clone();
    #[cfg(feature = "fitness")]
    let context = settings.has("fitness").then(|| Arc::new(TrainingContext(ties.coach.clone())) as Arc<_>);
    #[cfg(not(feature = "fitness"))]
    let context = None;
    let deps = llm::Deps {
        offers: ties.offers.clone(),
        ports: llm::Ports { context, attachments },
        cluster: ties.cluster.clone(),
        ..llm::Deps::new(ground.db.clone(), ties.egress.clone(), config, tasks.clone())
    };
    Llm::new(deps).map_err(anyhow::Error::msg)
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
