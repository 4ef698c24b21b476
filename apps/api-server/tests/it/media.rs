//! Pictures through the whole server: sent, seen, linked, shown to the world, deleted.

use core_testing::http::{FormFile, Reply};
use serde_json::json;

use crate::program::{Server, access};

pub(crate) async fn send(server: &Server, method: &str, path: &str, token: &str, field: &str) -> Reply {
    let photo = media::testing::photo(800, 600);
    server.request(method, path).bearer(token).form(&[], &[FormFile::jpeg(field, &photo)]).send().await
}

/// The path of an address of this server.
fn path(url: &serde_json::Value) -> String {
    let url = url.as_str().unwrap();
    url.split_once("/api/").map(|(_, rest)| format!("/api/{rest}")).unwrap()
}

#[tokio::test]
async fn a_picture_is_sent_seen_linked_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let token = access(&server.register("ada@example.com").await);
    let made = send(&server, "POST", "/api/v1/media", &token, "file").await;
    assert_eq!(made.status, 201, "{}", made.text());
    let place = made.header("location").unwrap().to_owned();
    let shown = server.get(&place, &token).await.json();
    assert_eq!((&shown["status"], &shown["mime"], &shown["width"]), (&json!("ready"), &json!("image/jpeg"), &json!(800)));

    let thumb = server.get(&format!("{place}/variants/thumb"), &token).await;
    assert_eq!((thumb.status, thumb.header("content-type")), (200, Some("image/jpeg")));
    assert_eq!(thumb.header("content-security-policy"), Some("default-src 'none'; sandbox"));
    let known = server.request("GET", &format!("{place}/variants/thumb")).bearer(&token);
    let known = known.header("if-none-match", thumb.header("etag").unwrap()).send().await;
    assert_eq!((known.status, known.body.len()), (304, 0));
    let part = server.request("GET", &format!("{place}/content")).bearer(&token).header("range", "bytes=0-1").send().await;
    assert_eq!((part.status, part.body.as_slice()), (206, [0xFF, 0xD8].as_slice()));

    let link = server.request("POST", &format!("{place}/links")).bearer(&token).json(&json!({"variant": "thumb"})).send().await;
    let link = path(&link.json()["url"]);
    let followed = server.request("GET", &link).send().await;
    assert_eq!((followed.status, followed.body == thumb.body), (200, true));
    let eve = access(&server.register("eve@example.com").await);
    assert_eq!(server.get(&place, &eve).await.status, 404);

    assert_eq!(server.request("DELETE", &place).bearer(&token).send().await.status, 204);
    assert_eq!(server.request("GET", &link).send().await.code(), "media.invalid_link");
}

#[tokio::test]
async fn somebody_has_a_picture_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let token = access(&server.register("ada@example.com").await);
    let profile = send(&server, "PUT", "/api/v1/users/me/avatar", &token, "image").await;
    assert_eq!(profile.status, 200, "{}", profile.text());
    let seen = server.request("GET", &path(&profile.json()["avatar_url"])).send().await;
    assert_eq!((seen.status, seen.header("content-type")), (200, Some("image/jpeg")));
    assert_eq!(seen.header("cache-control"), Some("public, max-age=86400, immutable"));

    assert_eq!(server.request("DELETE", "/api/v1/users/me/avatar").bearer(&token).send().await.status, 204);
    assert_eq!(server.get("/api/v1/users/me", &token).await.json()["avatar_url"], serde_json::Value::Null);
    assert_eq!(server.request("GET", &path(&profile.json()["avatar_url"])).send().await.status, 404);
    let refused = server.request("PUT", "/api/v1/users/me/avatar").bearer(&token);
    let refused = refused.form(&[], &[FormFile::jpeg("image", b"no picture")]).send().await;
    assert_eq!((refused.status, refused.code().as_str()), (415, "media.unsupported"));
}

#[tokio::test]
async fn an_upload_goes_on_after_the_server_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(folder.path(), &[]);
    let token = access(&server.register("ada@example.com").await);
    let bytes = media::testing::photo(1200, 900);
    let tus = |request: core_testing::http::Request| request.bearer(&token).header("tus-resumable", "1.0.0");
    let begun =
        tus(server.request("POST", "/api/v1/media/uploads")).header("upload-length", bytes.len().to_string()).send().await;
    assert_eq!(begun.status, 201, "{}", begun.text());
    let place = begun.header("location").unwrap().to_owned();
    let part = "application/offset+octet-stream";
    let (first, rest) = bytes.split_at(bytes.len() / 2);
    let sent = tus(server.request("PATCH", &place)).header("upload-offset", "0").body(part, first).send().await;
    assert_eq!(sent.status, 204, "{}", sent.text());
    server.kill();

    let server = Server::start_with(folder.path(), &[]);
    // Another port is another issuer.
    let login = json!({"email": "ada@example.com", "password": crate::program::PASSWORD});
    let token = access(&server.post("/api/v1/auth/login", login).await.json());
    let tus = |request: core_testing::http::Request| request.bearer(&token).header("tus-resumable", "1.0.0");
    let stands = tus(server.request("HEAD", &place)).send().await;
    let offset = stands.header("upload-offset").unwrap().to_owned();
    assert_eq!((stands.status, offset.as_str()), (200, first.len().to_string().as_str()));
    let checksum = "sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let wrong = tus(server.request("PATCH", &place)).header("upload-offset", &offset).header("upload-checksum", checksum);
    assert_eq!(wrong.body(part, rest).send().await.status, 460);
    let done = tus(server.request("PATCH", &place)).header("upload-offset", &offset).body(part, rest).send().await;
    assert_eq!(done.status, 204, "{}", done.text());
    let media = server.get(&format!("/api/v1/media/{}", done.header("media-id").unwrap()), &token).await.json();
    assert_eq!((&media["status"], &media["width"]), (&json!("ready"), &json!(1200)));
}
