use core_feature::MemoryExport;
use core_kernel::Owner;

use super::report::Report;
use super::{Fixture, Suite};

impl<F: Fixture> Suite<F> {
    /// What is planted is exported to its owner and to nobody else, and gone after erasing, as often as that is repeated.
    pub(crate) async fn check_export_and_erase(&self, report: &mut Report) {
        let cast = self.cast().await;
        let other = self.cast().await;
        let canary = &cast.owned.canary;
        if canary.is_empty() {
            return;
        }
        if *canary == other.owned.canary || *canary == cast.owned_in_org.canary {
            report.fault("the canary must be different each time something is planted");
        }
        let owner = cast.owner.owner;
        if !self.exports(owner, canary, report).await {
            report.fault("export leaves the canary out");
        }
        if self.exports(other.owner.owner, canary, report).await {
            report.fault("the export of somebody else holds the canary");
        }
        for _ in 0..2 {
            if let Err(error) = self.feature.erase(owner).await {
                report.fault(format!("erase fails: {error}"));
            }
        }
        if self.exports(owner, canary, report).await {
            report.fault("erase leaves the canary");
        }
        if !self.exports(other.owner.owner, &other.owned.canary, report).await {
            report.fault("erase takes what belongs to somebody else");
        }
        if let Err(error) = self.feature.forget_member(cast.owner.subject).await {
            report.fault(format!("forget_member fails: {error}"));
        }
    }

    async fn exports(&self, owner: Owner, canary: &str, report: &mut Report) -> bool {
        let mut export = MemoryExport::default();
        if let Err(error) = self.feature.export(owner, &mut export).await {
            report.fault(format!("export fails: {error}"));
        }
        let in_rows = export.rows.iter().any(|(_, row)| row.to_string().contains(canary));
        in_rows || export.files.iter().any(|(_, bytes)| String::from_utf8_lossy(bytes).contains(canary))
    }
}
