use std::sync::Arc;
use std::time::Duration;

use core_kernel::Timestamp;

use super::{Item, Plan, Progression};
use crate::catalogue::{Equipment, Exercise, Muscle, SetMetric};
use crate::formulas::strength;
use crate::units::{Mass, UnitSystem, float};

/// A working set as it was logged.
#[derive(Clone, Debug, PartialEq)]
pub struct LoggedSet {
    /// Slug.
    pub exercise: String,
    /// The load, where there was one.
    pub load: Option<Mass>,
    /// Repetitions, seconds or metres: what the exercise is counted in.
    pub amount: f64,
    /// Repetitions that were left.
    pub rir: Option<f64>,
}

/// A session as it was logged, with its working sets.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionLog {
    /// When.
    pub at: Timestamp,
    /// Which day of this plan it was; none: a session beside the plan.
    pub plan_day: Option<usize>,
    /// Its sets in order.
    pub sets: Vec<LoggedSet>,
}

/// One application of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Id of the rule.
    pub rule: &'static str,
    /// What it did, for people.
    pub text: String,
}

/// What to do with an exercise next time.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    /// The item of the plan.
    pub item: Item,
    /// Sets to do; fewer in an easy cycle.
    pub sets: u8,
    /// The load; none: the person chooses, or there is none.
    pub load: Option<Mass>,
    /// What to reach in each set.
    pub target: u16,
    /// A harder exercise to go on with.
    pub harder: Option<String>,
    /// How it was come to.
    pub trace: Vec<Step>,
}

/// The next session.
#[derive(Clone, Debug, PartialEq)]
pub struct NextSession {
    /// Index of the day in the plan.
    pub day: usize,
    /// Which round of the plan, from 0.
    pub cycle: usize,
    /// An easy cycle.
    pub deload: bool,
    /// What to do.
    pub items: Vec<Advice>,
    /// How the day was chosen.
    pub trace: Vec<Step>,
}

/// The next session of a plan: a function of plan, log and rules alone. `log` is oldest first.
pub fn next_session(
    plan: &Plan,
    find: &dyn Fn(&str) -> Option<Arc<Exercise>>,
    log: &[SessionLog],
    now: Timestamp,
    system: UnitSystem,
) -> Option<NextSession> {
    let done: Vec<usize> = log.iter().filter_map(|session| session.plan_day).collect();
    let count = plan.days.len();
    let day = done.last().map_or(0, |last| (last + 1) % count.max(1));
    let planned = plan.days.get(day)?;
    let cycle = done.len() / count.max(1);
    let deload = plan.deload_every > 0 && (cycle + 1).is_multiple_of(usize::from(plan.deload_every));
    let mut trace = vec![Step {
        rule: "cycle.spread",
        text: match done.last() {
            Some(last) => format!("day {} was done last, so day {} is next", last + 1, day + 1),
            None => "nothing is logged yet, so the plan begins with its first day".to_owned(),
        },
    }];
    if deload {
        trace.push(Step { rule: "deload.week", text: format!("cycle {} is easy: half the sets", cycle + 1) });
    }
    let advise = |item: &Item| {
        let exercise = find(&item.exercise);
        let mut advice = Follower { item, exercise: exercise.as_deref(), log, now, system }.advise();
        if deload {
            advice.sets = advice.sets.div_ceil(2);
            advice.trace.push(Step { rule: "deload.week", text: format!("{} instead of {} sets", advice.sets, item.sets) });
        }
        advice
    };
    Some(NextSession { day, cycle, deload, items: planned.items.iter().map(advise).collect(), trace })
}

struct Follower<'f> {
    item: &'f Item,
    exercise: Option<&'f Exercise>,
    log: &'f [SessionLog],
    now: Timestamp,
    system: UnitSystem,
}

/// The sets of this exercise in a session.
type Done<'f> = (&'f SessionLog, Vec<&'f LoggedSet>);

impl<'f> Follower<'f> {
    fn advise(&self) -> Advice {
        let history: Vec<Done<'f>> = self
            .log
            .iter()
            .map(|session| (session, session.sets.iter().filter(|set| set.exercise == self.item.exercise).collect::<Vec<_>>()))
            .filter(|(_, sets)| !sets.is_empty())
            .collect();
        let Some((session, sets)) = history.last() else { return self.start() };
        let loaded = sets.iter().any(|set| set.load.is_some_and(|load| load.as_kg() > 0.0));
        match self.item.metric {
            SetMetric::Reps if loaded => self.loaded(session, sets, &history),
            SetMetric::Reps => self.bodyweight(sets),
            SetMetric::Seconds | SetMetric::Metres => self.longer(sets),
        }
    }

    fn advice(&self, load: Option<Mass>, target: u16, trace: Vec<Step>) -> Advice {
        Advice { item: self.item.clone(), sets: self.item.sets, load, target, harder: None, trace }
    }

