use std::io::Write as _;

use users::AvatarFile;

use crate::world::{ADA, fresh};

fn picture(content: &str) -> AvatarFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content.as_bytes()).unwrap();
    AvatarFile { file, name: None, content_type: None }
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn a_picture_is_shown_until_another_one_takes_its_place_or_it_is_removed(world) {
        let profiles = &world.users.profiles;
        assert_eq!(profiles.own(&world.ada()).await.unwrap().avatar_url, None);
        let first = profiles.set_avatar(&world.ada(), picture("one")).await.unwrap();
        assert_eq!(first.avatar_url.as_deref(), Some("https://pictures.example/00000000-0000-0000-0000-000000000001"));
        let second = profiles.set_avatar(&world.ada(), picture("two")).await.unwrap();
        assert!(second.version > first.version && second.avatar_url != first.avatar_url);
        assert_eq!(profiles.own(&world.ada()).await.unwrap(), second);
        assert_eq!(world.avatars.kept().len(), 1, "the one of before is not kept");
        profiles.remove_avatar(&world.ada()).await.unwrap();
        profiles.remove_avatar(&world.ada()).await.unwrap();
        assert_eq!(profiles.own(&world.ada()).await.unwrap().avatar_url, None);
        assert!(world.avatars.kept().is_empty());
    }

    async fn a_picture_that_is_refused_leaves_the_one_that_is_there(world) {
        let profiles = &world.users.profiles;
        let kept = profiles.set_avatar(&world.ada(), picture("one")).await.unwrap();
        assert!(profiles.set_avatar(&world.ada(), picture("refuse")).await.is_err());
        assert_eq!(profiles.own(&world.ada()).await.unwrap(), kept);
        assert_eq!(world.avatars.kept().first().map(|(person, _)| *person), Some(ADA));
    }
}

#[tokio::test]
async fn where_nothing_keeps_pictures_the_answer_says_so() {
    let refused = users::Avatars::keep(&users::NoAvatars, ADA, picture("one")).await.unwrap_err();
    assert_eq!(refused.cause().code().code, "users.no_avatars");
}
