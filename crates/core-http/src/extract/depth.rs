/// How deep a JSON text nests, judged without parsing it: brackets outside of strings. Works on bytes, in one pass, without
/// recursion, so that a hostile text costs no more than its length.
pub fn nests_deeper_than(limit: usize, json: &[u8]) -> bool {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for byte in json {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_nesting_and_not_length() {
        assert!(!nests_deeper_than(2, b"[[1],[2],[3]]"));
        assert!(nests_deeper_than(2, b"[[[1]]]"));
    }

    #[test]
    fn brackets_in_strings_do_not_count() {
        assert!(!nests_deeper_than(1, br#"{"a":"[[[\"[["}"#));
        assert!(nests_deeper_than(1, br#"{"a\\":[1]}"#));
    }
}
