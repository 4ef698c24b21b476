use core_http::{MountedOperation, RequestBody};
use serde_json::{Value, json};

use super::cast::Cast;
use super::report::Report;
use super::sample::SampleBody;
use super::{Fixture, Sample, Suite};

const MALFORMED: Option<&str> = Some("request.malformed");
const INVALID: Option<&str> = Some("request.invalid");
/// A name that no operation has.
const UNKNOWN: &str = "zz_unknown";

impl<F: Fixture> Suite<F> {
    /// The same bad input on every operation; the owner sends it, so that nothing else is in the way.
    pub(crate) async fn check_input(&self, row: &MountedOperation, sample: &Sample, cast: &Cast, report: &mut Report) {
        self.check_method(row, sample, cast, report).await;
        self.check_ids(row, sample, cast, report).await;
        self.check_query(row, sample, cast, report).await;
        if row.method() == "POST" && !row.operation.has_foreign_errors() {
            let reply = cast.owner(sample.request(&self.guarded, row)).header("idempotency-key", "not visible").send().await;
            report.expect("an Idempotency-Key with a space", &reply, 400, MALFORMED);
        }
        match (row.operation.request_body(), &sample.body) {
            (RequestBody::Json(_), SampleBody::Json(value)) => self.check_json(row, sample, value, cast, report).await,
            (RequestBody::Json(_), _) => report.fault("the sample has no JSON body"),
            (RequestBody::Raw(_), _) => self.check_raw(row, sample, cast, report).await,
            (RequestBody::None, _) => {}
        }
    }

    async fn check_method(&self, row: &MountedOperation, sample: &Sample, cast: &Cast, report: &mut Report) {
        let target = sample.target(row).unwrap_or_default();
        for method in ["BREW", "TRACE"] {
            let reply = cast.owner(self.guarded.request(method, &target)).send().await;
            report.expect(method, &reply, 405, Some("request.method_not_allowed"));
            let allowed = reply.header("allow").is_some_and(|allow| allow.split(", ").any(|own| own == row.method().as_str()));
            if !allowed {
                report.fault(format!("{method}: Allow does not name {}", row.method()));
            }
        }
    }

    async fn check_ids(&self, row: &MountedOperation, sample: &Sample, cast: &Cast, report: &mut Report) {
        for name in row.path_names().into_iter().filter(|name| name == "id" || name.ends_with("_id")) {
            // Foreign protocols have ids of their own form.
            if row.operation.has_foreign_errors() {
                continue;
            }
            let odd = sample.clone().path(&name, "not-a-uuid");
            let reply = cast.owner(odd.request(&self.guarded, row)).send().await;
            report.expect(&format!("a word as {{{name}}}"), &reply, 404, None);
            report.expect_well_formed(&format!("a word as {{{name}}}"), row, &self.guarded.api, &reply);
        }
    }

    async fn check_query(&self, row: &MountedOperation, sample: &Sample, cast: &Cast, report: &mut Report) {
        let with = |extra: &str| {
            let query = if sample.query.is_empty() { extra.to_owned() } else { format!("{}&{extra}", sample.query) };
            cast.owner(sample.clone().query(query).request(&self.guarded, row)).send()
        };
        if !row.operation.allows_any_query() {
            report.expect("an unknown query parameter", &with(&format!("{UNKNOWN}=1")).await, 422, INVALID);
        }
        if row.operation.is_paged() {
            report.expect("a tampered cursor", &with("cursor=abc.def.ghi").await, 400, Some("request.invalid_cursor"));
            for wrong in ["limit=0", "limit=101", "limit=many", "order=sideways", "created_after=soon", "updated_since=soon"] {
                report.expect(wrong, &with(wrong).await, 422, INVALID);
            }
        }
        let names: Vec<String> = row.operation.query_names().map(str::to_owned).collect();
        for name in names {
            // Whatever a parameter takes, a strange value is never our fault.
            let reply = with(&format!("{name}=%00%F0%9F%92%A9'--")).await;
            report.expect_well_formed(&format!("a strange {name}"), row, &self.guarded.api, &reply);
        }
    }

