//! What a language model gets to know, may do and may propose.

mod context;
mod template;
mod tools;

pub(crate) use context::ContextService;
pub(crate) use template::coach_template;
pub(crate) use tools::tools;

use core_kernel::Actor;

use crate::FitnessError;
use crate::library::Library;
use crate::plan::{Difference, PROPOSAL_SCHEMA, Plan, Proposal, verify};
use crate::ports::PlanWriter;

/// How many exercises a model is shown to choose from.
const SHOWN: usize = 120;

/// A plan by a model where there is one and its proposal holds; else the builder's, with the reason.
pub(crate) async fn propose(
    writer: Option<&dyn PlanWriter>,
    actor: &Actor,
    built: Plan,
    library: &Library,
) -> Result<Plan, FitnessError> {
    let fallen_back = |built: Plan, why: &str| {
        let difference = Difference { rule: "writer.fallback".to_owned(), text: format!("{why}; this is the builder's plan") };
        Ok(Plan { differences: vec![difference], ..built })
    };
    let Some(writer) = writer else { return fallen_back(built, "no language model is connected") };
    let schema: serde_json::Value = serde_json::from_str(PROPOSAL_SCHEMA).unwrap_or_default();
    let answer = match writer.propose(actor, &prompt(&built, library), &schema).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::warn!(code = error.cause().code().code, "a plan could not be proposed");
            return fallen_back(built, "the language model did not answer");
        }
    };
    // Nothing of the answer is trusted: unknown fields, names and numbers are refused or repaired.
    let Ok(proposal) = serde_json::from_value::<Proposal>(answer) else {
        return fallen_back(built, "the proposal did not have the form that was asked for");
    };
    match verify(&proposal, &built, library) {
        Some(verdict) => Ok(verdict.plan),
        None => fallen_back(built, "the proposal left out too much"),
    }
}

/// The wishes, the exercises to choose from, and the builder's plan as a start.
fn prompt(built: &Plan, library: &Library) -> String {
    let wishes = &built.wishes;
    let usable = library.all().filter(|exercise| {
        exercise.level <= wishes.experience.top_level()
            && exercise.fits(&wishes.equipment)
            && exercise.safe_with(&wishes.injuries)
    });
    let slugs: Vec<&str> = usable.take(SHOWN).map(|exercise| exercise.id.as_str()).collect();
    let day = |day: &crate::plan::PlanDay| {
        let items: Vec<String> = day.items.iter().map(|item| format!("{} x{}", item.exercise, item.sets)).collect();
        format!("- {}: {}", day.name, items.join(", "))
    };
    let days: Vec<String> = built.days.iter().map(day).collect();
    format!(
        "Improve this training plan for the goal {} and experience {}. {} training days in {} days, {} minutes each.\n\
         Choose from these exercises only: {}\n\nThe plan so far:\n{}\n\nAnswer with JSON: every day with its exercises and sets, and a \
         short wording for the person. No medical claims.",
        wishes.goal.as_str(),
        wishes.experience.as_str(),
        wishes.days,
        wishes.cycle_days,
        wishes.minutes,
        slugs.join(", "),
        days.join("\n")
    )
}
