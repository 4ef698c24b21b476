use serde::Serialize;

/// A rule of the builder or of progression, with what backs it. `product default` is a choice of this project and no finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Stable name.
    pub id: &'static str,
    /// What it says.
    pub text: &'static str,
    /// What backs it.
    pub source: &'static str,
}

const fn of(id: &'static str, text: &'static str, source: &'static str) -> Rule {
    Rule { id, text, source }
}

const DEFAULT: &str = "product default";
const ACSM_2009: &str = "ACSM position stand 2009, Med Sci Sports Exerc 41:687";
const ACSM_2026: &str = "ACSM position stand 2026, Med Sci Sports Exerc";
const PELLAND: &str = "Pelland et al. 2025, Sports Med, doi 10.1007/s40279-025-02344-w (67 studies)";
const SCHOENFELD: &str = "Schoenfeld et al. 2017, J Sports Sci 35:1073";

/// Every rule.
pub const RULES: [Rule; 30] = [
    of("cycle.rest_day", "Every cycle has at least one day of rest.", DEFAULT),
    of("cycle.spread", "Training days are spread evenly over the cycle.", DEFAULT),
    of("split.full_body", "Up to about three days a week train the whole body each time.", ACSM_2009),
    of("split.upper_lower", "About four days a week alternate upper and lower body.", ACSM_2009),
    of("split.mixed", "Five days are upper, lower, push, pull, legs.", DEFAULT),
    of("split.push_pull_legs", "Six days a week turn push, pull and legs.", DEFAULT),
    of("volume.band", "Each major muscle gets its weekly band of sets: 4-8, 8-14 or 12-20 by experience.", SCHOENFELD),
    of("volume.fractional", "A set counts one for what it works directly and half or a quarter for what helps.", PELLAND),
    of("volume.session_cap", "No muscle gets more than 8 sets in a session.", DEFAULT),
    of("volume.consecutive_days", "No muscle gets more than 4 direct sets on each of two days in a row.", DEFAULT),
    of("selection.pattern", "Every kind of movement that the equipment allows is in the cycle.", DEFAULT),
    of("selection.muscle", "Added for a muscle that would be below its band.", PELLAND),
    of("selection.equipment", "Only exercises that need nothing beyond what is at hand.", DEFAULT),
    of("selection.injury", "Nothing that loads a part that hurts.", DEFAULT),
    of("selection.level", "Nothing harder than the experience allows.", ACSM_2009),
    of("order.compound_first", "Exercises of several joints come before those of one, large muscles before small.", ACSM_2009),
    of("reps.goal", "The range of repetitions follows from the goal.", ACSM_2026),
    of("reps.bodyweight", "Without a load to choose, repetitions do the work: 6 to 15.", DEFAULT),
    of("rest.goal", "The rest follows from the goal: 3-5 minutes for heavy sets, less for light ones.", ACSM_2009),
    of("rir.goal", "Sets end one to three repetitions before failure, which is not needed.", ACSM_2026),
    of("time.limit", "The session fits into the given minutes: isolation is left out first.", DEFAULT),
    of("deload.week", "After four or five weeks one with half the sets.", DEFAULT),
    of("progress.double", "All sets at the top of the range: the smallest step of load within 2-10 %.", ACSM_2009),
    of("progress.linear", "All sets met: 2.5 kg more for the upper, 5 kg for the lower body.", DEFAULT),
    of(
        "progress.repetitions",
        "Where a step of load would be more than 10 %, or there is none, repetitions grow first.",
        DEFAULT,
    ),
    of("progress.hold", "Not all sets met: the same again.", DEFAULT),
    of("progress.rir", "2.5 % of load for each repetition away from the wanted reserve.", DEFAULT),
    of("progress.stall", "Three sessions in a row below the range: 10 % less.", DEFAULT),
    of("progress.gap", "More than 14 days off: 10 % less, more than 28 days: 20 % less.", DEFAULT),
    of(
        "progress.start",
        "Without a log: from the best estimate of the maximum, or a load that leaves the wanted reserve.",
        DEFAULT,
    ),
];

/// The rule of an id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}
