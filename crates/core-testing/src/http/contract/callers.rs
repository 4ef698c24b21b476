use core_http::{Access, MountedOperation};
use core_kernel::Denied;
use serde_json::Value;
use uuid::Uuid;

use super::cast::Cast;
use super::report::Report;
use super::{Fixture, Sample, Suite};
use crate::http::Reply;

impl<F: Fixture> Suite<F> {
    /// Nobody, somebody without the right, a stranger and a colleague.
    pub(crate) async fn check_callers(&self, row: &MountedOperation, sample: &Sample, cast: &Cast, report: &mut Report) {
        let access = row.operation.access();
        if access != Some(Access::Public) {
            let anonymous = sample.request(&self.guarded, row).send().await;
            report.expect("nobody", &anonymous, 401, Some("request.unauthenticated"));
            if anonymous.header("www-authenticate").is_none() {
                report.fault("nobody: 401 without WWW-Authenticate");
            }
        }
        if let Some(Access::Requires(permission)) = access {
            self.add_lacking(cast, row);
            let case = format!("everything but {}", permission.name);
            let guarded = cast.lacking(sample.request(&self.guarded, row)).send().await;
            report.expect(&case, &guarded, 403, Some(Denied::CODE.code));
            let facade = cast.lacking(sample.request(&self.facades, row)).send().await;
            report.expect(&format!("{case}, at the facade"), &facade, 403, Some(Denied::CODE.code));
        }
        if access == Some(Access::Public) {
            // Nobody owns what everybody may do, and a second registration of one address is another question.
            return;
        }
        let stranger = cast.stranger(sample.request(&self.guarded, row)).send().await;
        self.check_outsider("a stranger", row, &stranger, &cast.owned.canary, report);
        self.check_colleague(row, cast, report).await;
    }

    async fn check_colleague(&self, row: &MountedOperation, cast: &Cast, report: &mut Report) {
        let Some(sample) = self.fixture.request_for(row.id(), &cast.owned_in_org) else { return };
        let colleague = cast.colleague(sample.request(&self.guarded, row)).send().await;
        self.check_outsider("a colleague", row, &colleague, &cast.owned_in_org.canary, report);
    }

    fn check_outsider(&self, case: &str, row: &MountedOperation, reply: &Reply, canary: &str, report: &mut Report) {
        report.expect_well_formed(case, row, &self.guarded.api, reply);
        report.expect_no_canary(case, canary, reply);
        // A path that names somebody's row; a right over the whole platform is refused before it is looked at.
        let names_a_row = row.path_names().iter().any(|name| name == "id" || name.ends_with("_id"));
        let platform = matches!(row.operation.access(), Some(Access::Requires(permission)) if permission.platform);
        if names_a_row && row.operation.access() != Some(Access::Public) {
            report.expect(case, reply, if platform { 403 } else { 404 }, None);
        }
    }

    /// Where something is planted outsiders read the same words as where nothing is.
    pub(crate) async fn check_planted_urls(&self, report: &mut Report) {
        let cast = self.cast().await;
        for url in &cast.owned.urls {
            let owner = cast.owner(self.guarded.get(url)).send().await;
            report.expect(&format!("the owner at {}", pattern(url)), &owner, 200, None);
            self.compare(
                "a stranger",
                cast.stranger(self.guarded.get(url)),
                cast.stranger(self.guarded.get(&elsewhere(url))),
                url,
                report,
            )
            .await;
        }
        for url in &cast.owned_in_org.urls {
            let owner = cast.owner_in_org(self.guarded.get(url)).send().await;
            report.expect(&format!("the owner in the organisation at {}", pattern(url)), &owner, 200, None);
            let there = cast.colleague(self.guarded.get(url));
            self.compare("a colleague", there, cast.colleague(self.guarded.get(&elsewhere(url))), url, report).await;
        }
    }

    async fn compare(
        &self,
        case: &str,
        there: crate::http::Request,
        nowhere: crate::http::Request,
        url: &str,
        report: &mut Report,
    ) {
        let (there, nowhere) = (there.send().await, nowhere.send().await);
        let case = format!("{case} at {}", pattern(url));
        report.expect(&case, &there, 404, None);
        if without_instance(&there) != without_instance(&nowhere) {
            report.fault(format!("{case}: tells that something is there: {} and not {}", there.text(), nowhere.text()));
        }
    }
}

/// The same path with ids that nobody has.
fn elsewhere(url: &str) -> String {
    let swap = |segment: &str| match Uuid::try_parse(segment) {
        Ok(id) => Uuid::from_u128(id.as_u128() ^ 0xFFFF_FFFF_FFFF).to_string(),
        Err(_not_an_id) => segment.to_owned(),
    };
    url.split('/').map(swap).collect::<Vec<_>>().join("/")
}

fn pattern(url: &str) -> String {
    url.split('/').map(|segment| if Uuid::try_parse(segment).is_ok() { "{id}" } else { segment }).collect::<Vec<_>>().join("/")
}

fn without_instance(reply: &Reply) -> Value {
    let mut document = reply.json();
    if let Some(members) = document.as_object_mut() {
        members.remove("instance");
    }
    document
}
