use std::sync::Arc;

use super::split::{Slot, Template, offsets, split};
use super::volume::{self, CONSECUTIVE_CAP, MAJOR, SESSION_CAP, Volume, band};
use super::{Decision, Item, Plan, PlanDay, Wishes, session};
use crate::catalogue::{Exercise, Mechanic, Muscle, Pattern, SetMetric};
use crate::library::Library;
use crate::model::{Experience, Goal};

/// Why there is no plan.
pub(crate) type Refusal = String;

/// Builds a plan. The same wishes and library give the same plan.
pub fn build(wishes: &Wishes, library: &Library) -> Result<Plan, Refusal> {
    let mut builder = Builder::new(wishes, library)?;
    builder.fill();
    builder.trim_to_bands();
    builder.trim_to_time();
    builder.raise();
    builder.order();
    Ok(builder.finish())
}

pub(super) struct Builder<'w> {
    pub(super) wishes: &'w Wishes,
    pub(super) usable: Vec<Arc<Exercise>>,
    templates: Vec<Template>,
    pub(super) days: Vec<PlanDay>,
    /// The exercises of `days`, at the same places.
    pub(super) chosen: Vec<Vec<Arc<Exercise>>>,
    pub(super) decisions: Vec<Decision>,
    pub(super) band: (f64, f64),
}

fn usable(wishes: &Wishes, exercise: &Exercise) -> bool {
    exercise.level <= wishes.experience.top_level()
        && exercise.fits(&wishes.equipment)
        && exercise.safe_with(&wishes.injuries)
        && !matches!(exercise.pattern, Pattern::Cardio | Pattern::Mobility | Pattern::Jump | Pattern::IsoNeck)
}

fn is_core(pattern: Pattern) -> bool {
    matches!(
        pattern,
        Pattern::CoreFlexion | Pattern::CoreAntiExtension | Pattern::CoreRotation | Pattern::CoreLateral | Pattern::CoreExtension
    )
}

impl<'w> Builder<'w> {
    fn new(wishes: &'w Wishes, library: &Library) -> Result<Self, Refusal> {
        let usable: Vec<Arc<Exercise>> = library.all().filter(|exercise| usable(wishes, exercise)).cloned().collect();
        if usable.is_empty() {
            return Err("no exercise is left by equipment, injuries and experience".to_owned());
        }
        let (rule, templates) = split(wishes);
        let day = |(template, offset): (&Template, u8)| PlanDay {
            name: template.name.to_owned(),
            offset,
            items: Vec::new(),
            minutes: 0.0,
        };
        let days: Vec<PlanDay> = templates.iter().zip(offsets(wishes.days, wishes.cycle_days)).map(day).collect();
        let mut builder = Self {
            wishes,
            usable,
            chosen: vec![Vec::new(); days.len()],
            days,
            templates,
            decisions: Vec::new(),
            band: band(wishes.experience, wishes.cycle_days),
        };
        builder.decide(rule, "plan", format!("{} training days in {} days", wishes.days, wishes.cycle_days));
        builder.decide("cycle.spread", "plan", "training days lie as far apart as the cycle allows".to_owned());
        builder.decide("cycle.rest_day", "plan", format!("{} days of rest", wishes.cycle_days - wishes.days));
        let (low, high) = builder.band;
        builder.decide("volume.band", "plan", format!("{low:.1} to {high:.1} fractional sets a cycle for each major muscle"));
        Ok(builder)
    }

    pub(super) fn decide(&mut self, rule: &str, subject: &str, text: String) {
        self.decisions.push(Decision { rule: rule.to_owned(), subject: subject.to_owned(), text });
    }

    /// Each place of each day gets its best exercise.
    fn fill(&mut self) {
        for index in 0..self.templates.len() {
            let slots = self.templates.get(index).map_or(&[][..], |template| template.slots);
            for slot in slots {
                let fits = |exercise: &Exercise| match slot {
                    Slot::Pattern(pattern) => exercise.pattern == *pattern && self.trains(exercise),
                    Slot::Core => is_core(exercise.pattern),
                };
                match self.best(fits) {
                    Some(exercise) => self.put(index, exercise, "selection.pattern"),
                    None => {
                        let text = format!("no {slot:?} fits the equipment, the injuries and the experience");
                        self.decide("selection.equipment", &format!("day {}", index + 1), text);
                    }
                }
            }
        }
    }

