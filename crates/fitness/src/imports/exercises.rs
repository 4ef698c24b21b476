//! Exercises in the shapes of free-exercise-db and wger. Facts are mapped to our vocabulary; what has no word here is reported; licence and
//! author stay with each item. No pictures are taken.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Found, clean};
use crate::catalogue::{Area, Equipment, Exercise, Force, LANGUAGE, Mechanic, Muscle, Pattern, SetMetric, faults, slug_of};

#[derive(Deserialize)]
struct FreeItem {
    #[serde(default)]
    id: String,
    name: String,
    force: Option<String>,
    level: Option<String>,
    mechanic: Option<String>,
    equipment: Option<String>,
    #[serde(default, rename = "primaryMuscles")]
    primary: Vec<String>,
    #[serde(default, rename = "secondaryMuscles")]
    secondary: Vec<String>,
    #[serde(default)]
    instructions: Vec<String>,
    category: Option<String>,
}

/// A muscle or a piece of equipment of wger.
#[derive(Deserialize)]
struct WgerWord {
    name: Option<String>,
    #[serde(default)]
    name_en: String,
}

impl WgerWord {
    fn word(&self) -> &str {
        if self.name_en.is_empty() { self.name.as_deref().unwrap_or_default() } else { &self.name_en }
    }
}

#[derive(Deserialize)]
struct WgerLicence {
    #[serde(default)]
    short_name: String,
}

#[derive(Deserialize)]
struct WgerTranslation {
    name: String,
    /// 1 is German, 2 is English there.
    language: i64,
    #[serde(default)]
    aliases: Vec<Value>,
}

#[derive(Deserialize)]
struct WgerItem {
    uuid: Option<String>,
    #[serde(default)]
    muscles: Vec<WgerWord>,
    #[serde(default)]
    muscles_secondary: Vec<WgerWord>,
    #[serde(default)]
    equipment: Vec<WgerWord>,
    license: Option<WgerLicence>,
    license_author: Option<String>,
    #[serde(default)]
    translations: Vec<WgerTranslation>,
}

/// Each item of a list, or of the `results` of a page, as its reader understands it. What it can't read is a fault of that item alone.
fn items<'f, T: Deserialize<'f>>(
    bytes: &'f [u8],
    shape: &str,
    mut read: impl FnMut(&mut Found, u64, T),
) -> Result<Found, String> {
    let mut found = Found::default();
    let each = |_: &str, line: u64, row: &'f RawValue| match serde_json::from_str(row.get()) {
        Ok(item) => read(&mut found, line, item),
        Err(error) => found.reject(line, error.to_string()),
    };
    super::rows::walk(bytes, |name| name == "results", each).map_err(|error| format!("not the shape of {shape}: {error}"))?;
    Ok(found)
}

/// An exercise in our shape with what every shape lacks filled in.
fn exercise(id: String, name: &str, muscles: BTreeMap<Muscle, f64>, source: &str, licence: String) -> Exercise {
    Exercise {
        id,
        uuid: None,
        names: BTreeMap::from([(LANGUAGE.to_owned(), clean(name, 120))]),
        aliases: Vec::new(),
        pattern: pattern(name, &muscles),
        mechanic: Mechanic::Compound,
        force: Force::Push,
        level: 2,
        unilateral: false,
        metric: SetMetric::Reps,
        met: 3.5,
        rep_seconds: 3.0,
        bodyweight_fraction: 0.0,
        equipment_all: Vec::new(),
        equipment_any: Vec::new(),
        muscles,
        instructions: BTreeMap::new(),
        cues: BTreeMap::new(),
        mistakes: BTreeMap::new(),
        contraindications: Vec::<Area>::new(),
        regressions: Vec::new(),
        progressions: Vec::new(),
        motion: None,
        licence,
        source: source.to_owned(),
        author: None,
        media: Vec::new(),
    }
}

/// Neither shape has a pattern: it follows from the name, else from the muscle that works most.
fn pattern(name: &str, muscles: &BTreeMap<Muscle, f64>) -> Pattern {
    const BY_WORD: [(&str, Pattern); 14] = [
        ("lunge", Pattern::Lunge),
        ("split squat", Pattern::Lunge),
        ("step-up", Pattern::Lunge),
        ("squat", Pattern::Squat),
        ("leg press", Pattern::Squat),
        ("deadlift", Pattern::Hinge),
        ("good morning", Pattern::Hinge),
        ("bridge", Pattern::Hinge),
        ("pulldown", Pattern::PullV),
        ("pull-up", Pattern::PullV),
        ("chin-up", Pattern::PullV),
        ("row", Pattern::PullH),
        ("shoulder press", Pattern::PushV),
        ("bench press", Pattern::PushH),
    ];
    let name = name.to_lowercase();
    if let Some((_, pattern)) = BY_WORD.iter().find(|(word, _)| name.contains(word)) {
        return *pattern;
    }
    let most = muscles.iter().max_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(muscle, _)| *muscle);
    match most {
        Some(Muscle::Chest) => Pattern::IsoChest,
        Some(Muscle::Biceps) => Pattern::IsoBiceps,
        Some(Muscle::Triceps) => Pattern::IsoTriceps,
        Some(Muscle::Forearms) => Pattern::IsoForearm,
        Some(Muscle::Quads) => Pattern::IsoQuads,
        Some(Muscle::Hamstrings) => Pattern::IsoHamstrings,
        Some(Muscle::Glutes) => Pattern::IsoGlutes,
        Some(Muscle::Adductors) => Pattern::IsoAdductors,
        Some(Muscle::Abductors) => Pattern::IsoAbductors,
        Some(Muscle::Calves) => Pattern::IsoCalves,
        Some(Muscle::Shins) => Pattern::IsoShins,
        Some(Muscle::Neck) => Pattern::IsoNeck,
        Some(Muscle::Abs | Muscle::HipFlexors) => Pattern::CoreFlexion,
        Some(Muscle::Obliques) => Pattern::CoreRotation,
        Some(Muscle::LowerBack) => Pattern::CoreExtension,
        Some(Muscle::Lats | Muscle::UpperBack | Muscle::UpperTraps | Muscle::LowerTraps) => Pattern::IsoBack,
        _ => Pattern::IsoShoulder,
    }
}

