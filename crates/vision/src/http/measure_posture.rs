use actix_web::web;
use core_http::{Caller, Json, Operation, Problem};

use super::posture_body::PostureBody;
use crate::posture::Assessment;
use crate::{Posture, codes, permissions};

/// A minute of 33 landmarks at 60 frames a second, written at length.
const MAX_BYTES: usize = 8 * 1024 * 1024;

pub(super) fn operation() -> Operation {
    Operation::post("/posture", handle)
        .id("measure_posture")
        .summary("Measure posture and form")
        .describe(
            "From landmarks of a pose model, one frame or a sequence. With `exercise` repetitions are counted and form rules are judged, \
             without one it is measured how the person stands. Angles are measured in pixels. What can't be measured stands in \
             `not_assessed` with its reason. Nothing is kept. No diagnosis and no medical advice.",
        )
        .requires(&permissions::READ)
        .body::<PostureBody>()
        .max_body_bytes(MAX_BYTES)
        .answers::<Assessment>(200, "What the landmarks say")
        .problems(&[
            &codes::INVALID,
            &codes::POSE_NOT_CONFIGURED,
            &codes::POSE_FAILED,
            &codes::BUSY,
            &codes::NOT_CONNECTED,
        ])
}

async fn handle(
    caller: Caller,
    posture: web::Data<dyn Posture>,
    Json(body): Json<PostureBody>,
) -> Result<Json<Assessment>, Problem> {
    Ok(Json(posture.assess(&caller, body.request()?).await?))
}