    /// A movement slot is not spent on a single-joint drill while a compound one is there.
    fn trains(&self, exercise: &Exercise) -> bool {
        let compound = |other: &Arc<Exercise>| other.pattern == exercise.pattern && other.mechanic == Mechanic::Compound;
        exercise.mechanic == Mechanic::Compound || !self.usable.iter().any(compound)
    }

    fn best(&self, fits: impl Fn(&Exercise) -> bool) -> Option<Arc<Exercise>> {
        let candidates = self.usable.iter().filter(|exercise| fits(exercise));
        let scored = candidates.map(|exercise| (self.score(exercise), exercise));
        let best = scored.max_by(|(a, one), (b, other)| a.total_cmp(b).then_with(|| other.id.cmp(&one.id)));
        best.map(|(_, exercise)| Arc::clone(exercise))
    }

    /// How well an exercise suits the person. Used ones stand back, so that a cycle has variety; the seed breaks near ties.
    fn score(&self, exercise: &Exercise) -> f64 {
        let wanted = match self.wishes.experience {
            Experience::Beginner => 1.0,
            Experience::Intermediate => 2.5,
            Experience::Advanced => 3.5,
        };
        let level = -(f64::from(exercise.level) - wanted).abs();
        let load = match self.wishes.goal {
            Goal::Strength | Goal::Hypertrophy | Goal::Power => 2.0,
            Goal::GeneralFitness | Goal::FatLoss => 1.0,
            Goal::Endurance => 0.5,
        };
        let loaded = if exercise.is_loaded() { load } else { 0.0 };
        let used = self.chosen.iter().flatten().filter(|other| other.id == exercise.id).count();
        let isometric = if exercise.metric == SetMetric::Seconds { -0.5 } else { 0.0 };
        let breadth = crate::units::float(exercise.primary().count()).min(2.0) * 0.3;
        level + loaded + isometric + breadth - 3.0 * crate::units::float(used) + self.noise(&exercise.id)
    }

    /// A number from 0 to 0.4 that only seed and slug decide (FNV-1a).
    fn noise(&self, slug: &str) -> f64 {
        let start = 0xcbf2_9ce4_8422_2325 ^ self.wishes.seed;
        let hash = slug.bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        f64::from(u16::try_from(hash >> 48).unwrap_or(0)) / f64::from(u16::MAX) * 0.4
    }

    fn put(&mut self, day: usize, exercise: Arc<Exercise>, why: &str) {
        let item = session::item(&exercise, self.wishes.goal, self.wishes.experience, why);
        if let (Some(day), Some(chosen)) = (self.days.get_mut(day), self.chosen.get_mut(day))
            && !chosen.iter().any(|other| other.id == exercise.id)
        {
            day.items.push(item);
            chosen.push(exercise);
        }
    }

    pub(super) fn volume(&self) -> Volume {
        let mut volume = Volume::new();
        for (item, exercise) in self.days.iter().flat_map(|day| &day.items).zip(self.chosen.iter().flatten()) {
            volume::add(&mut volume, exercise, f64::from(item.sets));
        }
        volume
    }

    pub(super) fn minutes(&self, day: usize) -> f64 {
        let Some((day, chosen)) = self.days.get(day).zip(self.chosen.get(day)) else { return 0.0 };
        let find = |slug: &str| chosen.iter().find(|other| other.id == slug).map(|other| (other.rep_seconds, other.unilateral));
        volume::minutes_of(&day.items, find)
    }

    /// A muscle above its band loses sets, from the exercise that gives it most and has most.
    fn trim_to_bands(&mut self) {
        for _ in 0..400 {
            let volume = self.volume();
            let above = |muscle: &&Muscle| volume.get(muscle).copied().unwrap_or(0.0) > self.band.1 + 1e-9;
            let Some(muscle) = MAJOR.iter().find(above).copied() else { return };
            let Some((day, place)) = self.heaviest(muscle) else { return };
            self.less(day, place);
        }
    }

