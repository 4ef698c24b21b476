use actix_web::{HttpRequest, HttpResponse, web};
use core_http::{Operation, Path, Problem, Query};

use super::picture::{ThemeQuery, answer};
use crate::{Animations, Drawing, codes};

pub(super) fn operation() -> Operation {
    Operation::get("/exercises/{slug}/animation.svg", handle)
        .id("exercise_animation_svg")
        .summary("The animation of an exercise as SVG")
        .describe(
            "Drawn from the exercise's motion; red works most, orange helps. Ours and free of rights (CC0). Without `theme` it follows its reader.",
        )
        .public()
        .query::<ThemeQuery>()
        .answers_raw(200, "image/svg+xml", "The animation")
        .problems(&[&codes::NOT_FOUND, &codes::NO_ANIMATION])
}

async fn handle(
    request: HttpRequest,
    animations: web::Data<dyn Animations>,
    slug: Path<String>,
    Query(query): Query<ThemeQuery>,
) -> Result<HttpResponse, Problem> {
    let picture = animations.draw(&slug, Drawing::Svg, query.theme()).await?;
    Ok(answer(&request, "image/svg+xml", &picture))
}
