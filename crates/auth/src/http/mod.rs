//! The operations of identity, one file each.

mod actors;
mod api_key;
mod assign_roles;
mod body;
mod change_password;
mod claim;
mod confirm_email_change;
mod confirm_totp;
mod consume_magic_link;
mod create_api_key;
mod create_role;
mod csrf;
mod delete_role;
mod end_user_sessions;
mod enroll_totp;
mod exchange_oauth;
mod finish_passkey_login;
mod finish_passkey_registration;
mod forgot_password;
mod get_api_key;
mod impersonate;
mod jwks;
mod list_api_keys;
mod list_audit_log;
mod list_identities;
mod list_oauth_providers;
mod list_passkeys;
mod list_permissions;
mod list_roles;
mod list_sessions;
mod login;
mod logout;
mod logout_all;
mod me;
mod oauth_callback;
mod page;
mod passkey;
mod reauthenticate;
mod refresh;
mod register;
mod remove_passkey;
mod remove_totp;
mod renew_recovery_codes;
mod request_email_change;
mod request_magic_link;
mod resend_verification;
mod reset_password;
mod revoke_api_key;
mod revoke_session;
mod role;
mod rotate_api_key;
mod signed_in;
mod start_oauth;
mod start_passkey_login;
mod start_passkey_proof;
mod start_passkey_registration;
mod totp;
mod unlink_identity;
mod update_api_key;
mod update_role;
mod verify_email;
mod verify_mfa;

pub use actors::PersonalActors;

use actix_web::web;
use core_http::{Mount, Operation, Routes};

use crate::Auth;

impl Routes for Auth {
    fn mounts(&self) -> Vec<Mount> {
        vec![
            Mount::api("auth", signing_in().into_iter().chain(keys_and_factors()).chain(administration()).collect()),
            Mount::api("setup", vec![claim::operation()]),
            Mount::root("/.well-known/jwks.json", vec![jwks::operation()]),
            Mount::root("/setup", vec![page::setup()]),
            Mount::root("/account", page::of_links()),
        ]
    }

    fn register(&self, cfg: &mut web::ServiceConfig) {
        cfg.app_data(web::Data::from(self.accounts.clone()))
            .app_data(web::Data::from(self.sessions.clone()))
            .app_data(web::Data::from(self.cookies.clone()))
            .app_data(web::Data::from(self.recovery.clone()))
            .app_data(web::Data::from(self.credentials.clone()))
            .app_data(web::Data::from(self.api_keys.clone()))
            .app_data(web::Data::from(self.second_factor.clone()))
            .app_data(web::Data::from(self.passkeys.clone()))
            .app_data(web::Data::from(self.oauth.clone()))
            .app_data(web::Data::from(self.identities.clone()))
            .app_data(web::Data::from(self.roles.clone()))
            .app_data(web::Data::from(self.audit_log.clone()))
            .app_data(web::Data::from(self.impersonation.clone()))
            .app_data(web::Data::from(self.magic_links.clone()))
            .app_data(web::Data::from(self.email_changes.clone()));
    }
}

/// Sessions, and the ways to them by password and mail.
fn signing_in() -> Vec<Operation> {
    vec![
        register::operation(),
        login::operation(),
        refresh::operation(),
        logout::operation(),
        logout_all::operation(),
        me::operation(),
        csrf::operation(),
        list_sessions::operation(),
        revoke_session::operation(),
        verify_email::operation(),
        resend_verification::operation(),
        forgot_password::operation(),
        reset_password::operation(),
        change_password::operation(),
        reauthenticate::operation(),
        request_magic_link::operation(),
        consume_magic_link::operation(),
        request_email_change::operation(),
        confirm_email_change::operation(),
    ]
}

/// API keys, second factors, passkeys and providers.
fn keys_and_factors() -> Vec<Operation> {
    vec![
        create_api_key::operation(),
        list_api_keys::operation(),
        get_api_key::operation(),
        update_api_key::operation(),
        revoke_api_key::operation(),
        rotate_api_key::operation(),
        enroll_totp::operation(),
        confirm_totp::operation(),
        remove_totp::operation(),
        renew_recovery_codes::operation(),
        verify_mfa::operation(),
        start_passkey_registration::operation(),
        finish_passkey_registration::operation(),
        start_passkey_login::operation(),
        finish_passkey_login::operation(),
        start_passkey_proof::operation(),
        list_passkeys::operation(),
        remove_passkey::operation(),
        list_oauth_providers::operation(),
        start_oauth::operation(),
        oauth_callback::operation(),
        exchange_oauth::operation(),
        list_identities::operation(),
        unlink_identity::operation(),
    ]
}

/// What administrators do, and what is on record.
fn administration() -> Vec<Operation> {
    vec![
        list_permissions::operation(),
        list_roles::operation(),
        create_role::operation(),
        update_role::operation(),
        delete_role::operation(),
        assign_roles::operation(),
        end_user_sessions::operation(),
        impersonate::operation(),
        list_audit_log::operation(),
    ]
}
