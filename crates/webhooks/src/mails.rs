use core_mail::MailTemplate;

/// The mails of this crate; a product replaces them by files in its template folder.
pub fn mail_templates() -> Vec<MailTemplate> {
    vec![MailTemplate {
        name: "webhooks.endpoint_disabled",
        subject: "Deliveries to {{ host }} have stopped",
        text: "Hello,\n\nthe webhook endpoint at {{ host }} gets no events any more: {{ reason }}\n\nIts id is {{ endpoint_id }}. Mend the receiver, enable the endpoint again, and send again what it missed: its attempts are listed for {{ keep_days }} days.\n",
        html: "<p>Hello,</p><p>the webhook endpoint at {{ host }} gets no events any more: {{ reason }}</p><p>Its id is {{ endpoint_id }}. Mend the receiver, enable the endpoint again, and send again what it missed: its attempts are listed for {{ keep_days }} days.</p>",
    }]
}
