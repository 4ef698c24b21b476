use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use core_kernel::Secret;

use crate::context::RequestContext;
use crate::{Api, Problem, codes, cors};

/// The session cookie: `HttpOnly`, `Secure`, `SameSite=Lax`, for the whole site and, by its `__Host-` name, for this host alone.
///
/// Browsers take `Secure` cookies over plain HTTP from localhost, so development needs no other form.
#[derive(Clone, Debug)]
pub struct SessionCookie {
    name: String,
    presented: bool,
}

impl SessionCookie {
    /// The cookie of a request, or to be set in the answer to it.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let context = RequestContext::of(request)?;
        let name = context.api.settings().session_cookie.clone();
        let presented = !request.headers().contains_key(header::AUTHORIZATION) && value(request.headers(), &name).is_some();
        Ok(Self { name, presented })
    }

    /// True when the request proves its caller with it; a bearer credential goes first.
    pub fn is_presented(&self) -> bool {
        self.presented
    }

    /// `Set-Cookie` for a session that begins or goes on.
    pub fn keep(&self, value: &Secret, for_at_most: Duration) -> Result<HeaderValue, Problem> {
        self.header(value.expose(), for_at_most.as_secs())
    }

    /// `Set-Cookie` that makes the browser forget it.
    pub fn forget(&self) -> Result<HeaderValue, Problem> {
        self.header("", 0)
    }

    fn header(&self, value: &str, max_age: u64) -> Result<HeaderValue, Problem> {
        let text = format!("{}={value}; Path=/; Max-Age={max_age}; HttpOnly; Secure; SameSite=Lax", self.name);
        HeaderValue::try_from(text).map_err(Problem::internal)
    }
}

impl FromRequest for SessionCookie {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Self::of(request))
    }
}

/// The value of a cookie.
pub(crate) fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    })
}

/// True for methods that change something; the others are safe (RFC 9110 section 9.2.1).
pub(crate) fn writes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Refuses a write by cookie that the page of another site makes the browser send. Browsers say so themselves, which needs no
/// token to be compared; whoever is no browser says nothing.
pub(crate) fn refuse_foreign_page(api: &Api, headers: &HeaderMap) -> Result<(), Problem> {
    let own = match headers.get(header::ORIGIN) {
        Some(origin) => is_own(api, origin) || cors::allowed_origin(api.settings(), headers).is_some(),
        None => match headers.get("sec-fetch-site") {
            Some(site) => matches!(site.as_bytes(), b"same-origin" | b"none"),
            None => true,
        },
    };
    if own { Ok(()) } else { Err(Problem::new(&codes::FOREIGN_PAGE, "The browser says that another site's page sent it.")) }
}

fn is_own(api: &Api, origin: &HeaderValue) -> bool {
    let own = url::Url::parse(&api.public_url()).map(|url| url.origin().ascii_serialization());
    own.is_ok_and(|own| own.as_bytes() == origin.as_bytes())
}
