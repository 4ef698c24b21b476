//! Lists of a JSON file, one row at a time, so that no more of a file is unfolded than the row that is being read.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::MOST_ROWS;

/// Reads each row of some lists: those members of the top object that `is_list` knows, or the top itself where it is a list (whose name is
/// empty). `each` gets the list, the place of the row in it from 1, and the row. Other members are walked over.
pub(super) fn walk<'f>(
    bytes: &'f [u8],
    is_list: impl Fn(&str) -> bool,
    mut each: impl FnMut(&str, u64, &'f RawValue),
) -> Result<(), String> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let mut count = 0;
    let top = Top { is_list: &is_list, rows: Rows { list: "", each: &mut each, count: &mut count } };
    top.deserialize(&mut reader).and_then(|()| reader.end()).map_err(|error| error.to_string())
}

type Each<'e, 'f> = &'e mut dyn FnMut(&str, u64, &'f RawValue);

struct Rows<'e, 'f> {
    list: &'e str,
    each: Each<'e, 'f>,
    /// Of all lists together.
    count: &'e mut usize,
}

impl<'f> DeserializeSeed<'f> for Rows<'_, 'f> {
    type Value = ();

    fn deserialize<D: Deserializer<'f>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'f> Visitor<'f> for Rows<'_, 'f> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'f>>(self, mut rows: A) -> Result<(), A::Error> {
        let mut line = 0;
        while let Some(row) = rows.next_element::<&'f RawValue>()? {
            line += 1;
            *self.count += 1;
            if *self.count > MOST_ROWS {
                return Err(A::Error::custom(format!("more than {MOST_ROWS} rows")));
            }
            (self.each)(self.list, line, row);
        }
        Ok(())
    }
}

struct Top<'e, 'f> {
    is_list: &'e dyn Fn(&str) -> bool,
    rows: Rows<'e, 'f>,
}

impl<'f> DeserializeSeed<'f> for Top<'_, 'f> {
    type Value = ();

    fn deserialize<D: Deserializer<'f>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'f> Visitor<'f> for Top<'_, 'f> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list, or an object with one")
    }

    fn visit_seq<A: SeqAccess<'f>>(self, rows: A) -> Result<(), A::Error> {
        self.rows.visit_seq(rows)
    }

    fn visit_map<A: MapAccess<'f>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<String>()? {
            if (self.is_list)(&name) {
                members.next_value_seed(Rows { list: &name, each: &mut *self.rows.each, count: &mut *self.rows.count })?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}
