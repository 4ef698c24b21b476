use core_kernel::{Actor, DomainError as _, Owner, UserId, Visibility};
use core_testing::http::FixedActors;
use files::{Expected, FilesError, Kind, Listing, NewWorkspace, Part, codes, permissions};
use futures_util::TryStreamExt as _;
use object_store::ObjectStore as _;

use crate::world::{at, fresh};

fn code<T: std::fmt::Debug>(outcome: Result<T, FilesError>) -> &'static str {
    outcome.unwrap_err().code().code
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn a_file_is_written_read_replaced_moved_and_deleted_in_both_kinds(world) {
        let documents = &world.files.documents;
        for workspace in [world.workspace().await, world.root("open").await] {
            let id = workspace.id;
            let write = |path: &str, text: &'static str, expected| {
                documents.create_file(&world.ada, id, at(path), text.into(), expected)
            };
            let first = write("src/a.rs", "fn a() {}\n", Expected::Nothing).await.unwrap();
            assert!(first.created);
            assert_eq!(code(write("src/a.rs", "x", Expected::Nothing).await), codes::EXISTS.code);
            assert_eq!(code(write("src/a.rs", "x", Expected::OneOf(vec!["0".into()])).await), codes::CHANGED.code);
            assert_eq!(code(write("src/b.rs", "x", Expected::Anything).await), codes::CHANGED.code);
            assert_eq!(code(write("src", "x", Expected::Nothing).await), if workspace.kind == Kind::Root { codes::NOT_A_FILE.code } else { codes::EXISTS.code });
            assert_eq!(code(write("src/a.rs/b", "x", Expected::Nothing).await), codes::EXISTS.code);
            let second = write("src/a.rs", "fn b() {}\nfn c() {}\n", Expected::OneOf(vec![first.sha256])).await.unwrap();
            assert!(!second.created);
            let content = documents.read_file(&world.ada, id, at("src/a.rs"), Part::Lines(2, 2)).await.unwrap();
            assert_eq!((content.text.as_str(), content.first_line, content.sha256.as_deref()), ("fn c() {}\n", Some(2), Some(second.sha256.as_str())));
            let moved = documents.move_file(&world.ada, id, at("src/a.rs"), at("lib/c.rs")).await.unwrap();
            assert_eq!(moved.sha256, second.sha256);
            assert_eq!(code(documents.read_file(&world.ada, id, at("src/a.rs"), Part::Whole).await), codes::NOT_FOUND.code);
            write("binary", "a\0b", Expected::Nothing).await.unwrap();
            assert_eq!(code(documents.read_file(&world.ada, id, at("binary"), Part::Whole).await), codes::BINARY.code);
            let raw = documents.open(&world.ada, id, at("binary")).await.unwrap();
            let bytes: Vec<bytes::Bytes> = raw.chunks.try_collect().await.unwrap();
            assert_eq!(bytes.concat(), b"a\0b");
            let paths = vec![at("lib/c.rs"), at("none"), at("binary")];
            let batch = documents.read_files(&world.ada, id, paths).await.unwrap();
            let found: Vec<bool> = batch.iter().map(Result::is_ok).collect();
            assert_eq!(found, [true, false, false]);
            documents.delete_file(&world.ada, id, at("lib/c.rs"), Expected::Anything).await.unwrap();
            assert_eq!(code(documents.delete_file(&world.ada, id, at("lib/c.rs"), Expected::Anything).await), codes::NOT_FOUND.code);
        }
    }

    async fn a_directory_that_may_only_be_read_is_not_written(world) {
        let closed = world.root("closed").await;
        let refused = world.files.documents.create_file(&world.ada, closed.id, at("a"), "x".into(), Expected::Nothing).await;
        assert_eq!(code(refused), codes::READ_ONLY.code);
        let new = NewWorkspace { name: "x".into(), kind: Kind::Root, root: Some("unknown".into()), ..NewWorkspace::default() };
        assert_eq!(code(world.files.workspaces.create(&world.ada, new.clone()).await), codes::NO_ROOT.code);
        let mut bob = world.ada.clone();
        bob.permissions.remove(permissions::ROOTS.name);
        let new = NewWorkspace { root: Some("open".into()), ..new };
        assert_eq!(code(world.files.workspaces.create(&bob, new).await), "request.permission_denied");
    }

    async fn entries_are_listed_by_directory_glob_and_page(world) {
        for workspace in [world.workspace().await, world.root("open").await] {
            for path in ["a.rs", "src/b.rs", "src/deep/c.rs", "src/deep/d.md", "z.md"] {
                world.write(workspace.id, path, "x").await;
            }
            let names = async |listing: Listing| -> Vec<String> {
                let found = world.files.documents.read_directory(&world.ada, workspace.id, listing).await.unwrap();
                found.items.into_iter().map(|entry| entry.path.as_str().to_owned()).collect()
            };
            let listing = Listing { limit: 100, ..Listing::default() };
            assert_eq!(names(listing.clone()).await, ["a.rs", "src", "z.md"]);
            assert_eq!(names(Listing { path: Some(at("src")), ..listing.clone() }).await, ["src/b.rs", "src/deep"]);
            let all = Listing { recursive: true, ..listing.clone() };
            assert_eq!(names(all.clone()).await, ["a.rs", "src", "src/b.rs", "src/deep", "src/deep/c.rs", "src/deep/d.md", "z.md"]);
            assert_eq!(names(Listing { glob: Some("*.rs".into()), ..all.clone() }).await, ["a.rs", "src/b.rs", "src/deep/c.rs"]);
            assert_eq!(names(Listing { glob: Some("src/*.rs".into()), ..all.clone() }).await, ["src/b.rs"]);
            let first = world.files.documents.read_directory(&world.ada, workspace.id, Listing { limit: 3, ..all.clone() }).await.unwrap();
            assert_eq!(first.next, Some(at("src/b.rs")));
            assert_eq!(names(Listing { after: first.next, ..all }).await, ["src/deep", "src/deep/c.rs", "src/deep/d.md", "z.md"]);
            let none = world.files.documents.read_directory(&world.ada, workspace.id, Listing { path: Some(at("none")), ..listing }).await;
            assert_eq!(code(none), codes::NOT_FOUND.code);
        }
    }

    async fn private_workspaces_are_seen_by_their_creator_alone_and_open_ones_by_the_organisation(world) {
        let ambient = world.test.db.ambient();
        let org = Owner(ambient.ids.next());
        let ada = Actor { owner: org, ..world.ada.clone() };
        let bob = Actor { owner: org, ..FixedActors::person(UserId(ambient.ids.next()), &permissions::ALL, ambient.now()) };
        let create = async |visibility| {
            let new = NewWorkspace { name: "x".into(), visibility, ..NewWorkspace::default() };
            world.files.workspaces.create(&ada, new).await.unwrap().id
        };
        let (private, open) = (create(Visibility::Private).await, create(Visibility::Org).await);
        assert_eq!(code(world.files.workspaces.get(&bob, private).await), codes::NO_WORKSPACE.code);
        assert!(world.files.workspaces.get(&bob, open).await.is_ok());
        assert_eq!(code(world.files.workspaces.get(&world.ada, open).await), codes::NO_WORKSPACE.code);
        use core_feature::Feature as _;
        world.files.forget_member(ada.subject).await.unwrap();
        assert_eq!(code(world.files.workspaces.get(&ada, private).await), codes::NO_WORKSPACE.code);
        assert!(world.files.workspaces.get(&ada, open).await.unwrap().created_by.get().is_nil());
    }

    async fn contents_that_no_file_has_any_more_are_swept_after_an_hour(world) {
        let workspace = world.workspace().await;
        world.write(workspace.id, "a", "kept").await;
        world.write(workspace.id, "b", "gone").await;
        world.files.documents.delete_file(&world.ada, workspace.id, at("b"), Expected::Anything).await.unwrap();
        let count = async || world.blobs.list(None).try_collect::<Vec<_>>().await.unwrap().len();
        // Blobs have the wall clock's time, the sweep the frozen clock's: it is put before and after them.
        assert_eq!((world.files.sweep_contents().await.unwrap(), count().await), (0, 2));
        world.test.clock.set(core_kernel::Timestamp::from_millis(4_000_000_000_000));
        assert_eq!((world.files.sweep_contents().await.unwrap(), count().await), (1, 1));
        assert!(world.files.documents.read_file(&world.ada, workspace.id, at("a"), Part::Whole).await.is_ok());
        world.files.workspaces.delete(&world.ada, workspace.id, None).await.unwrap();
        assert_eq!(count().await, 0);
    }

    async fn a_choice_is_ranked_signed_and_answered_by_who_asked(world) {
        let workspace = world.workspace().await;
        for path in ["src/login.rs", "src/logout.rs", "docs/login.md", "README.md"] {
            world.write(workspace.id, path, path).await;
        }
        let choosing = &world.files.choosing;
        let choices = choosing.choose_file(&world.ada, workspace.id, "please open login.rs", None, 3).await.unwrap();
        assert_eq!(choices.choices[0].path, at("src/login.rs"));
        assert!(choices.choices[0].reason.contains("named `login.rs`"), "{choices:?}");
        let (id, path, sha256) = choosing.answer(&world.ada, &choices.token, at("src/login.rs")).await.unwrap();
        assert_eq!((id, path, sha256), (workspace.id, at("src/login.rs"), Some(files::sha256(b"src/login.rs"))));
        for (actor, token, path) in [
            (&world.ada, choices.token.clone(), "README.md"),
            (&world.ada, format!("{}x", choices.token), "src/login.rs"),
            (&Actor { owner: Owner(world.test.db.ambient().ids.next()), ..world.ada.clone() }, choices.token.clone(), "src/login.rs"),
        ] {
            assert_eq!(code(choosing.answer(actor, &token, at(path)).await), codes::CHOICE_INVALID.code);
        }
        world.test.clock.advance(std::time::Duration::from_mins(31));
        assert_eq!(code(choosing.answer(&world.ada, &choices.token, at("src/login.rs")).await), codes::CHOICE_INVALID.code);
    }
}
