use serde_json::json;

use crate::chromium::Chromium;
use crate::program::{PASSWORD, Server, access, code_in, mail_to, run, text};

fn url(server: &Server, path: &str) -> String {
    format!("http://localhost:{}{path}", server.address.port())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_setup_page_makes_the_first_administrator() {
    let Some(browser) = Chromium::start().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let printed = text(&run(folder.path(), &["admin", "claim-link"]));
    let (_, code) = printed.trim().split_once("#token=").expect("a claim link");

    browser.open(&url(&server, "/setup")).await;
    browser.write("input[name=email]", "root@example.com").await;
    browser.write("input[name=password]", PASSWORD).await;
    browser.click("button").await;
    assert!(browser.said().await.contains("not complete"), "a link without its code");

    browser.open("about:blank").await;
    browser.open(&url(&server, &format!("/setup#token={code}"))).await;
    browser.write("input[name=email]", "root@example.com").await;
    browser.write("input[name=password]", PASSWORD).await;
    browser.click("button").await;
    assert_eq!(browser.said().await, "Done. You can sign in with this address and password.");
    assert_eq!(browser.run("return location.hash").await, "", "the code does not stay in the address bar");
    let login = json!({"email": "root@example.com", "password": PASSWORD});
    assert_eq!(server.post("/api/v1/auth/login", login).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pages_of_the_mails_confirm_an_address_and_choose_a_password() {
    let Some(browser) = Chromium::start().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(folder.path(), &[("APP__AUTH__EMAIL_VERIFICATION", "required")]);
    let login = |password: &str| json!({"email": "ada@example.com", "password": password});
    server.post("/api/v1/auth/register", login(PASSWORD)).await;

    let mail = mail_to(&server.folder, "ada@example.com", "Confirm your address").await;
    browser.open(&url(&server, &format!("/account/verify-email#token={}", code_in(&mail)))).await;
    assert_eq!(server.post("/api/v1/auth/login", login(PASSWORD)).await.status, 403, "looking at the page changes nothing");
    browser.click("button").await;
    assert_eq!(browser.said().await, "Thank you. The address is confirmed.");
    assert_eq!(server.post("/api/v1/auth/login", login(PASSWORD)).await.status, 200);

    server.post("/api/v1/auth/password/forgot", json!({"email": "ada@example.com"})).await;
    let mail = mail_to(&server.folder, "ada@example.com", "Choose a new password").await;
    let link = url(&server, &format!("/account/reset-password#token={}", code_in(&mail)));
    browser.open(&link).await;
    let new = "another sentence, just for me";
    browser.write("input[name=password]", new).await;
    browser.click("button").await;
    assert_eq!(browser.said().await, "Done. You can sign in with the new password.");
    assert_eq!(server.post("/api/v1/auth/login", login(new)).await.status, 200);

    browser.open("about:blank").await;
    browser.open(&link).await;
    browser.write("input[name=password]", new).await;
    browser.click("button").await;
    assert!(browser.said().await.starts_with("The link or code is not valid"), "a link works once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_of_a_magic_link_signs_this_browser_in() {
    let Some(browser) = Chromium::start().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.register("ada@example.com").await;
    assert_eq!(server.post("/api/v1/auth/magic-link", json!({"email": "ada@example.com"})).await.status, 202);
    let mail = mail_to(&server.folder, "ada@example.com", "Your link to sign in").await;
    browser.open(&url(&server, &format!("/account/magic-link#token={}", code_in(&mail)))).await;
    browser.click("button").await;
    assert_eq!(browser.said().await, "You are signed in, in this browser.");
    assert_eq!(browser.run("return document.cookie").await, "", "no script reads the cookie");
    let me = browser.run("return fetch('/api/v1/users/me').then(answer => answer.json())").await;
    assert_eq!(me["email"], "ada@example.com", "{me}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_addresses_agree_to_a_change_on_its_page() {
    let Some(browser) = Chromium::start().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ada = access(&server.register("ada@example.com").await);
    let verify = mail_to(&server.folder, "ada@example.com", "Confirm your address").await;
    server.post("/api/v1/auth/verify-email", json!({"token": code_in(&verify)})).await;
    let change = json!({"email": "countess@example.com"});
    let asked = server.request("POST", "/api/v1/auth/email/change").bearer(&ada).json(&change).send().await;
    assert_eq!(asked.status, 202, "{}", asked.text());
    let agree = async |address: &str, subject: &str| {
        let mail = mail_to(&server.folder, address, subject).await;
        browser.open("about:blank").await;
        browser.open(&url(&server, &format!("/account/email-change#token={}", code_in(&mail)))).await;
        browser.click("button").await;
        browser.said().await
    };
    assert_eq!(agree("countess@example.com", "Confirm your new address").await, "Thank you. The other address has to agree too.");
    assert_eq!(agree("ada@example.com", "Your address is about to change").await, "Done. The account has the new address.");
    let login = json!({"email": "countess@example.com", "password": PASSWORD});
    assert_eq!(server.post("/api/v1/auth/login", login).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_of_an_invitation_signs_in_and_accepts() {
    let Some(browser) = Chromium::start().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let ada = access(&server.register("ada@example.com").await);
    let bob = access(&server.register("bob@example.com").await);
    let verify = mail_to(&server.folder, "bob@example.com", "Confirm your address").await;
    server.post("/api/v1/auth/verify-email", json!({"token": code_in(&verify)})).await;
    let post = |target: &str, body| server.request("POST", target).bearer(&ada).json(&body).send();
    let org = post("/api/v1/orgs", json!({"name": "Acme", "slug": "acme"})).await.json()["id"].as_str().unwrap().to_owned();
    let invite = json!({"email": "bob@example.com", "role": "member"});
    assert_eq!(post(&format!("/api/v1/orgs/{org}/invitations"), invite).await.status, 201);
    let mail = mail_to(&server.folder, "bob@example.com", "Join Acme").await;

    browser.open(&url(&server, &format!("/account/invitation#token={}", code_in(&mail)))).await;
    browser.write("input[name=email]", "bob@example.com").await;
    browser.write("input[name=password]", "not the password of bob").await;
    browser.click("button").await;
    assert_eq!(browser.said().await, "The address or the password is wrong");
    browser.run("document.querySelector('#said').textContent = ''; document.querySelector('form').reset()").await;
    browser.write("input[name=email]", "bob@example.com").await;
    browser.write("input[name=password]", PASSWORD).await;
    browser.click("button").await;
    assert_eq!(browser.said().await, "Welcome. You are a member now.");
    let me = server.request("GET", "/api/v1/auth/me").bearer(&bob).header("x-org-id", &org).send().await;
    assert_eq!(me.json()["org_id"], json!(org), "{}", me.text());
}

/// What a front end does: in cookie mode it adds a passkey, signs out, and signs in with it.
const CEREMONY: &str = r"return (async () => {
    const api = async (method, path, body, headers = {}) => {
        const init = {method, headers: {'content-type': 'application/json', ...headers}};
        if (body) init.body = JSON.stringify(body);
        const answer = await fetch('/api/v1' + path, init);
        const text = await answer.text();
        if (!answer.ok) throw new Error(path + ': ' + text);
        return text ? JSON.parse(text) : null;
    };
    const {csrf_token} = await api('POST', '/auth/login', {email: 'ada@example.com', password: 'PASSWORD', session: 'cookie'});
    const csrf = {'x-csrf-token': csrf_token};
    const begun = await api('POST', '/auth/passkeys/register/start', null, csrf);
    const creation = PublicKeyCredential.parseCreationOptionsFromJSON(begun.public_key);
    const made = await navigator.credentials.create({publicKey: creation});
    const added = await api('POST', '/auth/passkeys/register/finish', {credential: made.toJSON(), name: 'Laptop'}, csrf);
    await api('POST', '/auth/logout', null, csrf);
    const readable = document.cookie;
    const out = (await fetch('/api/v1/auth/me')).status;
    const asked = await api('POST', '/auth/passkeys/login/start');
    const request = PublicKeyCredential.parseRequestOptionsFromJSON(asked.public_key);
    const given = await navigator.credentials.get({publicKey: request});
    await api('POST', '/auth/passkeys/login/finish', {credential: given.toJSON(), session: 'cookie'});
    const me = await api('GET', '/auth/me');
    return {name: added.name, amr: me.amr, out, readable};
})()";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_browser_keeps_the_cookie_and_signs_in_with_a_passkey() {
    let Some(browser) = Chromium::start().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    server.register("ada@example.com").await;
    browser.plug_in_authenticator().await;
    browser.open(&url(&server, "/account/verify-email")).await;
    let seen = browser.run(&CEREMONY.replace("PASSWORD", PASSWORD)).await;
    assert_eq!((&seen["name"], &seen["out"], &seen["readable"]), (&json!("Laptop"), &json!(401), &json!("")), "{seen}");
    assert!(seen["amr"].as_array().unwrap().contains(&json!("mfa")), "{seen}");
}
