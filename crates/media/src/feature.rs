use std::sync::Arc;

use async_trait::async_trait;
use core_db::{Db, DbError, Ledger};
use core_feature::{ExportError, ExportSink, Feature};
use core_jobs::{EventType, Handler, Schedule};
use core_kernel::{Owner, Permission, ProblemCode, UserId, Visibility};
use object_store::ObjectStore;
use object_store::signer::Signer;
use tokio::sync::Semaphore;

use crate::avif::AvifEncoder;
use crate::blobs::Blobs;
use crate::content::ContentService;
use crate::darkroom::DarkroomService;
use crate::direct::DirectService;
use crate::library::{LibraryService, READY, ready_data};
use crate::links::Links;
use crate::sweeping::Sweeper;
use crate::uploads::UploadService;
use crate::workshop::Workshop;
use crate::{
    Content, ContentScan, Darkroom, DirectUploads, Library, MediaConfig, MediaId, Uploads, codes, migrations, permissions,
    privacy,
};

/// What media need.
#[derive(Clone)]
pub struct Deps {
    /// The database, with its time, ids, randomness and keys.
    pub db: Db,
    /// Settings.
    pub config: MediaConfig,
    /// Where the bytes are kept.
    pub blobs: Arc<dyn ObjectStore>,
    /// Signs addresses of the same store, for uploads straight into it; none: there are no such uploads.
    pub signer: Option<Arc<dyn Signer>>,
    /// Where clients reach this server: the base of links.
    pub public_url: String,
    /// A product's own look at what is uploaded; [`crate::NoScan`] looks at nothing.
    pub scan: Arc<dyn ContentScan>,
}

impl std::fmt::Debug for Deps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deps").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Media as a feature.
#[derive(Clone)]
pub struct MediaFeature {
    /// Pictures.
    pub library: Arc<dyn Library>,
    /// Their bytes.
    pub content: Arc<dyn Content>,
    /// Pixels for programs.
    pub darkroom: Arc<dyn Darkroom>,
    /// Resumable uploads.
    pub uploads: Arc<dyn Uploads>,
    /// Uploads straight into the store.
    pub direct: Arc<dyn DirectUploads>,
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "only its routes look at it"))]
    pub(crate) config: MediaConfig,
    sweeper: Sweeper,
    avif: AvifEncoder,
}

impl std::fmt::Debug for MediaFeature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MediaFeature").finish_non_exhaustive()
    }
}

impl MediaFeature {
    /// Puts the services together.
    pub fn new(deps: Deps) -> Self {
        let (db, config) = (deps.db, deps.config);
        let blobs = Blobs { store: deps.blobs, signer: deps.signer };
        let base = format!("{}/api/v1/media/signed/", deps.public_url.trim_end_matches('/'));
        let links = Links { keyring: db.keyring().clone(), base };
        let workshop = Workshop::new(config.workers, config.waiting);
        let library = LibraryService {
            db: db.clone(),
            config: config.clone(),
            blobs: blobs.clone(),
            workshop: workshop.clone(),
            scan: deps.scan,
            links: links.clone(),
        };
        let (content_config, upload_config) = (config.clone(), config.clone());
        let content: Arc<dyn Content> =
            Arc::new(ContentService { db: db.clone(), config: content_config, blobs: blobs.clone(), links });
        let uploads = UploadService { db: db.clone(), config: upload_config, blobs: blobs.clone(), library: library.clone() };
        let avif = AvifEncoder {
            db: db.clone(),
            config: config.clone(),
            blobs: blobs.clone(),
            workshop: workshop.clone(),
            turn: Arc::new(Semaphore::new(1)),
        };
        Self {
            avif,
            darkroom: Arc::new(DarkroomService { config: config.clone(), workshop, content: Arc::clone(&content) }),
            content,
            uploads: Arc::new(uploads.clone()),
            direct: Arc::new(DirectService(uploads)),
            library: Arc::new(library),
            config,
            sweeper: Sweeper { db, blobs },
        }
    }
}

#[async_trait]
impl Feature for MediaFeature {
    fn name(&self) -> &'static str {
        "media"
    }

    fn permissions(&self) -> Vec<&'static Permission> {
        permissions::ALL.to_vec()
    }

    fn problem_codes(&self) -> Vec<&'static ProblemCode> {
        codes::ALL.to_vec()
    }

    fn ledger(&self) -> Ledger {
        migrations::ledger()
    }

    fn jobs(&self) -> Vec<Handler> {
        vec![self.sweeper.handler(), self.avif.handler()]
    }

    fn schedules(&self) -> Vec<Schedule> {
        Sweeper::schedules()
    }

    fn events(&self) -> Vec<EventType> {
        let example = || {
            let id = |number: u128| uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number);
            ready_data(MediaId(id(1)), UserId(id(2)), Visibility::Private)
        };
        vec![EventType { name: READY, version: 1, summary: "A picture can be seen.", example }]
    }

    async fn export(&self, owner: Owner, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
        privacy::export(&self.sweeper.db, &self.sweeper.blobs, owner, sink).await
    }

    async fn erase(&self, owner: Owner) -> Result<(), DbError> {
        privacy::erase(&self.sweeper.db, &self.sweeper.blobs, owner).await
    }

    async fn forget_member(&self, user: UserId) -> Result<(), DbError> {
        privacy::forget_member(&self.sweeper.db, &self.sweeper.blobs, user).await
    }
}
