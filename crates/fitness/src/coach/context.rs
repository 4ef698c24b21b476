use std::fmt::Write;
use std::time::Duration;

use async_trait::async_trait;
use core_db::Db;
use core_kernel::{Actor, Owner};

use crate::library::{Libraries, Library};
use crate::model::{Day, MeasurementKind, Profile, WorkoutSet};
use crate::plans::{PlanService, current};
use crate::service::{CoachContext, Plans};
use crate::store::{measurements, profiles, sets};
use crate::units::{Mass, Shown, UnitSystem};
use crate::{FitnessError, permissions};

/// How far back the log goes.
const DAYS: u64 = 14;
/// The longest text, in characters.
const MOST: usize = 8000;

/// [`CoachContext`] over the tables.
#[derive(Clone)]
pub(crate) struct ContextService {
    pub(crate) db: Db,
    pub(crate) libraries: Libraries,
    pub(crate) plans: PlanService,
}

#[async_trait]
impl CoachContext for ContextService {
    async fn text(&self, actor: &Actor, locale: Option<&str>) -> Result<String, FitnessError> {
        actor.require(&permissions::READ)?;
        let owner = actor.personal_space();
        let profile = profiles::find(self.db.read(), owner).await?;
        let system = profile.as_ref().map_or_else(UnitSystem::default, |profile| profile.draft.units);
        let library = self.libraries.of(owner).await?;
        let mut text = String::from("## The person's training\n");
        let _ = writeln!(text, "Units: {}. Locale: {}.", system.as_str(), locale.unwrap_or("en"));
        match &profile {
            Some(profile) => self.profile(profile, &mut text),
            None => text.push_str("There is no profile yet.\n"),
        }
        self.plan(actor, owner, &library, system, &mut text).await?;
        self.log(owner, &library, system, &mut text).await?;
        Ok(text.chars().take(MOST).collect())
    }
}

impl ContextService {
    fn profile(&self, profile: &Profile, text: &mut String) {
        let draft = &profile.draft;
        let age = draft.age_on(Day::of(self.db.ambient().now()));
        let list = |words: Vec<&str>| if words.is_empty() { "none".to_owned() } else { words.join(", ") };
        let _ = writeln!(
            text,
            "Profile: {age} years, {}, {}, {}; activity {}, goal {}, experience {}; equipment: {}; injuries: {}.",
            draft.sex.as_str(),
            Shown::height(draft.height, draft.units).text,
            Shown::mass(draft.mass, draft.units).text,
            draft.activity.as_str(),
            draft.goal.as_str(),
            draft.experience.as_str(),
            list(draft.equipment.iter().map(|piece| piece.as_str()).collect()),
            list(draft.injuries.iter().map(|area| area.as_str()).collect())
        );
    }

    async fn plan(
        &self,
        actor: &Actor,
        owner: Owner,
        library: &Library,
        system: UnitSystem,
        text: &mut String,
    ) -> Result<(), FitnessError> {
        let Some(stored) = current(&self.db, owner).await? else {
            text.push_str("There is no plan yet.\n");
            return Ok(());
        };
        let _ = writeln!(text, "Plan \"{}\":", one_line(&stored.name));
        for day in &stored.plan.days {
            let item =
                |item: &crate::plan::Item| format!("{} {}x{}-{}", name(library, &item.exercise), item.sets, item.low, item.high);
            let items: Vec<String> = day.items.iter().map(item).collect();
            let _ = writeln!(text, "- {}: {}", one_line(&day.name), items.join("; "));
        }
        let (_, next, _) = self.plans.next(actor, stored.id).await?;
        let day = stored.plan.days.get(next.day).map_or("", |day| day.name.as_str());
        let _ = writeln!(text, "Next session: {}{}", one_line(day), if next.deload { " (easy cycle)" } else { "" });
        for advice in &next.items {
            let load = advice.load.map_or_else(String::new, |load| format!(" with {}", Shown::mass(load, system).text));
            let why = advice.trace.first().map_or("", |step| step.text.as_str());
            let _ = writeln!(text, "- {}: {}x{}{load} ({why})", name(library, &advice.item.exercise), advice.sets, advice.target);
        }
        Ok(())
    }

    async fn log(&self, owner: Owner, library: &Library, system: UnitSystem, text: &mut String) -> Result<(), FitnessError> {
        let now = self.db.ambient().now();
        let from = now.minus(Duration::from_hours(24 * DAYS));
        let done = sets::working(self.db.read(), owner, (from, now), None, 400).await?;
        let _ = writeln!(text, "Sets of the last {DAYS} days:");
        if done.is_empty() {
            text.push_str("- none\n");
        }
        let mut lines: Vec<(String, Vec<String>)> = Vec::new();
        for set in &done {
            let key = format!("{} {}", Day::of(set.done_at), name(library, &set.draft.exercise));
            match lines.last_mut() {
                Some((last, sets)) if *last == key => sets.push(shown(set, system)),
                _ => lines.push((key, vec![shown(set, system)])),
            }
        }
        for (key, sets) in lines {
            let _ = writeln!(text, "- {key}: {}", sets.join(", "));
        }
        let masses = measurements::series(self.db.read(), owner, MeasurementKind::Mass, (from, now)).await?;
        if let (Some(first), Some(last)) = (masses.first(), masses.last()) {
            let show = |grams: i64| Shown::mass(Mass::from_grams(grams), system).text;
            let _ = writeln!(
                text,
                "Body mass: {} on {}, {} on {}.",
                show(first.draft.value),
                Day::of(first.measured_at),
                show(last.draft.value),
                Day::of(last.measured_at)
            );
        }
        Ok(())
    }
}

fn name(library: &Library, slug: &str) -> String {
    library.resolve(slug).map_or_else(|| one_line(slug), |exercise| one_line(exercise.name(crate::catalogue::LANGUAGE)))
}

/// What a person wrote stays on its line, so that it can't look like more of the prompt.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(120).collect()
}

fn shown(set: &WorkoutSet, system: UnitSystem) -> String {
    let load = set.draft.load.map_or_else(String::new, |load| format!("{} x ", Shown::mass(load, system).text));
    let unit = if set.draft.reps.is_some() {
        ""
    } else if set.draft.seconds.is_some() {
        " s"
    } else {
        " m"
    };
    format!("{load}{}{unit}", set.draft.amount())
}
