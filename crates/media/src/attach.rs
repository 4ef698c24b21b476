//! Media for any JSON: rules say by pointer where ids stand and where pictures go.

use std::collections::HashMap;

use core_kernel::FieldError;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::pictures::VariantName;
use crate::{Link, Media, MediaError, MediaId};

/// The most rules of a request.
const MAX_RULES: usize = 20;
/// The most places that all rules match.
const MAX_PLACES: usize = 500;

/// One rule: an id at `id_pointer` becomes a picture at `target`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachRule {
    /// JSON pointer (RFC 6901) to an id; `*` stands for every item of an array.
    pub id_pointer: String,
    /// Where the picture goes, below something that is there; its `*` are those of `id_pointer`, in order.
    pub target: String,
    /// The sizes that get a link of their own, beside the original.
    pub variants: Vec<VariantName>,
}

/// A value with its pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct Attached {
    /// The value.
    pub value: Value,
    /// Ids that name no picture that the caller may see. A typed placeholder stands in their place.
    pub missing: Vec<String>,
}

/// A place where a picture belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    rule: usize,
    target: String,
    pub(crate) id: String,
}

/// Checks the rules and finds the places. `base` begins every address of ours: a target that has one already is left alone.
pub(crate) fn places(value: &Value, rules: &[AttachRule], base: &str) -> Result<Vec<Place>, MediaError> {
    check(rules)?;
    let mut places = Vec::new();
    for (number, rule) in rules.iter().enumerate() {
        let segments: Vec<&str> = rule.id_pointer.split('/').skip(1).collect();
        let mut found = Vec::new();
        walk(value, &segments, &mut Vec::new(), &mut found);
        for (stars, id) in found {
            let target = filled(&rule.target, &stars);
            if !is_ours(value.pointer(&target), base) {
                places.push(Place { rule: number, target, id });
            }
            if places.len() > MAX_PLACES {
                let text = format!("all rules together may match {MAX_PLACES} places");
                return Err(MediaError::Invalid(vec![FieldError::new("/rules", "too_many_matches", text)]));
            }
        }
    }
    Ok(places)
}

