use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::pictures::Bounds;

/// Settings of media.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MediaConfig {
    /// Where the bytes are: `file:///...` or `s3://bucket/prefix` with the usual `AWS_*` variables; empty: a folder in the data dir. Read and
    /// checked by the program, which hands the store over.
    pub store_url: String,
    /// The most bytes of an uploaded picture.
    pub max_bytes: u64,
    /// The most pixels of a picture (width times height).
    pub max_pixels: u64,
    /// The most pixels of a side.
    pub max_side: u32,
    /// The most frames of an animation.
    pub max_frames: u32,
    /// The most pixels of all frames of an animation together.
    pub max_animated_pixels: u64,
    /// The most bytes that one space stores, all sizes counted.
    pub quota_bytes: u64,
    /// Pictures that are worked on at once; 0 is one for each core.
    pub workers: usize,
    /// Pictures that wait for a worker; more are refused with 503.
    pub waiting: usize,
    /// How long a signed link lasts where the caller asks for no time, in seconds.
    pub link_seconds: u64,
    /// The longest that a signed link lasts, in seconds.
    pub max_link_seconds: u64,
    /// How long an unfinished resumable upload is kept, in hours.
    pub upload_hours: u64,
    /// Encode the sizes of new pictures as AVIF too, as background work. Needs the cargo feature `avif`.
    pub avif: bool,
}

impl Default for MediaConfig {
    fn default() -> Self {
        Self {
            store_url: String::new(),
            max_bytes: 10 * 1024 * 1024,
            max_pixels: 40_000_000,
            max_side: 12_000,
            max_frames: 200,
            max_animated_pixels: 60_000_000,
            quota_bytes: 2 * 1024 * 1024 * 1024,
            workers: 0,
            waiting: 256,
            link_seconds: 3600,
            max_link_seconds: 7 * 24 * 3600,
            upload_hours: 24,
            avif: false,
        }
    }
}

impl MediaConfig {
    /// What is wrong with it: setting and rule.
    pub fn validate(&self) -> Vec<(&'static str, String)> {
        let rules = [
            ((1024..=1 << 32).contains(&self.max_bytes), "max_bytes", "must be 1024 to 4294967296"),
            ((1..=400_000_000).contains(&self.max_pixels), "max_pixels", "must be 1 to 400000000"),
            ((1..=65_535).contains(&self.max_side), "max_side", "must be 1 to 65535"),
            ((1..=10_000).contains(&self.max_frames), "max_frames", "must be 1 to 10000"),
            (self.max_animated_pixels > 0, "max_animated_pixels", "must be at least 1"),
            (self.quota_bytes >= self.max_bytes, "quota_bytes", "must be at least max_bytes"),
            (self.workers <= 64, "workers", "must be at most 64"),
            ((1..=100_000).contains(&self.waiting), "waiting", "must be 1 to 100000"),
            ((1..=self.max_link_seconds).contains(&self.link_seconds), "link_seconds", "must be 1 to max_link_seconds"),
            (self.max_link_seconds <= 30 * 24 * 3600, "max_link_seconds", "must be at most 2592000"),
            ((1..=720).contains(&self.upload_hours), "upload_hours", "must be 1 to 720"),
            (
                !self.avif || cfg!(feature = "avif"),
                "avif",
                "needs a program with the cargo feature `avif`: build it so, or leave this off",
            ),
        ];
        rules.into_iter().filter(|(holds, ..)| !holds).map(|(_, name, rule)| (name, rule.to_owned())).collect()
    }

    pub(crate) fn bounds(&self) -> Bounds {
        Bounds {
            max_pixels: self.max_pixels,
            max_side: self.max_side,
            max_frames: self.max_frames,
            max_animated_pixels: self.max_animated_pixels,
        }
    }

    /// The setting, where the program can.
    pub(crate) const fn encodes_avif(&self) -> bool {
        self.avif && cfg!(feature = "avif")
    }

    pub(crate) fn upload_life(&self) -> Duration {
        Duration::from_hours(self.upload_hours)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn avif_is_refused_by_a_program_that_can_not_encode_it() {
        let faults = MediaConfig { avif: true, ..MediaConfig::default() }.validate();
        let named = faults.iter().any(|(name, rule)| *name == "avif" && rule.contains("cargo feature `avif`"));
        assert_eq!(named, !cfg!(feature = "avif"), "{faults:?}");
    }
}
