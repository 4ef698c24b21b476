use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::Picture;
use crate::motion::Theme;
use crate::progress::ChartTheme;

/// The colours of a drawing.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ThemeName {
    /// On a light ground.
    Light,
    /// On a dark ground.
    Dark,
}

/// How it is drawn.
#[derive(Deserialize, IntoParams)]
pub(super) struct ThemeQuery {
    /// `light` or `dark`.
    #[param(inline)]
    theme: Option<ThemeName>,
}

impl ThemeQuery {
    pub(super) fn theme(&self) -> Option<Theme> {
        self.theme.map(|theme| match theme {
            ThemeName::Light => Theme::Light,
            ThemeName::Dark => Theme::Dark,
        })
    }
}

/// The colours of a chart.
pub(super) fn chart_theme(theme: Option<ThemeName>) -> ChartTheme {
    match theme {
        None => ChartTheme::Auto,
        Some(ThemeName::Light) => ChartTheme::Light,
        Some(ThemeName::Dark) => ChartTheme::Dark,
    }
}

/// What lets a drawing have its own colours and nothing else.
pub(super) const DRAWING_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// A public file with its tag; 304 where the caller has it.
pub(super) fn answer(request: &HttpRequest, mime: &str, picture: &Picture) -> HttpResponse {
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok()).unwrap_or_default();
    let same = known.split(',').map(|tag| tag.trim().trim_start_matches("W/")).any(|tag| tag == picture.etag || tag == "*");
    let mut response = if same { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((header::ETAG, picture.etag.as_str()));
    response.insert_header((header::CACHE_CONTROL, "public, max-age=86400"));
    response.insert_header((header::CONTENT_SECURITY_POLICY, DRAWING_POLICY));
    response.insert_header(("Cross-Origin-Resource-Policy", "cross-origin"));
    if same {
        return response.finish();
    }
    response.content_type(mime).body(picture.bytes.clone())
}
