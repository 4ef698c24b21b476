use core_mail::MailTemplate;

/// The mails of this crate; a product replaces them by files in its template folder.
pub fn mail_templates() -> Vec<MailTemplate> {
    vec![MailTemplate {
        name: "orgs.invitation",
        subject: "Join {{ org_name }}",
        text: "Hello,\n\n{{ inviter }} invites you to join {{ org_name }} as {{ role }}:\n\n{{ link }}\n\nThe link works once, within {{ days }} days, for the account of this address. If you do not want to join, you need not do anything.\n",
        html: "<p>Hello,</p><p>{{ inviter }} invites you to join {{ org_name }} as {{ role }}:</p><p><a href=\"{{ link }}\">Accept the invitation</a></p><p>The link works once, within {{ days }} days, for the account of this address. If you do not want to join, you need not do anything.</p>",
    }]
}