    /// The place of the exercise with the most sets for a muscle; among equals the one whose kind of movement is there more often, then the
    /// later one.
    fn heaviest(&self, muscle: Muscle) -> Option<(usize, usize)> {
        let mut found: Option<(u8, usize, usize, usize)> = None;
        for (day, (plan_day, chosen)) in self.days.iter().zip(&self.chosen).enumerate() {
            for (place, (item, exercise)) in plan_day.items.iter().zip(chosen).enumerate() {
                let gives = exercise.share(muscle);
                if gives <= 0.0 {
                    continue;
                }
                let alike = self.chosen.iter().flatten().filter(|other| other.pattern == exercise.pattern).count();
                found = found.max(Some((item.sets, alike, day, place)));
            }
        }
        found.map(|(_, _, day, place)| (day, place))
    }

    /// One set less; the last set takes the exercise with it.
    fn less(&mut self, day: usize, place: usize) {
        let Some((plan_day, chosen)) = self.days.get_mut(day).zip(self.chosen.get_mut(day)) else { return };
        match plan_day.items.get_mut(place) {
            Some(item) if item.sets > 1 => item.sets -= 1,
            Some(_) => {
                plan_day.items.remove(place);
                chosen.remove(place);
            }
            None => {}
        }
    }

    /// Isolation goes first, then sets, then exercises from the end, until the session fits.
    fn trim_to_time(&mut self) {
        let limit = f64::from(self.wishes.minutes);
        for day in 0..self.days.len() {
            let mut trimmed = false;
            while self.minutes(day) > limit {
                let Some((plan_day, chosen)) = self.days.get(day).zip(self.chosen.get(day)) else { break };
                let isolation = chosen.iter().rposition(|exercise| exercise.mechanic == Mechanic::Isolation);
                let fullest = plan_day.items.iter().enumerate().rev().filter(|(_, item)| item.sets > 1);
                let fullest = fullest.max_by_key(|(_, item)| item.sets).map(|(place, _)| place);
                let Some(place) = isolation.or(fullest).or_else(|| plan_day.items.len().checked_sub(1)) else { break };
                self.less(day, place);
                trimmed = true;
            }
            if trimmed {
                self.decide("time.limit", &format!("day {}", day + 1), format!("trimmed to {limit} minutes"));
            }
        }
    }

    /// Muscles below their band get sets, or an exercise of their own, as long as no other rule breaks.
    fn raise(&mut self) {
        for _ in 0..300 {
            let volume = self.volume();
            let of = |muscle: Muscle| volume.get(&muscle).copied().unwrap_or(0.0);
            let mut below: Vec<Muscle> = MAJOR.into_iter().filter(|muscle| of(*muscle) < self.band.0 - 1e-9).collect();
            // The one that is furthest behind first.
            below.sort_by(|a, b| of(*a).total_cmp(&of(*b)));
            if !below.into_iter().any(|muscle| self.raise_muscle(muscle, &volume)) {
                return;
            }
        }
    }

    fn raise_muscle(&mut self, muscle: Muscle, volume: &Volume) -> bool {
        let most = if self.wishes.experience == Experience::Beginner { 4 } else { 5 };
        let mut places: Vec<(u8, usize, usize)> = Vec::new();
        for (day, (plan_day, chosen)) in self.days.iter().zip(&self.chosen).enumerate() {
            for (place, (item, exercise)) in plan_day.items.iter().zip(chosen).enumerate() {
                if exercise.share(muscle) >= 1.0 && item.sets < most {
                    places.push((item.sets, day, place));
                }
            }
        }
        places.sort_unstable();
        for (_, day, place) in places {
            let Some(exercise) = self.chosen.get(day).and_then(|chosen| chosen.get(place)).cloned() else { continue };
            if self.allows(day, &exercise, 1.0, volume) {
                if let Some(item) = self.days.get_mut(day).and_then(|plan_day| plan_day.items.get_mut(place)) {
                    item.sets += 1;
                }
                if self.minutes(day) <= f64::from(self.wishes.minutes) {
                    return true;
                }
                self.less(day, place);
            }
        }
        self.add_for(muscle, volume)
    }

