use std::sync::Arc;

use core_feature::{Effect, Tool};
use core_kernel::{Actor, DomainError as _, Order, PageRequest};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::catalogue::{Equipment, LANGUAGE, Muscle, Search};
use crate::model::{SetDraft, SetKind, WorkoutDraft};
use crate::service::{Exercises, Plans, Workouts};
use crate::units::{LOADS, QuantityText, Shown};
use crate::{FitnessError, permissions};

/// The tools over the facades: each checks the actor's rights itself.
pub(crate) fn tools(exercises: &Arc<dyn Exercises>, plans: &Arc<dyn Plans>, workouts: &Arc<dyn Workouts>) -> Vec<Tool> {
    let (search, next, log) = (Arc::clone(exercises), Arc::clone(plans), Arc::clone(workouts));
    vec![
        Tool {
            name: "fitness.find_exercises",
            description: "Finds exercises by name, muscle and equipment. Answers slugs, which other tools take, and animation URLs.",
            schema: find_schema,
            permission: &permissions::READ,
            effect: Effect::Read,
            call: Arc::new(move |actor: Actor, arguments: Value| {
                let exercises = Arc::clone(&search);
                Box::pin(async move { find_exercises(exercises.as_ref(), &actor, arguments).await })
            }),
        },
        Tool {
            name: "fitness.next_session",
            description: "The next session of the person's newest plan: exercises, sets, targets and loads, each with the rule it follows.",
            schema: next_schema,
            permission: &permissions::READ,
            effect: Effect::Read,
            call: Arc::new(move |actor: Actor, _: Value| {
                let plans = Arc::clone(&next);
                Box::pin(async move { next_session(plans.as_ref(), &actor).await })
            }),
        },
        Tool {
            name: "fitness.log_set",
            description: "Logs one working set in the person's open workout of today, or in a new one. Loads name their unit.",
            schema: log_schema,
            permission: &permissions::WRITE,
            effect: Effect::Write,
            call: Arc::new(move |actor: Actor, arguments: Value| {
                let workouts = Arc::clone(&log);
                Box::pin(async move { log_set(workouts.as_ref(), &actor, arguments).await })
            }),
        },
    ]
}

fn find_schema() -> Value {
    json!({"type": "object", "additionalProperties": false, "properties": {
        "query": {"type": "string", "maxLength": 100}, "muscle": {"type": "string"},
        "equipment": {"type": "array", "items": {"type": "string"}}}})
}

fn next_schema() -> Value {
    json!({"type": "object", "additionalProperties": false, "properties": {}})
}

fn log_schema() -> Value {
    json!({"type": "object", "additionalProperties": false, "required": ["exercise"], "properties": {
        "exercise": {"type": "string"}, "load": {"type": "string", "description": "with its unit, such as 60 kg"},
        "reps": {"type": "integer", "minimum": 1, "maximum": 1000}, "seconds": {"type": "integer", "minimum": 1, "maximum": 86400},
        "rir": {"type": "number", "minimum": 0, "maximum": 10}}})
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Find {
    query: Option<String>,
    muscle: Option<String>,
    equipment: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Log {
    exercise: String,
    load: Option<String>,
    reps: Option<u32>,
    seconds: Option<u32>,
    rir: Option<f64>,
}

/// An error as the model reads it: what was wrong, without causes.
fn told(error: FitnessError) -> String {
    let fields: Vec<String> = error.fields().into_iter().map(|field| format!("{}: {}", field.pointer, field.message)).collect();
    if fields.is_empty() { error.detail() } else { fields.join("; ") }
}

async fn find_exercises(exercises: &dyn Exercises, actor: &Actor, arguments: Value) -> Result<Value, String> {
    let wish: Find = serde_json::from_value(arguments).map_err(|error| error.to_string())?;
    let muscle = wish.muscle.map(|word| Muscle::look_up(&word).ok_or(format!("`{word}` is no muscle"))).transpose()?;
    let equipment = wish.equipment.map(|words| words.iter().filter_map(|word| Equipment::look_up(word)).flatten().collect());
    let search = Search { query: wish.query, muscle, equipment, ..Search::default() };
    let found = exercises.search(actor, &search).await.map_err(told)?;
    let shown = found.iter().take(10).map(|exercise| {
        let animation = exercise.motion.as_ref().map(|_| format!("/api/v1/fitness/exercises/{}/animation.gif", exercise.id));
        json!({"slug": exercise.id, "name": exercise.name(LANGUAGE), "level": exercise.level, "cues": exercise.cues.get(LANGUAGE),
               "animation": animation})
    });
    Ok(json!({"exercises": shown.collect::<Vec<_>>()}))
}

async fn next_session(plans: &dyn Plans, actor: &Actor) -> Result<Value, String> {
    let page = plans.list(actor, &PageRequest::first(20, Order::Desc)).await.map_err(told)?;
    let plan = page.items.into_iter().find(|plan| !plan.archived).ok_or("there is no plan yet")?;
    let (stored, next, system) = plans.next(actor, plan.id).await.map_err(told)?;
    let items = next.items.iter().map(|advice| {
        json!({"exercise": advice.item.exercise, "sets": advice.sets, "target": advice.target,
               "load": advice.load.map(|load| Shown::mass(load, system).text),
               "why": advice.trace.iter().map(|step| format!("{}: {}", step.rule, step.text)).collect::<Vec<_>>()})
    });
    let day = stored.plan.days.get(next.day).map(|day| day.name.clone());
    Ok(json!({"plan": stored.name, "day": day, "deload": next.deload, "items": items.collect::<Vec<_>>()}))
}

async fn log_set(workouts: &dyn Workouts, actor: &Actor, arguments: Value) -> Result<Value, String> {
    let wish: Log = serde_json::from_value(arguments).map_err(|error| error.to_string())?;
    let load = wish.load.map(|text| QuantityText::Text(text).mass(None, LOADS)).transpose();
    let load = load.map_err(|fault| told(FitnessError::quantity("/load", fault)))?;
    if wish.reps.is_none() && wish.seconds.is_none() {
        return Err("give reps or seconds".to_owned());
    }
    let draft = SetDraft {
        exercise: wish.exercise,
        kind: SetKind::Working,
        load,
        reps: wish.reps.map(|reps| reps.min(1000)),
        seconds: wish.seconds.map(|seconds| seconds.min(86_400)),
        metres: None,
        rir: wish.rir.map(|rir| rir.clamp(0.0, 10.0)),
        rest_seconds: None,
        superset: None,
        notes: String::new(),
        done_at: None,
    };
    let page = workouts.list(actor, &PageRequest::first(5, Order::Desc)).await.map_err(told)?;
    let open = page.items.into_iter().find(|logged| logged.workout.ended_at.is_none()).map(|logged| logged.workout.id);
    let (workout, set) = match open {
        Some(id) => (id, workouts.add_set(actor, id, draft).await.map_err(told)?.id),
        None => {
            let begun = WorkoutDraft { title: "Workout".to_owned(), ..WorkoutDraft::default() };
            let logged = workouts.create(actor, begun, vec![draft]).await.map_err(told)?;
            let set = logged.sets.first().map(|set| set.id).ok_or("the set was not stored")?;
            (logged.workout.id, set)
        }
    };
    Ok(json!({"workout_id": workout, "set_id": set}))
}
