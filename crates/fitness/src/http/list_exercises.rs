use actix_web::web;
use core_http::{Caller, Operation, PageQuery, PageResponse, Problem, Query};
use core_kernel::{CursorKey, Order, Page, PageRequest, Timestamp};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::exercise_body::ExerciseView;
use super::profile_body::equipment;
use crate::catalogue::{Equipment, Muscle, Pattern, Search};
use crate::{Exercises, FitnessError, codes, permissions};

/// What to look for.
#[derive(Deserialize, IntoParams)]
struct ExerciseQuery {
    /// Words of a name or alias in any language; small mistakes are forgiven.
    query: Option<String>,
    /// A muscle that it works, such as `chest`.
    muscle: Option<String>,
    /// A piece that it uses, such as `dumbbell`; `none`: bodyweight alone.
    equipment: Option<String>,
    /// Everything that is at hand, comma-separated: only what needs nothing else.
    available: Option<String>,
    /// The kind of movement, such as `push_h`.
    pattern: Option<String>,
    /// 1 to 5.
    level: Option<u8>,
    /// The hardest level, 1 to 5.
    max_level: Option<u8>,
}

impl ExerciseQuery {
    fn search(self) -> Result<Search, FitnessError> {
        let unknown = |pointer: &str, known: Vec<&str>| {
            FitnessError::field(pointer, "unknown_word", format!("Expected one of: {}.", known.join(", ")))
        };
        let muscles = || Muscle::ALL.iter().map(|word| word.as_str()).collect();
        let patterns = || Pattern::ALL.iter().map(|word| word.as_str()).collect();
        let pieces = || Equipment::ALL.iter().map(|word| word.as_str()).collect();
        let read = |word: &String| Muscle::look_up(word).ok_or_else(|| unknown("/muscle", muscles()));
        let muscle = self.muscle.as_ref().map(read).transpose()?;
        let read = |word: &String| Pattern::parse(word).ok_or_else(|| unknown("/pattern", patterns()));
        let pattern = self.pattern.as_ref().map(read).transpose()?;
        let read = |word: &String| Equipment::look_up(word).ok_or_else(|| unknown("/equipment", pieces()));
        let (uses, nothing) = match self.equipment.as_ref().map(read).transpose()? {
            Some(None) => (None, Some(Vec::new())),
            piece => (piece.flatten(), None),
        };
        let split = |list: &String| equipment("/available", &list.split(',').map(str::to_owned).collect::<Vec<_>>());
        let available = self.available.as_ref().map(split).transpose()?;
        if self.query.as_ref().is_some_and(|query| query.chars().count() > 200) {
            return Err(FitnessError::field("/query", "too_long", "at most 200 characters"));
        }
        let (level, max_level) = (self.level, self.max_level);
        let equipment = nothing.or(available);
        Ok(Search { query: self.query, muscle, equipment, uses, pattern, max_level, level, ..Search::default() })
    }
}

pub(super) fn operation() -> Operation {
    Operation::get("/exercises", handle)
        .id("list_exercises")
        .summary("Exercises by name, muscle, equipment, kind and level")
        .describe(
            "The catalogue, what was imported for everybody, and the caller's own. The best match first; without a query by kind. The \
             catalogue has no times: with `created_after` or `updated_since` only what was imported or is the caller's own is listed.",
        )
        .requires(&permissions::READ)
        .query::<ExerciseQuery>()
        .paged(Order::Asc)
        .answers::<PageResponse<ExerciseView>>(200, "A page of exercises")
        .problems(&[&codes::INVALID])
}

async fn handle(
    caller: Caller,
    exercises: web::Data<dyn Exercises>,
    page: PageQuery,
    Query(query): Query<ExerciseQuery>,
) -> Result<PageResponse<ExerciseView>, Problem> {
    let (created_after, updated_since) = (page.created_after, page.updated_since);
    let search = Search { created_after, updated_since, ..query.search()? };
    let mut found = exercises.search(&caller, &search).await?;
    if page.order == Order::Desc {
        found.reverse();
    }
    Ok(page.answer(cut(found, &page)).map(|exercise| ExerciseView::from(exercise.as_ref())))
}

/// A page of a list in memory: the cursor carries how many came before.
fn cut<T>(all: Vec<T>, request: &PageRequest) -> Page<T> {
    let before = request.after.and_then(|key| usize::try_from(key.at.millis()).ok()).unwrap_or(0);
    let (limit, count) = (usize::from(request.limit), all.len());
    let items: Vec<T> = all.into_iter().skip(before).take(limit).collect();
    let after = before + items.len();
    let at = |after: usize| Timestamp::from_millis(i64::try_from(after).unwrap_or(i64::MAX));
    let next = (after < count).then(|| CursorKey { at: at(after), id: Uuid::nil() });
    Page { items, next }
}
