use serde_json::{Value, json};
use uuid::Uuid;

use super::Reply;

/// The length of an id with its hyphens.
const ID: usize = 36;

/// An answer as snapshots keep it: its status and its whole body. Ids are numbered in the order of their first appearance, so that equal ones stay
/// equal; members named in `hidden` say their name instead of what differs from run to run. Times are shown: the clock of tests stands.
pub fn shape(reply: &Reply, hidden: &[&str]) -> Value {
    let mut body = reply.json();
    steady(&mut body, hidden, &mut Vec::new());
    json!({ "status": reply.status, "body": body })
}

fn steady(value: &mut Value, hidden: &[&str], ids: &mut Vec<Uuid>) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members.iter_mut() {
                if !inner.is_null() && (name == "instance" || hidden.contains(&name.as_str())) {
                    *inner = json!(format!("<{name}>"));
                } else {
                    steady(inner, hidden, ids);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| steady(item, hidden, ids)),
        Value::String(text) => *text = numbered(text, ids),
        _ => {}
    }
}

/// The text with numbers in place of the ids in it.
fn numbered(text: &str, ids: &mut Vec<Uuid>) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(letter) = rest.chars().next() {
        let found = rest.get(..ID).filter(|word| word.contains('-')).and_then(|word| Uuid::try_parse(word).ok());
        if let Some(id) = found {
            let place = ids.iter().position(|known| *known == id).unwrap_or_else(|| {
                ids.push(id);
                ids.len() - 1
            });
            out.extend(["<id ", &(place + 1).to_string(), ">"]);
            rest = rest.get(ID..).unwrap_or_default();
        } else {
            out.push(letter);
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_numbered_and_what_is_hidden_says_its_name() {
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let body = json!({
            "id": one, "url": format!("/ä/{two}/x/{one}"), "instance": "urn:uuid:x", "secret": "s", "none": null,
            "items": [{ "secret": null, "name": "abcdefgh-0000" }],
        });
        let reply = Reply { status: 201, headers: Vec::new(), body: body.to_string().into_bytes() };
        assert_eq!(
            shape(&reply, &["secret", "none"]),
            json!({ "status": 201, "body": {
                "id": "<id 1>", "url": "/ä/<id 2>/x/<id 1>", "instance": "<instance>", "secret": "<secret>", "none": null,
                "items": [{ "secret": null, "name": "abcdefgh-0000" }],
            } })
        );
    }
}
