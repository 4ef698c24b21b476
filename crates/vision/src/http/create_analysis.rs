use actix_web::http::header;
use actix_web::web::{self, Payload};
use actix_web::{FromRequest as _, HttpRequest};
use core_http::{Accepted, Caller, Form, Json, LimitClass, LongWork, Operation, Problem};

use super::analysis_body::{location, work};
use super::analysis_form::{AnalysisBody, MAX_PHOTOS, of_form, rules};
use crate::{Analyses, Report, VisionConfig, codes, permissions};

/// What a form has beside its files.
const MARGIN: u64 = 256 * 1024;

pub(super) fn operation(config: &VisionConfig) -> Operation {
    let most = config.max_photo_bytes * MAX_PHOTOS as u64 + MARGIN;
    Operation::post("/analyses", handle)
        .id("create_vision_analysis")
        .summary("Analyse one to three photos")
        .describe(
            "A form with the parts `image` (one to three), `kind` (`physique` or `general`), `consent` (`true`) and, where wanted, `views` \
             (`front,side`), `profile` and `landmarks` (JSON), `prompt` (general only), `retain_days`, `blur_head`; or the same as JSON with \
             `images: [{media_id, view}]`. A physique gets a range of body fat with its methods and their errors, never one number: \
             formulas over the profile and, where a model is set up, its look at the photos, weighted by their errors. Photos are removed \
             when the work ends. Minors, nudity, several people and medical questions are refused.",
        )
        .requires(&permissions::WRITE)
        .limit(LimitClass::Expensive)
        .raw_body(&["multipart/form-data", "application/json"])
        .max_body_bytes(usize::try_from(most).unwrap_or(usize::MAX))
        .answers::<LongWork<Report>>(202, "The analysis, which goes on by itself")
        .problems(&[
            &codes::INVALID,
            &codes::CONSENT_REQUIRED,
            &codes::PHOTO_UNUSABLE,
            &codes::BLUR_NEEDS_LANDMARKS,
            &codes::MODEL_NOT_CONFIGURED,
            &codes::MINOR,
            &codes::MEDICAL,
            &codes::STORE_UNAVAILABLE,
        ])
}

async fn handle(
    caller: Caller,
    analyses: web::Data<dyn Analyses>,
    config: web::Data<VisionConfig>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Accepted<Report>, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let submission = if kind.starts_with("application/json") {
        let mut payload = payload.into_inner();
        Json::<AnalysisBody>::from_request(&request, &mut payload).await?.into_inner().submission()?
    } else {
        of_form(Form::read(&request, payload, rules(config.max_photo_bytes)).await?)?
    };
    let analysis = analyses.submit(&caller, submission).await?;
    Ok(Accepted::at(location(&analysis), work(&analysis)))
}
