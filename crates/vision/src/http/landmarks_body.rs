use std::fmt;

use core_kernel::FieldError;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::posture::{Landmark, Layout, NAMES, place_of};

/// The farthest that a model may put a landmark outside of the picture, in widths or heights.
const OUTSIDE: f64 = 5.0;

/// `[x, y]` or `[x, y, visibility]`.
#[derive(Clone, Copy)]
struct Place(Landmark);

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Numbers;
        impl<'de> Visitor<'de> for Numbers {
            type Value = Place;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("[x, y] or [x, y, visibility]")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<Place, A::Error> {
                let few = |count| A::Error::invalid_length(count, &"two or three numbers");
                let x = numbers.next_element()?.ok_or_else(|| few(0))?;
                let y = numbers.next_element()?.ok_or_else(|| few(1))?;
                let seen = numbers.next_element()?.unwrap_or(1.0);
                if numbers.next_element::<f64>()?.is_some() {
                    return Err(few(4));
                }
                Ok(Place([x, y, seen]))
            }
        }
        deserializer.deserialize_seq(Numbers)
    }
}

/// Landmarks as a list in the order of their layout, or by name. Null where there is none.
#[derive(Clone, Default)]
pub(super) struct Landmarks {
    listed: Vec<Option<Landmark>>,
    named: Vec<(String, Landmark)>,
    by_name: bool,
}

impl<'de> Deserialize<'de> for Landmarks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Landmarks;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of landmarks, or an object of them by name")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Landmarks, A::Error> {
                let mut listed = Vec::with_capacity(NAMES.len());
                while let Some(item) = items.next_element::<Option<Place>>()? {
                    if listed.len() >= NAMES.len() {
                        return Err(A::Error::invalid_length(listed.len() + 1, &"at most 33 landmarks"));
                    }
                    listed.push(item.map(|Place(landmark)| landmark));
                }
                Ok(Landmarks { listed, ..Landmarks::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<Landmarks, A::Error> {
                let mut named = Vec::new();
                while let Some((name, item)) = items.next_entry::<String, Option<Place>>()? {
                    if named.len() >= NAMES.len() {
                        return Err(A::Error::invalid_length(named.len() + 1, &"at most 33 landmarks"));
                    }
                    named.extend(item.map(|Place(landmark)| (name, landmark)));
                }
                Ok(Landmarks { named, by_name: true, ..Landmarks::default() })
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl Landmarks {
    /// Those of a layout, each within its range. An empty list: nobody is seen.
    pub(super) fn checked(self, layout: Layout, pointer: &str) -> Result<Vec<Option<Landmark>>, FieldError> {
        let fault = |code: &'static str, text: String| Err(FieldError::new(pointer, code, text));
        let landmarks = if self.by_name {
            let mut all = vec![None; NAMES.len()];
            for (name, landmark) in self.named {
                let place = place_of(&name);
                let Some(target) = place.and_then(|place| all.get_mut(place)) else {
                    return fault("unknown_landmark", format!("Names are those of MediaPipe, such as {}.", NAMES.join(", ")));
                };
                *target = Some(landmark);
            }
            all
        } else {
            self.listed
        };
        match (layout, self.by_name) {
            (Layout::Named, false) if !landmarks.is_empty() => {
                return fault("not_named", "Expected an object: names and [x, y, visibility].".to_owned());
            }
            (Layout::Mediapipe33 | Layout::Coco17, true) => {
                return fault("not_listed", "Expected a list in the order of the layout.".to_owned());
            }
            _ => {}
        }
        if let Some(count) = layout.count().filter(|count| landmarks.len() != *count && !landmarks.is_empty()) {
            return fault("wrong_count", format!("Expected {count} landmarks, or none where nobody is seen."));
        }
        let fine = |[x, y, seen]: &Landmark| {
            [x, y].iter().all(|value| (-OUTSIDE..=OUTSIDE).contains(*value)) && (0.0..=1.0).contains(seen)
        };
        if landmarks.iter().flatten().all(fine) {
            return Ok(landmarks);
        }
        fault("out_of_range", "x and y are parts of width and height, visibility is 0 to 1.".to_owned())
    }
}
