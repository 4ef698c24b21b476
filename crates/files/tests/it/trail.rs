use core_db::{AuditQuery, audit_rows};
use core_kernel::{Actor, Order, Owner, PageRequest};
use files::{ArchiveFormat, Expected, NewWorkspace};
use serde_json::json;

use crate::world::{World, at, fresh};

async fn told(world: &World, query: AuditQuery) -> Vec<(String, serde_json::Value)> {
    let page = audit_rows(&world.test.db, query, &PageRequest::first(100, Order::Asc)).await.unwrap();
    page.items.into_iter().map(|row| (row.action, row.details)).collect()
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn what_touches_an_operators_directory_leaves_a_trail_and_ordinary_writes_leave_none(world) {
        let documents = &world.files.documents;
        let stored = world.workspace().await;
        world.write(stored.id, "a.rs", "x").await;
        let root = world.root("open").await;
        world.write(root.id, "a.rs", "x").await;
        documents.move_file(&world.ada, root.id, at("a.rs"), at("b.rs")).await.unwrap();
        documents.delete_file(&world.ada, root.id, at("b.rs"), Expected::Anything).await.unwrap();
        assert!(documents.delete_file(&world.ada, root.id, at("b.rs"), Expected::Anything).await.is_err());
        let told = told(&world, AuditQuery::Subject(world.ada.subject)).await;
        let seen: Vec<(&str, &serde_json::Value)> = told.iter().map(|(action, details)| (action.as_str(), &details["paths"])).collect();
        let (none, a, b, both) = (json!(null), json!(["a.rs"]), json!(["b.rs"]), json!(["a.rs", "b.rs"]));
        let expected =
            [("files.root_opened", &none), ("files.root_written", &a), ("files.root_moved", &both), ("files.root_removed", &b)];
        assert_eq!(seen, expected);
        assert_eq!(told[1].1["root"], "open");
    }

    async fn a_workspace_that_leaves_as_a_whole_or_goes_away_leaves_a_trail_in_its_organisation(world) {
        let org = Owner(world.test.db.ambient().ids.next());
        let ada = Actor { owner: org, ..world.ada.clone() };
        let workspace = world.files.workspaces.create(&ada, NewWorkspace { name: "x".into(), ..NewWorkspace::default() }).await.unwrap();
        world.files.archives.export(&ada, workspace.id, ArchiveFormat::Zip).await.unwrap();
        world.files.workspaces.delete(&ada, workspace.id, Some(workspace.version)).await.unwrap();
        assert!(world.files.workspaces.delete(&ada, workspace.id, None).await.is_err());
        let told = told(&world, AuditQuery::Org(org)).await;
        assert_eq!(told.iter().map(|(action, _)| action.as_str()).collect::<Vec<_>>(), ["files.archive_exported", "files.workspace_deleted"]);
        assert_eq!(told[1].1["workspace"], json!(workspace.id));
    }
}
