//! The features that a program may be built without, each with what it asks for, put together for `wire`. Paths are spelled out, since which of
//! them are needed depends on what the program is built with.

use std::sync::Arc;

/// What `media` gives to features that do well without it.
pub(super) struct FromMedia {
    pub(super) avatars: Arc<dyn users::Avatars>,
    pub(super) attachments: Option<Arc<dyn llm::Attachments>>,
    #[cfg(feature = "fitness")]
    pub(super) links: Option<Arc<dyn fitness::MediaLinks>>,
}

#[cfg(feature = "media")]
impl FromMedia {
    pub(super) fn given(media: &media::MediaFeature, is_on: bool) -> Self {
        let avatars = crate::adapters::Offered::by("media", media.clone(), is_on);
        Self {
            avatars: Arc::new(crate::adapters::MediaAvatars(avatars)),
            attachments: is_on.then(|| Arc::new(crate::adapters::MediaAttachments(media.clone())) as Arc<_>),
            #[cfg(feature = "fitness")]
            links: is_on.then(|| Arc::new(crate::adapters::ExerciseMedia(media.clone())) as Arc<_>),
        }
    }
}

#[cfg(not(feature = "media"))]
impl FromMedia {
    pub(super) fn nothing() -> Self {
        Self {
            avatars: Arc::new(users::NoAvatars),
            attachments: None,
            #[cfg(feature = "fitness")]
            links: None,
        }
    }
}

/// Pictures.
#[cfg(feature = "media")]
pub(super) fn media(ground: &super::Ground, ties: &super::Ties) -> media::MediaFeature {
    media::MediaFeature::new(media::Deps {
        db: ground.db.clone(),
        config: ground.loaded.settings.media.clone(),
        blobs: Arc::clone(&ties.blobs),
        signer: ties.signer.clone(),
        public_url: ties.public_url.clone(),
        scan: Arc::new(media::NoScan),
    })
}

/// Training and food.
#[cfg(feature = "fitness")]
pub(super) fn fitness(
    ground: &super::Ground,
    ties: &super::Ties,
    media: Option<Arc<dyn fitness::MediaLinks>>,
    llm: &llm::Llm,
) -> fitness::Fitness {
    let settings = &ground.loaded.settings;
    let plans = || Arc::new(crate::adapters::ModelPlans(Arc::clone(&llm.facades().completions))) as Arc<_>;
    let fitness = fitness::Fitness::new(fitness::Deps {
        db: ground.db.clone(),
        blobs: Arc::clone(&ties.blobs),
        media,
        writer: settings.has("llm").then(plans),
    });
    if settings.has("fitness") {
        ties.coach.fill(Arc::clone(&fitness.coach));
    }
    fitness
}

/// What looks at people in pictures.
#[cfg(feature = "vision")]
pub(super) fn vision(
    ground: &super::Ground,
    ties: &super::Ties,
    media: &media::MediaFeature,
    llm: &llm::Llm,
    fitness: &fitness::Fitness,
) -> anyhow::Result<vision::Vision> {
    use crate::adapters::{FitnessBodies, FitnessForms, LlmEyes, MediaPhotos};

    let settings = &ground.loaded.settings;
    let config = settings.vision.clone();
    let eyes = LlmEyes {
        completions: Arc::clone(&llm.facades().completions),
        models: Arc::clone(&llm.facades().models),
        model: config.model.clone(),
    };
    let pose = vision::pose_model(&config.pose).map_err(anyhow::Error::msg)?;
    Ok(vision::Vision::new(vision::Deps {
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
#[cfg(feature = "integrations")]
pub(super) fn integrations(ground: &super::Ground, ties: &super::Ties) -> integrations::Integrations {
    integrations::Integrations::new(integrations::Deps {
        db: ground.db.clone(),
        config: ground.loaded.settings.integrations.clone(),
        egress: ties.egress.clone(),
        cluster: ties.cluster.clone(),
        public_url: ties.public_url.clone(),
        pause: Arc::new(integrations::RealPause),
    })
}

/// Workspaces of files.
#[cfg(feature = "files")]
pub(super) fn files(ground: &super::Ground, ties: &super::Ties) -> files::Files {
    let settings = &ground.loaded.settings;
    #[cfg(feature = "code")]
    let sections = Arc::new(crate::adapters::CodeSections);
    #[cfg(not(feature = "code"))]
    let sections = Arc::new(files::NoSections);
    files::Files::new(files::Deps {
        db: ground.db.clone(),
        config: settings.files.clone(),
        blobs: Arc::clone(&ties.blobs),
        cache: settings.data_dir.join("workspaces"),
        sections,
    })
}

/// What understands the code in workspaces.
#[cfg(feature = "code")]
pub(super) fn code(ground: &super::Ground, files: &files::Files, llm: &llm::Llm) -> code::Code {
    let settings = &ground.loaded.settings;
    let models = llm.facades();
    let trees = crate::adapters::Offered::by("files", Arc::clone(&files.trees), settings.has("files"));
    code::Code::new(code::Deps {
        config: settings.code.clone(),
        tree: Arc::new(crate::adapters::WorkspaceTrees(trees)),
        model: Arc::new(crate::adapters::LlmText {
            completions: Arc::clone(&models.completions),
            models: Arc::clone(&models.models),
        }),
    })
}

/// Outgoing webhooks.
#[cfg(feature = "webhooks")]
pub(super) fn webhooks(ground: &super::Ground, ties: &super::Ties, orgs: &orgs::Orgs) -> webhooks::Webhooks {
    let settings = &ground.loaded.settings;
    let memberships = crate::adapters::Offered::by("orgs", Arc::clone(&orgs.memberships), settings.has("orgs"));
    webhooks::Webhooks::new(webhooks::Deps {
        db: ground.db.clone(),
        config: settings.webhooks.clone(),
        egress: ties.egress.clone(),
        catalogue: ties.events.clone(),
        stewards: Arc::new(crate::adapters::SpaceStewards(memberships)),
    })
}
