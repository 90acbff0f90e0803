//! The lines of a log that tell why its task failed.

use mf_core::wire::Outcome;
use reqwest::Method;
use serde_json::{Value, json};

use crate::farm::Farm;

/// A log of so many lines, of which these look like errors.
fn log(lines: u64, errors: &[u64]) -> String {
    let line = |number| match errors.contains(&number) {
        true => format!("error: it is wrong in {number}\n"),
        false => format!("line {number}\n"),
    };
    (1..=lines).map(line).collect()
}

/// Number of the line that looks like an error, and the numbers of each part's
/// first and last line.
fn shape(cause: &Value) -> (u64, Vec<(u64, u64)>) {
    let parts = cause["parts"].as_array().unwrap().iter().map(|part| {
        let first = part["first"].as_u64().unwrap();
        let count = part["text"].as_array().unwrap().len() as u64;
        assert_eq!(part["times"].as_array().unwrap().len() as u64, count, "{cause}");
        (first, first + count - 1)
    });
    (cause["hit"].as_u64().unwrap(), parts.collect())
}

#[tokio::test]
async fn the_lines_around_the_first_error_are_told_and_the_last_ones() {
    let farm = Farm::new().await;
    let worker = farm.worker(2).await;
    for (number, lines, errors, expected) in [
        // Far before the end: both, and only a few lines of the end.
        (1, 100, vec![40, 90], (40, vec![(37, 48), (97, 100)])),
        // At the very beginning there is nothing before it.
        (2, 100, vec![1], (1, vec![(1, 9), (97, 100)])),
        // Where little or nothing lies between them they are one part.
        (3, 100, vec![80], (80, vec![(77, 100)])),
        (4, 100, vec![77], (77, vec![(74, 100)])),
        (5, 100, vec![76], (76, vec![(73, 84), (97, 100)])),
        // Among the last lines, or nowhere: these alone.
        (6, 100, vec![95], (95, vec![(86, 100)])),
        (7, 100, vec![], (0, vec![(86, 100)])),
        (8, 3, vec![2], (2, vec![(1, 3)])),
    ] {
        let label = format!("b{number}");
        farm.build_with("one", json!({ "label": label })).await;
        let claim = worker.take(&label).await;
        worker.append(&claim, 0, &log(lines, &errors)).await.done();
        worker.complete(&claim, Outcome::Failure, "it ended with 2").await.done();
        let path = format!("/task/{}/log_cause.json", claim.job.task);
        let query = "?project_label=demo&name=build.log";
        let said = farm.admin().ok(Method::GET, &(path + query), Value::Null).await.json;
        let cause = &said["data"]["cause"];
        assert_eq!(shape(cause), expected, "{lines} lines, errors in {errors:?}: {cause}");
        for part in cause["parts"].as_array().unwrap() {
            let first = part["first"].as_u64().unwrap();
            let line = if errors.contains(&first) { "error: it is wrong in" } else { "line" };
            assert_eq!(part["text"][0], format!("{line} {first}"), "{cause}");
        }
    }
    let none = "/task/b1.el6-x86_64/log_cause.json?project_label=demo&name=other.log";
    farm.admin().send(Method::GET, none, Value::Null).await.refused(404, "NotFound");
}