    fn start(&self) -> Advice {
        let text = match self.item.metric {
            SetMetric::Reps if self.exercise.is_some_and(Exercise::is_loaded) => format!(
                "nothing is logged: choose a load that leaves {} repetitions in reserve after {}",
                self.item.rir, self.item.low
            ),
            _ => "nothing is logged: begin at the lower end of the range".to_owned(),
        };
        self.advice(None, self.item.low, vec![Step { rule: "progress.start", text }])
    }

    /// The smallest step of load.
    fn step(&self) -> Mass {
        let uses = |piece| self.exercise.is_some_and(|exercise| exercise.uses(piece));
        let small = uses(Equipment::Dumbbell) && !uses(Equipment::Barbell);
        match (self.system, small, uses(Equipment::Kettlebell) && !uses(Equipment::Dumbbell), uses(Equipment::Machine)) {
            (UnitSystem::Metric, true, ..) => Mass::kg(2.0),
            (UnitSystem::Metric, _, true, _) => Mass::kg(4.0),
            (UnitSystem::Metric, _, _, true) => Mass::kg(5.0),
            (UnitSystem::Metric, ..) => Mass::kg(2.5),
            (UnitSystem::Imperial, _, _, true) => Mass::lb(10.0),
            (UnitSystem::Imperial, ..) => Mass::lb(5.0),
        }
    }

    fn show(&self, load: Mass) -> String {
        crate::units::Shown::mass(load, self.system).text
    }

    /// The nearest step; downwards where `down` says so.
    fn round(&self, load: Mass, down: bool) -> Mass {
        let step = self.step().as_kg();
        let steps = load.as_kg() / step;
        Mass::kg(step * if down { (steps + 1e-9).floor() } else { steps.round() }.max(1.0))
    }

    fn is_lower_body(&self) -> bool {
        const LEGS: [Muscle; 4] = [Muscle::Quads, Muscle::Glutes, Muscle::Hamstrings, Muscle::Adductors];
        self.exercise.is_some_and(|exercise| LEGS.into_iter().any(|muscle| exercise.share(muscle) >= 1.0))
    }

