//! Which day trains what.

use super::Wishes;
use crate::catalogue::{Muscle, Pattern};

/// A kind of training day: movements in order, and the muscles that may be added to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Template {
    pub(crate) name: &'static str,
    pub(crate) slots: &'static [Slot],
    pub(crate) muscles: &'static [Muscle],
}

/// What a place in a day asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// A movement.
    Pattern(Pattern),
    /// Any exercise of the trunk.
    Core,
}

use Muscle as M;
use Pattern as P;
use Slot::{Core, Pattern as Of};

const FULL_A: Template = Template {
    name: "Full body A",
    slots: &[Of(P::Squat), Of(P::PushH), Of(P::PullH), Of(P::Hinge), Core],
    muscles: &super::volume::MAJOR,
};
const FULL_B: Template = Template {
    name: "Full body B",
    slots: &[Of(P::Hinge), Of(P::PushV), Of(P::PullV), Of(P::Lunge), Core],
    muscles: &super::volume::MAJOR,
};
const FULL_C: Template = Template {
    name: "Full body C",
    slots: &[Of(P::Lunge), Of(P::PushH), Of(P::PullV), Of(P::PullH), Of(P::Carry)],
    muscles: &super::volume::MAJOR,
};
const UPPER: Template = Template {
    name: "Upper body",
    slots: &[Of(P::PushH), Of(P::PullH), Of(P::PushV), Of(P::PullV)],
    muscles: &[M::Chest, M::Lats, M::UpperBack, M::SideDelts, M::Biceps, M::Triceps],
};
const LOWER: Template = Template {
    name: "Lower body",
    slots: &[Of(P::Squat), Of(P::Hinge), Of(P::Lunge), Core],
    muscles: &[M::Quads, M::Hamstrings, M::Glutes, M::Calves, M::Abs],
};
const PUSH: Template =
    Template { name: "Push", slots: &[Of(P::PushH), Of(P::PushV)], muscles: &[M::Chest, M::SideDelts, M::Triceps, M::Abs] };
const PULL: Template =
    Template { name: "Pull", slots: &[Of(P::PullV), Of(P::PullH)], muscles: &[M::Lats, M::UpperBack, M::Biceps, M::Abs] };
const LEGS: Template = Template {
    name: "Legs",
    slots: &[Of(P::Squat), Of(P::Hinge), Of(P::Lunge), Core],
    muscles: &[M::Quads, M::Hamstrings, M::Glutes, M::Calves, M::Abs],
};

/// The days of a cycle and the rule that chose them. It goes by how often somebody trains in seven days, so that a cycle of another
/// length is treated alike.
pub(crate) fn split(wishes: &Wishes) -> (&'static str, Vec<Template>) {
    let per_week = f64::from(wishes.days) * 7.0 / f64::from(wishes.cycle_days.max(1));
    let (rule, round): (&str, &[Template]) = if per_week <= 3.5 {
        ("split.full_body", &[FULL_A, FULL_B, FULL_C])
    } else if per_week <= 4.5 || wishes.days < 3 {
        ("split.upper_lower", &[UPPER, LOWER])
    } else if per_week <= 5.5 && wishes.days == 5 {
        ("split.mixed", &[UPPER, LOWER, PUSH, PULL, LEGS])
    } else {
        ("split.push_pull_legs", &[PUSH, PULL, LEGS])
    };
    (rule, round.iter().copied().cycle().take(usize::from(wishes.days)).collect())
}

/// The day of the cycle of each training day: spread evenly. With fewer training days than days, the last day is always one of rest.
pub(crate) fn offsets(days: u8, cycle_days: u8) -> Vec<u8> {
    let at = |index: u8| u16::from(index) * u16::from(cycle_days) / u16::from(days.max(1));
    (0..days).map(|index| u8::try_from(at(index)).unwrap_or(u8::MAX)).collect()
}
