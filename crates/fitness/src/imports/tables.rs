//! The tables that Hevy and Strong export.

use std::collections::HashMap;

use core_kernel::Timestamp;
use time::{Date, Month, PrimitiveDateTime, Time};

use super::records::{Row, Table};
use super::{Found, FoundWorkout, MOST_SETS, clean};
use crate::model::{SetDraft, SetKind, WorkoutDraft};
use crate::units::{LOADS, Mass, UnitSystem};

fn number(text: &str) -> Option<f64> {
    let value: f64 = text.replace(',', ".").parse().ok()?;
    (value.is_finite() && value >= 0.0).then_some(value)
}

fn whole(text: &str, most: u32) -> Option<u32> {
    let value = number(text).map(crate::units::whole).and_then(|value| u32::try_from(value).ok())?;
    (1..=most).contains(&value).then_some(value)
}

fn load(value: f64, unit: UnitSystem) -> Option<Mass> {
    let mass = if unit == UnitSystem::Metric { Mass::kg(value) } else { Mass::lb(value) };
    (value > 0.0 && mass.as_kg() <= LOADS.1).then_some(mass)
}

fn moment(date: Date, hour: u8, minute: u8, second: u8) -> Option<Timestamp> {
    let at = PrimitiveDateTime::new(date, Time::from_hms(hour, minute, second).ok()?);
    Some(Timestamp::from_seconds(at.assume_utc().unix_timestamp()))
}

/// `28 Mar 2025, 17:29`.
fn hevy_time(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let (date, time) = text.split_once(',')?;
    let mut parts = date.split_whitespace();
    let day = parts.next()?.parse().ok()?;
    let name = parts.next()?.to_lowercase();
    let month = MONTHS.iter().position(|month| name.starts_with(month))?;
    let year = parts.next()?.parse().ok()?;
    let (hour, minute) = time.trim().split_once(':')?;
    let month = Month::try_from(u8::try_from(month + 1).ok()?).ok()?;
    moment(Date::from_calendar_date(year, month, day).ok()?, hour.parse().ok()?, minute.parse().ok()?, 0)
}

/// `2023-01-16 18:02:10`.
fn strong_time(text: &str) -> Option<Timestamp> {
    let (date, time) = text.split_once([' ', 'T'])?;
    let mut parts = date.split('-');
    let year = parts.next()?.parse().ok()?;
    let month = Month::try_from(parts.next()?.parse::<u8>().ok()?).ok()?;
    let day = parts.next()?.parse().ok()?;
    let mut clock = time.split(':');
    let (hour, minute) = (clock.next()?.parse().ok()?, clock.next()?.parse().ok()?);
    let second = clock.next().and_then(|second| second.parse().ok()).unwrap_or(0);
    moment(Date::from_calendar_date(year, month, day).ok()?, hour, minute, second)
}

/// `1h 5m`, `45m`, `45min`, or seconds.
fn strong_duration(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse::<i64>() {
        return Some(seconds);
    }
    let part = |part: &str| {
        let split = part.find(|c: char| !c.is_ascii_digit())?;
        let (count, unit) = part.split_at_checked(split)?;
        let unit = match unit.chars().next()? {
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        count.parse::<i64>().ok()?.checked_mul(unit)
    };
    text.split_whitespace().map(part).try_fold(0_i64, |sum, seconds| sum.checked_add(seconds?))
}

/// Gathers rows into workouts by their key.
#[derive(Default)]
struct Gathering {
    places: HashMap<String, usize>,
}

impl Gathering {
    fn at<'f>(
        &mut self,
        found: &'f mut Found,
        key: String,
        draft: impl FnOnce() -> WorkoutDraft,
    ) -> Option<&'f mut FoundWorkout> {
        let place = *self.places.entry(key.clone()).or_insert_with(|| {
            found.workouts.push(FoundWorkout { key, draft: draft(), sets: Vec::new() });
            found.workouts.len() - 1
        });
        found.workouts.get_mut(place)
    }
}

/// The CSV of Hevy: one row a set, loads in kilograms or pounds by the name of the column.
pub(super) fn hevy(bytes: &[u8]) -> Result<Found, String> {
    let table = Table::open(bytes)?;
    let unit = if table.has("weight_lbs") { UnitSystem::Imperial } else { UnitSystem::Metric };
    if !(table.has("exercise_title") && table.has("start_time") && table.has("set_type")) {
        return Err("expected the columns exercise_title, start_time and set_type of a Hevy export".to_owned());
    }
    let (mut found, mut gathering) = (Found::default(), Gathering::default());
    table.each(|row| {
        let cell = |name: &str| row.cell(name);
        let Some(start) = hevy_time(cell("start_time")) else {
            found.reject(row.line, "start_time is no time such as 28 Mar 2025, 17:29");
            return Ok(());
        };
        let set = hevy_set(&mut found, row, unit, start);
        let draft = || WorkoutDraft {
            title: clean(cell("title"), 120),
            notes: clean(cell("description"), 2000),
            started_at: Some(start),
            ended_at: hevy_time(cell("end_time")).filter(|end| *end >= start).or(Some(start)),
            ..WorkoutDraft::default()
        };
        let key = format!("hevy:{}:{}", start.seconds(), clean(cell("title"), 60));
        add(&mut gathering, &mut found, row.line, key, draft, set);
        Ok(())
    })?;
    Ok(found)
}

