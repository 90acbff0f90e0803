//! Cancelling and retrying in every state, as the state machine says.

use mf_core::task::{Event, State};
use mf_core::wire::{Claim, Outcome};
use reqwest::Method;
use serde_json::{Value, json};

use crate::farm::{Answer, Farm};
use crate::worker::{Worker, held};

const BUILD: &str = "b1";
const TASK: &str = "b1.el6-x86_64";
const LOG: &str = "what the first attempt said\n";

/// A farm whose only task is in this state; with what its worker has of it,
/// if it ever had it.
async fn in_state(state: State) -> (Farm, Worker, Option<Claim>) {
    let farm = Farm::new().await;
    let worker = farm.worker(1).await;
    farm.build_with("two", json!({ "label": BUILD })).await;
    if matches!(state, State::New | State::Queued) {
        for table in ["task", "build"] {
            let sql = format!("UPDATE {table} SET status = ?1");
            farm.database().execute(&sql, [state.name()]).unwrap();
        }
        return (farm, worker, None);
    }
    let claim = worker.take("a").await;
    worker.append(&claim, 0, LOG).await.done();
    worker.upload(&claim, "file", "made.txt", b"made").await.done();
    match state {
        State::Cancelling => drop(call(&farm, "task", "cancel").await.done()),
        State::BuildSuccess => {
            worker.complete(&claim, Outcome::Success, "").await.done();
        }
        State::BuildFail => drop(worker.complete(&claim, Outcome::Failure, "no").await.done()),
        State::Cancelled => {
            call(&farm, "task", "cancel").await.done();
            worker.complete(&claim, Outcome::Stopped, "").await.done();
        }
        State::Lost => {
            worker.register(1, &[]).await;
            for nonce in ["b", "c"] {
                worker.take(nonce).await;
                worker.register(1, &[]).await;
            }
        }
        State::Building | State::New | State::Queued => {}
    }
    (farm, worker, Some(claim))
}

async fn call(farm: &Farm, resource: &str, function: &str) -> Answer {
    let label = if resource == "task" { TASK } else { BUILD };
    let path = format!("/{resource}/{label}/{function}.json?project_label=demo");
    farm.admin().send(Method::POST, &path, Value::Null).await
}

async fn shown(farm: &Farm, resource: &str, label: &str) -> String {
    farm.object(resource, label).await["status_label"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn cancel_and_retry_do_in_every_state_what_its_machine_says() {
    for state in State::ALL {
        for (function, event) in [("cancel", Event::Cancel), ("retry", Event::Retry)] {
            for resource in ["task", "build"] {
                let (farm, ..) = in_state(state).await;
                assert_eq!(shown(&farm, "task", TASK).await, state.status());
                let answer = call(&farm, resource, function).await;
                // Said again it changes nothing.
                let again = (state, event) == (State::Cancelling, Event::Cancel);
                let next = if again { Ok(state) } else { state.on(event) };
                let what = format!("{function} of a {resource} that is {state}");
                match next {
                    Ok(_) => assert_eq!(answer.status, 200, "{what}: {}", answer.json),
                    Err(illegal) => {
                        let told = answer.refused(409, "IllegalMove").to_owned();
                        let named =
                            [state.name(), state.status()].iter().any(|name| told.contains(name));
                        assert!(named, "{what}: {told}");
                        assert!(resource == "build" || told == illegal.to_string(), "{told}");
                    }
                }
                let now = next.unwrap_or(state).status();
                assert_eq!(shown(&farm, "task", TASK).await, now, "{what}");
                assert_eq!(shown(&farm, "build", BUILD).await, now, "{what}");
            }
        }
    }
}

#[tokio::test]
async fn a_retry_keeps_what_the_old_attempt_left_however_it_ended() {
    for state in [State::BuildFail, State::Cancelled, State::Lost] {
        let (farm, worker, claim) = in_state(state).await;
        let first = claim.expect("it was begun");
        call(&farm, "task", "retry").await.done();
        let second = worker.take("z").await;
        assert!(second.attempt > first.attempt && second.task_id == first.task_id);
        worker.append(&second, 0, "another\n").await.done();
        worker.complete(&second, Outcome::Success, "").await.done();
        assert_eq!(shown(&farm, "build", BUILD).await, "BuildSuccess");
        let bytes = async |query: &str| {
            let url = format!("{}/task/{TASK}/{query}&project_label=demo", farm.url);
            farm.http.get(url).send().await.unwrap().text().await.unwrap()
        };
        assert_eq!(bytes("log/build.log?attempt=1").await, LOG, "{state}");
        assert_eq!(bytes("file/made.txt?attempt=1").await, "made", "{state}");
        let latest = format!("log/build.log?attempt={}", second.attempt);
        assert_eq!(bytes(&latest).await, "another\n");
        // Nothing that the old attempt says is taken any more.
        worker.append(&first, LOG.len() as u64, "late\n").await.refused(409, "StaleAttempt");
        let none = worker.heartbeat(&[held(&first)], 0).await;
        assert_eq!(none, [held(&first)]);
    }
}
