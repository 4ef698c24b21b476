//! How things go: trends, records, volume, energy, a chart.

mod chart;
mod energy;
mod records;
mod trend;

pub use chart::{ChartTheme, chart};
pub use energy::{EnergyEstimate, adaptive};
pub use records::{Record, WeekVolume, records, volume_by_week};
pub use trend::{Change, Series, TrendPoint, trend};
