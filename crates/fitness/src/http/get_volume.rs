use std::collections::BTreeMap;

use actix_web::web;
use core_http::{Caller, Json, Operation, Problem, Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::catalogue::Muscle;
use crate::model::Day;
use crate::{Progress, codes, permissions};

/// Of when.
#[derive(Deserialize, IntoParams)]
struct VolumeQuery {
    /// First day; half a year before `to` where it is left out.
    from: Option<Day>,
    /// Last day; today where it is left out.
    to: Option<Day>,
}

/// A week.
#[derive(Serialize, ToSchema)]
#[schema(as = VolumeWeek)]
struct WeekView {
    /// Its Monday.
    week: Day,
    /// Fractional sets for each muscle.
    #[schema(value_type = Object)]
    sets: BTreeMap<Muscle, f64>,
}

/// Sets per muscle.
#[derive(Serialize, ToSchema)]
#[schema(as = FitnessVolume)]
struct VolumeView {
    weeks: Vec<WeekView>,
    /// Logged exercises that are not known, which count for nothing.
    unknown_exercises: Vec<String>,
    source: &'static str,
}

pub(super) fn operation() -> Operation {
    Operation::get("/volume", handle)
        .id("get_volume")
        .summary("Fractional sets for each muscle, by week")
        .describe("A set counts 1 for what it works directly and 0.5 or 0.25 for what helps; warm-ups count for nothing.")
        .requires(&permissions::READ)
        .query::<VolumeQuery>()
        .answers::<VolumeView>(200, "The weeks")
        .problems(&[&codes::INVALID])
}

async fn handle(
    caller: Caller,
    progress: web::Data<dyn Progress>,
    Query(query): Query<VolumeQuery>,
) -> Result<Json<VolumeView>, Problem> {
    let (weeks, unknown_exercises) = progress.volume(&caller, query.from, query.to).await?;
    let weeks = weeks.into_iter().map(|week| WeekView { week: week.week, sets: week.volume }).collect();
    let source = crate::plan::rule("volume.fractional").map_or("", |rule| rule.source);
    Ok(Json(VolumeView { weeks, unknown_exercises, source }))
}
