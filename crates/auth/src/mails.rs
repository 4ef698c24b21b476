use core_mail::MailTemplate;

/// The mails of this crate; a product replaces them by files in its template folder.
pub fn mail_templates() -> Vec<MailTemplate> {
    let mut all = about_the_account();
    all.extend(about_passkeys());
    all.extend(about_the_address());
    all
}

fn about_the_account() -> Vec<MailTemplate> {
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
            name: "auth.account_made",
            subject: "An account was made for you",
            text: "Hello{% if display_name %} {{ display_name }}{% endif %},\n\nan account was made for you. Choose a password to use it:\n\n{{ link }}\n\nThe link works once, within three days; later, ask for a new password with this address. If you did not expect this, you need not do anything.\n",
            html: "<p>Hello{% if display_name %} {{ display_name }}{% endif %},</p><p>an account was made for you. Choose a password to use it:</p><p><a href=\"{{ link }}\">Choose a password</a></p><p>The link works once, within three days; later, ask for a new password with this address. If you did not expect this, you need not do anything.</p>",
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
            name: "auth.magic_link",
            subject: "Your link to sign in",
            text: "Hello{% if display_name %} {{ display_name }}{% endif %},\n\nhere you can sign in:\n\n{{ link }}\n\nThe link works once, within 10 minutes. If you did not ask for it, you need not do anything.\n",
            html: "<p>Hello{% if display_name %} {{ display_name }}{% endif %},</p><p>here you can sign in:</p><p><a href=\"{{ link }}\">Sign in</a></p><p>The link works once, within 10 minutes. If you did not ask for it, you need not do anything.</p>",
        },
        MailTemplate {
            name: "auth.locked",
            subject: "Somebody guesses your password",
            text: "Hello{% if display_name %} {{ display_name }}{% endif %},\n\nwrong passwords were given for your account so often that none is looked at any more. Choose a new password to go on:\n\n{{ link }}\n\nThe link works once, within 30 minutes. Later you can ask for another one, or for a link to sign in.\n",
            html: "<p>Hello{% if display_name %} {{ display_name }}{% endif %},</p><p>wrong passwords were given for your account so often that none is looked at any more. Choose a new password to go on:</p><p><a href=\"{{ link }}\">Choose a new password</a></p><p>The link works once, within 30 minutes. Later you can ask for another one, or for a link to sign in.</p>",
        },
    ]
}

fn about_the_address() -> Vec<MailTemplate> {
    vec![
        MailTemplate {
            name: "auth.email_change_old",
            subject: "Your address is about to change",
            text: "Hello{% if display_name %} {{ display_name }}{% endif %},\n\nsomebody who is signed in to your account asked to change its address to {{ new_email }}. Here you agree, or call it off:\n\n{{ link }}\n\nThe address stays as it is until both addresses agree, within 24 hours. If it was not you, call it off and change your password.\n",
            html: "<p>Hello{% if display_name %} {{ display_name }}{% endif %},</p><p>somebody who is signed in to your account asked to change its address to {{ new_email }}. Here you agree, or call it off:</p><p><a href=\"{{ link }}\">Agree or call it off</a></p><p>The address stays as it is until both addresses agree, within 24 hours. If it was not you, call it off and change your password.</p>",
        },
        MailTemplate {
            name: "auth.email_change_new",
            subject: "Confirm your new address",
            text: "Hello{% if display_name %} {{ display_name }}{% endif %},\n\nplease confirm that your account is to have this address:\n\n{{ link }}\n\nThe address of now has to agree too, within 24 hours. If you did not ask for it, you need not do anything.\n",
            html: "<p>Hello{% if display_name %} {{ display_name }}{% endif %},</p><p>please confirm that your account is to have this address:</p><p><a href=\"{{ link }}\">Confirm this address</a></p><p>The address of now has to agree too, within 24 hours. If you did not ask for it, you need not do anything.</p>",
        },
        MailTemplate {
            name: "auth.email_change_taken",
            subject: "This address has an account already",
            text: "Hello{% if display_name %} {{ display_name }}{% endif %},\n\nsomebody asked to use this address for another account. It belongs to yours, so nothing happens. If it was you, sign in to this account, or take another address for the other one.\n",
            html: "<p>Hello{% if display_name %} {{ display_name }}{% endif %},</p><p>somebody asked to use this address for another account. It belongs to yours, so nothing happens. If it was you, sign in to this account, or take another address for the other one.</p>",
        },
        MailTemplate {
            name: "auth.email_changed",
            subject: "Your address was changed",
            text: "Hello{% if display_name %} {{ display_name }}{% endif %},\n\nthe address of your account is {{ new_email }} from now on, and every other device was signed out. If it was not you, tell an administrator.\n",
            html: "<p>Hello{% if display_name %} {{ display_name }}{% endif %},</p><p>the address of your account is {{ new_email }} from now on, and every other device was signed out. If it was not you, tell an administrator.</p>",
        },
        MailTemplate {
            name: "auth.already_registered",
            subject: "You have an account already",
            text: "Hello{% if display_name %} {{ display_name }}{% endif %},\n\nsomebody tried to register with this address, which has an account already. If it was you, sign in here:\n\n{{ link }}\n\nThe link works once, within 10 minutes. If it was not you, you need not do anything.\n",
            html: "<p>Hello{% if display_name %} {{ display_name }}{% endif %},</p><p>somebody tried to register with this address, which has an account already. If it was you, sign in here:</p><p><a href=\"{{ link }}\">Sign in</a></p><p>The link works once, within 10 minutes. If it was not you, you need not do anything.</p>",
        },
    ]
}

fn about_passkeys() -> Vec<MailTemplate> {
    vec![
        MailTemplate {
            name: "auth.passkey_added",
            subject: "A passkey was added to your account",
            text: "Hello{% if display_name %} {{ display_name }}{% endif %},\n\na passkey was added to your account just now. Whoever has its device can sign in with it. If it was not you, remove it at once and change your password.\n",
            html: "<p>Hello{% if display_name %} {{ display_name }}{% endif %},</p><p>a passkey was added to your account just now. Whoever has its device can sign in with it. If it was not you, remove it at once and change your password.</p>",
        },
        MailTemplate {
            name: "auth.passkey_removed",
            subject: "A passkey was removed from your account",
            text: "Hello{% if display_name %} {{ display_name }}{% endif %},\n\na passkey was removed from your account just now and does not work any more. If it was not you, change your password at once and tell an administrator.\n",
            html: "<p>Hello{% if display_name %} {{ display_name }}{% endif %},</p><p>a passkey was removed from your account just now and does not work any more. If it was not you, change your password at once and tell an administrator.</p>",
        },
        MailTemplate {
            name: "auth.passkey_suspected",
            subject: "A passkey of your account may have been copied",
            text: "Hello{% if display_name %} {{ display_name }}{% endif %},\n\na passkey of your account was used just now in a way that an original is not: its counter went back. The sign-in was refused. If you did not copy it yourself, remove it and add a new one.\n",
            html: "<p>Hello{% if display_name %} {{ display_name }}{% endif %},</p><p>a passkey of your account was used just now in a way that an original is not: its counter went back. The sign-in was refused. If you did not copy it yourself, remove it and add a new one.</p>",
        },
    ]
}