    fn loaded(&self, session: &SessionLog, sets: &[&LoggedSet], history: &[Done<'_>]) -> Advice {
        let heaviest = sets.iter().filter_map(|set| set.load).max_by(|a, b| a.as_kg().total_cmp(&b.as_kg()));
        let load = heaviest.unwrap_or(Mass::kg(0.0));
        let off = self.now.since(session.at);
        let days = off.as_secs() / 86_400;
        for (limit, share, percent) in [(28, 0.8, 20), (14, 0.9, 10)] {
            if off > Duration::from_hours(24 * limit) {
                let lighter = self.round(Mass::kg(load.as_kg() * share), true);
                let text = format!("{days} days off: {percent} % less than {}, which is {}", self.show(load), self.show(lighter));
                return self.advice(Some(lighter), self.item.low, vec![Step { rule: "progress.gap", text }]);
            }
        }
        let (low, high) = (f64::from(self.item.low), f64::from(self.item.high));
        let outside = sets.iter().all(|set| set.amount > high + 3.0 || set.amount < low - 3.0);
        if session.plan_day.is_none() && outside {
            return self.by_estimate(sets);
        }
        if self.met(sets, high) {
            return self.heavier(load, sets);
        }
        let failed = |(_, sets): &&Done<'_>| sets.iter().any(|set| set.amount < low);
        if history.iter().rev().take_while(failed).count() >= 3 {
            let lighter = self.round(Mass::kg(load.as_kg() * 0.9), true);
            let text = format!("three sessions in a row below {low} repetitions: 10 % less, {}", self.show(lighter));
            return self.advice(Some(lighter), self.item.low, vec![Step { rule: "progress.stall", text }]);
        }
        self.by_reserve(load, sets)
    }

    /// All sets of the plan were done at the top of the range.
    fn met(&self, sets: &[&LoggedSet], high: f64) -> bool {
        sets.iter().filter(|set| set.amount >= high).count() >= usize::from(self.item.sets).min(sets.len())
            && sets.len() >= usize::from(self.item.sets)
    }

    fn by_estimate(&self, sets: &[&LoggedSet]) -> Advice {
        let best = |set: &&&LoggedSet| strength::epley(set.load?.as_kg(), set.amount, set.rir.unwrap_or(0.0));
        let maximum = sets.iter().filter_map(|set| best(&set)).max_by(f64::total_cmp);
        let Some(maximum) = maximum else { return self.start() };
        let reps = f64::from(self.item.low) + f64::from(self.item.rir);
        let load = self.round(Mass::kg(maximum / (1.0 + reps / 30.0)), true);
        let text = format!(
            "the log beside the plan gives a maximum of about {}: {} for {} repetitions with {} in reserve",
            self.show(Mass::kg(maximum)),
            self.show(load),
            self.item.low,
            self.item.rir
        );
        self.advice(Some(load), self.item.low, vec![Step { rule: "progress.start", text }])
    }

    fn heavier(&self, load: Mass, sets: &[&LoggedSet]) -> Advice {
        let amounts: Vec<String> = sets.iter().map(|set| set.amount.to_string()).collect();
        let done = amounts.join("/");
        let (rule, wanted) = match self.item.progression {
            Progression::Linear => {
                let step = if self.is_lower_body() { 5.0 } else { 2.5 };
                ("progress.linear", Mass::kg(load.as_kg() + step))
            }
            _ => ("progress.double", Mass::kg(load.as_kg() * 1.025)),
        };
        let next = Mass::kg(self.round(wanted, false).as_kg().max(self.round(load, true).as_kg() + self.step().as_kg()));
        let more = next.as_kg() / load.as_kg() - 1.0;
        if more > 0.10 {
            let target = self.item.high + 2;
            let text = format!(
                "{done} at {}: the next step would be {:.0} % more, so {target} repetitions first",
                self.show(load),
                more * 100.0
            );
            return self.advice(Some(load), target, vec![Step { rule: "progress.repetitions", text }]);
        }
        let text = format!("{done} at {}: {} more gives {}", self.show(load), percent(more), self.show(next));
        self.advice(Some(next), self.item.low, vec![Step { rule, text }])
    }

    /// Not all met: the same again, or 2.5 % for each repetition away from the wanted reserve.
    fn by_reserve(&self, load: Mass, sets: &[&LoggedSet]) -> Advice {
        let known: Vec<f64> = sets.iter().filter_map(|set| set.rir).collect();
        let in_range = sets.iter().all(|set| set.amount >= f64::from(self.item.low));
        let least = sets.iter().map(|set| set.amount).min_by(f64::total_cmp).unwrap_or(0.0);
        let next = whole_amount(least + 1.0).clamp(self.item.low, self.item.high);
        let hold = |text: String| self.advice(Some(load), next, vec![Step { rule: "progress.hold", text }]);
        if known.is_empty() || !in_range {
            return hold(format!("not every set reached {} repetitions: {} again", self.item.high, self.show(load)));
        }
        let average = known.iter().sum::<f64>() / float(known.len());
        let away = (average - f64::from(self.item.rir)).clamp(-4.0, 4.0);
        let changed = self.round(Mass::kg(load.as_kg() * (1.0 + 0.025 * away)), away < 0.0);
        if away.abs() < 1.0 || (changed.as_kg() - load.as_kg()).abs() < 1e-9 {
            return hold(format!(
                "{average:.1} repetitions were in reserve, {} wanted: {} again",
                self.item.rir,
                self.show(load)
            ));
        }
        let text = format!(
            "{average:.1} repetitions were in reserve, {} wanted: {} instead of {}",
            self.item.rir,
            self.show(changed),
            self.show(load)
        );
        self.advice(Some(changed), next, vec![Step { rule: "progress.rir", text }])
    }

    fn bodyweight(&self, sets: &[&LoggedSet]) -> Advice {
        if self.met(sets, f64::from(self.item.high)) {
            let harder = self.exercise.and_then(|exercise| exercise.progressions.first().cloned());
            let text = match &harder {
                Some(slug) => format!("every set reached {}: go on with {slug}", self.item.high),
                None => format!("every set reached {}: slow the way down to three seconds", self.item.high),
            };
            let advice = self.advice(None, self.item.high, vec![Step { rule: "progress.repetitions", text }]);
            return Advice { harder, ..advice };
        }
        let least = sets.iter().map(|set| set.amount).min_by(f64::total_cmp).unwrap_or(0.0);
        let target = whole_amount(least + 1.0).clamp(self.item.low, self.item.high);
        let text = format!("{least} in the weakest set: {target} this time");
        self.advice(None, target, vec![Step { rule: "progress.repetitions", text }])
    }

    fn longer(&self, sets: &[&LoggedSet]) -> Advice {
        let least = sets.iter().map(|set| set.amount).min_by(f64::total_cmp).unwrap_or(0.0);
        let load = sets.iter().filter_map(|set| set.load).max_by(|a, b| a.as_kg().total_cmp(&b.as_kg()));
        let target = whole_amount(least + 5.0).clamp(self.item.low, self.item.high);
        let text = format!("{least} in the shortest set: {target} this time");
        self.advice(load, target, vec![Step { rule: "progress.repetitions", text }])
    }
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

fn whole_amount(value: f64) -> u16 {
    u16::try_from(crate::units::whole(value)).unwrap_or(u16::MAX)
}
