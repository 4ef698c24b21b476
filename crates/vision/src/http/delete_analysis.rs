use actix_web::{HttpResponse, web};
use core_http::{Caller, Operation, Path, Problem};
use uuid::Uuid;

use crate::{Analyses, AnalysisId, codes, permissions};

pub(super) fn operation() -> Operation {
    Operation::delete("/analyses/{id}", handle)
        .id("delete_vision_analysis")
        .summary("Delete a photo analysis with everything that is kept of it")
        .requires(&permissions::WRITE)
        .no_content()
        .problems(&[&codes::NOT_FOUND])
}

async fn handle(caller: Caller, analyses: web::Data<dyn Analyses>, id: Path<Uuid>) -> Result<HttpResponse, Problem> {
    analyses.delete(&caller, AnalysisId(id.into_inner())).await?;
    Ok(HttpResponse::NoContent().finish())
}
