use core_http::MountedOperation;

use super::cast::Cast;
use super::report::{Report, excerpt};
use super::{Fixture, Sample, Suite};
use crate::http::Reply;

impl<F: Fixture> Suite<F> {
    /// The sample gets what the row documents, and under a key it is carried out once.
    pub(crate) async fn check_outcome(&self, row: &MountedOperation, sample: &Sample, cast: &Cast, report: &mut Report) {
        let repeats = row.method() == "POST" && !row.operation.has_foreign_errors();
        let send = || {
            let request = cast.owner(sample.request(&self.guarded, row));
            if repeats { request.header("idempotency-key", "contract") } else { request }.send()
        };
        let first = send().await;
        check_documented(row, sample, &first, report);
        report.expect_well_formed("the owner", row, &self.guarded.api, &first);
        let is_stream = first.header("content-type") == Some("text/event-stream");
        let is_final = first.status < 500 && !matches!(first.status, 408 | 425 | 429);
        if repeats && is_final && !is_stream {
            check_replay(&first, &send().await, report);
        }
    }
}

fn check_documented(row: &MountedOperation, sample: &Sample, reply: &Reply, report: &mut Report) {
    if let Some(expected) = sample.expected {
        report.expect("the owner", reply, expected, None);
        return;
    }
    let answer = row.operation.answer_list().iter().find(|answer| answer.status == reply.status);
    let Some(_) = answer else {
        report.fault(format!("the owner: {} is not documented: {}", reply.status, excerpt(reply)));
        return;
    };
    if reply.status == 201 && reply.header("location").is_none() {
        report.fault("the owner: 201 without Location");
    }
    if reply.status == 204 && !reply.body.is_empty() {
        report.fault("the owner: 204 with a body");
    }
}

fn check_replay(first: &Reply, second: &Reply, report: &mut Report) {
    if second.code() == "request.secret_not_replayable" {
        return;
    }
    let same = second.status == first.status && second.body == first.body;
    if !same || second.header("idempotency-replayed") != Some("true") {
        report.fault(format!("the same key again: not the first answer but {} {}", second.status, excerpt(second)));
    }
}
