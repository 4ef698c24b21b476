use core_config::Profile;
use tracing_subscriber::EnvFilter;

use crate::settings::LogSettings;

/// Lines for people in development, one JSON object per line in production, on standard error.
pub(crate) fn start(settings: &LogSettings, profile: Profile) {
    let filter = EnvFilter::try_new(&settings.filter).unwrap_or_else(|_invalid| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A subscriber that is there already (in a test) stays.
    let started = if settings.json.unwrap_or(profile == Profile::Production) {
        lines.json().flatten_event(true).try_init()
    } else {
        lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).compact().try_init()
    };
    drop(started);
}
