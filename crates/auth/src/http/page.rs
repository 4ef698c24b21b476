use actix_web::HttpResponse;
use actix_web::http::header;
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use core_http::{LimitClass, Operation};

/// A small page for a link that somebody got: it reads the code from the fragment, which never reaches a server or its logs, and
/// posts it when the person says so. Opening the page changes nothing, so scanners of mail do no harm.
struct Page {
    title: &'static str,
    lead: &'static str,
    /// Asks for an address and a password, a password, or nothing.
    fields: &'static str,
    button: &'static str,
    /// Where the person signs in first, with address and password; empty: nowhere.
    login: &'static str,
    /// Where the form goes, from the root.
    target: &'static str,
    done: &'static str,
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f4f4f5;color:#18181b}main{max-width:26rem;margin:10vh auto;padding:2rem;background:#fff;border-radius:.75rem}label{display:block;margin:1rem 0}input,select{width:100%;box-sizing:border-box;padding:.6rem;font:inherit;border:1px solid #a1a1aa;border-radius:.4rem}button{padding:.6rem 1.2rem;font:inherit;border:0;border-radius:.4rem;background:#18181b;color:#fff}#said{margin-top:1rem}@media(prefers-color-scheme:dark){body{background:#18181b;color:#f4f4f5}main{background:#27272a}input,select{background:#18181b;color:inherit}button{background:#f4f4f5;color:#18181b}}";

const SCRIPT: &str = "const form=document.querySelector('form'),said=document.querySelector('#said'),headers={'content-type':'application/json'};const post=(target,body)=>fetch(target,{method:'POST',headers,body:JSON.stringify(body)});const refuse=async answer=>{const problem=await answer.json();const more=(problem.errors||[]).map(fault=>fault.message);said.textContent=[problem.title,...more].join(': ')};const states={waiting:'Thank you. The other address has to agree too.',changed:'Done. The account has the new address.',cancelled:'The change was called off. The address stays as it is.'};const send=async()=>{const token=new URLSearchParams(location.hash.slice(1)).get('token');if(!token){said.textContent='This link is not complete. Copy it again from where you got it.';return}const fields={};for(const field of form.querySelectorAll('input,select'))fields[field.name]=field.value;const login=form.dataset.login;if(login){const signed=await post(login,fields);if(!signed.ok)return refuse(signed);const tokens=await signed.json();if(!tokens.access_token){said.textContent='This account asks for a second factor. Sign in where you use it, and accept the invitation there.';return}headers.authorization='Bearer '+tokens.access_token}const answer=await post(form.dataset.target,login?{token}:{token,...fields});if(!answer.ok)return refuse(answer);if(login)await post('/api/v1/auth/logout',{});const body=answer.status===200?await answer.json():{};history.replaceState(null,'',location.pathname);form.hidden=true;said.textContent=body.mfa?'This account asks for a second factor. Sign in where you use it.':states[body.status]||form.dataset.done;};form.addEventListener('submit',async event=>{event.preventDefault();const button=form.querySelector('button');button.disabled=true;try{await send()}catch{said.textContent='The server could not be reached. Try again.'}delete headers.authorization;button.disabled=false});";

const EMAIL: &str = "<label>E-mail address<input name=\"email\" type=\"email\" autocomplete=\"username\" required></label>";
const CURRENT: &str =
    "<label>Password<input name=\"password\" type=\"password\" autocomplete=\"current-password\" required></label>";
const PASSWORD: &str = "<label>New password, at least 15 characters<input name=\"password\" type=\"password\" autocomplete=\"new-password\" minlength=\"15\" maxlength=\"128\" required></label>";

/// The browser keeps the session by a cookie that no script reads.
const SESSION: &str = "<input name=\"session\" type=\"hidden\" value=\"cookie\">";

const DECISION: &str = "<label>I <select name=\"decision\"><option value=\"approve\">agree</option><option value=\"cancel\">do not agree</option></select></label>";

pub(super) fn setup() -> Operation {
    operation("", "setup_page", "Page of the claim link", || {
        respond(&Page {
            title: "Set up this server",
            lead: "Become its first administrator.",
            fields: "email password",
            button: "Create the account",
            login: "",
            target: "/api/v1/setup/claim",
            done: "Done. You can sign in with this address and password.",
        })
    })
}

fn verify_email() -> Operation {
    operation("/verify-email", "verify_email_page", "Page of the link that confirms an address", || {
        respond(&Page {
            title: "Confirm your address",
            lead: "Confirm that the address that got this link is yours.",
            fields: "",
            button: "Confirm",
            login: "",
            target: "/api/v1/auth/verify-email",
            done: "Thank you. The address is confirmed.",
        })
    })
}

fn reset_password() -> Operation {
    operation("/reset-password", "reset_password_page", "Page of the link to choose a new password", || {
        respond(&Page {
            title: "Choose a new password",
            lead: "You will be signed out everywhere.",
            fields: "password",
            button: "Set the password",
            login: "",
            target: "/api/v1/auth/password/reset",
            done: "Done. You can sign in with the new password.",
        })
    })
}

fn magic_link() -> Operation {
    operation("/magic-link", "magic_link_page", "Page of the link that signs in", || {
        respond(&Page {
            title: "Sign in",
            lead: "Sign in with the address that got this link.",
            fields: "session",
            button: "Sign in",
            login: "",
            target: "/api/v1/auth/magic-link/consume",
            done: "You are signed in, in this browser.",
        })
    })
}

fn email_change() -> Operation {
    operation("/email-change", "email_change_page", "Page of the links about a change of address", || {
        respond(&Page {
            title: "Change of address",
            lead: "Somebody asked to change the address of an account. Both addresses have to agree.",
            fields: "decision",
            button: "Send",
            login: "",
            target: "/api/v1/auth/email/change/confirm",
            done: "Thank you. The change is made once the other address agrees too, unless you called it off.",
        })
    })
}

/// All pages under `/account`.
pub(super) fn of_links() -> Vec<Operation> {
    vec![verify_email(), reset_password(), invitation(), magic_link(), email_change()]
}

fn invitation() -> Operation {
    operation("/invitation", "invitation_page", "Page of the link in an invitation to an organisation", || {
        respond(&Page {
            title: "Accept the invitation",
            lead: "Sign in with the address that got this link. If it has no account yet, register with it first.",
            fields: "email current",
            button: "Accept",
            login: "/api/v1/auth/login",
            target: "/api/v1/orgs/invitations/accept",
            done: "Welcome. You are a member now.",
        })
    })
}

fn operation(path: &'static str, id: &'static str, summary: &'static str, page: fn() -> HttpResponse) -> Operation {
    Operation::get(path, move || std::future::ready(page()))
        .id(id)
        .summary(summary)
        .public()
        .limit(LimitClass::Public)
        .answers_raw(200, "text/html", "A self-contained page")
}

fn respond(page: &Page) -> HttpResponse {
    let fields = [("email", EMAIL), ("password", PASSWORD), ("current", CURRENT), ("decision", DECISION), ("session", SESSION)];
    let fields: String = fields.iter().filter(|(name, _)| page.fields.contains(name)).map(|(_, html)| *html).collect();
    let Page { title, lead, button, login, target, done, .. } = page;
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"robots\" content=\"noindex\"><title>{title}</title><style>{STYLE}</style></head><body><main><h1>{title}</h1>\
         <p>{lead}</p><form data-login=\"{login}\" data-target=\"{target}\" data-done=\"{done}\">{fields}<button>{button}</button></form>\
         <p id=\"said\" role=\"status\"></p></main><script>{SCRIPT}</script></body></html>"
    );
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
        hash(SCRIPT),
        hash(STYLE)
    );
    HttpResponse::Ok()
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("text/html; charset=utf-8")
        .body(html)
}

fn hash(text: &str) -> String {
    STANDARD.encode(digest::digest(&digest::SHA256, text.as_bytes()))
}
