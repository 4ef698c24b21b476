use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::guard::fn_guard;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, Error, HttpResponse, Resource, Route, Scope, web};

use crate::api::PlacedMount;
use crate::mount::{Base, MountedOperation};
use crate::{Api, Problem, codes, envelope, guard};

/// The whole application: what the server, the tests and the contract suite serve. Call it once per worker; the middleware,
/// from outside in, is the envelope (request id, log, metrics, headers, CORS), compression, routing, the operation's guard.
pub fn app(
    api: &Arc<Api>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody + use<>>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    let outer = Arc::clone(api);
    App::new()
        .app_data(web::Data::from(Arc::clone(api)))
        // The guard limits every body by its operation; the framework's own limit would be a second, different one.
        .app_data(web::PayloadConfig::new(usize::MAX))
        .configure(|cfg| {
            for feature in api.features() {
                feature.register(cfg);
            }
            resources(api.mounts(), cfg, api);
        })
        .default_service(web::to(|| async { Err::<HttpResponse, _>(Problem::not_found()) }))
        .wrap(Compress::default())
        .wrap(from_fn(move |request, next| envelope::around(Arc::clone(&outer), request, next)))
}

fn resources(mounts: &[PlacedMount], cfg: &mut web::ServiceConfig, api: &Arc<Api>) {
    let (exact, prefixed): (Vec<_>, Vec<_>) =
        mounts.iter().filter(|mount| mount.mount.base == Base::Root).partition(|mount| mount.is_exact());
    for mount in exact {
        cfg.service(resource(&mount.prefix, &mount.rows, api));
    }
    for mount in prefixed {
        cfg.service(scope(&mount.prefix, mount, api));
    }
    // One scope for each version: the first of two scopes with the same prefix would swallow the other's requests.
    let mut versions: BTreeMap<&str, Scope> = BTreeMap::new();
    for mount in mounts {
        let version = match mount.mount.base {
            Base::Api => api.settings().api_prefix.as_str(),
            Base::At(prefix) => prefix,
            Base::Root => continue,
        };
        let segment = mount.prefix.strip_prefix(version).unwrap_or(&mount.prefix);
        let whole = versions.remove(version).unwrap_or_else(|| web::scope(version));
        let whole = if mount.is_exact() {
            whole.service(resource(segment, &mount.rows, api))
        } else {
            whole.service(scope(segment, mount, api))
        };
        versions.insert(version, whole);
    }
    for (_, scope) in versions {
        cfg.service(scope);
    }
}

fn scope(prefix: &str, mount: &PlacedMount, api: &Arc<Api>) -> Scope {
    // Literal segments come before names, and names before tails, so that `/orgs/invitations` is never an `{id}`.
    let mut by_path: BTreeMap<(Vec<u8>, &str), Vec<Arc<MountedOperation>>> = BTreeMap::new();
    for row in &mount.rows {
        let path = row.operation.path;
        by_path.entry((specificity(path), path)).or_default().push(Arc::clone(row));
    }
    let scope = web::scope(prefix);
    by_path.into_iter().fold(scope, |scope, ((_, path), rows)| scope.service(resource(path, &rows, api)))
}

fn specificity(path: &str) -> Vec<u8> {
    let rank = |segment: &str| match (segment.contains('{'), segment.contains(':')) {
        (false, _) => 0,
        (true, false) => 1,
        (true, true) => 2,
    };
    path.split('/').map(rank).collect()
}

/// All methods of one path, so that a wrong one is 405 with `Allow`.
fn resource(path: &str, rows: &[Arc<MountedOperation>], api: &Arc<Api>) -> Resource {
    let allow = allow(rows);
    let start = web::resource(path.to_owned());
    rows.iter().fold(start, |resource, row| resource.route(route(row, api))).default_service(web::to(move |method: Method| {
        let allow = allow.clone();
        async move {
            if method == Method::OPTIONS {
                return Ok(HttpResponse::NoContent().insert_header((header::ALLOW, allow)).finish());
            }
            Err(Problem::new(&codes::METHOD_NOT_ALLOWED, "The resource has other methods; see Allow.")
                .with_header(header::ALLOW, allow))
        }
    }))
}

fn allow(rows: &[Arc<MountedOperation>]) -> HeaderValue {
    let mut methods: Vec<&str> = rows.iter().map(|row| row.method().as_str()).collect();
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    if !methods.contains(&"OPTIONS") {
        methods.push("OPTIONS");
    }
    methods.sort_unstable();
    methods.dedup();
    HeaderValue::from_str(&methods.join(", ")).unwrap_or(HeaderValue::from_static("OPTIONS"))
}

fn route(row: &Arc<MountedOperation>, api: &Arc<Api>) -> Route {
    let method = row.method().clone();
    let answers_head = method == Method::GET;
    let (row, api) = (Arc::clone(row), Arc::clone(api));
    (row.operation.handler)()
        .guard(fn_guard(move |context| {
            let asked = &context.head().method;
            *asked == method || (answers_head && *asked == Method::HEAD)
        }))
        .wrap(from_fn(move |request, next| guard::around(Arc::clone(&api), Arc::clone(&row), request, next)))
}