    /// A new exercise for a muscle, on the suitable day that is shortest so far.
    fn add_for(&mut self, muscle: Muscle, volume: &Volume) -> bool {
        let suits = |template: &Template| template.muscles.contains(&muscle);
        let mut days: Vec<usize> =
            self.templates.iter().enumerate().filter(|(_, template)| suits(template)).map(|(index, _)| index).collect();
        days.sort_by(|a, b| self.minutes(*a).total_cmp(&self.minutes(*b)).then_with(|| a.cmp(b)));
        for day in days {
            if self.days.get(day).is_none_or(|plan_day| plan_day.items.len() >= 9) {
                continue;
            }
            let new = |exercise: &Exercise| {
                let known = self.chosen.get(day).is_some_and(|chosen| chosen.iter().any(|other| other.id == exercise.id));
                let small = exercise.mechanic == Mechanic::Isolation || exercise.primary().count() <= 2;
                exercise.share(muscle) >= 1.0 && small && !known && self.allows(day, exercise, 2.0, volume)
            };
            let Some(exercise) = self.best(new) else { continue };
            self.put(day, exercise, "selection.muscle");
            if self.minutes(day) <= f64::from(self.wishes.minutes) {
                return true;
            }
            if let Some((plan_day, chosen)) = self.days.get_mut(day).zip(self.chosen.get_mut(day)) {
                plan_day.items.pop();
                chosen.pop();
            }
        }
        false
    }

    /// True when more sets of an exercise break no rule: no major muscle above its band, no more than the cap of a session, and not too
    /// much on two days in a row.
    fn allows(&self, day: usize, exercise: &Exercise, sets: f64, volume: &Volume) -> bool {
        let of = |muscle: Muscle| volume.get(&muscle).copied().unwrap_or(0.0);
        let in_band = MAJOR.iter().all(|muscle| {
            let more = exercise.share(*muscle) * sets;
            more <= 0.0 || of(*muscle) + more <= self.band.1 + 1e-9
        });
        let capped = MAJOR.iter().all(|muscle| {
            let more = exercise.share(*muscle) * sets;
            more <= 0.0 || self.in_session(day, *muscle) + more <= SESSION_CAP
        });
        in_band && capped && exercise.primary().all(|muscle| self.neighbours_allow(day, muscle, sets))
    }

    /// Fractional sets for a muscle on a day.
    fn in_session(&self, day: usize, muscle: Muscle) -> f64 {
        let pairs = self.days.get(day).zip(self.chosen.get(day));
        let gives = |(item, other): (&Item, &Arc<Exercise>)| f64::from(item.sets) * other.share(muscle);
        pairs.map_or(0.0, |(plan_day, chosen)| plan_day.items.iter().zip(chosen).map(gives).sum())
    }

    fn neighbours_allow(&self, day: usize, muscle: Muscle, sets: f64) -> bool {
        let cap = f64::from(CONSECUTIVE_CAP);
        let beside = volume::consecutive(&self.days).filter(|(one, other)| *one == day || *other == day);
        !beside.into_iter().any(|(one, other)| {
            let neighbour = if one == day { other } else { one };
            self.direct(neighbour, muscle) > cap && self.direct(day, muscle) + sets > cap
        })
    }

    /// Direct sets for a muscle on a day.
    fn direct(&self, day: usize, muscle: Muscle) -> f64 {
        let pairs = self.days.get(day).zip(self.chosen.get(day));
        let direct = |(item, exercise): (&Item, &Arc<Exercise>)| {
            if exercise.share(muscle) >= 1.0 { f64::from(item.sets) } else { 0.0 }
        };
        pairs.map_or(0.0, |(plan_day, chosen)| plan_day.items.iter().zip(chosen).map(direct).sum())
    }

    /// Compound before isolation, the trunk last; otherwise the order of the template.
    fn order(&mut self) {
        for (day, chosen) in self.days.iter_mut().zip(&mut self.chosen) {
            let mut pairs: Vec<(Item, Arc<Exercise>)> = day.items.drain(..).zip(chosen.drain(..)).collect();
            let rank = |exercise: &Exercise| match exercise.mechanic {
                _ if is_core(exercise.pattern) || exercise.pattern == Pattern::Carry => 2_u8,
                Mechanic::Compound => 0,
                Mechanic::Isolation => 1,
            };
            pairs.sort_by_key(|(_, exercise)| rank(exercise));
            (day.items, *chosen) = pairs.into_iter().unzip();
        }
        self.decide("order.compound_first", "plan", "compound, then isolation, then the trunk".to_owned());
    }
}
