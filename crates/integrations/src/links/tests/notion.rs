use serde_json::json;

use super::{HEX, ID, check, nothing};

#[test]
fn pages_and_blocks_of_notion() {
    for path in [HEX.to_owned(), ID.to_owned(), format!("acme/My-deadbeef-Page-{HEX}"), format!("p/{HEX}"), format!("Title-{ID}")]
    {
        for host in ["notion.so", "www.notion.so", "app.notion.com", "www.notion.com"] {
            check(
                &format!("https://{host}/{path}?pvs=4&t=1"),
                &json!({
                    "provider": "notion", "kind": "page", "page_id": ID, "canonical_url": format!("https://www.notion.so/{HEX}"),
                }),
            );
        }
    }
    check(&format!("https://acme.notion.site/A-{HEX}"), &json!({"canonical_url": format!("https://acme.notion.site/{HEX}")}));
    check(&format!("https://wiki.corp.example/A-{HEX}"), &json!({"page_id": ID}));
    check(&format!("notion://www.notion.so/A-{HEX}"), &json!({"page_id": ID}));
    let other = "fedcba9876543210fedcba9876543210";
    let other_id = "fedcba98-7654-3210-fedc-ba9876543210";
    check(&format!("https://www.notion.so/{HEX}?v={other}"), &json!({"kind": "database", "page_id": ID, "view_id": other_id}));
    check(&format!("https://www.notion.so/{HEX}?p={other}&pm=s"), &json!({"page_id": ID, "peek_page_id": other_id}));
    for anchor in [other.to_owned(), format!("block-{other}")] {
        check(&format!("https://www.notion.so/{HEX}#{anchor}"), &json!({"block_id": other_id}));
    }
    for path in [
        "product",
        "help/guides",
        "templates",
        "blog/x",
        "",
        HEX.get(1..).unwrap_or_default(),
        &format!("0{HEX}"),
        &format!("Title{HEX}"),
    ] {
        nothing(&format!("https://www.notion.so/{path}"));
    }
}
