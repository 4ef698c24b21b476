//! The problem catalogue of identity.

core_kernel::problem_codes! {
    /// Wrong address or password; which of them is not told.
    INVALID_CREDENTIALS = "auth.invalid_credentials", Unauthenticated, "The address or the password is wrong",
        "Check both; POST /auth/password/forgot sends a link to choose a new password.";
    /// The access token is not valid.
    INVALID_TOKEN = "auth.invalid_token", Unauthenticated, "The access token is not valid",
        "Get a fresh one with POST /auth/refresh, or sign in again.";
    /// The session has ended.
    SESSION_ENDED = "auth.session_ended", Unauthenticated, "The session has ended",
        "Sign in again.";
    /// The refresh token is not valid.
    INVALID_REFRESH_TOKEN = "auth.invalid_refresh_token", Unauthenticated, "The refresh token is not valid",
        "Sign in again. A refresh token works once: keep the one that came with the latest answer.";
    /// The address belongs to an account.
    EMAIL_TAKEN = "auth.email_taken", Conflict, "The address belongs to an account",
        "Sign in with it, or ask for a new password.";
    /// The input breaks a rule.
    INVALID = "auth.invalid", Invalid, "The input breaks a rule",
        "Each entry of `errors` points at a field and says what is expected there.";
    /// Registration is closed.
    REGISTRATION_CLOSED = "auth.registration_closed", Forbidden, "Registration is closed",
        "Ask an administrator for an account.";
    /// A product's own rule refuses the account.
    REGISTRATION_REFUSED = "auth.registration_refused", Forbidden, "An account can't be made for you here",
        "The detail says why.";
    /// Registration is by invitation.
    INVITATION_NEEDED = "auth.invitation_needed", Forbidden, "Registration is by invitation",
        "Give the token of the invitation that you got by mail as `invitation`.";
    /// The invitation is not valid for this address.
    INVALID_INVITATION = "auth.invalid_invitation", Invalid, "The invitation is not valid for this address",
        "It may have ended, or it was sent to another address: register with the address that got it.";
    /// The service that knows leaked passwords does not answer.
    LEAK_CHECK_UNAVAILABLE = "auth.leak_check_unavailable", Unavailable, "New passwords can't be checked now",
        "Try again after the time in Retry-After.";
    /// The account is suspended.
    SUSPENDED = "auth.account_suspended", Forbidden, "The account is suspended",
        "Ask an administrator why.";
    /// A link or code that is not valid.
    INVALID_CODE = "auth.invalid_code", Invalid, "The link or code is not valid",
        "It may have been used, replaced or expired: ask for a new one.";
    /// The address is not verified yet.
    EMAIL_NOT_VERIFIED = "auth.email_not_verified", Forbidden, "The address is not verified",
        "Open the link in the mail, or ask for another one with POST /auth/verify-email/resend.";
    /// The first administrator is there already.
    ALREADY_CLAIMED = "auth.already_claimed", Conflict, "This server has its first administrator",
        "Sign in, or ask that administrator.";
    /// Too many password checks wait.
    BUSY = "auth.busy", Unavailable, "Too many sign-ins at once",
        "Try again after the time in Retry-After.";
    /// A caller acts for an organisation where there are none.
    NO_ORGANISATIONS = "auth.no_organisations", Forbidden, "This server knows no such organisation",
        "Leave X-Org-Id out to act in the personal space.";
    /// Signed in, but the password given to prove it again is wrong.
    WRONG_PASSWORD = "auth.wrong_password", Forbidden, "The password is wrong",
        "Check it; POST /auth/password/forgot sends a link to choose a new one.";
    /// A program, or an administrator in somebody's place, tries what is for the person alone.
    PERSON_NEEDED = "auth.person_needed", Forbidden, "Only the person can do this",
        "Sign in as the person; API keys and administrators in somebody's place can not do it.";
    /// An API key that is not valid: made up, mistyped, ended, or its maker is gone.
    INVALID_API_KEY = "auth.invalid_api_key", Unauthenticated, "The API key is not valid",
        "It may have ended, been revoked or been rotated: make a new one with POST /auth/api-keys.";
    /// The space has as many keys as it may have.
    TOO_MANY_KEYS = "auth.too_many_api_keys", Conflict, "There are too many API keys",
        "End keys that are not used any more; `last_used_at` tells which.";
    /// It changed since it was read.
    CHANGED = "auth.changed", PreconditionFailed, "It has changed since you read it",
        "Read it again and repeat the change on what is there now.";
    /// A role of this name is there.
    ROLE_EXISTS = "auth.role_exists", Conflict, "There is a role of this name",
        "Change that role, or take another name.";
    /// The built-in role.
    ROLE_BUILT_IN = "auth.role_built_in", Conflict, "The role is built in",
        "It can neither be changed nor removed; make a role of your own.";
    /// Somebody has the role.
    ROLE_IN_USE = "auth.role_in_use", Conflict, "Somebody has the role",
        "Take it from everybody first, with PUT /auth/users/{id}/roles.";
    /// The server would be without an administrator.
    LAST_ADMINISTRATOR = "auth.last_administrator", Conflict, "This is the last administrator",
        "Give somebody else the role `admin` first.";
    /// Rights are touched that the caller does not have.
    BEYOND_OWN_RIGHTS = "auth.beyond_own_rights", Forbidden, "You do not have all of these rights yourself",
        "Nobody gives or takes what they do not have; ask somebody who has it.";
    /// The second factor is wrong.
    WRONG_CODE = "auth.wrong_code", Unauthenticated, "The code is wrong",
        "Type the code that the app shows now; a code works once. A recovery code works too.";
    /// The token of a sign-in's first step is not valid.
    INVALID_MFA_TOKEN = "auth.invalid_mfa_token", Unauthenticated, "The sign-in has to begin again",
        "Its token was used, ran out or was tried too often: sign in again.";
    /// Too many wrong codes.
    TOO_MANY_TRIES = "auth.too_many_tries", RateLimited, "Too many wrong tries",
        "Try again after the time in Retry-After; each further wrong try makes it longer.";
    /// So many wrong passwords that none is looked at any more.
    LOCKED = "auth.locked", RateLimited, "Too many wrong passwords",
        "Passwords are not looked at until you use a link from a mail: POST /auth/password/forgot or /auth/magic-link sends one.";
    /// An app is in use.
    TOTP_IN_USE = "auth.totp_in_use", Conflict, "An authenticator app is in use",
        "Remove it first, with DELETE /auth/totp.";
    /// There is no second factor.
    NO_SECOND_FACTOR = "auth.no_second_factor", Conflict, "There is no second factor",
        "Set up an authenticator app first, with POST /auth/totp/enroll.";
    /// A passkey's answer that proves nothing.
    INVALID_PASSKEY = "auth.invalid_passkey", Unauthenticated, "The passkey does not prove who you are",
        "It may have been removed, or be for another site: begin again, or sign in another way.";
    /// A ceremony that is not open.
    CEREMONY_OVER = "auth.passkey_ceremony_over", Invalid, "This is no answer to an open question",
        "A question to a passkey works once, for five minutes, for what it was asked for: begin again.";
    /// The passkey is there already.
    PASSKEY_KNOWN = "auth.passkey_known", Conflict, "The passkey is in use already",
        "Use it, or remove it first.";
    /// There are as many as there may be.
    TOO_MANY_PASSKEYS = "auth.too_many_passkeys", Conflict, "There are too many passkeys",
        "Remove some that are not used any more; `last_used_at` tells which.";
    /// There is none to ask for.
    NO_PASSKEY = "auth.no_passkey", Conflict, "There is no passkey",
        "Add one first, with POST /auth/passkeys/register/start.";
    /// Nothing would be left to sign in with.
    LAST_WAY_IN = "auth.last_way_in", Conflict, "This is the last way to sign in",
        "Set a password (POST /auth/password/forgot) or add another way first.";
    /// The server's public URL has no name.
    PASSKEYS_NOT_CONFIGURED = "auth.passkeys_not_configured", Unavailable, "Passkeys are not set up here",
        "Browsers make them for names only: set APP__SERVER__PUBLIC_URL to one, or APP__AUTH__PASSKEYS__RP_ID.";
    /// The session cookie is not valid.
    INVALID_COOKIE = "auth.invalid_cookie", Unauthenticated, "The session cookie is not valid",
        "Sign in again with `session: cookie`.";
    /// The session is not kept by a cookie.
    NO_COOKIE = "auth.no_cookie_session", Conflict, "The session is not kept by a cookie",
        "CSRF tokens are for callers by cookie; a bearer token needs none.";
    /// No provider of this name.
    UNKNOWN_PROVIDER = "auth.unknown_provider", NotFound, "There is no such provider",
        "GET /auth/oauth/providers lists those that this server is set up for.";
    /// What came back from a provider belongs to no sign-in.
    INVALID_STATE = "auth.invalid_state", Invalid, "The sign-in has to begin again",
        "It was finished, took longer than ten minutes, or was not begun here: begin with POST /auth/oauth/{provider}/start.";
    /// The person said no at the provider.
    SIGN_IN_CANCELLED = "auth.sign_in_cancelled", Forbidden, "The sign-in was cancelled",
        "Begin again, and agree at the provider.";
    /// The provider refused.
    PROVIDER_REFUSED = "auth.provider_refused", Upstream, "The provider refused the sign-in",
        "Begin again; if it stays, tell the operator, whose log has the provider's reason.";
    /// The provider did not answer.
    PROVIDER_UNAVAILABLE = "auth.provider_unavailable", Upstream, "The provider can not be reached",
        "Try again later, or sign in another way.";
    /// What the provider said does not hold.
    PROVIDER_ANSWER_INVALID = "auth.provider_answer_invalid", Upstream, "The provider's answer is not valid",
        "Begin again; if it stays, tell the operator, whose log has the reason.";
    /// The provider does not vouch for the address.
    PROVIDER_EMAIL_UNVERIFIED = "auth.provider_email_unverified", Forbidden, "The provider does not vouch for your address",
        "Verify your address there and begin again, or register here and link the provider then.";
    /// The address belongs to an account that can't be taken on a provider's word.
    LINK_REQUIRED = "auth.link_required", Conflict, "There is an account with this address",
        "Sign in to it another way (POST /auth/password/forgot proves that the address is yours) and link the provider there.";
    /// Somebody else signs in with it.
    IDENTITY_TAKEN = "auth.identity_taken", Conflict, "Another account is linked to this identity",
        "Sign in with it to reach that account; it has to be unlinked there first.";
    /// A bug or a broken key.
    INTERNAL = "auth.internal", Internal, "Something went wrong here",
        "Report the instance of this problem; the cause is in the server's log under it.";
}
