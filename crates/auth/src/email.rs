use std::fmt;

use unicode_normalization::UnicodeNormalization;

/// An e-mail address: as the person wrote it, and in the canonical form by which accounts are told apart.
#[derive(Clone, PartialEq, Eq)]
pub struct Email {
    shown: String,
    canonical: String,
}

impl Email {
    /// Reads an address: one `@`, a local part of at most 64 bytes, a domain of dotted labels, at most 254 bytes in all
    /// (RFC 5321 section 4.5.3.1). Quoted local parts and address literals are refused, and so are letters whose lower case is no
    /// letter of an address: the canonical form is an address itself.
    pub fn parse(text: &str) -> Option<Self> {
        let shown: String = text.trim().nfkc().collect();
        let canonical: String = shown.to_lowercase().nfkc().collect();
        let stable = canonical.to_lowercase() == canonical;
        (stable && is_address(&shown) && is_address(&canonical)).then_some(Self { shown, canonical })
    }

    /// As the person wrote it.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// Lower case, NFKC: the key of the account.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The part before the `@`, in lower case.
    pub(crate) fn local(&self) -> &str {
        self.canonical.rsplit_once('@').map_or("", |(local, _)| local)
    }
}

fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let local_char = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let local_ok = !local.is_empty()
        && local.len() <= 64
        && local.chars().all(local_char)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..");
    text.len() <= 254 && local_ok && domain.contains('.') && domain.split('.').all(label)
}

/// Addresses are personal: logs show the domain at most.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let domain = self.canonical.rsplit_once('@').map_or("", |(_, domain)| domain);
        write!(f, "Email(***@{domain})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_differ_in_case_are_the_same_account() {
        let (one, two) = (Email::parse(" Ada@Example.COM ").unwrap(), Email::parse("ada@example.com").unwrap());
        assert_eq!(one.canonical(), two.canonical());
        assert_eq!(one.as_str(), "Ada@Example.COM");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "ada",
            "ada@",
            "@example.com",
            "ada@example",
            "a b@example.com",
            "ada@-x.com",
            "ada@x..com",
            "ada\r\n@example.com",
            "a..b@example.com",
            "\"a\"@example.com",
            "ada@[127.0.0.1]",
            "ada@exa_mple.com",
        ] {
            assert!(Email::parse(text).is_none(), "{text:?}");
        }
        assert!(Email::parse(&format!("{}@example.com", "a".repeat(65))).is_none());
    }

    #[test]
    fn a_debug_line_does_not_tell_whose_address_it_is() {
        assert_eq!(format!("{:?}", Email::parse("ada@example.com").unwrap()), "Email(***@example.com)");
    }

    proptest::proptest! {
        #[test]
        fn the_canonical_form_is_stable(text in "\\PC{0,80}@[a-zA-Z]{1,10}\\.[a-z]{2,5}") {
            if let Some(email) = Email::parse(&text) {
                let again = Email::parse(email.canonical()).expect("a canonical address is an address");
                proptest::prop_assert_eq!(again.canonical(), email.canonical());
            }
        }
    }
}
