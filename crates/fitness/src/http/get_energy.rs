use actix_web::web;
use core_http::{Caller, Json, Operation, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::units::rounded;
use crate::{Energy, Progress, permissions};

/// What was logged of the last 14 days.
#[derive(Serialize, ToSchema)]
struct EnergyData {
    intake_days: usize,
    weigh_in_days: usize,
    /// Needed for `adaptive`.
    intake_days_needed: usize,
    weigh_in_days_needed: usize,
    /// Mean of the days with an intake.
    mean_intake_kcal: Option<f64>,
    /// Change of the trend.
    trend_change_kg: Option<f64>,
}

/// Daily energy.
#[derive(Serialize, ToSchema)]
#[schema(as = DailyEnergy)]
struct EnergyView {
    /// Kilocalories a day; null without enough logged and without a profile.
    tdee_kcal: Option<f64>,
    /// `adaptive`, `formula` or `none`.
    method: &'static str,
    /// By the formula, for comparison.
    formula_kcal: Option<f64>,
    /// At rest, by the formula.
    resting_kcal: Option<f64>,
    data: EnergyData,
    source: &'static str,
    limits: &'static str,
}

pub(super) fn operation() -> Operation {
    Operation::get("/energy", handle)
        .id("get_energy")
        .summary("What the caller spends in a day")
        .describe("From logged intake and the trend of body mass where enough was logged, else by formula from the profile.")
        .requires(&permissions::READ)
        .answers::<EnergyView>(200, "The estimate")
}

async fn handle(caller: Caller, progress: web::Data<dyn Progress>) -> Result<Json<EnergyView>, Problem> {
    Ok(Json(view(&progress.energy(&caller).await?)))
}

fn view(energy: &Energy) -> EnergyView {
    let round = |value: f64| rounded(value, 0);
    let formula = energy.formula.map(|(_, daily)| daily);
    let (tdee, method) = match (&energy.adaptive, formula) {
        (Some(estimate), _) => (Some(estimate.spent), "adaptive"),
        (None, Some(daily)) => (Some(daily), "formula"),
        (None, None) => (None, "none"),
    };
    let source = if method == "adaptive" {
        "mean intake less the change of trend mass at 7700 kcal/kg over the days"
    } else {
        crate::formulas::energy::TDEE.source
    };
    EnergyView {
        tdee_kcal: tdee.map(round),
        method,
        formula_kcal: formula.map(round),
        resting_kcal: energy.formula.map(|(resting, _)| round(resting)),
        data: EnergyData {
            intake_days: energy.days.0,
            weigh_in_days: energy.days.1,
            intake_days_needed: 10,
            weigh_in_days_needed: 6,
            mean_intake_kcal: energy.adaptive.map(|estimate| round(estimate.intake)),
            trend_change_kg: energy.adaptive.map(|estimate| rounded(estimate.change, 2)),
        },
        source,
        limits: "A short-term estimate; 7700 kcal/kg overestimates what is lost over months (Hall 2011).",
    }
}
