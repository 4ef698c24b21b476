use actix_web::web;
use core_http::{Caller, Json, LimitClass, Operation, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::posture::{Landmark, Layout};
use crate::{Posture, codes, permissions};

/// A picture.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LandmarksBody {
    /// Of this server's media.
    media_id: Uuid,
}

/// What was found.
#[derive(Serialize, ToSchema)]
struct FoundLandmarks {
    layout: Layout,
    width: u32,
    height: u32,
    /// `[x, y, visibility]` each, as `POST /vision/posture` takes them.
    #[schema(value_type = Vec<Vec<f64>>)]
    landmarks: Vec<Option<Landmark>>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/landmarks", handle)
        .id("find_landmarks")
        .summary("Find the landmarks of a person in a picture")
        .describe("By the pose model that the operator has set up.")
        .requires(&permissions::READ)
        .limit(LimitClass::Expensive)
        .body::<LandmarksBody>()
        .answers::<FoundLandmarks>(200, "The landmarks")
        .problems(&[&codes::INVALID, &codes::POSE_NOT_CONFIGURED, &codes::POSE_FAILED, &codes::BUSY])
}

async fn handle(
    caller: Caller,
    posture: web::Data<dyn Posture>,
    Json(body): Json<LandmarksBody>,
) -> Result<Json<FoundLandmarks>, Problem> {
    let found = posture.landmarks(&caller, body.media_id).await?;
    let (layout, width, height) = (found.layout, found.width, found.height);
    Ok(Json(FoundLandmarks { layout, width, height, landmarks: found.landmarks }))
}
