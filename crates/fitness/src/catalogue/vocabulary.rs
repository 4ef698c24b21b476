//! The closed vocabularies of the catalogue, and the words of others that mean the same.

// `tt`: what derives the schema does not see into a `literal` that a macro took, and would document the variant instead.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:tt,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// Every one, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The word, read back.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|own| own.as_str() == word)
            }
        }
    };
}
pub(crate) use words;

words! {
    /// A muscle group.
    Muscle {
        /// Pectorals.
        Chest = "chest",
        /// Front of the shoulder.
        FrontDelts = "front_delts",
        /// Side of the shoulder.
        SideDelts = "side_delts",
        /// Back of the shoulder.
        RearDelts = "rear_delts",
        /// Rotators of the shoulder.
        RotatorCuff = "rotator_cuff",
        /// Serratus anterior.
        Serratus = "serratus",
        /// Latissimus and teres major.
        Lats = "lats",
        /// Rhomboids and middle trapezius.
        UpperBack = "upper_back",
        /// Upper trapezius.
        UpperTraps = "upper_traps",
        /// Lower trapezius.
        LowerTraps = "lower_traps",
        /// Biceps and brachialis.
        Biceps = "biceps",
        /// Triceps.
        Triceps = "triceps",
        /// Flexors and extensors of hand and fingers.
        Forearms = "forearms",
        /// Neck.
        Neck = "neck",
        /// Straight abdominals.
        Abs = "abs",
        /// Obliques and quadratus lumborum.
        Obliques = "obliques",
        /// Spinal erectors.
        LowerBack = "lower_back",
        /// Flexors of the hip.
        HipFlexors = "hip_flexors",
        /// Gluteus maximus.
        Glutes = "glutes",
        /// Gluteus medius and minimus.
        Abductors = "abductors",
        /// Inner thigh.
        Adductors = "adductors",
        /// Quadriceps.
        Quads = "quads",
        /// Back of the thigh.
        Hamstrings = "hamstrings",
        /// Calves.
        Calves = "calves",
        /// Tibialis anterior.
        Shins = "shins",
    }
}

words! {
    /// A piece of equipment. Nothing at all is the empty list.
    Equipment {
        /// A long bar with plates.
        Barbell = "barbell",
        /// A rack with safety arms.
        Rack = "rack",
        /// Dumbbells.
        Dumbbell = "dumbbell",
        /// Kettlebells.
        Kettlebell = "kettlebell",
        /// A cable station.
        Cable = "cable",
        /// The machines of a studio.
        Machine = "machine",
        /// Resistance bands.
        Bands = "bands",
        /// A bar to hang from.
        PullUpBar = "pull_up_bar",
        /// Parallel bars.
        DipBars = "dip_bars",
        /// A bench that can be inclined.
        Bench = "bench",
        /// A box or step.
        Box = "box",
        /// Rings or straps.
        Rings = "rings",
        /// A medicine ball.
        MedicineBall = "medicine_ball",
        /// An ab wheel.
        AbWheel = "ab_wheel",
        /// A hexagonal bar.
        TrapBar = "trap_bar",
        /// A bent bar.
        EzBar = "ez_bar",
        /// Loose plates.
        Plate = "plate",
        /// A skipping rope.
        JumpRope = "jump_rope",
        /// A treadmill.
        Treadmill = "treadmill",
        /// A stationary bike.
        Bike = "bike",
        /// A rowing machine.
        Rower = "rower",
        /// A stability ball.
        StabilityBall = "stability_ball",
        /// A foam roller.
        FoamRoller = "foam_roller",
        /// A landmine pivot.
        Landmine = "landmine",
        /// A sled.
        Sled = "sled",
    }
}

words! {
    /// A part of the body that can hurt.
    Area {
        /// Shoulder.
        Shoulder = "shoulder",
        /// Elbow.
        Elbow = "elbow",
        /// Wrist.
        Wrist = "wrist",
        /// Lower back.
        LowerBack = "lower_back",
        /// Hip.
        Hip = "hip",
        /// Knee.
        Knee = "knee",
        /// Ankle.
        Ankle = "ankle",
        /// Neck.
        Neck = "neck",
    }
}