fn muscles<'w>(found: &mut Found, words: impl Iterator<Item = (&'w str, f64)>) -> BTreeMap<Muscle, f64> {
    let mut shares: BTreeMap<Muscle, f64> = BTreeMap::new();
    for (word, share) in words {
        match Muscle::look_up(word) {
            Some(muscle) => {
                let own = shares.entry(muscle).or_default();
                *own = own.max(share);
            }
            None => found.unknown("muscle", word),
        }
    }
    shares
}

fn keep(found: &mut Found, line: u64, exercise: Exercise) {
    match faults(&exercise).first() {
        None => found.exercises.push(exercise),
        Some(fault) => found.reject(line, format!("{}: {}", fault.pointer, fault.message)),
    }
}

fn equipment(found: &mut Found, word: &str) -> Option<Equipment> {
    match Equipment::look_up(word) {
        Some(piece) => piece,
        None => {
            found.unknown("equipment", word);
            None
        }
    }
}

/// The array of `dist/exercises.json`.
pub(super) fn free_exercise_db(bytes: &[u8]) -> Result<Found, String> {
    items(bytes, "free-exercise-db", free_item)
}

fn free_item(found: &mut Found, line: u64, item: FreeItem) {
    let words = item.primary.iter().map(|word| (word.as_str(), 1.0));
    let words: Vec<(&str, f64)> = words.chain(item.secondary.iter().map(|word| (word.as_str(), 0.5))).collect();
    let shares = muscles(found, words.into_iter());
    let id = slug_of(if item.id.is_empty() { &item.name } else { &item.id });
    let mut new = exercise(format!("fedb-{id}"), &item.name, shares, "free-exercise-db", "Unlicense".to_owned());
    new.level = match item.level.as_deref() {
        Some("beginner") => 1,
        Some("intermediate") => 3,
        Some("expert") => 5,
        other => {
            found.unknown("level", other.unwrap_or("none"));
            2
        }
    };
    new.mechanic = if item.mechanic.as_deref() == Some("isolation") { Mechanic::Isolation } else { Mechanic::Compound };
    new.force = match item.force.as_deref() {
        Some("pull") => Force::Pull,
        Some("static") => Force::Static,
        _ => Force::Push,
    };
    match item.category.as_deref() {
        Some("stretching") => new.pattern = Pattern::Mobility,
        Some("cardio") => (new.pattern, new.metric) = (Pattern::Cardio, SetMetric::Seconds),
        Some("plyometrics") => new.pattern = Pattern::Jump,
        _ => {}
    }
    new.equipment_all = item.equipment.as_deref().and_then(|word| equipment(found, word)).into_iter().collect();
    let steps: Vec<String> =
        item.instructions.iter().map(|line| clean(line, 600)).filter(|line| !line.is_empty()).take(20).collect();
    if !steps.is_empty() {
        new.instructions.insert(LANGUAGE.to_owned(), steps);
    }
    keep(found, line, new);
}

/// Items of `/api/v2/exerciseinfo/`, as a page or a list.
pub(super) fn wger(bytes: &[u8]) -> Result<Found, String> {
    items(bytes, "wger", wger_item)
}

fn wger_item(found: &mut Found, line: u64, item: WgerItem) {
    let words = item.muscles.iter().map(|word| (word.word(), 1.0));
    let words: Vec<(&str, f64)> = words.chain(item.muscles_secondary.iter().map(|word| (word.word(), 0.5))).collect();
    let shares = muscles(found, words.into_iter());
    let name_in = |language: i64| item.translations.iter().find(|translation| translation.language == language);
    let Some(main) = name_in(2).or_else(|| item.translations.first()) else {
        return found.reject(line, "no name in any language");
    };
    let licence = item.license.as_ref().map(|licence| clean(&licence.short_name, 60)).filter(|name| !name.is_empty());
    let Some(licence) = licence else {
        return found.reject(line, "no licence: it can't be kept");
    };
    let mut new = exercise(format!("wger-{}", slug_of(&main.name)), &main.name, shares, "wger", licence);
    new.uuid = item.uuid.as_deref().map(|id| clean(id, 36));
    new.author = item.license_author.as_deref().map(|author| clean(author, 120)).filter(|author| !author.is_empty());
    if let Some(german) = name_in(1) {
        new.names.insert("de".to_owned(), clean(&german.name, 120));
    }
    let alias = |alias: &Value| alias.get("alias").or(Some(alias)).and_then(Value::as_str).map(|text| clean(text, 120));
    new.aliases = main.aliases.iter().filter_map(alias).filter(|text| !text.is_empty()).take(30).collect();
    new.equipment_any = item.equipment.iter().filter_map(|word| equipment(found, word.word())).collect();
    keep(found, line, new);
}
