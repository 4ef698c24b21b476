use std::time::Duration;

use core_kernel::Timestamp;
use core_keys::Keyring;
use uuid::Uuid;

use crate::pictures::VariantName;
use crate::{Link, MediaId};

const PURPOSE: &str = "media-link";
const VERSION: u8 = 1;
const DAY: i64 = 24 * 3_600_000;

/// Makes and reads signed links. One signature covers the picture, the size and the time, so none of them can be exchanged.
#[derive(Clone, Debug)]
pub(crate) struct Links {
    pub(crate) keyring: Keyring,
    /// `https://host/api/v1/media/signed/`.
    pub(crate) base: String,
}

impl Links {
    pub(crate) fn until(&self, id: MediaId, name: VariantName, expires_at: Timestamp) -> Link {
        let payload = [&[VERSION, name.number()], id.get().as_bytes().as_slice(), &expires_at.millis().to_be_bytes()].concat();
        Link { url: format!("{}{}", self.base, self.keyring.sign_token(PURPOSE, &payload)), expires_at }
    }

    pub(crate) fn lasting(&self, id: MediaId, name: VariantName, now: Timestamp, life: Duration) -> Link {
        self.until(id, name, now.plus(life))
    }

    /// Until the end of the next day.
    pub(crate) fn daily(&self, id: MediaId, name: VariantName, now: Timestamp) -> Link {
        let end = (now.millis().div_euclid(DAY) + 2) * DAY;
        self.until(id, name, Timestamp::from_millis(end))
    }

    /// What a token names; none when it was not made here or has expired.
    pub(crate) fn open(&self, token: &str, now: Timestamp) -> Option<(MediaId, VariantName, Timestamp)> {
        let payload = self.keyring.open_token(PURPOSE, token).ok()?;
        let ([version, size], rest) = payload.split_first_chunk::<2>()?;
        let (id, expiry) = rest.split_first_chunk::<16>()?;
        let expires_at = Timestamp::from_millis(i64::from_be_bytes(expiry.try_into().ok()?));
        let name = VariantName::of_number(*size)?;
        (*version == VERSION && now < expires_at).then_some((MediaId(Uuid::from_bytes(*id)), name, expires_at))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use core_kernel::OsRng;
    use core_keys::MasterKey;

    use super::*;

    fn links() -> Links {
        let keyring = Keyring::new(MasterKey::generate(&OsRng), Vec::new(), Arc::new(OsRng));
        Links { keyring, base: "https://x/".to_owned() }
    }

    #[test]
    fn a_link_names_its_picture_and_size_until_its_time() {
        let (links, id, now) = (links(), MediaId(Uuid::from_u128(7)), Timestamp::from_millis(1_000_000));
        let link = links.lasting(id, VariantName::Thumb, now, Duration::from_mins(1));
        let token = link.url.strip_prefix("https://x/").unwrap();
        assert_eq!(links.open(token, now), Some((id, VariantName::Thumb, link.expires_at)));
        assert_eq!(links.open(token, link.expires_at), None);
        assert_eq!(super::tests::links().open(token, now), None, "of another server");
    }

    #[test]
    fn a_daily_link_is_the_same_all_day_and_works_a_day_at_least() {
        let (links, id) = (links(), MediaId(Uuid::from_u128(7)));
        let morning = links.daily(id, VariantName::Small, Timestamp::from_millis(5 * DAY));
        let evening = links.daily(id, VariantName::Small, Timestamp::from_millis(6 * DAY - 1));
        assert_eq!(morning, evening);
        assert_eq!(morning.expires_at.millis(), 7 * DAY);
    }
}
