use core_http::{Access, MountedOperation, codes};

use super::report::Report;
use super::{Fixture, Suite};

impl<F: Fixture> Suite<F> {
    /// A browser's write needs the CSRF token, and needs nothing else.
    pub(crate) async fn check_browser(&self, row: &MountedOperation, report: &mut Report) {
        if row.operation.access() == Some(Access::Public) || !row.writes() {
            return;
        }
        // Rows of its own: what the write does must not be in the way of the other checks.
        let cast = self.cast().await;
        let Some(sample) = self.fixture.request_for(row.id(), &cast.owned) else { return };
        let without = cast.browser(sample.request(&self.guarded, row)).send().await;
        report.expect("a cookie without its CSRF token", &without, 403, Some(codes::CSRF.code));
        let foreign = cast.browser_with_token(sample.request(&self.guarded, row)).header("origin", "https://evil.example");
        report.expect("the page of another site", &foreign.send().await, 403, Some(codes::FOREIGN_PAGE.code));
        let with = cast.browser_with_token(sample.request(&self.guarded, row)).send().await;
        let documented = row.operation.answer_list().iter().any(|answer| answer.status == with.status);
        if !documented && sample.expected != Some(with.status) {
            report.fault(format!("a cookie with its CSRF token: got {} {}", with.status, super::report::excerpt(&with)));
        }
    }
}
