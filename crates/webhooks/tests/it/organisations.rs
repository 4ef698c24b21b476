use core_feature::Feature;
use core_kernel::{Actor, Owner, Visibility};
use serde_json::json;
use uuid::Uuid;
use webhooks::{DisabledReason, Endpoint, EndpointStatus, NewEndpoint};

use crate::receiver::Receiver;
use crate::world::{World, code, fresh};

const ORG: Owner = Owner(Uuid::from_u128(0x0E6));

async fn listen(world: &World, actor: &Actor, receiver: &Receiver, visibility: Visibility) -> Endpoint {
    let new = NewEndpoint { url: receiver.url.clone(), visibility, ..NewEndpoint::default() };
    world.webhooks.endpoints.create(actor, new).await.unwrap().0
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn what_is_private_to_somebody_reaches_their_own_endpoints_alone(world) {
        let (ada, bob) = (Actor { owner: ORG, ..world.person(1) }, Actor { owner: ORG, ..world.person(2) });
        let (hers, his, shared) =
            (Receiver::with_status(|_| 200).await, Receiver::with_status(|_| 200).await, Receiver::with_status(|_| 200).await);
        listen(&world, &ada, &hers, Visibility::Private).await;
        listen(&world, &bob, &his, Visibility::Private).await;
        listen(&world, &ada, &shared, Visibility::Org).await;
        let count = || (hers.received().len(), his.received().len(), shared.received().len());
        let thing = Uuid::from_u128(1);
        world.publish(ORG, "thing.made", thing, json!({"visibility": "private", "created_by": ada.subject})).await;
        world.work().await;
        assert_eq!(count(), (1, 0, 0));
        world.publish(ORG, "thing.made", thing, json!({"visibility": "org", "created_by": ada.subject})).await;
        world.work().await;
        assert_eq!(count(), (2, 1, 1));
        world.publish(ORG, "thing.made", thing, json!({})).await;
        world.work().await;
        assert_eq!(count(), (2, 1, 1), "what does not say whose it is is nobody's");
    }

    async fn whoever_leaves_hears_no_more(world) {
        let (ada, bob) = (Actor { owner: ORG, ..world.person(1) }, Actor { owner: ORG, ..world.person(2) });
        let (his, shared) = (Receiver::with_status(|_| 200).await, Receiver::with_status(|_| 200).await);
        let own = listen(&world, &bob, &his, Visibility::Private).await;
        let open = listen(&world, &bob, &shared, Visibility::Org).await;
        world.publish(ORG, "org.member_removed", bob.subject.get(), json!({"user_id": bob.subject})).await;
        world.work().await;
        let now = world.test.db.ambient().now();
        let status = world.get(&bob, &own).await.status;
        assert_eq!(status, EndpointStatus::Disabled { reason: DisabledReason::CreatorLeft, at: now });
        assert_eq!(world.get(&ada, &open).await.status, EndpointStatus::Enabled);
        let before = his.received().len();
        world.publish(ORG, "thing.made", Uuid::from_u128(1), json!({"visibility": "org"})).await;
        world.work().await;
        assert_eq!((his.received().len(), shared.received().len()), (before, 2));

        world.webhooks.forget_member(bob.subject).await.unwrap();
        assert_eq!(code(world.webhooks.endpoints.get(&bob, own.id).await), "request.not_found");
        assert!(world.get(&ada, &open).await.created_by.get().is_nil());
    }
}