words! {
    /// The kind of movement.
    Pattern {
        /// Bending knees and hips together.
        Squat = "squat",
        /// Bending at the hip.
        Hinge = "hinge",
        /// One leg in front of the other.
        Lunge = "lunge",
        /// Pushing away from the chest.
        PushH = "push_h",
        /// Pushing overhead or down past the body.
        PushV = "push_v",
        /// Pulling to the body.
        PullH = "pull_h",
        /// Pulling down or up.
        PullV = "pull_v",
        /// Curling the trunk.
        CoreFlexion = "core_flexion",
        /// Extending the trunk.
        CoreExtension = "core_extension",
        /// Not letting the trunk arch.
        CoreAntiExtension = "core_anti_extension",
        /// Turning the trunk, or not letting it turn.
        CoreRotation = "core_rotation",
        /// Not letting the trunk bend sideways.
        CoreLateral = "core_lateral",
        /// Walking with a load.
        Carry = "carry",
        /// Jumping.
        Jump = "jump",
        /// Endurance.
        Cardio = "cardio",
        /// Moving joints through their range.
        Mobility = "mobility",
        /// The chest alone.
        IsoChest = "iso_chest",
        /// The shoulder alone.
        IsoShoulder = "iso_shoulder",
        /// The back alone.
        IsoBack = "iso_back",
        /// The biceps alone.
        IsoBiceps = "iso_biceps",
        /// The triceps alone.
        IsoTriceps = "iso_triceps",
        /// The forearm alone.
        IsoForearm = "iso_forearm",
        /// The quadriceps alone.
        IsoQuads = "iso_quads",
        /// The hamstrings alone.
        IsoHamstrings = "iso_hamstrings",
        /// The glutes alone.
        IsoGlutes = "iso_glutes",
        /// The inner thigh alone.
        IsoAdductors = "iso_adductors",
        /// The outer hip alone.
        IsoAbductors = "iso_abductors",
        /// The calves alone.
        IsoCalves = "iso_calves",
        /// The shins alone.
        IsoShins = "iso_shins",
        /// The neck alone.
        IsoNeck = "iso_neck",
    }
}

words! {
    /// How many joints take part.
    Mechanic {
        /// Several.
        Compound = "compound",
        /// One.
        Isolation = "isolation",
    }
}

words! {
    /// The direction of the force.
    Force {
        /// Away from the body.
        Push = "push",
        /// Towards the body.
        Pull = "pull",
        /// None: a hold.
        Static = "static",
    }
}

words! {
    /// What a set is counted in.
    SetMetric {
        /// Repetitions.
        Reps = "reps",
        /// Seconds.
        Seconds = "seconds",
        /// Metres.
        Metres = "metres",
    }
}

/// Words of other catalogues and of people, by what they mean here.
const MUSCLE_ALIASES: [(&str, Muscle); 30] = [
    ("pecs", Muscle::Chest),
    ("pectorals", Muscle::Chest),
    ("pectoralis_major", Muscle::Chest),
    ("shoulders", Muscle::SideDelts),
    ("deltoids", Muscle::SideDelts),
    ("delts", Muscle::SideDelts),
    ("anterior_deltoid", Muscle::FrontDelts),
    ("latissimus_dorsi", Muscle::Lats),
    ("middle_back", Muscle::UpperBack),
    ("rhomboids", Muscle::UpperBack),
    ("traps", Muscle::UpperTraps),
    ("trapezius", Muscle::UpperTraps),
    ("biceps_brachii", Muscle::Biceps),
    ("brachialis", Muscle::Biceps),
    ("triceps_brachii", Muscle::Triceps),
    ("forearm", Muscle::Forearms),
    ("abdominals", Muscle::Abs),
    ("rectus_abdominis", Muscle::Abs),
    ("core", Muscle::Abs),
    ("obliquus_externus_abdominis", Muscle::Obliques),
    ("erector_spinae", Muscle::LowerBack),
    ("gluteus_maximus", Muscle::Glutes),
    ("gluteus_medius", Muscle::Abductors),
    ("quadriceps", Muscle::Quads),
    ("quadriceps_femoris", Muscle::Quads),
    ("biceps_femoris", Muscle::Hamstrings),
    ("gastrocnemius", Muscle::Calves),
    ("soleus", Muscle::Calves),
    ("serratus_anterior", Muscle::Serratus),
    ("tibialis_anterior", Muscle::Shins),
];

