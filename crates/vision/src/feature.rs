use std::sync::Arc;

use async_trait::async_trait;
use core_db::{Db, DbError, Ledger};
use core_feature::{ExportError, ExportSink, Feature};
use core_jobs::{EventType, Handler, Schedule};
use core_kernel::{Owner, Permission, ProblemCode};
use object_store::ObjectStore;
use serde_json::json;

use crate::analyses::AnalysisService;
use crate::blobs::Blobs;
use crate::ports::{BodyFormulas, FormRules, Photos, PoseEstimator, VisionModel};
use crate::pose::PosePool;
use crate::posture_service::PostureService;
use crate::sweeping::Sweeper;
use crate::{Analyses, Analysis, Posture, VisionConfig, codes, migrations, permissions, store, work};

/// What vision needs.
#[derive(Clone)]
pub struct Deps {
    /// The database, with its time and ids.
    pub db: Db,
    /// Settings.
    pub config: VisionConfig,
    /// Where photos wait for their analysis.
    pub blobs: Arc<dyn ObjectStore>,
    /// Pictures; none: posture from landmarks alone.
    pub photos: Option<Arc<dyn Photos>>,
    /// A model that looks at photos; none: formulas alone.
    pub model: Option<Arc<dyn VisionModel>>,
    /// Measures of bodies and formulas; none: the model's look alone.
    pub formulas: Option<Arc<dyn BodyFormulas>>,
    /// How exercises move; none: standing posture alone.
    pub forms: Option<Arc<dyn FormRules>>,
    /// The operator's pose model; none: clients send landmarks.
    pub pose: Option<Arc<dyn PoseEstimator>>,
}

impl std::fmt::Debug for Deps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deps").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Vision as a feature.
#[derive(Clone)]
pub struct Vision {
    /// Posture and form.
    pub posture: Arc<dyn Posture>,
    /// Analyses of photos.
    pub analyses: Arc<dyn Analyses>,
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "routes read it"))]
    pub(crate) config: VisionConfig,
    service: AnalysisService,
    sweeper: Sweeper,
}

impl std::fmt::Debug for Vision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vision").finish_non_exhaustive()
    }
}

impl Vision {
    /// Puts the services together.
    pub fn new(deps: Deps) -> Self {
        let blobs = Blobs(deps.blobs);
        let pose = deps.pose.map(|pose| PosePool::new(pose, &deps.config.pose));
        let service = AnalysisService {
            db: deps.db.clone(),
            config: deps.config.clone(),
            blobs: blobs.clone(),
            photos: deps.photos.clone(),
            model: deps.model,
            formulas: deps.formulas,
            pose: pose.clone(),
        };
        Self {
            posture: Arc::new(PostureService { photos: deps.photos, forms: deps.forms, pose }),
            analyses: Arc::new(service.clone()),
            config: deps.config,
            service,
            sweeper: Sweeper { db: deps.db, blobs },
        }
    }
}

#[async_trait]
impl Feature for Vision {
    fn name(&self) -> &'static str {
        "vision"
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
        vec![self.service.handler(), self.sweeper.handler()]
    }

    fn schedules(&self) -> Vec<Schedule> {
        Sweeper::schedules()
    }

    fn events(&self) -> Vec<EventType> {
        work::events()
    }

    async fn export(&self, owner: Owner, sink: &mut dyn ExportSink) -> Result<(), ExportError> {
        for analysis in store::all(self.sweeper.db.read(), owner).await? {
            sink.row("analyses", row(&analysis)).await?;
            for number in 0..analysis.wish.photos.len() {
                let photo = self.sweeper.blobs.get(owner, analysis.id, number).await;
                if let Some(bytes) = photo.map_err(|error| ExportError::Sink(error.to_string()))? {
                    sink.file(&format!("photos/{}-{number}.jpeg", analysis.id), &bytes).await?;
                }
            }
        }
        Ok(())
    }

    async fn erase(&self, owner: Owner) -> Result<(), DbError> {
        let all = store::all(self.sweeper.db.read(), owner).await?;
        self.sweeper.db.write(|tx| async move { store::delete_all(&tx, owner).await }).await?;
        for analysis in all {
            let removed = self.sweeper.blobs.remove(owner, analysis.id).await;
            removed.map_err(|error| DbError::Unavailable(sea_orm::DbErr::Custom(error.to_string())))?;
        }
        Ok(())
    }
}

fn row(analysis: &Analysis) -> serde_json::Value {
    json!({
        "id": analysis.id, "kind": analysis.kind, "status": analysis.status.as_str(), "prompt": analysis.wish.prompt,
        "profile": analysis.wish.profile, "photos": analysis.wish.photos, "consent": analysis.consent, "report": analysis.report,
        "problem": analysis.problem, "created_at": analysis.created_at, "expires_at": analysis.expires_at,
    })
}
