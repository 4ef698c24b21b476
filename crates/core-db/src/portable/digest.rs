use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::PortableError;
use super::snapshot::Row;
use super::table::{Kind, Table};

/// How many rows a table holds, and a sum over the SHA-256 of each that does not depend on their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// How many.
    pub rows: u64,
    /// The first 64 bits of every row's hash, added up modulo 2^64.
    pub sum: u64,
}

impl Digest {
    /// Counts a row in.
    pub fn add(&mut self, table: &Table, row: &Row) -> Result<(), PortableError> {
        let mut line = Vec::new();
        for (name, kind) in &table.columns {
            let cell = row.get(name).unwrap_or(&Value::Null);
            let cell = match (kind, cell) {
                // Engines write the same document differently: order of members, spaces, `1.0` for `1`.
                (Kind::Json, Value::String(text)) => sorted(serde_json::from_str(text)?),
                (_, cell) => cell.clone(),
            };
            serde_json::to_writer(&mut line, &cell)?;
            line.push(b'\n');
        }
        let hash = digest(&SHA256, &line);
        let first = hash.as_ref().iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        self.rows += 1;
        self.sum = self.sum.wrapping_add(first);
        Ok(())
    }
}

/// The document with its members in order and whole numbers written as such.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Array(members.into_iter().map(|(name, value)| Value::Array(vec![name.into(), value])).collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(sorted).collect()),
        Value::Number(number) => Value::Number(whole(number)),
        other => other,
    }
}

fn whole(number: Number) -> Number {
    match number.as_f64() {
        Some(float) if !number.is_i64() && !number.is_u64() && float.fract() == 0.0 && float.abs() < 9e15 => {
            #[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^53")]
            let whole = float as i64;
            Number::from(whole)
        }
        _ => number,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn table() -> Table {
        Table { name: "notes".into(), columns: [("id".to_owned(), Kind::Integer), ("data".to_owned(), Kind::Json)].into() }
    }

    fn of(rows: &[Value]) -> Digest {
        let mut digest = Digest::default();
        for row in rows {
            digest.add(&table(), row.as_object().unwrap()).unwrap();
        }
        digest
    }

    #[test]
    fn the_order_of_rows_and_the_way_a_document_is_written_do_not_count_but_every_value_does() {
        let (a, b) = (json!({"id": 1, "data": "{\"x\": 1.0, \"y\": [2]}"}), json!({"id": 2, "data": null}));
        let same = json!({"id": 1, "data": "{\"y\":[2],\"x\":1}"});
        assert_eq!(of(&[a.clone(), b.clone()]), of(&[b.clone(), same]));
        let other = json!({"id": 1, "data": "{\"x\": 1.5, \"y\": [2]}"});
        assert_ne!(of(&[a.clone(), b.clone()]), of(&[other, b]));
        assert_ne!(of(std::slice::from_ref(&a)), of(&[a.clone(), a]));
    }
}
