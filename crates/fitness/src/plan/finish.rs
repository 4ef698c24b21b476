//! From the choices of the builder to the plan that is kept: what it adds up to, what is short, and why.

use std::collections::BTreeSet;

use super::build::Builder;
use super::volume::MAJOR;
use super::{Decision, Plan, Shortfall};
use crate::catalogue::Muscle;
use crate::model::Experience;
use crate::units::{rounded, whole};

impl Builder<'_> {
    pub(super) fn finish(mut self) -> Plan {
        let volume = self.volume();
        for index in 0..self.days.len() {
            let minutes = rounded(self.minutes(index), 1);
            if let Some(day) = self.days.get_mut(index) {
                day.minutes = minutes;
            }
        }
        let (low, _) = self.band;
        let mut shortfalls = Vec::new();
        for muscle in MAJOR {
            let sets = volume.get(&muscle).copied().unwrap_or(0.0);
            if sets < low - 1e-9 {
                let reason = self.reason(muscle).to_owned();
                shortfalls.push(Shortfall { muscle, sets: rounded(sets, 2), wanted: rounded(low, 2), reason });
            }
        }
        let deload_every = self.deload_every();
        for (rule, holds) in
            [("selection.equipment", true), ("selection.injury", !self.wishes.injuries.is_empty()), ("selection.level", true)]
        {
            if holds {
                let text = format!("{} exercises were left to choose from", self.usable.len());
                self.decide(rule, "plan", text);
            }
        }
        let choices = self.choices();
        self.decisions.extend(choices);
        Plan {
            wishes: self.wishes.clone(),
            days: self.days,
            deload_every,
            volume: volume.into_iter().map(|(muscle, sets)| (muscle, rounded(sets, 2))).collect(),
            shortfalls,
            decisions: self.decisions,
            author: "builder".to_owned(),
            differences: Vec::new(),
            wording: None,
        }
    }

    /// Every how many cycles one is easy: after five weeks for beginners, after four for others.
    fn deload_every(&mut self) -> u8 {
        let easy_week = if self.wishes.experience == Experience::Beginner { 6.0 } else { 5.0 };
        if f64::from(self.wishes.weeks) < easy_week {
            return 0;
        }
        let cycles = easy_week * 7.0 / f64::from(self.wishes.cycle_days);
        let every = u8::try_from(whole(cycles)).unwrap_or(0).max(2);
        self.decide("deload.week", "plan", format!("one cycle in {every} has half the sets"));
        every
    }

    fn reason(&self, muscle: Muscle) -> &'static str {
        if !self.usable.iter().any(|exercise| exercise.share(muscle) >= 1.0) {
            return "equipment_or_injuries";
        }
        let tight = (0..self.days.len()).any(|day| self.minutes(day) + 4.0 > f64::from(self.wishes.minutes));
        if tight { "time" } else { "balance" }
    }

    /// Why each exercise is there.
    fn choices(&self) -> Vec<Decision> {
        let mut seen = BTreeSet::new();
        let mut decisions = Vec::new();
        for (index, (day, chosen)) in self.days.iter().zip(&self.chosen).enumerate() {
            for (item, exercise) in day.items.iter().zip(chosen) {
                let rule = item.rules.first().map_or("selection.pattern", String::as_str);
                let works: Vec<&str> = exercise.primary().map(Muscle::as_str).collect();
                let text = format!(
                    "day {}: {} sets of {} to {} for {}, {} s rest",
                    index + 1,
                    item.sets,
                    item.low,
                    item.high,
                    works.join(" and "),
                    item.rest
                );
                if seen.insert((index, exercise.id.clone())) {
                    decisions.push(Decision { rule: rule.to_owned(), subject: exercise.id.clone(), text });
                }
            }
        }
        decisions
    }
}