    async fn check_json(&self, row: &MountedOperation, sample: &Sample, value: &Value, cast: &Cast, report: &mut Report) {
        let target = sample.target(row).unwrap_or_default();
        let send = |content_type: &str, body: Vec<u8>| {
            cast.owner(sample.bare(&self.guarded, row, &target)).body(content_type, body).send()
        };
        let json_type = "application/json";
        if row.operation.has_foreign_errors() {
            for body in [b"{".to_vec(), b"\xff\xfe".to_vec(), "[".repeat(1000).into_bytes(), b"[]".to_vec()] {
                let reply = send(json_type, body).await;
                if !(400..500).contains(&reply.status) {
                    report.fault(format!("a broken body: got {}", reply.status));
                }
            }
            return;
        }
        report.expect("half a body", &send(json_type, b"{".to_vec()).await, 400, MALFORMED);
        report.expect("invalid UTF-8", &send(json_type, b"{\"a\":\"\xff\xfe\"}".to_vec()).await, 400, MALFORMED);
        report.expect("a depth of 1000", &send(json_type, "[".repeat(1000).into_bytes()).await, 400, MALFORMED);
        report.expect(
            "another content type",
            &send("text/plain", value.to_string().into_bytes()).await,
            415,
            Some("request.unsupported_media_type"),
        );
        let long = vec![b' '; row.max_body_bytes + 1];
        report.expect("a body over the size", &send(json_type, long).await, 413, Some("request.body_too_large"));
        report.expect("a wrong type", &send(json_type, b"\"a text\"".to_vec()).await, 422, INVALID);
        if let Some(members) = value.as_object() {
            let mut unknown = members.clone();
            unknown.insert(UNKNOWN.to_owned(), json!(1));
            let reply = send(json_type, Value::from(unknown).to_string().into_bytes()).await;
            report.expect("an unknown field", &reply, 422, INVALID);
            if reply.status == 422 && reply.json().pointer("/errors/0/pointer") != Some(&json!(format!("/{UNKNOWN}"))) {
                report.fault("an unknown field: errors do not point at it");
            }
            for name in members.keys() {
                self.check_field(row, name, members, &send, report).await;
            }
        }
    }

    async fn check_field<Fut>(
        &self,
        row: &MountedOperation,
        name: &str,
        members: &serde_json::Map<String, Value>,
        send: &impl Fn(&str, Vec<u8>) -> Fut,
        report: &mut Report,
    ) where
        Fut: Future<Output = crate::http::Reply>,
    {
        let strange = [
            json!({ UNKNOWN: [[]] }),
            json!([[1]]),
            json!(1e300),
            json!(-1),
            json!(""),
            json!("\u{0}\u{fffe}💩"),
            json!("x".repeat(20_000)),
            json!(true),
        ];
        for value in strange {
            let mut body = members.clone();
            let kind: String = value.to_string().chars().take(20).collect();
            body.insert(name.to_owned(), value);
            let bytes = Value::from(body).to_string().into_bytes();
            if bytes.len() <= row.max_body_bytes {
                let reply = send("application/json", bytes).await;
                report.expect_well_formed(&format!("{name} = {kind}"), row, &self.guarded.api, &reply);
            }
        }
    }

    async fn check_raw(&self, row: &MountedOperation, sample: &Sample, cast: &Cast, report: &mut Report) {
        let target = sample.target(row).unwrap_or_default();
        let bare = || cast.owner(sample.bare(&self.guarded, row, &target));
        let length = (row.max_body_bytes + 1).to_string();
        let SampleBody::Raw(content_type, _) = &sample.body else {
            report.fault("the sample has no raw body");
            return;
        };
        let announced = bare().header("content-type", content_type).header("content-length", length).send().await;
        report.expect("a body over the size", &announced, 413, Some("request.body_too_large"));
        if let RequestBody::Raw(types) = row.operation.request_body()
            && !types.contains(&"*/*")
        {
            let reply = bare().body("application/x-unknown", "x").send().await;
            report.expect("another content type", &reply, 415, Some("request.unsupported_media_type"));
        }
        let reply = bare().body(content_type, b"\xff\x00nonsense".to_vec()).send().await;
        report.expect_well_formed("nonsense", row, &self.guarded.api, &reply);
    }
}