fn hevy_set(found: &mut Found, row: &Row<'_>, unit: UnitSystem, start: Timestamp) -> SetDraft {
    let cell = |name: &str| row.cell(name);
    let kind = match cell("set_type") {
        "normal" | "" => SetKind::Working,
        "warmup" => SetKind::WarmUp,
        "dropset" => SetKind::Drop,
        "failure" => SetKind::Failure,
        other => {
            found.unknown("set_type", other);
            SetKind::Working
        }
    };
    let weight = number(cell(if unit == UnitSystem::Imperial { "weight_lbs" } else { "weight_kg" }));
    let kilometres = number(cell("distance_km")).or_else(|| number(cell("distance_miles")).map(|miles| miles * 1.609_344));
    SetDraft {
        exercise: clean(cell("exercise_title"), 120),
        kind,
        load: weight.and_then(|weight| load(weight, unit)),
        reps: whole(cell("reps"), 1000),
        seconds: whole(cell("duration_seconds"), 86_400),
        metres: kilometres.and_then(|km| whole(&(km * 1000.0).to_string(), 1_000_000)),
        rir: reserve(cell("rpe")),
        rest_seconds: None,
        // Counted from 0 there.
        superset: number(cell("superset_id")).and_then(|number| whole(&(number + 1.0).to_string(), 100)),
        notes: clean(cell("exercise_notes"), 500),
        done_at: Some(start),
    }
}

fn add(
    gathering: &mut Gathering,
    found: &mut Found,
    line: u64,
    key: String,
    draft: impl FnOnce() -> WorkoutDraft,
    set: SetDraft,
) {
    if set.exercise.is_empty() || set.reps.or(set.seconds).or(set.metres).is_none() {
        found.reject(line, "no exercise, or neither repetitions nor time nor distance");
        return;
    }
    let full = gathering.at(found, key, draft).is_none_or(|workout| {
        let full = workout.sets.len() >= MOST_SETS;
        if !full {
            workout.sets.push(set);
        }
        full
    });
    if full {
        found.reject(line, format!("more than {MOST_SETS} sets in a workout"));
    }
}

/// Repetitions in reserve from the exertion that was felt: 10 is none, 8 is two.
fn reserve(rpe: &str) -> Option<f64> {
    number(rpe).filter(|rpe| (5.0..=10.0).contains(rpe)).map(|rpe| 10.0 - rpe)
}

/// The CSV of Strong. Its loads have no unit unless a column says it, so the caller has to.
pub(super) fn strong(bytes: &[u8], unit: Option<UnitSystem>) -> Result<Found, String> {
    let table = Table::open(bytes)?;
    if !(table.has("date") && table.has("exercise name") && table.has("set order")) {
        return Err("expected the columns Date, Exercise Name and Set Order of a Strong export".to_owned());
    }
    let (column, named) = if table.has("weight (kg)") {
        ("weight (kg)", Some(UnitSystem::Metric))
    } else if table.has("weight (lbs)") {
        ("weight (lbs)", Some(UnitSystem::Imperial))
    } else {
        ("weight", None)
    };
    let (mut found, mut gathering) = (Found::default(), Gathering::default());
    table.each(|row| {
        let cell = |name: &str| row.cell(name);
        let order = cell("set order");
        // Timers and notes are rows of their own there.
        if matches!(order, "Rest Timer" | "Note") {
            return Ok(());
        }
        let Some(start) = strong_time(cell("date")) else {
            found.reject(row.line, "Date is no time such as 2023-01-16 18:02:10");
            return Ok(());
        };
        let of_row = match cell("weight unit") {
            "kg" => Some(UnitSystem::Metric),
            "lb" | "lbs" => Some(UnitSystem::Imperial),
            _ => named.or(unit),
        };
        let set = strong_set(&cell, column, of_row, start)?;
        let draft = || {
            let length = strong_duration(cell("duration")).filter(|seconds| (0..=86_400).contains(seconds)).unwrap_or(0);
            WorkoutDraft {
                title: clean(cell("workout name"), 120),
                notes: clean(cell("workout notes"), 2000),
                started_at: Some(start),
                ended_at: Some(Timestamp::from_seconds(start.seconds() + length)),
                ..WorkoutDraft::default()
            }
        };
        let key = format!("strong:{}:{}", start.seconds(), clean(cell("workout name"), 60));
        add(&mut gathering, &mut found, row.line, key, draft, set);
        Ok(())
    })?;
    Ok(found)
}

/// A row as a set. `Err`: it has a load whose unit nobody says.
fn strong_set<'r>(
    cell: &impl Fn(&str) -> &'r str,
    column: &str,
    unit: Option<UnitSystem>,
    start: Timestamp,
) -> Result<SetDraft, String> {
    let weight = number(cell(column)).filter(|weight| *weight > 0.0);
    let mass = match (weight, unit) {
        (Some(weight), Some(unit)) => load(weight, unit),
        (Some(_), None) => return Err("the file does not say the unit of its loads: add ?unit=kg or ?unit=lb".to_owned()),
        (None, _) => None,
    };
    let kind = match cell("set order") {
        "W" => SetKind::WarmUp,
        "D" => SetKind::Drop,
        "F" => SetKind::Failure,
        _ => SetKind::Working,
    };
    let metres = number(cell("distance")).filter(|distance| *distance > 0.0);
    Ok(SetDraft {
        exercise: clean(cell("exercise name"), 120),
        kind,
        load: mass,
        reps: whole(cell("reps"), 1000),
        seconds: whole(cell("seconds"), 86_400),
        metres: metres.and_then(|metres| whole(&metres.to_string(), 1_000_000)),
        rir: reserve(cell("rpe")),
        rest_seconds: None,
        superset: None,
        notes: clean(cell("notes"), 500),
        done_at: Some(start),
    })
}
