use core_testing::Engine;
use llm::{ModelFacts, UsageSource};
use mock_llm::{Protocol, Scenario};

use crate::world::{config, world, world_with};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_generation_is_charged_by_the_row_of_the_price_table_that_it_names() {
    for engine in core_testing::engines() {
        let world = world_with(&engine, |mock| {
            let mut config = config(mock, Protocol::Anthropic);
            let facts =
                ModelFacts { input: Some(1_000_000), cached: Some(500_000), output: Some(10_000_000), ..ModelFacts::default() };
            config.models.insert("mock/m".to_owned(), facts);
            config
        })
        .await;
        world.mock.play(Protocol::Anthropic, Scenario::Ok);
        for stream in [false, true] {
            let outcome = world.outcome(stream).await;
            // 8 tokens at 1, 4 cached ones at a half, 7 at 10.
            assert_eq!((outcome.settlement.cost.micros, outcome.settlement.cost.row.as_deref()), (80, Some("mock/m@settings")));
            let row = world.facades().generations.get(&world.alice(), outcome.generation).await.unwrap();
            assert_eq!((row.cost_micros, row.price.as_deref()), (80, Some("mock/m@settings")));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vectors_are_made_here_or_by_the_model_that_is_named_and_stand_in_the_ledger() {
    let world = world(&Engine::Sqlite).await;
    let measuring = &world.facades().measuring;
    let embed = |model: Option<&str>| llm::Embed {
        texts: vec!["one".into(), "two words".into()],
        model: model.map(str::to_owned),
        dimensions: None,
    };
    let here = measuring.embed(&world.alice(), embed(None)).await.unwrap();
    assert_eq!((here.vectors[0].len(), here.settlement.usage_source), (256, UsageSource::None));
    let there = measuring.embed(&world.alice(), embed(Some("mock/m"))).await.unwrap();
    assert_eq!((there.vectors[1].as_slice(), there.settlement.usage.input), (&[9.0, 2.0, 1.0][..], 3));
    let row = world.facades().generations.get(&world.alice(), there.generation).await.unwrap();
    assert_eq!((row.provider.as_deref(), row.usage_source), (Some("mock"), UsageSource::Reported));
}
