//! The client leaves: before the first token, in the middle, after the last; over real sockets on both sides.

use std::time::Duration;

use core_testing::Engine;
use core_testing::http::{Stream, TestServer};
use futures_util::StreamExt;
use llm::{Generation, GenerationId, GenerationState};
use mock_llm::Scenario;
use serde_json::json;
use uuid::Uuid;

use crate::http::serve;
use crate::world::{World, world};

const PATIENCE: Duration = Duration::from_secs(20);
/// How often somebody leaves; a release build takes the full number.
const ROUNDS: usize = if cfg!(debug_assertions) { 198 } else { 1_000 };

/// When the client hangs up.
const WHEN: [(Scenario, &str, &str); 3] = [
    (Scenario::StallBeforeFirstByte, "event: start", ""),
    (Scenario::StallMidStream, "\"Hello\"", Scenario::PARTIAL),
    (Scenario::Ok, "event: done", Scenario::TEXT),
];

async fn open(server: &TestServer, path: &str, body: serde_json::Value) -> Stream {
    server.post(path).bearer("alice").json(&body).open().await
}

fn generation(stream: &Stream) -> GenerationId {
    let text = stream.text().to_ascii_lowercase();
    let id = text.lines().find_map(|line| line.strip_prefix("brickwork-generation-id: ")).unwrap();
    GenerationId(Uuid::parse_str(id.trim()).unwrap())
}

/// The row once it has its end.
async fn ended(world: &World, id: GenerationId) -> Generation {
    let generations = &world.facades().generations;
    let events = generations.attach(&world.alice(), id, None).await.unwrap();
    tokio::time::timeout(PATIENCE, events.collect::<Vec<_>>()).await.unwrap();
    generations.get(&world.alice(), id).await.unwrap()
}

/// Nothing is left: no generation, no task, and no more sockets to the provider than are kept for the next call.
async fn nothing_is_left(world: &World) {
    world.tasks.tracker.close();
    tokio::time::timeout(PATIENCE, world.tasks.tracker.wait()).await.unwrap();
    assert_eq!((world.llm.running(), world.tasks.tracker.len()), (0, 0));
    assert!(world.mock.connections() <= 8, "{} sockets are open", world.mock.connections());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prompt_is_hung_up_on_and_keeps_what_arrived_however_often_clients_leave() {
    let world = world(&Engine::Sqlite).await;
    let server = serve(&world).await;
    for round in 0..ROUNDS {
        let (scenario, seen, text) = WHEN[round % WHEN.len()];
        // The limit of requests a minute fills up again.
        world.test.clock.advance(Duration::from_secs(2));
        let gate = world.mock.new_gate();
        world.play(scenario);
        let mut stream = open(&server, "/api/v1/llm/prompt", json!({ "prompt": "Hi?", "stream": true })).await;
        assert!(stream.read_until(seen).await, "round {round}: {}", stream.text());
        let id = generation(&stream);
        if scenario != Scenario::Ok {
            gate.reached().await;
        }
        stream.hang_up();
        let state = if scenario == Scenario::Ok {
            GenerationState::Complete
        } else {
            tokio::time::timeout(PATIENCE, world.mock.client_left(round)).await.unwrap();
            GenerationState::Cancelled
        };
        let row = ended(&world, id).await;
        assert_eq!((row.state, row.text.as_str()), (state, text), "round {round}");
    }
    nothing_is_left(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_in_a_conversation_is_drained_and_whole_however_often_clients_leave() {
    let world = world(&Engine::Sqlite).await;
    let server = serve(&world).await;
    for round in 0..ROUNDS / 2 {
        let (scenario, seen, _) = WHEN[round % WHEN.len()];
        // The limit of requests a minute fills up again.
        world.test.clock.advance(Duration::from_secs(2));
        let gate = world.mock.new_gate();
        world.play(scenario);
        let talk = server.post("/api/v1/llm/conversations").bearer("alice").json(&json!({})).send().await.json();
        let path = format!("/api/v1/llm/conversations/{}/messages", talk["id"].as_str().unwrap());
        let mut stream = open(&server, &path, json!({ "content": "Hi?", "stream": true })).await;
        assert!(stream.read_until(seen).await, "round {round}: {}", stream.text());
        let id = generation(&stream);
        if scenario != Scenario::Ok {
            gate.reached().await;
        }
        stream.hang_up();
        gate.open();
        let row = ended(&world, id).await;
        assert_eq!((row.state, row.text.as_str()), (GenerationState::Complete, Scenario::TEXT), "round {round}");
    }
    assert!(world.mock.requests().iter().all(|request| !request.client_left), "the provider is heard to the end");
    nothing_is_left(&world).await;
}