const EQUIPMENT_ALIASES: [(&str, Equipment); 24] = [
    ("squat_rack", Equipment::Rack),
    ("power_rack", Equipment::Rack),
    ("cables", Equipment::Cable),
    ("cable_machine", Equipment::Cable),
    ("smith_machine", Equipment::Machine),
    ("leg_press", Equipment::Machine),
    ("resistance_band", Equipment::Bands),
    ("resistance_bands", Equipment::Bands),
    ("band", Equipment::Bands),
    ("pullup_bar", Equipment::PullUpBar),
    ("pull_up_bars", Equipment::PullUpBar),
    ("chin_up_bar", Equipment::PullUpBar),
    ("parallel_bars", Equipment::DipBars),
    ("incline_bench", Equipment::Bench),
    ("boxes", Equipment::Box),
    ("plyo_box", Equipment::Box),
    ("gymnastic_rings", Equipment::Rings),
    ("trx", Equipment::Rings),
    ("sz_bar", Equipment::EzBar),
    ("e_z_curl_bar", Equipment::EzBar),
    ("hex_bar", Equipment::TrapBar),
    ("swiss_ball", Equipment::StabilityBall),
    ("exercise_ball", Equipment::StabilityBall),
    ("foam_roll", Equipment::FoamRoller),
];

const AREA_ALIASES: [(&str, Area); 5] = [
    ("back", Area::LowerBack),
    ("low_back", Area::LowerBack),
    ("spine", Area::LowerBack),
    ("hand", Area::Wrist),
    ("foot", Area::Ankle),
];

/// Words for "nothing": bodyweight alone.
const NOTHING: [&str; 7] = ["none", "bodyweight", "body_weight", "body_only", "none_bodyweight_exercise", "no_equipment", ""];

/// Lower case, words joined by an underscore.
pub(crate) fn canonical(word: &str) -> String {
    let mut text = String::new();
    for part in word.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()) {
        if !text.is_empty() {
            text.push('_');
        }
        text.push_str(part);
    }
    text
}

/// The word itself, an alias, or either without a plural s.
fn look_up<T: Copy>(word: &str, parse: fn(&str) -> Option<T>, aliases: &[(&str, T)]) -> Option<T> {
    let word = canonical(word);
    let known = |word: &str| parse(word).or_else(|| aliases.iter().find(|(alias, _)| *alias == word).map(|(_, own)| *own));
    known(&word).or_else(|| known(word.strip_suffix('s')?)).or_else(|| known(&format!("{word}s")))
}

impl Muscle {
    /// The muscle that a word means.
    pub fn look_up(word: &str) -> Option<Self> {
        look_up(word, Self::parse, &MUSCLE_ALIASES)
    }
}

impl Area {
    /// The part of the body that a word means.
    pub fn look_up(word: &str) -> Option<Self> {
        look_up(word, Self::parse, &AREA_ALIASES)
    }
}

impl Equipment {
    /// The piece that a word means; `Some(None)` for words that mean nothing at all.
    pub fn look_up(word: &str) -> Option<Option<Self>> {
        if NOTHING.contains(&canonical(word).as_str()) {
            return Some(None);
        }
        look_up(word, Self::parse, &EQUIPMENT_ALIASES).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_people_and_of_other_catalogues_are_understood() {
        assert_eq!(Muscle::look_up("Pectoralis major"), Some(Muscle::Chest));
        assert_eq!(Muscle::look_up("quad"), Some(Muscle::Quads));
        assert_eq!(Muscle::look_up("elbow grease"), None);
        assert_eq!(Equipment::look_up("Dumbbells"), Some(Some(Equipment::Dumbbell)));
        assert_eq!(Equipment::look_up("pull-up bar"), Some(Some(Equipment::PullUpBar)));
        assert_eq!(Equipment::look_up("body only"), Some(None));
        assert_eq!(Equipment::look_up("trampoline"), None);
        assert_eq!(Area::look_up("knees"), Some(Area::Knee));
    }
}
