use actix_web::web;
use core_http::{Caller, Operation, PageQuery, PageResponse, Problem};
use core_kernel::Order;

use super::workout_body::WorkoutView;
use crate::{Measurements, Workouts, permissions};

pub(super) fn operation() -> Operation {
    Operation::get("/workouts", handle)
        .id("list_workouts")
        .summary("The caller's workouts, by when they began")
        .describe("`updated_since` gives what changed, for clients that keep a copy.")
        .requires(&permissions::READ)
        .paged(Order::Desc)
        .answers::<PageResponse<WorkoutView>>(200, "A page of workouts")
}

async fn handle(
    caller: Caller,
    workouts: web::Data<dyn Workouts>,
    measurements: web::Data<dyn Measurements>,
    page: PageQuery,
) -> Result<PageResponse<WorkoutView>, Problem> {
    let found = workouts.list(&caller, &page).await?;
    let units = measurements.units(&caller).await?;
    Ok(page.answer(found).map(|logged| WorkoutView::of(logged, units)))
}
