use core_config::Alias;
use core_kernel::{Sampling, Secret};
use serde::{Deserialize, Serialize};

/// Traces and metrics by OTLP, under the names of OpenTelemetry's specification. Only in a server that was built with the feature `otlp`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct TelemetrySettings {
    /// The collector's base URL, such as `http://localhost:4318`. Absent: nothing is sent.
    pub(crate) endpoint: Option<String>,
    /// Headers for the collector, `name=value` with commas between; values may be percent-encoded.
    #[serde(skip_serializing)]
    pub(crate) headers: Option<Secret>,
    /// `service.name` of every span and metric.
    pub(crate) service_name: Option<String>,
    /// Further attributes of this server, `name=value` with commas between.
    pub(crate) resource_attributes: Option<String>,
    /// Which traces are recorded.
    pub(crate) sampler: Sampler,
    /// The share of traces, from 0 to 1, for samplers of a ratio.
    pub(crate) sampler_arg: f64,
    /// Sends metrics besides traces.
    pub(crate) metrics: bool,
    /// Sends nothing although there is an endpoint.
    pub(crate) disabled: bool,
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        Self {
            endpoint: None,
            headers: None,
            service_name: None,
            resource_attributes: None,
            sampler: Sampler::ParentbasedAlwaysOn,
            sampler_arg: 1.0,
            metrics: true,
            disabled: false,
        }
    }
}

/// Which traces are recorded, by the specification's names (`OTEL_TRACES_SAMPLER`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sampler {
    /// All.
    AlwaysOn,
    /// None.
    AlwaysOff,
    /// A share.
    Traceidratio,
    /// As the caller decided, else all.
    ParentbasedAlwaysOn,
    /// As the caller decided, else none.
    ParentbasedAlwaysOff,
    /// As the caller decided, else a share.
    ParentbasedTraceidratio,
}

impl Sampler {
    const NAMES: [&'static str; 6] = [
        "always_on",
        "always_off",
        "traceidratio",
        "parentbased_always_on",
        "parentbased_always_off",
        "parentbased_traceidratio",
    ];
}

impl TelemetrySettings {
    /// Something is to be sent, and where.
    pub(crate) fn collector(&self) -> Option<&str> {
        self.endpoint.as_deref().filter(|url| !url.is_empty() && !self.disabled)
    }

    /// Which traces have the flag that says that they are recorded. Without a collector all do: their ids are in the log.
    pub(crate) fn sampling(&self) -> Sampling {
        if self.collector().is_none() {
            return Sampling::default();
        }
        let share = match self.sampler {
            Sampler::AlwaysOn | Sampler::ParentbasedAlwaysOn => 1.0,
            Sampler::AlwaysOff | Sampler::ParentbasedAlwaysOff => 0.0,
            Sampler::Traceidratio | Sampler::ParentbasedTraceidratio => self.sampler_arg,
        };
        let alone = matches!(self.sampler, Sampler::AlwaysOn | Sampler::AlwaysOff | Sampler::Traceidratio);
        Sampling::new(share, !alone)
    }

    /// What keeps the settings from being used.
    pub(crate) fn validate(&self) -> Vec<(&'static str, String)> {
        let possible = (0.0..=1.0).contains(&self.sampler_arg);
        if possible { Vec::new() } else { vec![("sampler_arg", "is a share from 0 to 1".to_owned())] }
    }
}

/// The standard variables. A value that the specification does not know counts as absent, as it asks: telemetry keeps no server
/// from starting.
pub(crate) const ALIASES: &[Alias] = &[
    Alias::new("OTEL_EXPORTER_OTLP_ENDPOINT", "telemetry.endpoint"),
    Alias::new("OTEL_EXPORTER_OTLP_HEADERS", "telemetry.headers"),
    Alias::new("OTEL_SERVICE_NAME", "telemetry.service_name"),
    Alias::new("OTEL_RESOURCE_ATTRIBUTES", "telemetry.resource_attributes"),
    Alias::with("OTEL_TRACES_SAMPLER", "telemetry.sampler", |name| {
        Ok(if Sampler::NAMES.contains(&name) { name } else { "parentbased_always_on" }.to_owned())
    }),
    Alias::with("OTEL_TRACES_SAMPLER_ARG", "telemetry.sampler_arg", |share| {
        let known = share.parse().ok().filter(|share| (0.0..=1.0).contains(share));
        Ok(format!("{:?}", known.unwrap_or(1.0_f64)))
    }),
    Alias::with("OTEL_METRICS_EXPORTER", "telemetry.metrics", |name| Ok((!name.eq_ignore_ascii_case("none")).to_string())),
    Alias::with("OTEL_SDK_DISABLED", "telemetry.disabled", |word| Ok(word.eq_ignore_ascii_case("true").to_string())),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_samplers_are_the_specifications() {
        for name in Sampler::NAMES {
            let read: Sampler = serde_json::from_value(name.into()).unwrap();
            assert_eq!(serde_json::to_value(read).unwrap(), name);
        }
    }

    #[test]
    fn nothing_is_sent_without_an_endpoint_or_when_switched_off() {
        let mut settings = TelemetrySettings::default();
        assert_eq!(settings.collector(), None);
        settings.endpoint = Some(String::new());
        assert_eq!(settings.collector(), None);
        settings.endpoint = Some("http://localhost:4318".to_owned());
        assert_eq!(settings.collector(), Some("http://localhost:4318"));
        settings.disabled = true;
        assert_eq!(settings.collector(), None);
    }
}
