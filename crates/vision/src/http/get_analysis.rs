use actix_web::web;
use core_http::{Caller, Json, Operation, Path, Problem, Query, Wait};
use uuid::Uuid;

use super::analysis_body::AnalysisView;
use crate::{Analyses, AnalysisId, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/analyses/{id}", handle)
        .id("get_vision_analysis")
        .summary("How a photo analysis stands, and what came out")
        .requires(&permissions::READ)
        .query::<Wait>()
        .answers::<AnalysisView>(200, "The analysis")
        .problems(&[&codes::NOT_FOUND])
}

async fn handle(
    caller: Caller,
    analyses: web::Data<dyn Analyses>,
    Path(id): Path<Uuid>,
    Query(wait): Query<Wait>,
) -> Result<Json<AnalysisView>, Problem> {
    let look = || async { analyses.get(&caller, AnalysisId(id)).await.map(AnalysisView::from) };
    Ok(Json(wait.until(AnalysisView::is_final, look).await?))
}