fn check(rules: &[AttachRule]) -> Result<(), MediaError> {
    let mut faults = Vec::new();
    if rules.is_empty() || rules.len() > MAX_RULES {
        faults.push(FieldError::new("/rules", "out_of_range", format!("1 to {MAX_RULES} rules")));
    }
    let stars = |pointer: &str| pointer.split('/').filter(|segment| *segment == "*").count();
    for (number, rule) in rules.iter().enumerate() {
        let pointer = |field: &str| format!("/rules/{number}/{field}");
        if !rule.id_pointer.starts_with('/') {
            faults.push(FieldError::new(pointer("id_pointer"), "invalid_pointer", "a JSON pointer, such as /items/*/media_id"));
        }
        if !rule.target.starts_with('/') || rule.target.ends_with("/*") {
            faults.push(FieldError::new(
                pointer("target"),
                "invalid_pointer",
                "a JSON pointer to a field, such as /items/*/media",
            ));
        }
        if stars(&rule.target) > stars(&rule.id_pointer) {
            faults.push(FieldError::new(pointer("target"), "too_many_stars", "as many `*` as id_pointer has at most"));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(MediaError::Invalid(faults)) }
}

/// Every text at the pointer, with the numbers that its stars stand for.
fn walk(value: &Value, segments: &[&str], stars: &mut Vec<usize>, found: &mut Vec<(Vec<usize>, String)>) {
    let Some((first, rest)) = segments.split_first() else {
        if let Some(id) = value.as_str() {
            found.push((stars.clone(), id.to_owned()));
        }
        return;
    };
    match value {
        Value::Array(items) if *first == "*" => {
            for (number, item) in items.iter().enumerate().take(MAX_PLACES + 1) {
                stars.push(number);
                walk(item, rest, stars, found);
                stars.pop();
            }
        }
        other => {
            if let Some(next) = other.pointer(&format!("/{first}")) {
                walk(next, rest, stars, found);
            }
        }
    }
}

fn filled(target: &str, stars: &[usize]) -> String {
    let mut numbers = stars.iter();
    let fill = |segment: &str| match segment {
        "*" => numbers.next().map_or_else(|| "*".to_owned(), usize::to_string),
        other => other.to_owned(),
    };
    target.split('/').map(fill).collect::<Vec<_>>().join("/")
}

fn is_ours(value: Option<&Value>, base: &str) -> bool {
    let url = value.and_then(|value| value.as_str().or_else(|| value.get("url")?.as_str()));
    url.is_some_and(|url| url.starts_with(base))
}

/// The ids that were found, as far as they are ids.
pub(crate) fn ids(places: &[Place]) -> Vec<MediaId> {
    let mut ids: Vec<MediaId> = places.iter().filter_map(|place| place.id.parse::<Uuid>().ok()).map(MediaId).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Puts the pictures in.
pub(crate) fn put(
    mut value: Value,
    rules: &[AttachRule],
    places: Vec<Place>,
    known: &HashMap<MediaId, Media>,
    link: impl Fn(MediaId, VariantName) -> Link,
) -> Attached {
    let mut missing = Vec::new();
    for place in places {
        let media = place.id.parse().ok().and_then(|id| known.get(&MediaId(id)));
        let variants = rules.get(place.rule).map(|rule| rule.variants.as_slice()).unwrap_or_default();
        let picture = media.and_then(|media| document(media, variants, &link));
        let picture = picture.unwrap_or_else(|| {
            if !missing.contains(&place.id) {
                missing.push(place.id.clone());
            }
            json!({"type": "missing_media", "id": place.id})
        });
        set(&mut value, &place.target, picture);
    }
    Attached { value, missing }
}

fn document(media: &Media, variants: &[VariantName], link: impl Fn(MediaId, VariantName) -> Link) -> Option<Value> {
    let original = media.original()?;
    let sized = |name: &VariantName| {
        let variant = media.pick(*name, crate::Accepts::default())?;
        let document = json!({"url": link(media.id, *name).url, "width": variant.width, "height": variant.height});
        Some((name.as_str().to_owned(), document))
    };
    let variants: Map<String, Value> = variants.iter().filter_map(sized).collect();
    Some(json!({
        "type": "media", "id": media.id, "url": link(media.id, VariantName::Original).url, "mime": original.format.mime(),
        "width": media.width, "height": media.height, "alt": media.alt, "thumbhash": media.thumbhash,
        "dominant_color": media.dominant_color, "variants": variants,
    }))
}

/// Sets what a pointer names; its parent has to be there.
fn set(value: &mut Value, target: &str, picture: Value) {
    let Some((parent, last)) = target.rsplit_once('/') else { return };
    let name = last.replace("~1", "/").replace("~0", "~");
    match value.pointer_mut(parent) {
        Some(Value::Object(fields)) => drop(fields.insert(name, picture)),
        Some(Value::Array(items)) => {
            if let Some(item) = name.parse::<usize>().ok().and_then(|number| items.get_mut(number)) {
                *item = picture;
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(id_pointer: &str, target: &str) -> AttachRule {
        AttachRule { id_pointer: id_pointer.into(), target: target.into(), variants: Vec::new() }
    }

    fn link(id: MediaId, name: VariantName) -> Link {
        Link { url: format!("https://x/{id}/{}", name.as_str()), expires_at: core_kernel::Timestamp::from_millis(0) }
    }

    #[test]
    fn stars_of_the_target_are_those_of_the_id() {
        let value = json!({"days": [{"sets": [{"m": "a"}, {"m": "b"}]}, {"sets": [{"m": "c"}, {"no": 1}]}]});
        let found = places(&value, &[rule("/days/*/sets/*/m", "/days/*/sets/*/media")], "https://x/").unwrap();
        let targets: Vec<&str> = found.iter().map(|place| place.target.as_str()).collect();
        assert_eq!(targets, ["/days/0/sets/0/media", "/days/0/sets/1/media", "/days/1/sets/0/media"]);
    }

    #[test]
    fn an_id_that_names_nothing_becomes_a_placeholder_and_is_told_once() {
        let value = json!({"a": "nonsense", "b": "nonsense"});
        let rules = [rule("/a", "/x"), rule("/b", "/y")];
        let places = places(&value, &rules, "https://x/").unwrap();
        let attached = put(value, &rules, places, &HashMap::new(), link);
        assert_eq!(attached.missing, ["nonsense"]);
        assert_eq!(attached.value["x"], json!({"type": "missing_media", "id": "nonsense"}));
        assert_eq!(attached.value["y"]["type"], "missing_media");
    }

    #[test]
    fn an_address_that_is_ours_already_is_left_alone() {
        let value = json!({"id": "a", "picture": {"url": "https://x/signed"}, "other": "https://elsewhere/"});
        let rules = [rule("/id", "/picture"), rule("/id", "/other")];
        let found = places(&value, &rules, "https://x/").unwrap();
        assert_eq!(found.iter().map(|place| place.target.as_str()).collect::<Vec<_>>(), ["/other"]);
    }

    #[test]
    fn rules_that_make_no_sense_are_told_by_their_place() {
        let rules = [rule("a", "/b"), rule("/a", "/b/*"), rule("/a", "/*/b")];
        let Err(MediaError::Invalid(faults)) = places(&json!({}), &rules, "x") else { panic!("taken") };
        let pointers: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/rules/0/id_pointer", "/rules/1/target", "/rules/1/target", "/rules/2/target"]);
    }

    proptest::proptest! {
        #[test]
        fn whatever_the_value_what_is_not_a_target_stays(text in "[a-z*/~0-9]{0,24}", target in "/[a-z*/~0-9]{0,12}") {
            let value = json!({"a": ["x", {"b": "y"}], "b": {"a": "z"}});
            let rules = [rule(&format!("/{text}"), &target)];
            if let Ok(found) = places(&value, &rules, "https://x/") {
                let touched: Vec<String> = found.iter().map(|place| place.target.clone()).collect();
                let attached = put(value.clone(), &rules, found, &HashMap::new(), link);
                if touched.is_empty() {
                    proptest::prop_assert_eq!(attached.value, value);
                }
            }
        }
    }
}
