use core_mail::MailTemplate;

/// The mails of this crate; a product replaces them by files in its template folder.
pub fn mail_templates() -> Vec<MailTemplate> {
    vec![
        MailTemplate {
            name: "auth.verify_email",
            subject: "Confirm your address",
            text: "Hello{% if display_name %} {{ display_name }}{% endif %},\n\nplease confirm that this address is yours:\n\n{{ link }}\n\nThe link works once, within 24 hours. If you did not ask for it, you need not do anything.\n",
            html: "<p>Hello{% if display_name %} {{ display_name }}{% endif %},</p><p>please confirm that this address is yours:</p><p><a href=\"{{ link }}\">Confirm this address</a></p><p>The link works once, within 24 hours. If you did not ask for it, you need not do anything.</p>",
        },
        MailTemplate {
            name: "auth.reset_password",
            subject: "Choose a new password",
            text: "Hello{% if display_name %} {{ display_name }}{% endif %},\n\nhere you can choose a new password:\n\n{{ link }}\n\nThe link works once, within 30 minutes, and signs you out everywhere. If you did not ask for it, you need not do anything.\n",
            html: "<p>Hello{% if display_name %} {{ display_name }}{% endif %},</p><p>here you can choose a new password:</p><p><a href=\"{{ link }}\">Choose a new password</a></p><p>The link works once, within 30 minutes, and signs you out everywhere. If you did not ask for it, you need not do anything.</p>",
        },
        MailTemplate {
            name: "auth.password_changed",
            subject: "Your password was changed",
            text: "Hello{% if display_name %} {{ display_name }}{% endif %},\n\nthe password of your account was changed just now, and every other device was signed out. If it was not you, ask for a new password at once and tell an administrator.\n",
            html: "<p>Hello{% if display_name %} {{ display_name }}{% endif %},</p><p>the password of your account was changed just now, and every other device was signed out. If it was not you, ask for a new password at once and tell an administrator.</p>",
        },
        MailTemplate {
            name: "auth.second_factor_changed",
            subject: "The second factor of your account was changed",
            text: "Hello{% if display_name %} {{ display_name }}{% endif %},\n\nthe authenticator app or the recovery codes of your account were changed just now. If it was not you, change your password at once and tell an administrator.\n",
            html: "<p>Hello{% if display_name %} {{ display_name }}{% endif %},</p><p>the authenticator app or the recovery codes of your account were changed just now. If it was not you, change your password at once and tell an administrator.</p>",
        },
        MailTemplate {
            name: "auth.identities_changed",
            subject: "The ways to sign in to your account were changed",
            text: "Hello{% if display_name %} {{ display_name }}{% endif %},\n\nan account elsewhere was linked to your account just now, or its link was removed. If it was not you, change your password at once and tell an administrator.\n",
            html: "<p>Hello{% if display_name %} {{ display_name }}{% endif %},</p><p>an account elsewhere was linked to your account just now, or its link was removed. If it was not you, change your password at once and tell an administrator.</p>",
        },
        MailTemplate {
            name: "auth.already_registered",
            subject: "You have an account already",
            text: "Hello{% if display_name %} {{ display_name }}{% endif %},\n\nsomebody tried to register with this address, which has an account already. If it was you, sign in or ask for a new password:\n\n{{ link }}\n",
            html: "<p>Hello{% if display_name %} {{ display_name }}{% endif %},</p><p>somebody tried to register with this address, which has an account already. If it was you, sign in or ask for a new password:</p><p><a href=\"{{ link }}\">{{ link }}</a></p>",
        },
    ]
}
