use core_http::{Api, MountedOperation, PROBLEM_JSON};

use crate::http::Reply;

/// Collects broken promises, each with the operation and the caller.
#[derive(Default)]
pub(crate) struct Report {
    subject: String,
    /// Answers have no body, and so no code to look at.
    bodiless: bool,
    faults: Vec<String>,
}

impl Report {
    pub(crate) fn begin(&mut self, subject: &str, bodiless: bool) {
        self.bodiless = bodiless;
        subject.clone_into(&mut self.subject);
    }

    pub(crate) fn fault(&mut self, text: impl AsRef<str>) {
        self.faults.push(format!("{}: {}", self.subject, text.as_ref()));
    }

    pub(crate) fn into_faults(self) -> Vec<String> {
        self.faults
    }

    /// The status, and with it the code where one is named.
    pub(crate) fn expect(&mut self, case: &str, reply: &Reply, status: u16, code: Option<&str>) {
        let code_fits = self.bodiless || code.is_none_or(|code| reply.code() == code);
        if reply.status != status || !code_fits {
            let wanted = code.map_or_else(|| status.to_string(), |code| format!("{status} {code}"));
            self.fault(format!("{case}: expected {wanted}, got {} {}", reply.status, excerpt(reply)));
        }
    }

    /// What holds of every answer: no 500, and whatever is no success is a problem of the catalogue.
    pub(crate) fn expect_well_formed(&mut self, case: &str, row: &MountedOperation, api: &Api, reply: &Reply) {
        if reply.status == 0 || reply.status == 500 {
            self.fault(format!("{case}: got {} {}", reply.status, excerpt(reply)));
            return;
        }
        if reply.status < 400 || row.operation.has_foreign_errors() {
            return;
        }
        let is_problem = reply.header("content-type") == Some(PROBLEM_JSON);
        if !is_problem || !api.problems().contains_key(reply.code().as_str()) {
            self.fault(format!("{case}: {} is no problem of the catalogue: {}", reply.status, excerpt(reply)));
        }
    }

    pub(crate) fn expect_no_canary(&mut self, case: &str, canary: &str, reply: &Reply) {
        let in_headers = || reply.headers.iter().any(|(_, value)| value.contains(canary));
        if !canary.is_empty() && (reply.text().contains(canary) || in_headers()) {
            self.fault(format!("{case}: sees what it must not: {}", excerpt(reply)));
        }
    }
}

pub(crate) fn excerpt(reply: &Reply) -> String {
    reply.text().chars().take(300).collect()
}
